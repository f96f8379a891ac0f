"""What must be done to put an earlier state of a namespace back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbmlops.capture.parts import parts_of
from nbmlops.capture.prints import take_print
from nbmlops.domain.executions import RANDOM_STATE, Execution
from nbmlops.domain.late import late_writer
from nbmlops.domain.timeline import KeptName, Moment, names_of, state_of
from nbmlops.domain.values import PART_OF_THE_CODE, is_in_part
from nbmlops.history.executed import ExecutedCells, code_of, definition_of, literal_of
from nbmlops.notebook.dataflow.definitions import names_in
from nbmlops.notebook.dataflow.known import PROCESS, RANDOM
from nbmlops.store.values import key_of
from nbmlops.values.fingerprint import examine
from nbmlops.values.kinds import identity, is_a

MODULE = "module"
"""The kind of a name that holds one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A cell, or a definition of it, that must run again.

    ``given`` are the kept values that it needs as they were then; ``random_state`` is that before
    the cell, where it was kept. ``whole`` is false where only imports, functions, classes or
    values that are written out in the cell are made again.
    """

    execution: int
    source: str
    whole: bool
    given: Mapping[str, str] = field(default_factory=dict)
    random_state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How an earlier state is put back, name by name.

    ``same`` are untouched; ``loaded`` come from the store; ``rebuilt`` come about by ``reruns``;
    ``removed`` were made later; ``lost`` cannot come back, each with the reason. ``left_behind``
    are present values that nothing keeps: they cannot be had again afterwards. ``stays`` are names
    that were there before recording was turned on and were changed since: what they held then was
    not kept, and they are left as they are. ``folder`` is the
    working directory to go to, empty for that in which the kernel began, ``random_state`` the
    state to put back; ``None`` where they stay.
    """

    target: int
    same: tuple[str, ...] = ()
    loaded: tuple[KeptName, ...] = ()
    rebuilt: tuple[str, ...] = ()
    reruns: tuple[Rerun, ...] = ()
    removed: tuple[str, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    left_behind: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    folder: str | None = None
    random_state: str | None = None

    @property
    def references(self) -> set[str]:
        """The kept values that are to be loaded."""
        loaded = {kept.reference for kept in self.loaded if kept.reference is not None}
        return loaded.union(*(rerun.given.values() for rerun in self.reruns))

    @property
    def needs_consent(self) -> bool:
        """Whether something runs again or is lost."""
        runs = any(rerun.whole for rerun in self.reruns)
        return bool(runs or self.lost or self.left_behind or self.stays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line, with the state that it leads to; ``made`` says who changed each name last."""

    line: tuple[Moment, ...]
    state: Mapping[str, KeptName]
    made: Mapping[str, int]

    @classmethod
    def at(cls, line: Sequence[Moment]) -> Place:
        """The place at the end of a line."""
        made = {kept.name: kept.execution for item in line for kept in item.names if kept.changed}
        return cls(line=tuple(line), state=state_of(line), made=made)

    @property
    def folder(self) -> str | None:
        """The directory to which a cell changed last."""
        return next((moment.folder for moment in reversed(self.line) if moment.folder), None)


def is_usable(kept: KeptName) -> bool:
    """Whether a value can be loaded, and is then as it was."""
    return kept.reference is not None and kept.reason in (None, PART_OF_THE_CODE)


def is_partial(kept: KeptName) -> bool:
    """Whether a value can be loaded, but may be another one then."""
    return kept.reference is not None and is_in_part(kept.reason)


def plan_of(
    target: int,
    *,
    now: Place,
    then: Place,
    live: Mapping[str, Any],
    print_of: Callable[[str], str | None],
    families: Callable[[Collection[str]], Iterable[Sequence[str]]],
    executions: Callable[[Place], Sequence[Execution]],
    is_another: Callable[[int, str, Any], bool],
    rebuilt: Collection[str] = (),
) -> Plan:
    """Compare what is there with what was there.

    Args:
        target: the execution after which it was so.
        now: where the session is.
        then: where it is to go.
        live: what the names hold.
        print_of: the fingerprint of what a name holds.
        families: gives names, each with those that share parts with it.
        executions: gives the executions of a line.
        is_another: whether a name held another object after an execution than this one, which
            others may hold still.
        rebuilt: names that were made again already.
    """
    wanted = names_of(then.state)
    seen = _Sameness(
        now=now,
        then=then,
        live=live,
        print_of=print_of,
        families=families,
        executions=executions,
        is_another=is_another,
    )
    same = seen.untouched(wanted, rebuilt=rebuilt)
    apart = [then.state[name] for name in wanted if name not in same and name not in rebuilt]
    modules = {kept.name for kept in apart if kept.kind == MODULE}
    loaded = [kept for kept in apart if is_usable(kept) and kept.name not in modules]
    again = sorted({kept.name for kept in apart} - {kept.name for kept in loaded})
    made = _Rebuilding(then, executions).make(again) if again else _Made()
    partly = [name for name in made.lost if is_partial(then.state[name])]
    loaded += [
        then.state[name] for name in made.lost if is_usable(then.state[name]) or name in partly
    ]
    lost = made.lost.keys() - {kept.name for kept in loaded}
    removed = [name for name in names_of(now.state) if name in live and name not in wanted]
    going = {*removed, *(kept.name for kept in apart)} & live.keys()
    random = then.state.get(RANDOM_STATE)
    return Plan(
        target=target,
        same=tuple(sorted(same)),
        loaded=tuple(loaded),
        rebuilt=tuple(name for name in again if name not in made.lost),
        reruns=made.reruns,
        removed=tuple(removed),
        lost={name: made.lost[name] for name in sorted(lost)},
        left_behind=tuple(name for name in sorted(going) if not seen.is_kept(name)),
        folder=(then.folder or "") if then.folder != now.folder else None,
        random_state=random.reference if random is not None else None,
    )


class _Sameness:
    """Tells which names hold what they held, shared as they shared it."""

    def __init__(
        self,
        *,
        now: Place,
        then: Place,
        live: Mapping[str, Any],
        print_of: Callable[[str], str | None],
        families: Callable[[Collection[str]], Iterable[Sequence[str]]],
        executions: Callable[[Place], Sequence[Execution]],
        is_another: Callable[[int, str, Any], bool],
    ) -> None:
        self._is_another = is_another
        self._now = now
        self._then = then
        self._live = live
        self._print_of = print_of
        self._families = families
        self._executions = executions
        self._writers: tuple[Mapping[str, int], Mapping[str, int]] | None = None

    def untouched(self, wanted: Sequence[str], *, rebuilt: Collection[str]) -> set[str]:
        """The names that can stay as they are."""
        same = {name for name in wanted if name not in rebuilt and self._is_same(name)}
        same -= self._of_classes_made_anew(same)
        families = [*self._kept_together(wanted), *self._sharing_now(same)]
        for family in families:
            if not all(self._is_unmoved(name) for name in family):
                same -= family
        while any(same & family and family - same - set(rebuilt) for family in families):
            for family in families:
                if family - same - set(rebuilt):
                    same -= family
        return same

    def is_kept(self, name: str) -> bool:
        """Whether what a name holds now can be had again later."""
        kept = self._now.state.get(name)
        if kept is None:
            return False
        if kept.reason == PART_OF_THE_CODE:
            return True
        return is_usable(kept) and self._holds(name, kept)

    def _is_same(self, name: str) -> bool:
        if name not in self._live:
            return False
        kept = self._then.state[name]
        if is_usable(kept) and self._is_another(kept.execution, name, self._live[name]):
            return False
        if kept.fingerprint is not None:
            return self._holds(name, kept)
        return self._is_unmoved(name) and self._is_unconsumed(name)

    def _holds(self, name: str, kept: KeptName) -> bool:
        """Whether a name holds what was kept, its dicts in the order in which they were."""
        if self._print_of(name) != kept.fingerprint:
            return False
        if kept.order is None or kept.fingerprint is None or self._is_unmoved(name):
            return True
        return examine(self._live[name]).order == kept.order

    def _of_classes_made_anew(self, same: set[str]) -> set[str]:
        """The names of instances whose class was defined again since, by equal code.

        They were instances of what its name held then, and come back as those of what it holds.
        """
        classes = {name for name in same if is_a(self._live[name], type)}
        if all(self._is_unmoved(name) for name in classes):
            return set()
        there = {identity(self._live[name]) for name in classes}
        return {
            name
            for name in same - classes
            if is_usable(self._then.state[name]) and parts_of(self._live[name]).classes - there
        }

    def _is_unmoved(self, name: str) -> bool:
        made = self._now.made.get(name)
        return made is not None and made == self._then.made.get(name)

    def _is_unconsumed(self, name: str) -> bool:
        """Whether nothing may have changed what has no content to compare, such as a generator."""
        if self._writers is None:
            self._writers = (self._last_writers(self._now), self._last_writers(self._then))
        before, after = self._writers
        return before.get(name) == after.get(name)

    def _last_writers(self, place: Place) -> dict[str, int]:
        executions = self._executions(place)
        cells = ExecutedCells(executions)
        found = {}
        for position, deeds in enumerate(cells.deeds):
            for name in deeds.writes:
                found[name] = executions[position].id
        return found

    def _kept_together(self, wanted: Sequence[str]) -> list[set[str]]:
        groups: dict[str, set[str]] = {}
        for name in wanted:
            reference = self._then.state[name].reference
            if reference is not None and key_of(reference) != reference:
                groups.setdefault(key_of(reference), set()).add(name)
        return [group for group in groups.values() if len(group) > 1]

    def _sharing_now(self, same: set[str]) -> list[set[str]]:
        """What shares parts now, of the names that seem to be the same."""
        around = self._families(same)
        wanted = self._then.state.keys()
        return [family for found in around if len(family := set(found) & wanted) > 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    reruns: tuple[Rerun, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)


class _Rebuilding:
    """Walks backward from names that are not kept to the cells that make them again.

    Where what a cell read is kept as it was then, that is loaded; else who made it runs too.
    """

    def __init__(self, place: Place, executions: Callable[[Place], Sequence[Execution]]) -> None:
        self._executions = executions(place)
        self._cells = ExecutedCells(self._executions)
        self._moments = {moment.id: moment for moment in place.line}
        self._whole: set[int] = set()
        self._parts: dict[int, dict[str, None]] = {}
        self._given: dict[int, dict[str, str]] = {}
        self._lost: dict[str, str] = {}
        self._done: set[tuple[str, int]] = set()

    def make(self, names: Sequence[str]) -> _Made:
        end = len(self._executions)
        for name in names:
            self._lost.pop(name, None)
            if not self._make(name, end, load=False):
                self._lost.setdefault(name, "it was made before recording was turned on")
        return _Made(reruns=tuple(self._reruns()), lost=dict(self._lost))

    def _make(self, name: str, before: int, *, load: bool = True) -> bool:
        if (name, before) in self._done:
            return True
        self._done.add((name, before))
        writer = self._cells.writer(name, before)
        if writer is None:
            return False
        kept = self._kept(name, writer, before)
        if load and kept is not None:
            self._given.setdefault(before, {})[name] = kept
            return True
        places = [writer]
        record = self._executions[writer].record
        if record.late_of:
            self._lost[name] = f"it was changed by {late_writer(record)}, and was not kept"
            return False
        part = definition_of(name, record.source) or self._literal(name, writer)
        if part is None:
            return self._follow(writer)
        if part.startswith(("import ", "from ")):
            places = self._imports(name, before)
        for place in places:
            found = definition_of(name, self._executions[place].record.source) or part
            self._parts.setdefault(place, {})[found] = None
            for inner in sorted(names_in(found) - {name}):
                self._make(inner, place)
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
            kept.fingerprint == made.text is not None and made.order in (None, kept.order)
            for kept in held
        )
        return part if any(same) else None

    def _follow(self, writer: int) -> bool:
        if writer in self._whole:
            return True
        self._whole.add(writer)
        reads = self._cells.deeds[writer].reads - {RANDOM, PROCESS}
        made = [self._make(name, writer) for name in sorted(reads) if not name.startswith("file:")]
        required = self._cells.deeds[writer].missing
        return all(made) or not required

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

    def _reruns(self) -> list[Rerun]:
        places = sorted(self._whole | self._parts.keys())
        return [self._rerun(place) for place in places]

    def _rerun(self, place: int) -> Rerun:
        done = self._executions[place]
        whole = place in self._whole
        source = code_of(done.record.source) if whole else "\n".join(self._parts[place])
        return Rerun(
            execution=done.id,
            source=source,
            whole=whole,
            given=self._given.get(place, {}),
            random_state=done.record.random_state if whole else None,
        )


def without(plan: Plan, names: Mapping[str, str]) -> Plan:
    """A plan in which some names turned out to be lost, with the reasons."""
    return replace(
        plan,
        loaded=tuple(kept for kept in plan.loaded if kept.name not in names),
        lost={**plan.lost, **names},
    )
