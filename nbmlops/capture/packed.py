"""Many identities in little memory: a byte or two for each, where a set takes up to a hundred."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

_BITS = 16
_LOW = (1 << _BITS) - 1
_CODE = "H"
_AT_ONCE = 8_192
_FEW = 16
"""Of so many that a set has, one is looked up in the time in which all of them are gone through."""


class PackedIdentities(AbstractSet[int]):
    """A set of identities that does not change, of objects that lie near each other.

    What the objects of one part of the memory have in common is kept once, and of each the rest,
    in order. It is compared with others part by part; one identity takes longer to look up than
    in a set.

    Args:
        pages: the low bits of the identities, in order and each once, by what is above them.
    """

    __slots__ = ("_pages", "_size")

    def __init__(self, pages: Mapping[int, array[int]]) -> None:
        self._pages = pages
        self._size = sum(map(len, pages.values()))

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> AbstractSet[Any]:
        return frozenset(it)

    def __len__(self) -> int:
        return self._size

    def __contains__(self, key: object) -> bool:
        if type(key) is not int:
            return False
        page = self._pages.get(key >> _BITS)
        if page is None:
            return False
        low = key & _LOW
        place = bisect_left(page, low)
        return place < len(page) and page[place] == low

    def __iter__(self) -> Iterator[int]:
        for number, page in self._pages.items():
            yield from map((number << _BITS).__add__, page)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedIdentities):
            return self._pages == other._pages
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as of every set that is compared by content

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        """Whether none of these is in another set."""
        if isinstance(other, PackedIdentities):
            return self is not other and all(
                _are_apart(one, there) for _, one, there in self._met(other)
            )
        if not isinstance(other, AbstractSet) or _FEW * len(other) <= self._size:
            return not any(map(self.__contains__, other))
        return all(map(other.isdisjoint, self._wholes()))

    def __and__(self, other: AbstractSet[Any]) -> AbstractSet[int]:
        if not isinstance(other, PackedIdentities):
            return super().__and__(other)
        return _of({key: set(one) & set(there) for key, one, there in self._met(other)})

    def __sub__(self, other: AbstractSet[Any]) -> AbstractSet[int]:
        away = other if isinstance(other, PackedIdentities) else packed(other)
        left = dict(self._pages)
        for key, one, there in self._met(away):
            del left[key]
            if rest := sorted(set(one).difference(there)):
                left[key] = array(_CODE, rest)
        return PackedIdentities(left)

    def __or__(self, other: AbstractSet[Any]) -> AbstractSet[int]:
        return united([self, other])

    __ror__ = __or__

    def pages(self) -> Mapping[int, array[int]]:
        """What it is made of; not to be changed."""
        return self._pages

    def _met(self, other: PackedIdentities) -> Iterator[tuple[int, array[int], array[int]]]:
        """The parts of both in which either has some."""
        others = other.pages()
        return ((key, one, others[key]) for key, one in self._pages.items() if key in others)

    def _wholes(self) -> Iterator[Iterator[int]]:
        for number, page in self._pages.items():
            yield map((number << _BITS).__add__, page)


class Packing:
    """Collects identities, in any order, and packs them."""

    def __init__(self) -> None:
        self._pages: dict[int, array[int]] = {}
        self._unsorted: set[int] = set()

    def __len__(self) -> int:
        """How many there are at most."""
        return sum(map(len, self._pages.values()))

    def add(self, keys: Iterable[int]) -> None:
        """Take some identities, each once; those that follow each other should be of neighbours."""
        waiting = iter(keys)
        while some := sorted(islice(waiting, _AT_ONCE)):
            lows, start = _lows(some), 0
            while start < len(some):
                number = some[start] >> _BITS
                stop = bisect_left(some, (number + 1) << _BITS, start)
                self._take(number, lows[start:stop])
                start = stop

    def add_packed(self, other: PackedIdentities) -> None:
        """Take identities that are packed already."""
        for number, page in other.pages().items():
            self._take(number, page)

    def packed(self) -> PackedIdentities:
        """All that was taken so far."""
        for number in self._unsorted:
            self._pages[number] = array(_CODE, dict.fromkeys(sorted(self._pages[number])))
        self._unsorted.clear()
        return PackedIdentities(dict(self._pages))

    def _take(self, number: int, page: array[int]) -> None:
        """Add to a part, which may be somebody else's, some that are in order."""
        there = self._pages.get(number)
        if there is None:
            self._pages[number] = page
            return
        if there[-1] >= page[0]:
            self._unsorted.add(number)
        self._pages[number] = there + page


def packed(keys: AbstractSet[int]) -> PackedIdentities:
    """Identities, packed."""
    packing = Packing()
    packing.add(sorted(keys))
    return packing.packed()


def united(sets: Collection[AbstractSet[int]]) -> AbstractSet[int]:
    """All that is in one of these; a single one is not copied, as it may be large."""
    some = [each for each in sets if each]
    if len(some) == 1:
        return some[0]
    if not any(isinstance(each, PackedIdentities) for each in some):
        return frozenset[int]().union(*some)
    packing = Packing()
    for each in some:
        if isinstance(each, PackedIdentities):
            packing.add_packed(each)
        else:
            packing.add(sorted(each))
    return packing.packed()


def are_disjoint(one: AbstractSet[int], other: AbstractSet[int]) -> bool:
    """Whether two sets have nothing in common; a packed one is asked, if either is one."""
    packed_is_other = type(other) is PackedIdentities  # asked often: `isinstance` takes long
    return other.isdisjoint(one) if packed_is_other else one.isdisjoint(other)


def _lows(keys: list[int]) -> array[int]:
    """The low bits of each, without a look at each: two of its bytes."""
    try:
        whole = array("q", keys).tobytes()
    except OverflowError:  # of memory that does not lie where objects do
        return array(_CODE, [key & _LOW for key in keys])
    lows = bytearray(2 * len(keys))
    first = 0 if sys.byteorder == "little" else 6
    lows[::2], lows[1::2] = whole[first::8], whole[first + 1 :: 8]
    return array(_CODE, bytes(lows))


def _of(sets: Mapping[int, set[int]]) -> PackedIdentities:
    """What is left of some parts."""
    return PackedIdentities({key: array(_CODE, sorted(one)) for key, one in sets.items() if one})


def _are_apart(one: array[int], other: array[int]) -> bool:
    """Whether two parts have nothing in common."""
    if one[-1] < other[0] or other[-1] < one[0]:
        return True
    few, many = (one, other) if len(one) < len(other) else (other, one)
    return set(few).isdisjoint(many)
