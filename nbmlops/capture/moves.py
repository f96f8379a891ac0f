"""Which names hold parts in common with others in another way than before, though all are equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from nbmlops.capture.packed import are_disjoint
from nbmlops.capture.parts import Parts

_NONE = frozenset[int]()


class Moves:
    """The parts that values lost and gained, and whether others had or have these.

    An identity says something only of what was there before and after: what is gone makes room
    for others.
    """

    def __init__(self) -> None:
        self._lost: dict[str, AbstractSet[int]] = {}
        self._gained: dict[str, AbstractSet[int]] = {}
        self._left: dict[str, AbstractSet[int]] = {}
        self._found: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._lost)

    def note(self, name: str, before: Parts, after: Parts) -> None:
        """What the value of a name consisted of, and consists of now."""
        same = before.own == after.own and before.tabled <= after.tabled
        if not same and before.whole and after.whole:
            self._lost[name] = before.own - after.own
            self._gained[name] = after.own - before.own
            self._left[name] = before.tabled - after.tabled

    def meet(self, name: str, before: Parts | None, after: Parts) -> None:
        """What another name, or one of these, consisted of and consists of now.

        Args:
            name: any name.
            before: its parts before; ``None`` where they are what they were, or it was not there.
            after: its parts now.
        """
        steady = after.own if before is None else before.own & after.own
        tabled = after.tabled if before is None else before.tabled & after.tabled
        for one, lost in self._lost.items():
            moved = (lost, self._gained[one], self._left[one])
            apart = all(are_disjoint(steady, each) for each in moved)
            if one != name and not (apart and are_disjoint(tabled, lost)):
                self._found.add(one)

    def found(self) -> set[str]:
        """The names that hold a part that another one held or holds, and did not before.

        What several have in common and exchanged together is in common as before.
        """
        lost, gained = _several(self._lost.values()), _several(self._gained.values())
        return self._found | {
            name
            for name in self._lost
            if self._lost[name] and len(self._lost[name] & lost) != len(self._gained[name] & gained)
        }


def _several(sets: Iterable[AbstractSet[int]]) -> frozenset[int]:
    """The identities that are in more than one of these sets."""
    seen = Counter(key for each in sets for key in each)
    return frozenset(key for key, count in seen.items() if count > 1) if seen else _NONE
