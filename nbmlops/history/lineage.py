"""Where a result comes from, and what used it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbmlops.domain.executions import Execution
from nbmlops.domain.lineage import (
    Direction,
    Explanation,
    Focus,
    Lineage,
    LineageEdge,
    LineageNode,
    Origin,
)
from nbmlops.domain.timeline import Moment
from nbmlops.errors import UnknownNameError
from nbmlops.notebook.headline import headline
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.lineage import ExecutionFacts, LineageRecords, Made
from nbmlops.store.catalog.links import Link
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.timelines import TimelineRecords

MOST_NODES = 200
"""Executions in one lineage; what lies beyond is said to be there, not shown."""

MOST_READERS = 100
"""Executions that read a file, the latest ones, with which its lineage begins."""


class LineageService:
    """Follows values from execution to execution.

    - finds the execution that made a thing;
    - walks back to what it was made from, or on to what used it, level by level;
    - names what was made outside of what was recorded.
    """

    def __init__(
        self,
        *,
        records: LineageRecords,
        executions: ExecutionRecords,
        runs: RunRecords,
        timelines: TimelineRecords,
    ) -> None:
        self._records = records
        self._timelines = timelines
        self._executions = executions
        self._runs = runs

    def variable(
        self, name: str, *, notebook: str | None = None, session: str | None = None
    ) -> Focus:
        """The latest execution that made a variable; of the session's line where one did.

        Args:
            name: the variable.
            notebook: the notebook's key; any where ``None``.
            session: the kernel session that is asked first.

        Raises:
            UnknownNameError: nothing recorded has made such a variable.
        """
        found = None
        if session is not None:
            found = _maker_on(self._timelines.line_of_session(session), name)
        if found is None:
            found = self._latest_maker(name, notebook, session)
        if found is None:
            raise UnknownNameError("recorded variable", name, self._records.known_names(notebook))
        return Focus(thing=name, executions=(found,), names=(name,))

    def _latest_maker(self, name: str, notebook: str | None, session: str | None) -> int | None:
        """The latest execution that made a variable and was not undone.

        Where no notebook is named, that of the latest is meant, all of which may have been undone.
        """
        latest = self._records.latest_maker(name, notebook=notebook)
        if latest is None:
            return None
        [made] = self._records.facts([latest])
        undone = self._timelines.undone(made.notebook, session=session)
        if latest not in undone:
            return latest
        found = self._records.latest_maker(name, notebook=made.notebook, besides=undone)
        return found if found is not None or notebook is not None else latest

    def names(self, notebook: str | None = None) -> list[str]:
        """The variables that were made lately; of a notebook if given."""
        return self._records.known_names(notebook)

    def file(self, path: str) -> Focus | None:
        """The latest execution that wrote a file, else those that read it; ``None`` without any.

        Args:
            path: relative to the project where the file lies inside, absolute elsewhere.
        """
        writer = self._records.latest_writer(path)
        if writer is not None:
            return Focus(thing=path, executions=(writer,), names=(path,))
        readers = self._records.readers(path, most=MOST_READERS)
        return Focus(thing=path, executions=tuple(readers), from_outside=True) if readers else None

    def within(self, executions: Iterable[Execution], part: str, *, thing: str) -> Focus:
        """One step, variable, metric or artifact of these executions; the latest that has it.

        Raises:
            UnknownNameError: none of them has it.
        """
        known: set[str] = set()
        for execution in sorted(executions, key=lambda found: -found.id):
            record = execution.record
            outputs = {value.name for value in record.outputs}
            measured = {metric.name for metric in record.metrics}
            others = {artifact.name for artifact in record.artifacts} | {record.step or ""}
            if part in outputs | measured:
                return Focus(thing=thing, executions=(execution.id,), names=(part,))
            if part in others - {""}:
                return Focus(thing=thing, executions=(execution.id,))
            known |= (outputs | measured | others) - {""}
        raise UnknownNameError("step, variable, metric or figure", part, known)

    def backward(self, focus: Focus, *, depth: int | None = None) -> Lineage:
        """Everything that a thing was made from.

        Args:
            focus: the thing.
            depth: how many executions far; as far as it goes where ``None``.
        """
        links: list[Link] = []
        if focus.from_outside:
            focus = replace(focus, executions=())
        reached = set(focus.executions)
        level, left, truncated = set(reached), depth, False
        ways = _Ways(self._timelines)
        with self._records.walk() as walk:
            while level and not truncated:
                found = ways.followed(walk.makers(level))
                if left == 0:
                    truncated = any(link.maker is not None for link in found)
                    break
                links += found
                level = {link.maker for link in found if link.maker is not None} - reached
                reached |= level
                truncated = len(reached) > MOST_NODES
                left = None if left is None else left - 1
        return self._lineage(focus, "backward", links, truncated=truncated)

    def forward(self, focus: Focus, *, depth: int | None = None) -> Lineage:
        """Everything that used a thing; see `backward`. Of a file from outside, who read it."""
        links: list[Link] = []
        reached = set(focus.executions)
        level, left, truncated = set(reached), depth, False
        ways = _Ways(self._timelines)
        with self._records.walk() as walk:
            while level and not truncated:
                found, truncated = walk.users(level)
                found = [link for link in ways.followed(found) if link.maker in level]
                if level == set(focus.executions) and focus.names:
                    found = [link for link in found if link.name in focus.names]
                if left == 0:
                    truncated = truncated or bool(found)
                    break
                links += found
                level = {link.user for link in found} - reached
                reached |= level
                truncated = truncated or len(reached) > MOST_NODES
                left = None if left is None else left - 1
        truncated = truncated or (focus.from_outside and len(focus.executions) == MOST_READERS)
        lineage = self._lineage(focus, "forward", links, truncated=truncated)
        readers = focus.executions if focus.from_outside else ()
        files = (
            Origin(name=focus.thing, target=one, fingerprint=None, kind="file") for one in readers
        )
        return replace(lineage, origins=(*lineage.origins, *files))

    def explain(self, focus: Focus) -> Explanation:
        """What is known of the latest execution that made a thing, and of its neighbours."""
        latest = max(focus.executions)
        execution = self._executions.by_ids([latest])[latest]
        digest = execution.record.environment
        run_id = execution.record.run_id
        outside = focus.from_outside
        nearest = focus if outside else replace(focus, executions=(latest,))
        return Explanation(
            thing=focus.thing,
            names=focus.names,
            execution=execution,
            environment=self._executions.environment(digest) if digest else None,
            run=self._runs.references([run_id]).get(run_id) if run_id else None,
            made_from=self.backward(nearest, depth=1),
            used_by=self.forward(nearest, depth=0 if outside else 1),
            from_outside=outside,
        )

    def _lineage(
        self, focus: Focus, direction: Direction, links: list[Link], *, truncated: bool
    ) -> Lineage:
        ids = sorted({*focus.executions, *_ends(links)})
        kept = set(_nearest(ids, focus.executions, direction))
        names: dict[tuple[int, int], dict[str, None]] = {}
        for link in links:
            if link.maker in kept and link.user in kept:
                names.setdefault((link.maker, link.user), {})[link.name] = None
        return Lineage(
            thing=focus.thing,
            direction=direction,
            focus=focus.executions,
            names=focus.names,
            nodes=tuple(self.nodes(sorted(kept))),
            edges=tuple(
                LineageEdge(source=source, target=target, names=tuple(given))
                for (source, target), given in sorted(names.items())
            ),
            origins=tuple(
                Origin(
                    name=link.name,
                    target=link.user,
                    fingerprint=link.fingerprint,
                    kind=link.kind,
                )
                for link in links
                if link.maker is None and link.user in kept
            ),
            truncated=truncated or len(kept) < len(ids),
        )

    def nodes(self, execution_ids: list[int]) -> list[LineageNode]:
        """These executions, with what each made."""
        facts = self._records.facts(execution_ids)
        made = self._records.made(execution_ids)
        ids = {fact.run_id for fact in facts if fact.run_id is not None}
        runs = self._runs.references(ids) if ids else {}
        return [
            LineageNode(
                id=fact.id,
                title=title(fact),
                step=fact.step,
                notebook=fact.notebook,
                cell_id=fact.cell_id,
                run=runs.get(fact.run_id) if fact.run_id is not None else None,
                session=fact.session,
                status=fact.status,
                started_at=fact.started_at,
                author=fact.author,
                outputs=of.outputs,
                metrics=dict(of.metrics),
                artifacts=of.artifacts,
                files_read=of.files_read,
                files_written=of.files_written,
            )
            for fact in facts
            for of in (made.get(fact.id, Made()),)
        ]


class _Ways:
    """What led to the readers of one walk, each way asked for once.

    The ledger knows the latest that left the same; where a session went back, what counts is
    what led to the reader.
    """

    def __init__(self, timelines: TimelineRecords) -> None:
        self._timelines = timelines
        self._went_back: dict[str, frozenset[str]] = {}
        self._lines: dict[int, tuple[Moment, ...]] = {}

    def followed(self, links: list[Link]) -> list[Link]:
        """The links, with makers that had not been undone when the value was read."""
        return [self._followed(link) for link in links]

    def _followed(self, link: Link) -> Link:
        line = self._line(link)
        if line is None or not _may_be_undone(link, line):
            return link
        return replace(link, maker=_maker_on_line(line, link))

    def _line(self, link: Link) -> tuple[Moment, ...] | None:
        """The way to a reader; ``None`` where its session never went back."""
        if link.notebook not in self._went_back:
            travelled = self._timelines.that_travelled(link.notebook)
            self._went_back[link.notebook] = frozenset(travelled)
        if link.session not in self._went_back[link.notebook]:
            return None
        if link.user not in self._lines:
            self._lines[link.user] = self._timelines.line(link.user)
        return self._lines[link.user]


def _maker_on(line: Iterable[Moment], name: str) -> int | None:
    found = [item.id for item in line for kept in item.names if kept.changed and kept.name == name]
    return found[-1] if found else None


def _may_be_undone(link: Link, line: Sequence[Moment]) -> bool:
    if link.maker is None or link.kind != "value" or link.late:
        return False
    return all(moment.id != link.maker for moment in line)


def _maker_on_line(line: Sequence[Moment], link: Link) -> int | None:
    """The last on the way to a reader that left what it read; by name where that is all."""
    for moment in reversed(line):
        for kept in moment.names:
            made = kept.changed and moment.id < link.user and kept.name == link.name
            if made and link.fingerprint in (kept.fingerprint, None):
                return moment.id
    return None


def title(fact: ExecutionFacts) -> str:
    """``train@2``, or the first line of code of an unnamed cell."""
    if fact.step is not None:
        return f"{fact.step}@{fact.version}"
    return headline(fact.source)


def _ends(links: Iterable[Link]) -> Iterable[int]:
    for link in links:
        yield link.user
        if link.maker is not None:
            yield link.maker


def _nearest(ids: list[int], focus: tuple[int, ...], direction: Direction) -> list[int]:
    """As many as may be shown, the nearest in time to the thing first."""
    others = [found for found in ids if found not in focus]
    left = max(MOST_NODES - len(focus), 0)
    near = others[-left:] if direction == "backward" else others[:left]
    return [*focus, *(near if left else ())]
