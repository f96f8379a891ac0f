"""Judge whether recorded results still follow from a notebook's cells; reads no store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.late import LateWrite
from nbmlops.domain.sentences import said
from nbmlops.domain.staleness import Reason, Standing, State
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.history.because import FOLLOWS, because, failed, gone_back
from nbmlops.history.files_of_cells import FilesOfCells
from nbmlops.history.settings import Settings
from nbmlops.notebook.dataflow.effects import WITHOUT_SOURCE, analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.links import bits, from_last
from nbmlops.notebook.dataflow.made_of_values import ToldBySource
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines.looking import looks_of, shown
from nbmlops.pipelines.outline import Outline

_CODE = "part of the code"

_FOREMOST = 3
"""How many of the nearest cells above, and of those with which it begins, are named first."""


class Disk(Protocol):
    """Tells whether files and folders are still what an execution found."""

    def file(self, access: FileAccess, execution: Execution, /) -> str | None:
        """What happened to a file since it was read, in a few words; ``None``: nothing did."""

    def look(self, access: ExternalAccess, own: Collection[str], /) -> str | None:
        """What happened to a folder or path, but for files that cells of the notebook changed."""

    def is_left(self, access: FileAccess, execution: Execution, /) -> bool:
        """Whether a file is what an execution wrote, or is not there as that removed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A value that was put back: by which execution, and the version that had made it."""

    by: int
    fingerprint: str | None
    version: str


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A notebook as it is now, with the latest execution of its cells, by position.

    ``restored`` are the names that the kernel holds as they were put back, with what did it;
    ``late`` is what threads and tasks changed after the cells that had started them; ``unmade``
    are the names that cells took, by position, and that no cell makes any more; ``copied`` are
    the cells that never ran, but have the name of one whose execution counts for both;
    ``saved_at`` is when the file was saved, and ``ran_since`` whether cells have run since;
    ``settings`` tells what its cells set for the process when others ran; ``in_file`` is how many
    cells the file has, those that ran and are not in it stand below: ``None`` where all are in it;
    ``undone`` are the steps that ran, and before which the kernel went back, with the executions.
    """

    found: Outline
    ran: Mapping[int, Execution]
    restored: Mapping[str, Restored] = field(default_factory=dict)
    late: tuple[LateWrite, ...] = ()
    unmade: Mapping[int, frozenset[str]] = field(default_factory=dict)
    copied: frozenset[int] = frozenset()
    saved_at: datetime | None = None
    ran_since: bool = False
    settings: Settings = field(default_factory=Settings.none)
    in_file: int | None = None
    undone: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def changed_files(self) -> frozenset[str]:
        """The files that its cells wrote, or removed, when they ran last."""
        files = (file for execution in self.ran.values() for file in execution.record.files)
        return frozenset(file.path for file in files if file.mode != "read")

    @cached_property
    def files(self) -> FilesOfCells:
        """What its cells did to files when they ran last."""
        return FilesOfCells(self.ran)

    @cached_property
    def told_by_source(self) -> ToldBySource:
        """Tells which functions and classes the digests of their users cover."""
        return ToldBySource(self.found.graph.flows)

    def title(self, position: int) -> str:
        """The step's name, or ``cell 4``; ``cell @12`` of what has no place in the file."""
        step, index = self.found.step_at.get(position), self.found.flow(position).cell.index
        ran = None if self.is_in_file(position) else self.ran.get(position)
        return step or said("cell %1", str(index + 1) if ran is None else f"@{ran.id}")

    def is_in_file(self, position: int) -> bool:
        """Whether a cell stands in the notebook's file, and so every cell that is above it."""
        return self.in_file is None or self.found.flow(position).cell.index < self.in_file

    def sources(self, position: int) -> dict[str, int]:
        """The cells that a cell is known to take each name from, with one bit for each.

        What a call only might have changed does not count: when it runs, the values will tell.
        """
        return self.found.graph.links.known(position)

    def last_output(
        self, from_last: Iterable[int], name: str, *, code: bool = False
    ) -> tuple[int, ValueRecord] | None:
        """What the last of these cells that left a name with data, or with code, left under it."""
        for position in from_last:
            execution = self.ran.get(position)
            for value in execution.record.outputs if execution else ():
                if value.name == name and (value.reason == _CODE) is code:
                    return position, value
        return None


def judge(situation: Situation, disk: Disk) -> dict[int, Standing]:
    """How each cell stands, by position; a cell is judged after those above it."""
    standings: dict[int, Standing] = {}
    above = _Above(situation, disk)
    for position in range(len(situation.found.graph.flows)):
        standings[position] = _standing(situation, position, above, disk)
        above.add(position, standings[position])
    return standings


_GIVEN = frozenset(["parameter", "rerun", "upstream"])
"""Kinds of reasons for which a cell is stale as it would be given other values."""


class _Above:
    """The cells that were judged, as far as those below them are stale for it.

    Where each cell takes what all above it have changed, there are as many links as pairs of
    cells: numbers with one bit for each cell tell which of them matter. ``given_others`` are
    those that would be given other values.
    """

    def __init__(self, situation: Situation, disk: Disk) -> None:
        self._situation = situation
        self._disk = disk
        self._origins: dict[int, int | None] = {}
        self._origin_of: dict[str | None, int | None] = {}
        self._told: dict[int, tuple[Reason, ...]] = {}
        self._telling = 0
        self._looked_at: dict[str, int] = {}
        self._same: dict[str, int] = {}
        self.given_others: set[int] = set()

    def add(self, position: int, standing: Standing) -> None:
        """A cell was judged."""
        own = (because(standing),) if standing.state.needs_run else ()
        carried = standing.reasons if standing.state is State.UNRECORDED else ()
        if own or carried:
            self._telling |= 1 << position
            self._told[position] = (*own, *carried)
            origin = self._origins[position] = self._origin(position, standing)
            known = self._origin_of.setdefault(standing.title, origin)
            self._origin_of[standing.title] = origin if known == origin else None
        if not _GIVEN.isdisjoint(reason.kind for reason in standing.reasons):
            self.given_others.add(position)

    def _origin(self, position: int, standing: Standing) -> int | None:
        """The cell below that alone is why a cell is stale, as it has changed a file since."""
        found: set[int | None] = set()
        for reason in standing.reasons:
            by = None
            if reason.kind == "upstream":
                by = self._origin_of.get(reason.cause)
            elif reason.kind == "file" and reason.cause is not None:
                by = self._situation.files.changed_by(position, reason.cause, self._disk)
            found.add(by if by != position else None)
        return found.pop() if len(found) == 1 else None

    def reasons(self, position: int) -> Iterable[Reason]:
        """The cells above that must run again and whose results, or files, a cell takes.

        Not those that must run again for what it has done itself to a file: it took what they read.
        Where these are many, the nearest come first, and then those with which it begins.
        """
        told: dict[str, tuple[int, Reason]] = {}
        for source in self._sources(position):
            for reason in self._told[source] if self._origins[source] != position else ():
                told.setdefault(reason.cause or "", (source, reason))
        return _foremost_first([*told.values()])

    def _sources(self, position: int) -> Iterable[int]:
        """The cells that tell something and from which a cell takes a value or a file."""
        if not self._telling:
            return
        for name, positions in self._situation.sources(position).items():
            yield from bits(positions & self._telling & ~self._same_code(name, positions))
        files = self._situation.files
        for change in files.given(position):
            source, path = change.position, change.access.path
            below = self._origins.get(source)
            # what a cell below has made of this very file is told of the file itself
            itself = below is not None and files.changed_by(position, path, self._disk) == below
            if source in self._told and not itself:
                yield source

    def _same_code(self, name: str, positions: int) -> int:
        """Those of the cells, and perhaps others, that give the same code under a name."""
        looked_at, same = self._looked_at.get(name, 0), self._same.get(name, 0)
        new = positions & self._telling & ~looked_at
        for source in bits(new):
            if _is_same_code(self._situation, source, name):
                same |= 1 << source
        self._looked_at[name], self._same[name] = looked_at | new, same
        return same


def _foremost_first(told: list[tuple[int, Reason]]) -> Iterable[Reason]:
    """Reasons with the positions they are from: in this order, if there are but a few."""
    if len(told) > 2 * _FOREMOST:
        nearest = sorted(told, key=lambda one: one[0], reverse=True)
        first = nearest[:_FOREMOST]
        begins = [one for one in nearest[_FOREMOST:] if not one[1].detail.endswith(FOLLOWS)]
        told = list(dict.fromkeys((*first, *begins[-_FOREMOST:], *nearest)))
    return [reason for _, reason in told]


def _standing(
    situation: Situation,
    position: int,
    above: _Above,
    disk: Disk,
) -> Standing:
    flow = situation.found.flow(position)
    step = situation.found.step_at.get(position)
    execution = situation.ran.get(position)
    reasons = list(above.reasons(position))
    if execution is None:
        state = State.NEVER_RUN if step is not None else State.UNRECORDED
        if position in situation.undone:
            reasons.insert(0, gone_back(situation.undone[position]))
    else:
        own = [
            *_code(situation, position, execution),
            *_files(situation, position, disk),
            *_looks(execution, disk, situation.changed_files),
            *_put_back(situation, position),
            *_unmade(situation, position),
        ]
        if position in situation.copied:  # what ran took what is above where it ran
            reasons = own
        else:
            reasons += _settings(situation, position, execution, reasons, above)
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
        duration=execution.record.took if execution else None,
    )


def _code(situation: Situation, position: int, execution: Execution) -> Iterable[Reason]:
    """What became of the cell itself, and what changed in it and in the functions that it uses."""
    flow = situation.found.flow(position)
    if position in situation.copied:
        yield from _copy(flow, execution)
        return
    if execution.record.status is not ExecutionStatus.OK:
        yield failed(execution.record)
    # what was there before anything was recorded stands in no cell that is known
    unknown = () if situation.is_in_file(position) else flow.missing
    yield from _edited(flow, execution, unknown)


def _edited(flow: CellFlow, execution: Execution, unknown: Collection[str]) -> Iterable[Reason]:
    record = execution.record
    if record.digest == flow.digest:
        return
    if normalized(record.source) != normalized(flow.cell.source):
        yield Reason(kind="edited", detail=said("edited since it ran"))
        return
    known = record.definitions.items()
    in_cells = {name: source for name, source in known if not source.startswith(WITHOUT_SOURCE)}
    names = _different(in_cells, flow.definitions) if execution.version else []
    for name in (name for name in names if name not in unknown):
        yield Reason(
            kind="definition", detail=said("%1, which it uses, was edited", name), cause=name
        )
    if not names and not unknown and len(in_cells) == len(record.definitions):
        yield Reason(kind="definition", detail=said("a function that it uses was edited"))


def _copy(flow: CellFlow, execution: Execution) -> Iterable[Reason]:
    """What tells a cell that has not run from the one that has its name and did."""
    if execution.record.digest != flow.digest:
        number = said("cell %1", str(flow.cell.index + 1))
        detail = said("%1, which has its name too, has not run", number)
        yield Reason(kind="named", detail=detail, cause=number)


def _different(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(
        name
        for name in before.keys() | now.keys()
        if normalized(before.get(name, "")) != normalized(now.get(name, ""))
    )


def _files(situation: Situation, position: int, disk: Disk) -> Iterable[Reason]:
    """Files that are others than it read.

    But for what it made of them itself, and for what cells below it made of files that a cell
    above makes.
    """
    execution = situation.ran[position]
    files = execution.record.files
    left = {access.path: access for access in files if access.mode != "read" and access.digest}
    for access in files:
        told = (
            disk.file(left.get(access.path, access), execution) if access.mode == "read" else None
        )
        if told is None:
            continue
        own = access.path in left
        by = situation.files.changed_by(position, access.path, disk)
        if by is not None and situation.files.makers(position, access):
            continue
        detail = said("%1 %2", access.path, told)
        made = not own and situation.files.is_made_above(position, access.path)
        if by is not None and by != position and not made:
            detail = said(
                "%1 was changed since by %2 below, and no cell above makes it anew",
                access.path,
                situation.title(by),
            )
        yield Reason(kind="file", detail=detail, cause=access.path)


def _looks(execution: Execution, disk: Disk, own: Collection[str]) -> Iterable[Reason]:
    for access in looks_of(execution.record):
        told = disk.look(access, own)
        if told is not None:
            detail = said("%1 %2", shown(access), told)
            yield Reason(kind="file", detail=detail, cause=access.name)


def _unmade(situation: Situation, position: int) -> Iterable[Reason]:
    for name in sorted(situation.unmade.get(position, ())):
        detail = said("%1: no cell makes it any more", name)
        yield Reason(kind="unmade", detail=detail, cause=name)


def _put_back(situation: Situation, position: int) -> Iterable[Reason]:
    """The names of which the kernel holds an earlier value instead of what this cell left last."""
    for name, restored in situation.restored.items():
        made = situation.last_output(sorted(situation.ran, reverse=True), name)
        if made is None or made[0] != position or situation.ran[position].id > restored.by:
            continue
        if restored.fingerprint is None or restored.fingerprint != made[1].fingerprint:
            detail = said("%1 was brought back from %2 since", name, str(restored.version))
            yield Reason(kind="restored", detail=detail, cause=name)


def _is_same_code(situation: Situation, source: int, name: str) -> bool:
    """Whether a cell gives a function, which the digest of its user covers, or the same import."""
    effects = situation.found.flow(source).effects
    if name in effects.defines:
        return situation.told_by_source(name, source)
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
        yield from _code_made_anew(situation, execution, name, positions)
        made = situation.last_output(from_last(positions), name)
        if made is None or name not in read or situation.title(made[0]) in causes:
            continue
        detail = _differing(situation, position, made, read[name])
        if detail is not None:
            yield Reason(kind="rerun", detail=detail, cause=situation.title(made[0]))


def _code_made_anew(
    situation: Situation, execution: Execution, name: str, positions: int
) -> Iterable[Reason]:
    """Whether a cell above has run again, and gives code of which the source does not tell all."""
    made = situation.last_output(from_last(positions), name, code=True)
    if made is None or situation.ran[made[0]].id < execution.id:
        return
    if name in situation.found.graph.flows[made[0]].effects.imports:
        return
    if not _is_same_code(situation, made[0], name):
        title = situation.title(made[0])
        detail = said("%1 ran again, and its %2 cannot be compared", title, name)
        yield Reason(kind="rerun", detail=detail, cause=title)


def _differing(
    situation: Situation, position: int, maker: tuple[int, ValueRecord], read: ValueRecord
) -> str | None:
    """How what a cell read differs from what the one above left."""
    (source, made), execution = maker, situation.ran[position]
    title, later = situation.title(source), situation.ran[source].id > execution.id
    if made.fingerprint is None or read.fingerprint is None:
        again = said("%1 ran again, and its %2 cannot be compared", title, made.name)
        return again if later else None
    if made.fingerprint == read.fingerprint:
        return None
    since = range(situation.ran[source].id, execution.id)
    changed = [
        late
        for late in situation.late
        if late.execution in since and late.names.get(made.name) == read.fingerprint
    ]
    if any(_comes_again(situation, position, late) for late in changed):
        return None
    if changed:
        return said(
            "it read %1 as changed by %2, not as %3 left it", made.name, changed[-1].by, title
        )
    if later:
        return said("%1 has made another %2 since", title, made.name)
    return said("it read another %1 than %2 left", made.name, title)


def _comes_again(situation: Situation, position: int, late: LateWrite) -> bool:
    """Whether the cells above a cell, as they ran last, are what changed something late.

    A callback waits for more than that these cells run, such as for a click.
    """
    above = {execution.id for at, execution in situation.ran.items() if at < position}
    return not late.is_called and above.issuperset(late.of)


def _settings(
    situation: Situation,
    position: int,
    execution: Execution,
    known: Iterable[Reason],
    above: _Above,
) -> list[Reason]:
    """The cells above that set other things for the process when it ran; see `Settings`."""
    effects = situation.found.flow(position).effects
    if not (effects.calls or effects.reads):  # it imports, defines, or binds what it says itself
        return []
    causes = {reason.cause for reason in known}
    setting = situation.settings.reasons(
        position, execution, latest=situation.ran, stale=above.given_others, title=situation.title
    )
    return [reason for reason in setting if reason.cause not in causes]


def _parameter(
    situation: Situation, positions: int, name: str, execution: Execution
) -> Reason | None:
    """A parameter with another value than the cell ran with, where its own cell is not recorded."""
    found = situation.found
    at = found.parameters_at
    if at is None or not positions >> at & 1 or at in situation.ran:
        return None
    used = execution.record.parameters
    for parameter in found.inferred.parameters:
        if parameter.name == name and name in used and not parameter.required:
            if parameter.default == used[name]:
                return None
            before, now = repr(used[name]), repr(parameter.default)
            detail = said("%1 was %2 and is %3 now", name, before, now)
            return Reason(kind="parameter", detail=detail, cause=name)
    return None
