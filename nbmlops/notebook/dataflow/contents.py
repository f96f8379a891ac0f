"""What is inside the objects of a notebook, fast where everything is inside everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nbmlops.notebook.dataflow.effects import CODE, PART, Holds
from nbmlops.notebook.dataflow.links import bits


class Contents:
    """The objects that objects of a notebook contain, and what that contains.

    A notebook that carries one frame from cell to cell ties each object to all others. Sets of
    objects are therefore integers, one bit for each: to follow what is inside takes one operation
    for each object and not one for each pair. ``version`` counts the changes.
    """

    def __init__(self) -> None:
        self.version = 0
        self._numbers: dict[str, int] = {}
        self._things: list[str] = []
        self._parts: dict[int, int] = {}
        self._code: dict[int, int] = {}

    def copy(self) -> Contents:
        """What is known now, whatever is put later."""
        result = Contents()
        result.version = self.version
        result._numbers, result._things = self._numbers, self._things
        result._parts, result._code = dict(self._parts), dict(self._code)
        return result

    def put(self, inner: Holds, outer: Iterable[str]) -> None:
        """Objects are part of others from now on, each held as `PART` at most."""
        parts, code = self._sets(inner)
        for thing in outer:
            number = self._number(thing)
            changed = self._add(self._parts, number, parts) | self._add(self._code, number, code)
            self.version += changed

    def expanded(self, holds: Holds) -> Holds:
        """The same, with what the objects contain, and what that contains."""
        numbers, inner = self._numbers, self._parts
        found = code = done = 0
        for thing, sure in holds.items():
            if sure > CODE and thing in numbers:
                found |= 1 << numbers[thing]
        held, waiting = found, found
        while waiting:
            lowest = waiting & -waiting
            number = lowest.bit_length() - 1
            done |= lowest
            found |= inner.get(number, 0)
            code |= self._code.get(number, 0)
            waiting = found & ~done
        result = dict.fromkeys(things_in(code & ~found, self._things), CODE)
        result.update(dict.fromkeys(things_in(found & ~held, self._things), PART))
        for thing, sure in holds.items():
            if sure > result.get(thing, -1):
                result[thing] = sure
        return result

    @staticmethod
    def _add(sets: dict[int, int], number: int, added: int) -> bool:
        known = sets.get(number, 0)
        sets[number] = known | added
        return sets[number] != known

    def _sets(self, holds: Holds) -> tuple[int, int]:
        parts = code = 0
        for thing, sure in holds.items():
            bit = 1 << self._number(thing)
            if sure > CODE:
                parts |= bit
            else:
                code |= bit
        return parts, code

    def _number(self, thing: str) -> int:
        number = self._numbers.setdefault(thing, len(self._things))
        if number == len(self._things):
            self._things.append(thing)
        return number


def things_in(numbers: int, things: Sequence[str]) -> Iterator[str]:
    """The things at the places of the ones of a number."""
    return (things[number] for number in bits(numbers))
