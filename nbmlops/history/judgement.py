"""Judge whether recorded results still follow from a notebook's cells; reads no store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.late import LateWrite
from nbmlops.domain.staleness import Reason, Standing, State
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines.outline import Outline

_CODE = "part of the code"


class ChangedFile(Protocol):
    """Tells whether a file is still what an execution read."""

    def __call__(self, access: FileAccess, execution: Execution, /) -> str | None:
        """What happened to the file since, in a few words; ``None`` where nothing did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A value that was put back: by which execution, and the version that had made it."""

    by: int
    fingerprint: str | None
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A notebook as it is now, with the latest execution of its cells, by position.

    ``restored`` are the names that the kernel holds as they were put back, with what did it;
    ``late`` is what threads and tasks changed after the cells that had started them; ``unmade``
    are the names that cells took, by position, and that no cell makes any more.
    """

    found: Outline
    ran: Mapping[int, Execution]
    restored: Mapping[str, Restored] = field(default_factory=dict)
    late: tuple[LateWrite, ...] = ()
    unmade: Mapping[int, frozenset[str]] = field(default_factory=dict)
    _sources: dict[int, dict[str, list[int]]] = field(default_factory=dict, init=False, repr=False)

    def title(self, position: int) -> str:
        """The step's name, or ``cell 4``."""
        step = self.found.step_at.get(position)
        return step or f"cell {self.found.flow(position).cell.index + 1}"

    def sources(self, position: int) -> dict[str, list[int]]:
        """The cells that a cell is known to take each name from, in notebook order.

        What a call only might have changed does not count: when it runs, the values will tell.
        """
        if not self._sources:
            self._sources.update(_known_sources(self.found))
        return self._sources.get(position, {})

    def last_output(self, positions: Iterable[int], name: str) -> tuple[int, ValueRecord] | None:
        """What the last of these cells that left a name with data left under it."""
        for position in sorted(positions, reverse=True):
            execution = self.ran.get(position)
            for value in execution.record.outputs if execution else ():
                if value.name == name and value.reason != _CODE:
                    return position, value
        return None


def _known_sources(found: Outline) -> dict[int, dict[str, list[int]]]:
    """The sources of all cells at once: there may be as many edges as pairs of cells."""
    given: dict[int, dict[str, list[int]]] = {}
    for edge in found.graph.edges:  # sorted by source; one source has one edge for each name
        if edge.known_by != "possible":
            names = given.setdefault(edge.target, {})
            for name in edge.names:
                names.setdefault(name, []).append(edge.source)
    return {target: dict(sorted(names.items())) for target, names in given.items()}


def judge(situation: Situation, changed_file: ChangedFile) -> dict[int, Standing]:
    """How each cell stands, by position; a cell is judged after those above it."""
    standings: dict[int, Standing] = {}
    for position in range(len(situation.found.graph.flows)):
        standings[position] = _standing(situation, position, standings, changed_file)
    return standings


def _standing(
    situation: Situation,
    position: int,
    above: Mapping[int, Standing],
    changed_file: ChangedFile,
) -> Standing:
    flow = situation.found.flow(position)
    step = situation.found.step_at.get(position)
    execution = situation.ran.get(position)
    reasons = list(_upstream(situation, position, above))
    if execution is None:
        state = State.NEVER_RUN if step is not None else State.UNRECORDED
    else:
        own = [
            *_own(flow, execution),
            *_files(execution, changed_file),
            *_put_back(situation, position),
            *_unmade(situation, position),
        ]
        reasons = [*own, *reasons, *_values(situation, position, execution, reasons)]
        failed = execution.record.status is not ExecutionStatus.OK
        state = State.FAILED if failed else State.STALE if reasons else State.FRESH
    return Standing(
        cell_id=flow.cell.id,
        title=situation.title(position),
        step=step,
        state=state,
        reasons=tuple(reasons),
        execution=execution.id if execution else None,
        version=execution.version.reference if execution and execution.version else None,
        ran_at=execution.record.started_at if execution else None,
    )


def _own(flow: CellFlow, execution: Execution) -> Iterable[Reason]:
    """What changed in the cell itself and in the functions that it uses."""
    record = execution.record
    if record.status is not ExecutionStatus.OK:
        said = f": {record.failure.kind}" if record.failure else ""
        verb = "was interrupted" if record.status is ExecutionStatus.INTERRUPTED else "failed"
        yield Reason(kind="failed", detail=f"{verb} when it last ran{said}")
    if record.digest == flow.digest:
        return
    if normalized(record.source) != normalized(flow.cell.source):
        yield Reason(kind="edited", detail="edited since it ran")
        return
    names = _different(record.definitions, flow.definitions) if execution.version else []
    for name in names:
        yield Reason(kind="definition", detail=f"{name}, which it uses, was edited", cause=name)
    if not names:
        yield Reason(kind="definition", detail="a function that it uses was edited")


def _different(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(
        name
        for name in before.keys() | now.keys()
        if normalized(before.get(name, "")) != normalized(now.get(name, ""))
    )


def _files(execution: Execution, changed_file: ChangedFile) -> Iterable[Reason]:
    for access in execution.record.files:
        if access.mode == "read":
            said = changed_file(access, execution)
            if said is not None:
                yield Reason(kind="file", detail=f"{access.path} {said}", cause=access.path)


def _unmade(situation: Situation, position: int) -> Iterable[Reason]:
    for name in sorted(situation.unmade.get(position, ())):
        yield Reason(kind="unmade", detail=f"{name}: no cell makes it any more", cause=name)


def _put_back(situation: Situation, position: int) -> Iterable[Reason]:
    """The names of which the kernel holds an earlier value instead of what this cell left last."""
    for name, restored in situation.restored.items():
        made = situation.last_output(situation.ran, name)
        if made is None or made[0] != position or situation.ran[position].id > restored.by:
            continue
        if restored.fingerprint is None or restored.fingerprint != made[1].fingerprint:
            detail = f"{name} was brought back from {restored.version} since"
            yield Reason(kind="restored", detail=detail, cause=name)


def _upstream(
    situation: Situation, position: int, above: Mapping[int, Standing]
) -> Iterable[Reason]:
    """The cells above that must run again and whose results this one takes."""
    told: set[str] = set()
    for name, positions in situation.sources(position).items():
        for source in positions:
            if _is_same_code(situation, source, name):
                continue
            standing = above[source]
            carried = standing.reasons if standing.state is State.UNRECORDED else ()
            own = [_because(standing)] if standing.state.needs_run else []
            for reason in (*own, *carried):
                if (reason.cause or "") not in told:
                    told.add(reason.cause or "")
                    yield reason


def _because(standing: Standing) -> Reason:
    detail = standing.reasons[0].detail if standing.reasons else "has not run"
    if standing.reasons and standing.reasons[0].kind in ("upstream", "rerun"):
        detail = "is stale"
    return Reason(
        kind="upstream", detail=f"{standing.title} {_with_verb(detail)}", cause=standing.title
    )


def _with_verb(detail: str) -> str:
    """``edited since it ran`` as it reads behind the name of a cell."""
    if detail.startswith("edited"):
        return f"was {detail}"
    first = detail.partition(" ")[0]
    return detail if first in ("has", "is", "was", "failed") else f"is stale: {detail}"


def _is_same_code(situation: Situation, source: int, name: str) -> bool:
    """Whether a cell gives a function, which the digest of its user covers, or the same import."""
    effects = situation.found.flow(source).effects
    if any(definition.name == name for definition in effects.definitions):
        return True
    execution = situation.ran.get(source)
    if execution is None or name not in effects.imports:
        return False
    try:
        before = analyze(execution.record.source)
    except CellSyntaxError:
        return False
    return before.imports.get(name) == effects.imports[name]


def _values(
    situation: Situation, position: int, execution: Execution, known: Iterable[Reason]
) -> Iterable[Reason]:
    """The inputs that are no longer what the cells above left, where they need no new run."""
    causes = {reason.cause for reason in known}
    read = {value.name: value for value in execution.record.inputs}
    for name, positions in situation.sources(position).items():
        parameter = _parameter(situation, positions, name, execution)
        if parameter is not None:
            yield parameter
        made = situation.last_output(positions, name)
        if made is None or name not in read or situation.title(made[0]) in causes:
            continue
        detail = _differing(situation, made[0], made[1], read[name], execution)
        if detail is not None:
            yield Reason(kind="rerun", detail=detail, cause=situation.title(made[0]))


def _differing(
    situation: Situation,
    source: int,
    made: ValueRecord,
    read: ValueRecord,
    execution: Execution,
) -> str | None:
    title, later = situation.title(source), situation.ran[source].id > execution.id
    if made.fingerprint is None or read.fingerprint is None:
        said = f"{title} ran again, and its {made.name} cannot be compared"
        return said if later else None
    if made.fingerprint == read.fingerprint:
        return None
    since = range(situation.ran[source].id, execution.id)
    if any(
        late.execution in since and late.names.get(made.name) == read.fingerprint
        for late in situation.late
    ):
        return None
    if later:
        return f"{title} has made another {made.name} since"
    return f"it read another {made.name} than {title} left"


def _parameter(
    situation: Situation, positions: list[int], name: str, execution: Execution
) -> Reason | None:
    """A parameter with another value than the cell ran with, where its own cell is not recorded."""
    found = situation.found
    if found.parameters_at not in positions or found.parameters_at in situation.ran:
        return None
    used = execution.record.parameters
    for parameter in found.inferred.parameters:
        if parameter.name == name and name in used and not parameter.required:
            if parameter.default == used[name]:
                return None
            detail = f"{name} was {used[name]!r} and is {parameter.default!r} now"
            return Reason(kind="parameter", detail=detail, cause=name)
    return None
