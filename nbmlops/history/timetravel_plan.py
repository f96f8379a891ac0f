"""What must be done to put an earlier state of a namespace back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

from nbmlops.capture.parts import parts_of
from nbmlops.domain.executions import RANDOM_STATE, Execution
from nbmlops.domain.timeline import KeptName, names_of
from nbmlops.domain.values import PART_OF_THE_CODE, held_alike, is_in_part, key_of
from nbmlops.history import severed
from nbmlops.history.executed import ExecutedCells
from nbmlops.history.outside import OutsideChange
from nbmlops.history.place import MODULE, Place, is_usable
from nbmlops.history.remaking import Made, Remaking, Rerun
from nbmlops.history.severed import Shared
from nbmlops.pipelines.purity import reads_a_clock
from nbmlops.pipelines.unseeded import draws_anew, draws_in
from nbmlops.values.fingerprint import examine
from nbmlops.values.kinds import identity, is_a

_MOVING = frozenset(["url", "database", "process", "clock", "chance"])
"""What a cell used outside that may tell it another thing when it runs again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How an earlier state is put back, name by name.

    ``same`` are untouched; ``loaded`` come from the store; ``rebuilt`` come about by ``reruns``;
    ``removed`` were made later; ``lost`` cannot come back, each with the reason. ``left_behind``
    are present values that nothing keeps: they cannot be had again afterwards, but for those in
    ``repeatable``, by the cells that must run again for it. ``stays`` are names that were there
    before recording was turned on and were changed since: what they held then was not kept, and
    they are left as they are. ``folder`` is the working directory to go to, empty for that in
    which the kernel began, ``random_state`` the state to put back; ``None`` where they stay.
    ``written_over`` are files that are there, and that cells which run again write;
    ``stays_outside`` is what cells that are left behind changed and what does not come back, as
    files. ``severed`` are names that come back, with others that they do not share parts with any
    more, though they did. ``goes_on`` are threads and tasks of cells that are left behind: they
    may change what comes back.
    """

    target: int
    same: tuple[str, ...] = ()
    loaded: tuple[KeptName, ...] = ()
    rebuilt: tuple[str, ...] = ()
    reruns: tuple[Rerun, ...] = ()
    removed: tuple[str, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    left_behind: tuple[str, ...] = ()
    repeatable: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    stays: tuple[str, ...] = ()
    folder: str | None = None
    random_state: str | None = None
    written_over: tuple[OutsideChange, ...] = ()
    stays_outside: tuple[OutsideChange, ...] = ()
    severed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    goes_on: tuple[str, ...] = ()

    @property
    def references(self) -> set[str]:
        """The kept values that are to be loaded."""
        loaded = {kept.reference for kept in self.loaded if kept.reference is not None}
        return loaded.union(*(rerun.given.values() for rerun in self.reruns))

    @property
    def told_severed(self) -> str:
        """What is not shared any more, in words; empty where everything is."""
        return severed.told(self.severed)

    @property
    def needs_consent(self) -> bool:
        """Whether something runs again, is lost, or goes on."""
        runs = any(rerun.whole for rerun in self.reruns)
        return bool(runs or self.lost or self.left_behind or self.stays or self.goes_on)


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
    refuses: Callable[[str], str],
    is_there: Callable[[str], bool],
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
        refuses: what keeps the code of a cell from running now; empty where nothing does.
        is_there: whether there is a file at a recorded path.
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
    made = Remaking(then, executions, refuses, is_there).make(again) if again else Made()
    partly = [name for name in made.lost if is_partial(then.state[name])]
    loaded += [
        then.state[name] for name in made.lost if is_usable(then.state[name]) or name in partly
    ]
    lost = made.lost.keys() - {kept.name for kept in loaded}
    removed = [name for name in names_of(now.state) if name in live and name not in wanted]
    going = {*removed, *(kept.name for kept in apart)} & live.keys()
    random = then.state.get(RANDOM_STATE)
    again_later = {
        name: seen.made_again_by(name, refuses, is_there)
        for name in sorted(going)
        if not seen.is_kept(name)
    }
    return Plan(
        target=target,
        same=tuple(sorted(same)),
        loaded=tuple(loaded),
        rebuilt=tuple(name for name in again if name not in made.lost),
        reruns=made.reruns,
        removed=tuple(removed),
        lost={name: made.lost[name] for name in sorted(lost)},
        left_behind=tuple(name for name, cells in again_later.items() if cells != ()),
        repeatable={name: cells for name, cells in again_later.items() if cells},
        folder=(then.folder or "") if then.folder != now.folder else None,
        random_state=random.reference if random is not None else None,
        severed=severed.announced(
            [kept.name for kept in loaded], set(again) - made.lost.keys(), shared_in(then)
        ),
    )


def shared_in(place: Place) -> list[Shared]:
    """What the names of a state were kept as, and with what."""
    return [Shared(kept.name, kept.reference, kept.reason) for kept in place.state.values()]


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

    def made_again_by(
        self, name: str, refuses: Callable[[str], str], is_there: Callable[[str], bool]
    ) -> tuple[int, ...] | None:
        """The cells that must run again to make what a name holds now.

        Returns:
            None of them, where a cell spells it out; ``None`` where nothing makes it again.
        """
        kept = self._now.state.get(name)
        if kept is None or kept.fingerprint is None or not self._holds(name, kept):
            return None
        remaking = Remaking(self._now, self._executions, refuses, is_there)
        made = remaking.make([name])
        whole = [rerun for rerun in made.reruns if rerun.whole]
        if not made.lost and not whole:
            return ()
        value = self._live[name]
        # what a function uses when it is called are other names, told for themselves
        if type(value) is FunctionType and not vars(value) and remaking.spells_out(name):
            return ()
        if made.lost or not all(map(self._repeats, whole)):
            return None
        return tuple(rerun.execution for rerun in whole)

    def _repeats(self, rerun: Rerun) -> bool:
        """Whether nothing tells that a cell makes another thing when it runs again."""
        found = (done.record for done in self._executions(self._now) if done.id == rerun.execution)
        return all(
            record.inputs_complete
            and not any(one.kind in _MOVING for one in record.externals)
            and not reads_a_clock(record)
            and not draws_anew(record)
            and (rerun.random_state is not None or not draws_in(record))
            for record in found
        )

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
        """Whether a name holds what was kept, in the order and shared as it was then."""
        if self._print_of(name) != kept.fingerprint:
            return False
        if kept.order is None or kept.fingerprint is None or self._is_unmoved(name):
            return True
        found = examine(self._live[name])
        held = kept.holding is None or held_alike(kept.holding, found.holding)
        return found.order == kept.order and held

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


def without(plan: Plan, names: Mapping[str, str]) -> Plan:
    """A plan in which some names turned out to be lost, with the reasons."""
    return replace(
        plan,
        loaded=tuple(kept for kept in plan.loaded if kept.name not in names),
        lost={**plan.lost, **names},
    )
