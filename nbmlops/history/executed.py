"""What the cells of a session really did, in the order in which they ran."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.graph import CellFlow, build
from nbmlops.notebook.dataflow.known import PROCESS, RANDOM
from nbmlops.notebook.document import Cell
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.pipelines.draws import drawn, looks_at_states

_DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What one execution read and wrote: names, and files as ``file:PATH``.

    ``reads`` are the names whose value before the cell it needed, ``missing`` those among them
    without which it cannot have run. ``sets`` says that it set something for the whole process,
    ``seeds`` that it seeded a global random generator, ``draws`` that it drew from one before
    any was seeded.
    """

    reads: frozenset[str]
    writes: frozenset[str]
    missing: frozenset[str]
    sets: bool
    seeds: bool
    draws: bool


class ExecutedCells:
    """The executions of one session, with what is known of their reads and writes.

    What was observed counts: of the changes that the code might make, those that were recorded.
    The code counts where nothing can be observed: imports and functions that were used, values
    without content of their own, the state of the random generators once they were seeded, unless
    it is recorded that a cell has left them where they were.

    Args:
        executions: in the order in which they ran.
    """

    def __init__(self, executions: Sequence[Execution]) -> None:
        self.executions = tuple(executions)
        self._starters = {
            number: f"<thread of @{number}>"
            for done in executions
            for number in done.record.late_of
        }
        flows = build([_cell(position, done) for position, done in enumerate(executions)]).flows
        self._writers: dict[str, list[int]] = {}
        self.deeds: list[Deeds] = []
        seeded = False
        for position, (done, flow) in enumerate(zip(executions, flows, strict=True)):
            seeded = seeded or flow.seeds
            deeds = self._deeds(done, flow, seeded=seeded)
            self.deeds.append(deeds)
            for name in deeds.writes:
                self._writers.setdefault(name, []).append(position)

    def writer(self, name: str, before: int) -> int | None:
        """The position of the last execution before another one that bound or changed a name."""
        writers = self._writers.get(name, [])
        place = bisect_left(writers, before)
        return writers[place - 1] if place else None

    @property
    def names(self) -> frozenset[str]:
        """Every name that was bound or changed."""
        return frozenset(self._writers)

    def _deeds(self, done: Execution, flow: CellFlow, *, seeded: bool) -> Deeds:
        record = done.record
        inputs = {value.name: value for value in record.inputs}
        outputs = frozenset(value.name for value in record.outputs)
        opaque = {name for name, value in inputs.items() if value.fingerprint is None}
        unseen = (flow.mutates - inputs.keys()) | ((flow.mutates | flow.may_mutate) & opaque)
        idle = not flow.seeds and drawn(flow, record) == frozenset()
        random = {RANDOM} & flow.writes if seeded and not idle else set()
        finished = record.status is ExecutionStatus.OK
        bound = flow.effects.assigned if finished else frozenset[str]()
        known = frozenset(self._writers)
        reads = flow.reads - ({RANDOM} if idle or not seeded else set()) - {PROCESS}
        reads |= {RANDOM} if seeded and looks_at_states(record) else set()
        saved = {f"file:{access.path}" for access in record.files if access.mode != "read"}
        opened = {f"file:{access.path}" for access in record.files}  # it may have been added to
        reads |= inputs.keys() | opened | ((outputs | unseen) - bound) & known
        reads |= {self._starters[number] for number in record.late_of}
        started = {self._starters[done.id]} if done.id in self._starters else set[str]()
        return Deeds(
            reads=reads if record.inputs_complete else reads | known,
            writes=outputs | unseen | frozenset(record.deleted) | random | saved | started,
            missing=(flow.missing | inputs.keys()) - known,
            sets=finished and PROCESS in flow.writes,
            seeds=finished and flow.seeds,
            draws=RANDOM in flow.writes and not (seeded or idle),
        )


def as_repeated(
    executions: Sequence[Execution], origins: Mapping[int, Execution]
) -> tuple[Execution, ...]:
    """The executions, with those that made them in the places of values that were put back.

    Their records still say of which execution the values are.

    Args:
        executions: in the order in which they ran.
        origins: the executions whose values were put back, by id.
    """
    found = []
    for done in executions:
        origin = origins.get(done.record.restored_from or 0)
        found.append(done if origin is None else _in_place_of(done, origin))
    return tuple(found)


def _in_place_of(done: Execution, origin: Execution) -> Execution:
    came_from = (*origin.record.externals, *done.record.externals)
    return replace(origin, id=done.id, record=replace(origin.record, externals=came_from))


def code_of(source: str) -> str:
    """A cell without what only nbmlops reads: its label and ``%mlops`` lines."""
    return strip_commands(strip_label(source)).strip("\n")


def definition_of(name: str, source: str) -> str | None:
    """The import, function or class of a cell that alone binds a name; ``None`` without one."""
    part = binding_of(name, source)
    return ast.unparse(part) if isinstance(part, _DEFINING) else None


def is_spelled_out(name: str, source: str) -> bool:
    """Whether a cell has all of a function in its text: it is made with nothing, and by nothing.

    What it uses when it is called is not looked at.
    """
    part = binding_of(name, source)
    if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return not (part.decorator_list or part.args.defaults or any(part.args.kw_defaults))


def is_bound_in(name: str, source: str) -> bool:
    """Whether some statement of a cell binds a name."""
    try:
        return name in analyze(code_of(source)).writes
    except CellSyntaxError:
        return False


def as_written(parts: Iterable[str], source: str) -> list[str]:
    """Parts of a cell in the order in which they are in it."""
    try:
        body = [ast.unparse(part) for part in syntax.parse(code_of(source)).tree.body]
    except CellSyntaxError:
        return list(parts)
    places = {part: place for place, part in enumerate(body)}
    return sorted(parts, key=lambda part: places.get(part, -1))


def literal_of(name: str, source: str) -> tuple[str, Any] | None:
    """The assignment of a cell that alone binds a name to a value written out, and that value.

    Whether the cell changed it further down is not looked at.

    >>> literal_of("columns", "columns = ['hour', 'day']")
    ("columns = ['hour', 'day']", ['hour', 'day'])

    An annotation is left out: it may need names that are not there.
    """
    written = _written_out(binding_of(name, source))
    if written is None:
        return None
    try:
        value = ast.literal_eval(written)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
    return f"{name} = {ast.unparse(written)}", value


def _written_out(part: ast.stmt | None) -> ast.expr | None:
    """What a statement assigns to one name alone."""
    match part:
        case ast.Assign(targets=[ast.Name()], value=value):
            return value
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value
    return None


def binding_of(name: str, source: str) -> ast.stmt | None:
    """The statement of a cell that alone binds a name."""
    try:
        body = syntax.parse(code_of(source)).tree.body
        binding = [part for part in body if name in analyze(ast.unparse(part)).writes]
    except CellSyntaxError:
        return None
    return binding[0] if len(binding) == 1 else None


def _cell(position: int, done: Execution) -> Cell:
    return Cell(id=str(done.id), index=position, kind="code", source=code_of(done.record.source))
