"""Which cells a run has to execute, and which have a recorded result that still holds; pure.

A recorded execution holds for a cell if running the cell now would do the same: the same code, the
same values under every name that it reads, the same environment, files, variables, settings and
random state, and nothing from outside. What is not known counts as different.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.generators import GENERATORS, generators_of
from nbmlops.domain.pipelines import CellRole
from nbmlops.domain.plans import CachePolicy
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.pipelines import draws
from nbmlops.pipelines.evidence import Evidence, SessionEntry
from nbmlops.pipelines.purity import from_outside
from nbmlops.pipelines.sharing import SharedParts

NO_CACHE = "no-cache"
"""The tag of a cell whose recorded results are never taken."""

_FILE = "file "
"""What stands before a path among names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCell:
    """A cell to plan: what it does in its notebook, and what it is there for.

    ``state`` is what runs have shown that it changes in the process and that no name holds; empty
    for nothing. ``seen`` says that a recorded execution has ended well.
    """

    flow: CellFlow
    role: CellRole
    step: str | None
    state: str = ""
    seen: bool = False

    @property
    def title(self) -> str:
        """The step's name, or ``cell 4``, counted from 1."""
        return self.step or f"cell {self.flow.cell.index + 1}"

    @property
    def sets(self) -> bool:
        """Whether it sets something for the whole process, or seeds a generator."""
        return self.flow.seeds or self.leaves_state

    @property
    def sets_process(self) -> bool:
        """Whether it sets more for the process than random generators whose states are kept."""
        return self.leaves_state or (self.flow.seeds and not draws.only_seeds(self.flow))

    @property
    def leaves_state(self) -> bool:
        """Whether it changes something in the process that no name holds and no record keeps."""
        return bool(self.state) or PROCESS in self.flow.writes

    @property
    def changes(self) -> frozenset[str]:
        """The names that it binds, or whose values it may change."""
        return self.flow.writes | self.flow.mutates | self.flow.may_mutate

    @property
    def reaches(self) -> frozenset[str]:
        """The names whose values it may read or change."""
        return self.flow.reads | self.flow.mutates | self.flow.may_mutate

    @property
    def reaches_all(self) -> bool:
        """Whether the code does not tell what it reads."""
        return any(construct.reads for construct in self.flow.effects.dynamic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a name stands for at one point of a run.

    ``provider`` is the position of the cell that left it; ``known`` is false where that cell has
    still to run. ``manifest`` is its stored value, if it was kept, ``kind`` its type.
    """

    provider: int
    fingerprint: str | None = None
    manifest: str | None = None
    known: bool = True
    text: str = ""
    kind: str = ""


Names = Mapping[str, Held]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a recorded execution does not hold; ``waits`` if only a cell above can tell."""

    reason: str
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found for a cell: an execution that holds, or why there is none.

    Where an execution holds, ``reason`` is what speaks against it all the same.
    """

    execution: Execution | None = None
    reason: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Values that a run gives to names behind the cell of the parameters: name → what it holds."""

    position: int | None = None
    values: Mapping[str, Held] = field(default_factory=dict)


class Judge:
    """Says for each cell whether a recorded execution holds, and follows what names stand for.

    Args:
        cells: those of the pipeline, in the order in which they run.
        evidence: the past and the present.
        policy: how far recorded results may be taken.
        overlay: the parameters that the run is given.
    """

    def __init__(
        self,
        cells: Sequence[PlanCell],
        evidence: Evidence,
        *,
        policy: CachePolicy,
        overlay: Overlay,
    ) -> None:
        self._cells = cells
        self._evidence = evidence
        self._policy = policy
        self._overlay = overlay
        self._shared_parts = SharedParts([cell.flow for cell in cells])
        self._twins: dict[str, set[str]] = {}
        for cell in cells:
            self._twins.setdefault(cell.flow.digest, set()).add(cell.flow.cell.id)

    def judge(self, position: int, names: Names, taken: Mapping[int, Execution]) -> Judgement:
        """Whether the cell has to run where names stand for these values.

        ``taken`` are the executions whose results stand for cells above.
        """
        cell = self._cells[position]
        if cell.flow.problem is not None:
            return Judgement(reason="it cannot be read")
        made = self.made(position)
        if made is not None:
            return Judgement(execution=made)
        refused = self._refused(cell)
        waiting: Judgement | None = None
        first: Judgement | None = None
        for execution in self._evidence.executions(cell.flow.digest):
            if refused and execution.id not in self._policy.trusted:
                continue
            objections = list(self._objections(position, execution, names))
            if not objections and not self._shares_as_then(position, execution, taken):
                objections.append(Objection(reason="what it changes may share parts with others"))
            if not objections:
                return Judgement(execution=execution, reason=self._although(execution, refused))
            certain = [objection for objection in objections if not objection.waits]
            if not certain:
                waiting = waiting or Judgement(reason=objections[0].reason, waits=True)
            else:
                first = first or Judgement(reason=certain[0].reason)
        if refused or waiting or first:
            return waiting or first or Judgement(reason=refused or "")
        return Judgement(reason=self._without_result(cell))

    def made(self, position: int) -> Execution | None:
        """What another part of the same whole has executed of the cell."""
        cell = self._cells[position].flow.cell
        return next(
            (
                execution
                for execution in self._evidence.executions(self._cells[position].flow.digest)
                if execution.id in self._policy.made and execution.record.cell_id == cell.id
            ),
            None,
        )

    def _without_result(self, cell: PlanCell) -> str:
        """Why there is no execution of exactly this code that ended well."""
        if self._evidence.failed(cell.flow.digest):
            return "it failed the last time"
        known = self._evidence.ran_before(cell.flow.cell.id, cell.step)
        return "code changed" if known else "never ran"

    def after(self, position: int, record: ExecutionRecord, names: Names) -> dict[str, Held]:
        """What names stand for behind a cell that ran, or whose recorded result is taken."""
        result = dict(names)
        for value in record.outputs:
            result[value.name] = Held(
                provider=position,
                fingerprint=value.fingerprint,
                manifest=value.manifest if value.comes_back else None,
                text=value.summary.text,
                kind=value.summary.kind,
            )
        for name in record.deleted:
            result.pop(name, None)
        return self._overlaid(position, self._drawn(position, record, result))

    def _drawn(
        self, position: int, record: ExecutionRecord, names: dict[str, Held]
    ) -> dict[str, Held]:
        """The generators behind a cell; without a record of them, they are not followed on."""
        seen = generators_of(record)
        if seen is None:
            return without_generators(names)
        for name in draws.left(self._cells[position].flow, seen, names):
            kept = seen.after[name]
            names[draws.key_of(name)] = Held(
                provider=position, fingerprint=kept.fingerprint, manifest=kept.manifest
            )
        return names

    def after_unknown(self, position: int, names: Names) -> dict[str, Held]:
        """What names stand for behind a cell of which is not known yet what it will make."""
        flow = self._cells[position].flow
        result = dict(names)
        for name in self._perhaps_changed(position, names) | self._perhaps_written(position):
            result[name] = Held(provider=position, known=False)
        for name in flow.effects.unbound:
            result.pop(name, None)
        seeded = map(draws.key_of, GENERATORS) if flow.seeds else ()
        return self._overlaid(position, {**result, **open_generators(position, result, seeded)})

    def _overlaid(self, position: int, names: dict[str, Held]) -> dict[str, Held]:
        return {**names, **self._overlay.values} if position == self._overlay.position else names

    def _perhaps_changed(self, position: int, names: Names) -> set[str]:
        cell = self._cells[position]
        flow = cell.flow
        if any(construct.writes for construct in flow.effects.dynamic):
            return {*names, *flow.writes}
        perhaps = set(flow.may_mutate)
        seen = [e.record for e in self._evidence.executions(flow.digest)]
        if any(record.inputs_complete for record in seen):  # a run tells in the end
            perhaps &= {value.name for record in seen for value in record.outputs}
        return {name for name in (flow.writes | flow.mutates | perhaps) if name.isidentifier()}

    def _perhaps_written(self, position: int) -> set[str]:
        """The files that it writes, as far as its code or an earlier execution tells."""
        flow = self._cells[position].flow
        seen = [file for e in self._evidence.executions(flow.digest) for file in e.record.files]
        paths = {file.path for file in seen if file.mode != "read"}
        return {f"{_FILE}{path}" for path in paths | flow.effects.saves}

    def _refused(self, cell: PlanCell) -> str | None:
        if not self._policy.enabled:
            return "the cache is off"
        if cell.step in self._policy.force:
            return "forced"
        if NO_CACHE in cell.flow.cell.tags:
            return f"tagged {NO_CACHE}"
        return None

    # What speaks against an execution

    def _objections(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        record = execution.record
        flow = self._cells[position].flow
        if record.cell_id in self._twins[flow.digest] - {flow.cell.id}:
            # what a function or the process keeps may have been another thing there
            yield Objection(reason="another cell with the same code made it")
        if not record.inputs_complete:
            yield Objection(reason=f"what it reads is not known: {record.inputs_note}")
        if execution.id not in self._policy.trusted:
            yield from (Objection(reason=reason) for reason in self._changeable(record))
        yield from self._values(position, record, names)
        yield from self._code(position, execution, names)
        yield from self._random(position, record, names)
        yield from self._settings(position, execution, names)
        yield from self._outside(record, names)

    def _shares_as_then(
        self, position: int, execution: Execution, taken: Mapping[int, Execution]
    ) -> bool:
        session = self._evidence.session(execution.record.session)
        return self._shared_parts.holds(position, execution, taken, session)

    def _although(self, execution: Execution, refused: str | None) -> str:
        """What speaks against a result that is taken because the run that is resumed made it."""
        if execution.id not in self._policy.trusted:
            return ""
        return "; ".join(filter(None, (refused, *self._changeable(execution.record))))

    def _changeable(self, record: ExecutionRecord) -> Iterator[str]:
        """What it took from outside of the notebook and its data."""
        outside = from_outside(record)
        if outside:
            yield outside
        differs = self._evidence.environment(record.environment)
        if differs:
            yield f"environment changed: {differs}"

    def _values(self, position: int, record: ExecutionRecord, names: Names) -> Iterator[Objection]:
        """The names that it read, and what they stand for now."""
        for value in record.inputs:
            held = names.get(value.name)
            if held is None:
                yield Objection(reason=f"`{value.name}` is not there any more")
            elif not held.known:
                yield self._waits(position, value.name, held)
            elif held.fingerprint is None or value.fingerprint is None:
                yield Objection(reason=f"`{value.name}` cannot be compared")
            elif held.fingerprint != value.fingerprint:
                yield Objection(reason=_changed(value.name, value.summary.text, held.text))

    def _waits(self, position: int, name: str, held: Held) -> Objection:
        by = "" if held.provider == position else f": {self._cells[held.provider].title} runs"
        return Objection(reason=f"`{name}` may change{by}", waits=True)

    def _code(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        """Imports and functions, which are no recorded inputs: what they were in its session."""
        flow = self._cells[position].flow
        read = {value.name for value in execution.record.inputs}
        left = sorted((flow.reads & names.keys()) - read - flow.definitions.keys())
        if not left:
            return
        then: dict[str, str | None] = {}
        for entry in self._earlier(execution):
            then |= entry.outputs
        for name in left:
            held = names[name]
            if not held.known:
                yield self._waits(position, name, held)
            elif then.get(name) is None:
                yield Objection(reason=f"what `{name}` was is not recorded")
            elif then[name] != held.fingerprint:
                yield Objection(reason=f"`{name}` changed")

    def _random(self, position: int, record: ExecutionRecord, names: Names) -> Iterator[Objection]:
        """The generators that it drew from, and where they stand now, once they were seeded."""
        then = draws.stood(record)
        flow = self._cells[position].flow
        for name in sorted(draws.drawn(flow, record) or ()):
            held = names.get(draws.key_of(name))
            if held is None:
                continue
            if not held.known:
                by = "" if held.provider == position else self._cells[held.provider].title
                by = by and f": {by} runs"
                yield Objection(reason=f"its random numbers may be others{by}", waits=True)
            elif held.fingerprint is None or held.fingerprint != then.get(name):
                yield Objection(reason="its random numbers would be others")

    def _settings(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        """Seeds and settings of the process above: the same ones, in this order, and no other."""
        above = self._cells[:position]
        settled = draws.is_settled(self._cells[position].flow, execution.record, names)
        wanted = [cell for cell in above if (cell.sets_process if settled else cell.sets)]
        digests = {cell.flow.digest for cell in wanted}
        entries = list(self._earlier(execution))
        ran = {entry.digest for entry in entries}
        missing = [cell for cell in wanted if cell.flow.digest not in ran]
        if missing:
            yield Objection(reason=f"{missing[0].title} sets something that was not set then")
        known = {cell.flow.digest for cell in above} | {execution.record.digest}
        if any(
            entry.digest not in known and _sets(entry, seeds=not settled) for entry in entries
        ) or (_leaves_state(execution.record) and _left_state(entries, execution.record.digest)):
            yield Objection(reason="something was set then that is not set now")
        elif not missing:
            then = _in_turn(entry for entry in entries if entry.digest in digests)
            if then not in (order := [cell.flow.digest for cell in wanted], _squeezed(order)):
                yield Objection(reason="what is set above was set in another order then")

    def _earlier(self, execution: Execution) -> Iterable[SessionEntry]:
        session = self._evidence.session(execution.record.session)
        return (entry for entry in session if entry.id < execution.id)

    def _outside(self, record: ExecutionRecord, names: Names) -> Iterator[Objection]:
        for access in record.externals:
            if access.kind == "variable" and not self._evidence.variable(access):
                yield Objection(reason=f"the variable {access.name} has another value")
            elif access.kind == "folder" and not self._evidence.folder(access):
                yield Objection(reason=f"the folder {access.name} is not there any more")
            elif access.kind == "directory":
                yield Objection(reason="it changes the working directory")
        for file in record.files:
            said = self._evidence.file(file)
            if said is not None:
                yield Objection(reason=f"{file.path} {said}")
            elif _is_rewritten(file.path, names):
                yield Objection(reason=f"{file.path} may be written anew", waits=True)


def _changed(name: str, before: str, now: str) -> str:
    if before and now and before != now and max(len(before), len(now)) <= 20:  # noqa: PLR2004
        return f"`{name}` was {before} and is {now}"
    return f"`{name}` changed"


def _is_rewritten(path: str, names: Names) -> bool:
    written = (name.removeprefix(_FILE) for name in names if name.startswith(_FILE))
    return any(path == end or path.endswith(f"/{end.lstrip('./')}") for end in written)


def open_generators(
    position: int, names: Iterable[str], seeded: Iterable[str] = ()
) -> dict[str, Held]:
    """The generators that are followed, left by a cell of which it is not known yet how."""
    keys = {*filter(draws.is_key, names), *seeded}
    return {name: Held(provider=position, known=False) for name in keys}


def without_generators(names: Names) -> dict[str, Held]:
    """Names behind a cell of which nobody knows what it draws."""
    return {name: held for name, held in names.items() if not draws.is_key(name)}


def _sets(entry: SessionEntry, *, seeds: bool) -> bool:
    try:
        effects = analyze(entry.source)
    except CellSyntaxError:
        return True
    if effects.seeds and (seeds or draws.sets_more(entry.source)):
        return True
    return entry.state or PROCESS in effects.writes


def _in_turn(entries: Iterable[SessionEntry]) -> list[str]:
    """The digests of what was set, in order; once for what was set again at once to the same."""
    found: list[str] = []
    for entry in entries:
        if entry.state or found[-1:] != [entry.digest]:
            found.append(entry.digest)
    return found


def _squeezed(digests: Sequence[str]) -> list[str]:
    return [digest for digest, _ in groupby(digests)]


def _leaves_state(record: ExecutionRecord) -> bool:
    return any(access.kind == "state" for access in record.externals)


def _left_state(entries: Iterable[SessionEntry], digest: str) -> bool:
    """Whether an earlier execution of this code has changed what no name holds."""
    return any(entry.state and entry.digest == digest for entry in entries)
