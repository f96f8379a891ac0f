"""Which cells must run again for values that were not kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nbmlops.capture.prints import take_print
from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.late import late_writer
from nbmlops.history.connecting import opens_again
from nbmlops.history.executed import (
    ExecutedCells,
    as_written,
    code_of,
    definition_of,
    is_bound_in,
    is_spelled_out,
    literal_of,
)
from nbmlops.history.place import MODULE, Place, is_usable
from nbmlops.notebook.dataflow.definitions import names_in
from nbmlops.notebook.dataflow.known import PROCESS, RANDOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A cell, or a definition of it, that must run again.

    ``given`` are the kept values that it needs as they were then; ``random_state`` is that before
    the cell, where it was kept. ``whole`` is false where only imports, functions, classes or
    values that are written out in the cell are made again. ``makes`` are the wanted names that
    it leaves, ``needs`` the `key` of each that must have run again before. Definitions of a cell
    that runs again as a whole come after it, for the case that it fails.
    """

    execution: int
    source: str
    whole: bool
    given: Mapping[str, str] = field(default_factory=dict)
    random_state: str | None = None
    makes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What others need it by: ``@4``, or ``@4 in part``."""
        return _key(self.execution, whole=self.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What makes names again, and which of them cannot be made, each with the reason."""

    reruns: tuple[Rerun, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Node:
    """What runs again: a cell, by its position, or one definition of it."""

    place: int
    part: str | None = None


class Remaking:
    """Walks backward from names that are not kept to the cells that make them again.

    Where what a cell read is kept as it was then, that is loaded; else who made it runs too. A
    cell that did not run to its end is never run again for what it left midway: what follows
    from it is lost, and nothing else.

    Args:
        place: the state that is wanted.
        executions: gives the executions of a line.
        refuses: what keeps the code of a cell from running now; empty where nothing does.
        is_there: whether there is a file at a recorded path.
    """

    def __init__(
        self,
        place: Place,
        executions: Callable[[Place], Sequence[Execution]],
        refuses: Callable[[str], str],
        is_there: Callable[[str], bool],
    ) -> None:
        self._executions = executions(place)
        self._cells = ExecutedCells(self._executions)
        self._moments = {moment.id: moment for moment in place.line}
        self._refuses = refuses
        self._is_there = is_there
        self._obstacles: dict[int, str] = {}
        self._needs: dict[_Node, dict[_Node, None]] = {}
        self._given: dict[_Node, dict[str, str]] = {}
        self._stops: dict[_Node, str] = {}
        self._done: set[tuple[str, _Node]] = set()
        self._left: list[_Node] = []

    def make(self, names: Sequence[str]) -> Made:
        """The cells that make names again."""
        end = len(self._executions)
        roots = {name: _Node(end, name) for name in names}
        for name, root in roots.items():
            if not self._make(name, root, load=False):
                self._stops.setdefault(root, "it was made before recording was turned on")
        self._make_what_is_read()
        stopped = self._stopped()
        lost = {name: stopped[root] for name, root in roots.items() if root in stopped}
        found = {name: root for name, root in roots.items() if name not in lost}
        return Made(reruns=tuple(self._reruns(found)), lost=lost)

    def spells_out(self, name: str) -> bool:
        """Whether the last cell that bound a name has in its text all of the function it is."""
        writer = self._cells.writer(name, len(self._executions))
        return writer is not None and is_spelled_out(name, self._executions[writer].record.source)

    def _make(self, name: str, user: _Node, *, load: bool = True) -> bool:
        if (name, user) in self._done:
            return True
        self._done.add((name, user))
        writer = self._cells.writer(name, user.place)
        if writer is None:
            return False
        kept = self._kept(name, writer, user.place)
        if load and kept is not None:
            self._given.setdefault(user, {})[name] = kept
            return True
        record = self._executions[writer].record
        if record.late_of:
            why = f"it was changed by {late_writer(record)}, and was not kept"
            self._stops.setdefault(user, why)
            return True
        part = (
            definition_of(name, record.source)
            or self._literal(name, writer)
            or self._connection(name, writer)
        )
        if part is None:
            return self._follow(writer, user)
        is_import = part.startswith(("import ", "from "))
        for place in self._imports(name, user.place) if is_import else [writer]:
            found = definition_of(name, self._executions[place].record.source) or part
            self._define(name, _Node(place, found), user)
        return True

    def _define(self, name: str, node: _Node, user: _Node) -> None:
        """Have a definition made, and what it refers to."""
        self._needs.setdefault(user, {})[node] = None
        if node in self._needs:
            return
        self._needs[node] = {}
        for inner in sorted(names_in(node.part or "") - {name}):
            if not self._make_beside(inner, node):
                self._make(inner, node)

    def _make_beside(self, name: str, user: _Node) -> bool:
        """Have what a definition needs that its own cell binds, as far as that can be told."""
        source = self._executions[user.place].record.source
        if not is_bound_in(name, source):
            return False
        kept = self._kept(name, user.place, user.place + 1)
        part = definition_of(name, source)
        if kept is not None:
            self._given.setdefault(user, {})[name] = kept
        elif part is None:
            return self._follow(user.place, user)
        else:
            self._define(name, _Node(user.place, part), user)
        return True

    def _literal(self, name: str, writer: int) -> str | None:
        """The assignment that gives a name what it held after a cell, as it is written there."""
        done = self._executions[writer]
        found = literal_of(name, done.record.source)
        if found is None:
            return None
        part, value = found
        made = take_print(value)
        held = (kept for kept in self._moments[done.id].names if kept.name == name)
        same = (
            kept.fingerprint == made.text is not None
            and made.order in (None, kept.order)
            and made.holding in (None, kept.holding)
            for kept in held
        )
        return part if any(same) else None

    def _connection(self, name: str, writer: int) -> str | None:
        """The statement of a cell that opens the connection which a name held after it."""
        done = self._executions[writer]
        held = (kept for kept in self._moments[done.id].names if kept.name == name)
        if not any(kept.fingerprint is not None for kept in held):
            return None
        return opens_again(name, done, lambda root: self._import_of(root, writer), self._is_there)

    def _import_of(self, name: str, user: int) -> str | None:
        """The import that a name came from, for a cell that may have it itself."""
        writer = self._cells.writer(name, user + 1)
        if writer is None:
            return None
        return definition_of(name, self._executions[writer].record.source)

    def _follow(self, writer: int, user: _Node) -> bool:
        obstacle = self._obstacle(writer)
        if obstacle:
            self._stops.setdefault(user, obstacle)
            return True
        node = _Node(writer)
        self._needs.setdefault(user, {})[node] = None
        if node in self._needs:
            return True
        self._needs[node] = {}
        self._left.append(node)
        return not self._reads(node) & self._cells.deeds[writer].missing

    def _reads(self, node: _Node) -> set[str]:
        """The variables that a cell needs."""
        reads = self._cells.deeds[node.place].reads - {RANDOM, PROCESS}
        return {name for name in reads if not name.startswith("file:")}

    def _make_what_is_read(self) -> None:
        """Have what cells read made too; one by one, as a line may be thousands of cells long."""
        while self._left:
            node = self._left.pop()
            for name in sorted(self._reads(node)):
                self._make(name, node)

    def _obstacle(self, writer: int) -> str:
        """Why a cell cannot run again, so that what follows from it is lost."""
        if writer not in self._obstacles:
            self._obstacles[writer] = self._found_obstacle(self._executions[writer])
        return self._obstacles[writer]

    def _found_obstacle(self, done: Execution) -> str:
        if done.record.status is not ExecutionStatus.OK:
            interrupted = done.record.status is ExecutionStatus.INTERRUPTED
            ended = "was interrupted" if interrupted else "failed"
            return f"it follows from @{done.id}, which {ended}: run again, it may leave another"
        refused = self._refuses(code_of(done.record.source))
        return refused and f"it follows from @{done.id}, which {refused}"

    def _stopped(self) -> dict[_Node, str]:
        """What cannot be made again, each with the reason: what is stopped, and what needs that."""
        users: dict[_Node, list[_Node]] = {}
        for user, needed in self._needs.items():
            for node in needed:
                users.setdefault(node, []).append(user)
        found = dict(self._stops)
        left = deque(found)
        while left:
            node = left.popleft()
            new = [user for user in users.get(node, ()) if user not in found]
            found |= dict.fromkeys(new, found[node])
            left += new
        return found

    def _imports(self, name: str, before: int) -> list[int]:
        """Every import of a name: a package holds what each of them loaded."""
        found, writer = [], self._cells.writer(name, before)
        while writer is not None:
            part = definition_of(name, self._executions[writer].record.source) or ""
            if not part.startswith(("import ", "from ")):
                break
            found.append(writer)
            writer = self._cells.writer(name, writer)
        return found

    def _kept(self, name: str, writer: int, before: int) -> str | None:
        """What a name held before a cell, if it was kept since the last that changed it."""
        for place in range(before - 1, writer - 1, -1):
            moment = self._moments[self._executions[place].id]
            for kept in moment.names:
                if kept.name == name:
                    return kept.reference if is_usable(kept) and kept.kind != MODULE else None
        return None

    def _reruns(self, roots: Mapping[str, _Node]) -> list[Rerun]:
        makes: dict[tuple[int, bool], list[str]] = {}
        for name, root in roots.items():
            for turn in {_turn(node) for node in self._needs.get(root, ())}:
                makes.setdefault(turn, []).append(name)
        nodes: dict[tuple[int, bool], list[_Node]] = {}
        for node in self._reached(roots.values()):
            nodes.setdefault(_turn(node), []).append(node)
        return [self._rerun(nodes[turn], makes.get(turn, ())) for turn in sorted(nodes)]

    def _reached(self, roots: Iterable[_Node]) -> dict[_Node, None]:
        """What must run again for some names, and what that needs."""
        found: dict[_Node, None] = {}
        left = [node for root in roots for node in self._needs.get(root, ())]
        while left:
            node = left.pop()
            if node not in found:
                found[node] = None
                left += self._needs[node]
        return found

    def _rerun(self, nodes: Sequence[_Node], makes: Sequence[str]) -> Rerun:
        place, is_part = turn = _turn(nodes[0])
        done, whole = self._executions[place], not is_part
        parts = [node.part for node in nodes if node.part is not None]
        written = done.record.source
        needs = {_turn(need) for node in nodes for need in self._needs[node]} - {turn}
        given = [self._given.get(node, {}) for node in nodes]
        return Rerun(
            execution=done.id,
            source=code_of(written) if whole else "\n".join(as_written(parts, written)),
            whole=whole,
            given={name: kept for found in given for name, kept in found.items()},
            random_state=done.record.random_state if whole else None,
            makes=tuple(makes),
            needs=tuple(
                _key(self._executions[need].id, whole=not in_part)
                for need, in_part in sorted(needs)
            ),
        )


def _turn(node: _Node) -> tuple[int, bool]:
    """When something runs: at its place, a definition by itself after the whole cell."""
    return node.place, node.part is not None


def _key(execution: int, *, whole: bool) -> str:
    return f"@{execution}" if whole else f"@{execution} in part"
