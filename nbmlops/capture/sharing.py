"""Which names see a change to one of them: parts in common, and views of the same memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from nbmlops.capture.memories import Memory, memory_in, of_several
from nbmlops.capture.moves import Moves
from nbmlops.capture.packed import PackedIdentities, are_disjoint, united
from nbmlops.capture.part_kinds import is_plain_kind
from nbmlops.capture.parts import Parts, parts_of
from nbmlops.values.kinds import identity


class KnownParts:
    """Remembers the parts of each name's value until a cell may have changed them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Parts]] = {}
        self._foreign: set[str] = set()
        self._memory: dict[str, Memory] = {}

    def forget(self, names: Iterable[str] | None = None) -> dict[str, Parts]:
        """These values may have changed; all of them where no names are given.

        Returns:
            What was known of those that are named.
        """
        if names is None:
            self._known.clear()
            self._foreign.clear()
            self._memory.clear()
            return {}
        if self._memory:
            for name in names:
                self._memory.pop(name, None)
        return {name: self._known.pop(name)[1] for name in names if name in self._known}

    def of(self, name: str, value: Any) -> Parts:
        """The parts of what a name holds."""
        if is_plain_kind(type(value)):
            return _NOTHING
        known = self._known.get(name)
        if known is not None and known[0] == identity(value):
            return known[1]
        found = parts_of(value)
        self._known[name] = (identity(value), found)
        self._memory.pop(name, None)
        (self._foreign.add if found.foreign else self._foreign.discard)(name)
        return found

    def look_at(self, names: Iterable[str], values: Mapping[str, Any]) -> None:
        """Learn the parts of names that a cell may change, so that they can be compared."""
        for name in names:
            self.of(name, values[name])

    def sharing_with(self, names: Collection[str], values: Mapping[str, Any]) -> set[str]:
        """The names whose values change where one of the given names' values changes in place."""
        held = [self.of(name, values[name]) for name in names]
        touched = united([parts.mutable for parts in held])
        if not touched:
            return set()
        found = {*names, *self._meeting(touched, values)}
        return found | self._overlapping(found, values)

    def holding(self, parts: Parts, values: Mapping[str, Any]) -> set[str]:
        """The names whose values have some of these parts."""
        if not parts.whole:
            return {name for name, value in values.items() if self.of(name, value).mutable}
        return set(self._meeting(parts.mutable, values)) if parts.mutable else set()

    def _meeting(self, touched: AbstractSet[int], values: Mapping[str, Any]) -> Iterator[str]:
        """The names whose values have one of these parts; every name is asked, so in a hurry."""
        known, is_packed = self._known.get, isinstance(touched, PackedIdentities)
        for name, value in values.items():
            found = known(name)
            parts = found[1] if found and found[0] == identity(value) else self.of(name, value)
            mutable = parts.mutable  # which may be packed
            apart = touched.isdisjoint(mutable) if is_packed else mutable.isdisjoint(touched)
            if not (parts.whole and apart):
                yield name

    def held_otherwise(
        self, names: Collection[str], former: Mapping[str, Parts], values: Mapping[str, Any]
    ) -> set[str]:
        """The names that have other parts in common with others than before, their content aside.

        A part that nobody else had or has may be another object: that is nobody's business.

        Args:
            names: those that still hold the object that they held.
            former: the parts that values had before, of all names that may have other ones now.
            values: what all names hold.
        """
        moves = Moves()
        for name in names:
            if name in former and (former[name].tabled or not former[name].is_single):
                moves.note(name, former[name], self.of(name, values[name]))
        if not moves:
            return set()
        for name, value in values.items():
            moves.meet(name, former.get(name), self.of(name, value))
        return moves.found()

    def _overlapping(self, names: Collection[str], values: Mapping[str, Any]) -> set[str]:
        """The names that look at memory of these though they do not refer to it."""
        foreign = self._foreign & values.keys()
        if not foreign:
            return set()
        among = values.keys() if not foreign.isdisjoint(names) else foreign
        touched = of_several(self._memory_of(name, values) for name in names)
        if not touched:
            return set()
        return {name for name in among if touched.meets(self._memory_of(name, values))}

    def _memory_of(self, name: str, values: Mapping[str, Any]) -> Memory:
        parts = self.of(name, values[name])
        if name not in self._memory:
            looks = parts.lies and parts.whole
            self._memory[name] = memory_in(values[name]) if looks else Memory()
        return self._memory[name]

    def families(self, names: Collection[str], values: Mapping[str, Any]) -> list[tuple[str, ...]]:
        """The names, each with all that hold parts of their own in common with it.

        Args:
            names: some of the names.
            values: all that there are, by name.
        """
        plain = {name for name in names if is_plain_kind(type(values[name]))}
        found: list[tuple[str, ...]] = [(name,) for name in plain]  # there is nothing to share
        waiting = set(names) - plain
        others: list[tuple[str, Parts]] | None = None
        while waiting:
            family, newer = set[str](), {min(waiting)}
            while newer:
                family |= newer
                held = [self.of(name, values[name]) for name in newer]
                parts = united([each.own for each in held])
                tabled = frozenset[int]().union(*(each.tabled for each in held))
                if parts and others is None:  # most names hold nothing of their own
                    known = [(name, self.of(name, value)) for name, value in values.items()]
                    others = [each for each in known if each[1].own or each[1].tabled]
                newer = set() if not parts else {
                    name
                    for name, there in others or ()
                    if name not in family and _meets(parts, tabled, there)
                }  # fmt: skip
                newer |= self._overlapping(family, values) - family
            waiting -= family
            found.append(tuple(sorted(family)))
        return sorted(found)

    def labelled_with(self, name: str, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The other names whose tables have an index that is the very same object."""
        labels = self.of(name, values[name]).labels
        if not labels:
            return ()
        found = (
            other for other in values if not labels.isdisjoint(self.of(other, values[other]).labels)
        )
        return tuple(sorted({*found} - {name}))

    def made_of(self, classes: Collection[int], values: Mapping[str, Any]) -> set[str]:
        """The names whose values have instances of these classes, or are one of them."""
        return {
            name
            for name, value in values.items()
            if not self.of(name, value).classes.isdisjoint(classes)
        }


_NOTHING = Parts()


def _meets(own: AbstractSet[int], tabled: AbstractSet[int], parts: Parts) -> bool:
    """Whether parts are among these, or memory of these is in a frame: not of one in another."""
    if not are_disjoint(own, parts.own):
        return True
    if parts.tabled and not are_disjoint(own, parts.tabled):
        return True
    return bool(tabled) and not are_disjoint(tabled, parts.own)


def meeting(name: str, others: Iterable[str], parts: Mapping[str, Parts]) -> set[str]:
    """The other names whose values have parts in common with that of a name, or may have some.

    Args:
        name: the name.
        others: those that are asked about.
        parts: what values consist of, of all that consist of anything that can change.
    """
    known = {other: parts[other] for other in others if other in parts}
    if name not in parts or any(of.foreign for of in (parts[name], *known.values())):
        return set(known)
    return {other for other, of in known.items() if of.meet(parts[name])}
