"""Which results of a notebook are stale, and what must run to make one fresh again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbmlops.building.reading import read_source
from nbmlops.capture.modules import ModuleSources
from nbmlops.capture.session import PLAIN_SESSION, notebook_key
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.late import LateWrite
from nbmlops.domain.staleness import NotebookStatus, Standing
from nbmlops.domain.timeline import Moment, state_of
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.history.disk import DiskNow, TakenDigest
from nbmlops.history.held import files_otherwise, held_otherwise
from nbmlops.history.held_now import changed_outside
from nbmlops.history.judgement import Restored, Situation, judge
from nbmlops.history.makers import made_by_cells, without_maker
from nbmlops.history.named_twice import copies, one_each
from nbmlops.history.outlines import Outlines
from nbmlops.history.session_cells import session_situation, tags_of, unended_in_use
from nbmlops.history.settings import Settings, setting_cells
from nbmlops.notebook.dataflow.graph import ModulesUsed
from nbmlops.notebook.dataflow.links import bits, from_last, together
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import TAG_PREFIXES, label_of
from nbmlops.pipelines.observed import observed
from nbmlops.pipelines.outline import Outline
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.timelines import TimelineRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshPlan:
    """The cells that must run so that a step is fresh, in notebook order, and why."""

    step: str
    cells: tuple[Cell, ...]
    standings: tuple[Standing, ...]


class StalenessService:
    """Compares a notebook as it is now with what its cells left behind.

    - reads the notebook file; a cell that ran after the file was saved counts as it ran;
    - takes the latest interactive execution of each cell, whichever kernel ran it, of those from
      which the state of the session follows: what was undone does not count;
    - plans what must run again.
    """

    def __init__(
        self, *, project: Path, executions: ExecutionRecords, timelines: TimelineRecords
    ) -> None:
        self._project = project
        self._executions = executions
        self._timelines = timelines
        self._outlines = Outlines()
        self._digests: dict[Path, TakenDigest] = {}

    def status(
        self,
        notebook: Path | None,
        *,
        session: str | None = None,
        live: Mapping[str, Any] | None = None,
    ) -> NotebookStatus:
        """How the cells of a notebook stand.

        Args:
            notebook: the file; ``None`` for a plain IPython session, whose cells are those that
                it ran.
            session: the kernel session, where there is one.
            live: what its names hold, to be compared with what was recorded last.

        Raises:
            NotebookFormatError: the file is not a notebook.
        """
        key = notebook_key(self._project, notebook)
        line = self._line(key, session)
        situation = self._situation(notebook, session, line)
        disk = DiskNow(self._project, self._digests)
        standings = judge(situation, disk)
        held = held_otherwise(situation, line, asked=session is not None)
        if live is not None:
            for at, outside in changed_outside(situation, line, live).items():
                held[at] = (*held.get(at, ()), *outside)
        for at, files in files_otherwise(situation, disk).items():
            held[at] = (*held.get(at, ()), *files)
        standings |= {at: replace(standings[at], held=told) for at, told in held.items()}
        return NotebookStatus(
            notebook=key,
            cells=one_each(situation.found, standings),
            late=self._late(key, session),
            saved_at=situation.saved_at,
            ran_since=situation.ran_since,
        )

    def around(
        self,
        execution: Execution,
        *,
        session: str | None = None,
        live: Mapping[str, Any] | None = None,
    ) -> NotebookStatus | None:
        """How the cells of the notebook stand in which an execution was; see `status`.

        Returns:
            ``None`` where a pipeline run made the execution, or its notebook is not there any more,
            and the session is not the one that ran it.

        Raises:
            NotebookFormatError: the file is not a notebook.
        """
        record = execution.record
        path = self._project / record.notebook
        plain = record.notebook == PLAIN_SESSION
        if record.run_id is not None or (plain and session is None):
            return None
        if not plain and record.session != session and not path.exists():
            return None
        return self.status(None if plain else path, session=session, live=live)

    def plan(
        self, step: str, notebook: Path | None, *, session: str, live: Collection[str]
    ) -> RefreshPlan:
        """What must run in a kernel so that a step is fresh.

        Args:
            step: the step's name.
            notebook: the kernel's notebook file.
            session: the kernel session.
            live: the names that the kernel's namespace holds.

        Raises:
            UnknownNameError: the notebook has no such step.
            UsageError: a cell that must run takes what no cell makes any more, or the step is in
                no file, and the kernel has gone back before it.
            NotebookFormatError: the file is not a notebook.
        """
        line = self._timelines.line_of_session(session)
        disk = DiskNow(self._project, self._digests)
        # what did not run to its end at a prompt runs again only where no other cell heals the step
        for with_unended in (False, True):
            situation = self._situation(notebook, session, line, with_unended=with_unended)
            targets = situation.found.steps.get(step, ())
            standings = judge(situation, disk)
            if situation.in_file or any(standings[at].state.needs_run for at in targets):
                break
        if not targets:
            self._refuse_undone(step, notebook, session, line)
            raise UnknownNameError("step", step, situation.found.steps)
        held = _held(line)
        chosen = _needed(situation, standings, targets, held=held, live=live, disk=disk)
        _refuse_unmade(step, [standings[position] for position in chosen])
        return RefreshPlan(
            step=step,
            cells=tuple(situation.found.flow(position).cell for position in chosen),
            standings=tuple(standings[position] for position in chosen),
        )

    def _refuse_undone(
        self, step: str, notebook: Path | None, session: str, line: Sequence[Moment]
    ) -> None:
        key = notebook_key(self._project, notebook)
        sessions = {session, *(moment.session for moment in line)}
        undone = self._executions.by_ids(self._timelines.undone(key, session=session))
        for number in sorted(undone, reverse=True):
            record = undone[number].record
            if record.step == step and record.session in sessions:
                raise UsageError(
                    f"{step} was undone: the kernel went back before it ran (@{number}).",
                    cure=f"Go forward again: nbmlops checkout @{number}. Or type its cell again.",
                )

    def _modules(self, folder: Path) -> ModulesUsed:
        return ModuleSources(str(self._project), str(folder)).used

    def _situation(
        self,
        notebook: Path | None,
        session: str | None,
        line: Sequence[Moment],
        *,
        with_unended: bool = True,
    ) -> Situation:
        if notebook is None or (session is not None and not notebook.exists()):
            line = line if session is not None else ()
            ran_there = self._executions.by_ids([moment.id for moment in line if moment.is_cell])
            executions = [ran_there[key] for key in sorted(ran_there)]
            unended = unended_in_use(executions, line) if with_unended else ()
            modules = self._modules(self._project)
            seen_there = session_situation(executions, modules, unended=unended)
            late = self._timelines.late_writes(notebook_key(self._project, notebook))
            return replace(seen_there, restored=self._restored(line), late=late)
        key = notebook_key(self._project, notebook)
        saved = read_source(notebook, project=self._project).document
        ids = {cell.id for cell in saved.cells}
        saved_at = datetime.fromtimestamp(notebook.stat().st_mtime, UTC)
        latest, by_step = self._latest(key, ids)
        ran_since = any(
            found.record.started_at > saved_at for found in (*latest.values(), *by_step.values())
        )
        # to undo what a cell did leaves the cell as it is
        document = _as_run(saved, latest, by_step, saved_at=saved_at, session=session)
        undone = self._timelines.undone(key, session=session)
        ever = latest, by_step
        if undone:
            latest, by_step = self._latest(key, ids, besides=undone)
        if self._timelines.that_travelled(key):  # perhaps to where a run was
            latest = self._of_runs(key, line) | latest
        seen = observed([*by_step.values(), *latest.values()], files=False)
        found = self._outlines.of(notebook, document, seen, self._modules(notebook.parent))
        ran = _ran(found, latest, by_step)
        copied = copies(found, ran)
        ran |= copied
        setting = setting_cells(found.graph.flows)
        runs = self._executions.runs_of_cells(key, setting.values())
        return Situation(
            found=found,
            ran=ran,
            settings=Settings({at: found.flow(at) for at in setting}, runs, self._execution),
            in_file=len(saved.cells),
            copied=frozenset(copied),
            # a kernel that has run nothing yet tells the same as a shell, and the panel
            restored=self._restored(line or self._line(key, None)),
            late=self._timelines.late_writes(key),
            unmade=self._unmade(found, ran),
            saved_at=saved_at,
            ran_since=ran_since,
            undone={
                at: execution.id
                for at, execution in _ran(found, *ever).items()
                if at in found.step_at and at not in ran and execution.id in undone
            },
        )

    def _execution(self, number: int) -> Execution | None:
        return self._executions.by_ids([number]).get(number)

    def _unmade(self, found: Outline, ran: Mapping[int, Execution]) -> dict[int, frozenset[str]]:
        """The names that cells took from cells that are not there any more, by position."""
        missed: dict[int, frozenset[str]] = {}
        for position, names in without_maker(found, ran).items():
            last = ran[position].id
            gone = names & made_by_cells(self._timelines.line(last), last)
            if gone:
                missed[position] = gone
        return missed

    def _line(self, key: str, session: str | None) -> tuple[Moment, ...]:
        """What led to the state of a kernel; without one, of the latest of the notebook."""
        if session is not None:
            return self._timelines.line_of_session(session)
        return self._timelines.line(self._timelines.last_of_notebook(key, besides="") or 0)

    def _of_runs(self, key: str, line: Sequence[Moment]) -> dict[str, Execution]:
        """What a run did in the cells whose state a kernel has gone on from, by cell id."""
        found = self._executions.by_ids([moment.id for moment in line if moment.is_cell])
        made = [found[number] for number in sorted(found) if found[number].record.run_id]
        return {str(one.record.cell_id): one for one in made if one.record.notebook == key}

    def _late(self, key: str, session: str | None) -> tuple[LateWrite, ...]:
        """The changes by threads and tasks that a kernel still holds."""
        mine = [late for late in self._timelines.late_writes(key) if late.session == session]
        if session is None or not mine:
            return ()
        state = state_of(self._timelines.line_of_session(session))
        held = {kept.execution for kept in state.values()}
        return tuple(late for late in mine if late.execution in held)

    def _restored(self, line: Sequence[Moment]) -> dict[str, Restored]:
        """What a kernel holds as it was put back, where no cell has changed it since."""
        by = {moment.id: moment.restored_from for moment in line if moment.restored_from}
        if not by:
            return {}
        origins = self._executions.by_ids(set(by.values()))
        versions = {
            key: found.version.reference if found.version else f"@{key}"
            for key, found in origins.items()
        }
        return {
            name: Restored(
                by=kept.execution,
                fingerprint=kept.fingerprint,
                version=versions.get(by[kept.execution], f"@{by[kept.execution]}"),
            )
            for name, kept in state_of(line).items()
            if kept.execution in by
        }

    def _latest(
        self, key: str, ids: Collection[str], *, besides: Collection[int] = ()
    ) -> tuple[dict[str, Execution], dict[str, Execution]]:
        """The latest executions by cell, and by step where the file has not their cell."""
        by_cell = self._executions.latest_by_cell(key, besides=besides)
        by_step = self._executions.latest_by_step(key, besides=besides)
        return by_cell, {name: e for name, e in by_step.items() if e.record.cell_id not in ids}


def _ran(
    found: Outline, latest: Mapping[str, Execution], by_step: Mapping[str, Execution]
) -> dict[int, Execution]:
    """The latest executions by position, of those by cell and by step."""
    by_digest = {e.record.digest: e for e in sorted(latest.values(), key=lambda e: e.id)}
    ran: dict[int, Execution] = {}
    for position, flow in enumerate(found.graph.flows):
        label = found.labels.get(position)
        step = label.name if label else None  # as it is recorded
        execution = latest.get(flow.cell.id)
        if execution is None or (step is not None and execution.record.step != step):
            execution = by_step.get(step) if step else by_digest.get(flow.digest)
        if execution is not None:
            ran[position] = execution
    return ran


def _as_run(
    document: Document,
    latest: Mapping[str, Execution],
    by_step: Mapping[str, Execution],
    *,
    saved_at: datetime,
    session: str | None,
) -> Document:
    """The notebook with the cells that ran since it was saved as they ran.

    A step is found by its name as well: not every front end sends the ids of the file. Where the
    cell in the file has run under its own id, it is another one below it, such as a version that
    was restored there.
    """
    newer, newer_steps = (
        {name: found.record for name, found in group.items() if found.record.started_at > saved_at}
        for group in (latest, by_step)
    )
    cells: list[Cell] = []
    added: dict[str, Cell] = {}
    for cell in document.cells:
        label = label_of(cell.source, cell.tags) if cell.kind == "code" else None
        step = label.name if label else None
        own, named = latest.get(cell.id), newer_steps.get(step or "")
        if named is not None and named.cell_id and own is not None and own.record.step == step:
            added[str(step)] = _cell_of(named, index=cell.index)
            named = None
        record = newer.get(cell.id) or named
        cells.append(cell if record is None else _ran_as(cell, record))
    cells += [replace(cell, index=len(cells) + at) for at, cell in enumerate(added.values())]
    known = {cell.id for cell in cells} | {cell.source for cell in cells}
    for cell_id, record in newer.items():
        if record.session == session and not {cell_id, record.source} & known:
            cells.append(_cell_of(record, index=len(cells)))
    return replace(document, cells=tuple(cells))


def _ran_as(cell: Cell, record: ExecutionRecord) -> Cell:
    """A cell with the source, and the name, with which it ran: it may have been tagged since."""
    label = label_of(record.source, cell.tags)
    ran = replace(cell, source=record.source)
    if record.step is None or (label is not None and label.name == record.step):
        return ran
    others = tuple(tag for tag in cell.tags if not tag.startswith(TAG_PREFIXES))
    return replace(ran, tags=(*others, *tags_of(record.source, record.step)))


def _cell_of(record: ExecutionRecord, *, index: int) -> Cell:
    """A cell that is not in the file yet."""
    return Cell(
        id=str(record.cell_id),
        index=index,
        kind="code",
        source=record.source,
        tags=tags_of(record.source, record.step),
    )


def _refuse_unmade(step: str, standings: Sequence[Standing]) -> None:
    for standing in standings:
        for reason in standing.reasons:
            if reason.kind == "unmade":
                raise UsageError(
                    f"{standing.title} reads {reason.cause}, which no cell makes any more.",
                    cure=f"Write a cell above it that makes {reason.cause}, run that, "
                    f"and refresh {step} again.",
                )


def _held(line: Sequence[Moment]) -> dict[str, str | None]:
    """The fingerprint of what each name holds in a kernel, as far as its cells tell."""
    return {name: kept.fingerprint for name, kept in state_of(line).items()}


def _needed(
    situation: Situation,
    standings: Mapping[int, Standing],
    targets: Sequence[int],
    *,
    held: Mapping[str, str | None],
    live: Collection[str],
    disk: DiskNow,
) -> list[int]:
    """The cells to run: the stale ones above and the step, and who must give them values again."""
    if not any(standings[position].state.needs_run for position in targets):
        return []
    setters = situation.settings.above(max(targets))
    setters = [at for at in setters if standings[at].state.needs_run]
    wanted = _above(situation, [*targets, *setters], disk)
    chosen = {position for position in wanted if standings[position].state.needs_run}
    chosen |= set(targets)
    known = -1
    while len(chosen) > known:  # what runs again may set other names back, too
        known = len(chosen)
        for position in sorted(wanted, reverse=True):
            if position in chosen:
                chosen |= set(situation.files.overwritten(position, disk))
                for name, sources in situation.sources(position).items():
                    if not _is_there(situation, name, sources, chosen, held=held, live=live):
                        chosen |= set(bits(sources))
    return sorted(chosen)


def _above(situation: Situation, targets: Sequence[int], disk: DiskNow) -> set[int]:
    wanted, waiting = 0, together(1 << position for position in targets)
    while waiting:
        position = next(from_last(waiting))
        wanted |= 1 << position
        files = situation.files
        makers = {change.position for change in files.given(position)}
        makers |= {*files.overwritten(position, disk)}
        sources = together(situation.sources(position).values())
        sources |= together(1 << maker for maker in makers)
        waiting = (waiting | sources) & ~wanted
    return set(bits(wanted))


def _is_there(
    situation: Situation,
    name: str,
    sources: int,
    chosen: Collection[int],
    *,
    held: Mapping[str, str | None],
    live: Collection[str],
) -> bool:
    """Whether the kernel holds what the cells above left under a name, or they run anyway."""
    if not name.isidentifier():
        return True
    if name not in live:
        return False
    made = situation.last_output(from_last(sources), name)
    if made is None:
        return _is_that_code(situation, name, sources, chosen, held=held)
    if made[0] in chosen:
        return True
    if any(at < made[0] and name in situation.found.flow(at).effects.writes for at in chosen):
        return False
    return name in held and held[name] == made[1].fingerprint


def _is_that_code(
    situation: Situation,
    name: str,
    sources: int,
    chosen: Collection[int],
    *,
    held: Mapping[str, str | None],
) -> bool:
    """Whether the kernel holds the function or class of the cells above, as far as is known."""
    made = situation.last_output(from_last(sources), name, code=True)
    if made is None or made[0] in chosen:
        return True
    prints = {made[1].fingerprint, held.get(name)}
    return None in prints or len(prints) == 1
