"""Large lists and dicts, pickled portion by portion, so that little has to be remembered of them.

A pickler remembers every object that it has written, in case it comes again: of many small ones
that takes more memory than their pickle. Here it forgets, after some portions, what nothing but
one place in the value refers to, and which therefore cannot come again; an unpickler of such a
stream forgets the same objects in the same places. What is shared stays shared.
"""

from __future__ import annotations

import functools
import io
import pickle
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, compress, islice
from operator import itemgetter
from sys import getrefcount
from typing import Any

from nbmlops.values.kinds import identity
from nbmlops.values.owning import OwningUnpickler, Room

MARK = b"nbmlops.portions/1\n"
"""How such a stream begins."""

_LARGE = 20_000
"""Items from which on a list or dict is written in portions."""
_PORTION = 1_000
_REMEMBERED = 4_096
"""Objects that are remembered before it is looked at which of them can be forgotten."""
_PROTOCOL = pickle.PROTO + bytes([5])
_EMPTY: dict[type, bytes] = {list: pickle.EMPTY_LIST, dict: pickle.EMPTY_DICT}
_NUMBERS = frozenset([int, float, bool, type(None)])
"""Types of what a pickler never remembers."""


def large_in(value: Any) -> list[Any]:
    """The lists and dicts that are written in portions: the value itself, or its items."""
    if type(value) is dict:
        return [value] if _is_large(value) else _largest(value.values())
    if type(value) is list or type(value) is tuple:
        return [value] if _is_large(value) else _largest(value)
    return []


def dump_portions(
    value: Any,
    large: list[Any],
    pickler: Any,
    sink: io.BytesIO,
    *,
    generated: Callable[[], Any],
    put_away: Callable[[], None],
) -> None:
    """Pickle a value, its large parts first.

    Args:
        value: anything.
        large: what `large_in` gave for it.
        pickler: a new one, which writes into the sink.
        sink: takes the stream.
        generated: gives what the pickler itself holds and writes for several objects.
        put_away: may take all that the sink has, after a portion.
    """
    writer = _Writer(large, pickler, sink, generated)
    for part in large:
        for portion in _portions_of(part):
            writer.write(portion)
            put_away()
    pickler.dump(value)


def is_in_portions(stream: bytes | memoryview) -> bool:
    """Whether a stream was written in portions; its beginning is enough."""
    return stream[: len(MARK)] == MARK


def load_portions(stream: bytes, buffers: Iterable[memoryview], room: Room) -> Any:
    """The inverse of `dump_portions`."""
    file = io.BytesIO(stream)
    file.seek(len(MARK))
    beside = iter(buffers)
    reader = _Reader(file, beside, room, [])
    made, portions = reader.load()
    for one, count in zip(made, portions, strict=True):
        for _ in range(count):
            _fill(one, reader.load())
            kept = reader.load()
            if kept is not None:
                reader = _Reader(file, beside, room, kept)
                reader.load()
    return reader.load()


class _Reader(OwningUnpickler):
    """An unpickler that begins with what the one before it has kept."""

    def __init__(
        self, file: io.BytesIO, buffers: Iterator[memoryview], room: Room, kept: list[Any]
    ) -> None:
        super().__init__(file, buffers, room)
        self._kept = kept

    def persistent_load(self, number: int, /) -> Any:
        """An object that was kept, or what is named by a number below zero."""
        return super().persistent_load(number) if number < 0 else self._kept[number]


class _Writer:
    """Writes the large parts of a value, empty at first, and then what they hold.

    - after each portion it is said whether some objects were forgotten, and which were kept;
    - where most would be kept, none is forgotten;
    - kept is what something else refers to as well, strongly or weakly, and what the pickler
      itself holds.
    """

    def __init__(
        self, large: list[Any], pickler: Any, sink: io.BytesIO, generated: Callable[[], Any]
    ) -> None:
        self._large = large
        self._pickler = pickler
        self._sink = sink
        self._generated = generated
        self._written: list[Any] = []
        self._remembered = 0
        self._most = _REMEMBERED
        made = b"".join(_EMPTY[type(part)] + pickle.MEMOIZE for part in large)
        counts = b"".join(_number(_portions(part)) for part in large)
        told = (pickle.MARK + made + pickle.TUPLE, pickle.MARK + counts + pickle.TUPLE)
        sink.write(MARK + _PROTOCOL + b"".join(told) + pickle.TUPLE2 + pickle.STOP)
        pickler.memo = {id(part): (place, part) for place, part in enumerate(large)}

    def write(self, portion: list[Any]) -> None:
        """Write some of what a list or dict holds, in a list of their own."""
        start = self._sink.tell()
        self._pickler.dump(portion)
        self._written.append(portion)
        self._sink.seek(start)
        self._remembered += self._sink.read().count(pickle.MEMOIZE)
        if self._remembered < self._most:
            self._pickler.dump(None)
            return
        kept = self._worth_keeping()
        if kept is None:
            self._most = 4 * self._remembered
            self._pickler.dump(None)
            return
        self._pickler.dump(kept)
        self._pickler.memo = {id(one): (place, one) for place, one in enumerate(kept)}
        self._sink.write(_numbering(len(kept)))
        self._remembered = len(kept)
        self._most = max(_REMEMBERED, 2 * len(kept))

    def _worth_keeping(self) -> list[Any] | None:
        """What is still to be remembered: the large parts first, and what may come again.

        ``None`` where that is most of what there is.
        """
        for portion in self._written:
            portion.clear()  # it refers to the items once more
        self._written.clear()
        memo = self._pickler.memo.copy()
        held = [one for _, one in memo.values()]
        most = _references_of_one_place()
        told = memo.values()
        kept = list(compress(told, map(most.__lt__, list(map(getrefcount, held)))))
        if 2 * len(kept) > len(held):
            return None
        # what leads to another object without a reference that counts
        kept += compress(told, map(weakref.getweakrefcount, held))
        kept += [memo[id(one)] for one in self._generated() if id(one) in memo]
        kept.sort(key=itemgetter(0))  # as they were met, wherever they lie
        first = set(map(id, self._large))
        found = {id(one): one for _, one in kept if id(one) not in first}
        return [*self._large, *found.values()]


def _numbering(count: int) -> bytes:
    """A pickle that has an unpickler number what was kept."""
    told = pickle.BINPERSID + pickle.MEMOIZE + pickle.POP
    each = (_number(number) + told for number in range(count))
    return _PROTOCOL + b"".join(each) + pickle.NONE + pickle.STOP


def _number(number: int) -> bytes:
    return pickle.BININT + number.to_bytes(4, "little")


def _portions_of(part: Any) -> Iterator[list[Any]]:
    """What a list or dict holds, as it is written; of a dict keys and values in turns."""
    is_dict = type(part) is dict
    items = chain.from_iterable(part.items()) if is_dict else iter(part)
    for _ in range(_portions(part)):
        yield list(islice(items, _PORTION * (1 + is_dict)))


def _portions(part: Any) -> int:
    """How many portions a list or dict makes."""
    return -(-len(part) // _PORTION)


def _fill(made: Any, portion: list[Any]) -> None:
    """Put what a portion holds into its list, or into its dict, where keys and values alternate."""
    if type(made) is list:
        made.extend(portion)
    else:
        items = iter(portion)
        made.update(zip(items, items, strict=True))


@functools.cache
def _references_of_one_place() -> int:
    """What `getrefcount` says, asked as above, of an object that is in one place."""
    pickler = pickle.Pickler(io.BytesIO(), protocol=5)
    value = [[object.__name__] for _ in range(3)]
    pickler.dump(value)
    memo = pickler.memo.copy()
    held = [one for _, one in memo.values() if type(one) is list and one is not value]
    return min(map(getrefcount, held))


def _is_large(part: Any) -> bool:
    """Whether a list or dict has many items that a pickler would remember."""
    if type(part) is dict:
        return len(part) >= _LARGE and not (
            _NUMBERS.issuperset(map(type, part)) and _NUMBERS.issuperset(map(type, part.values()))
        )
    return type(part) is list and len(part) >= _LARGE and not _NUMBERS.issuperset(map(type, part))


def _largest(items: Iterable[Any]) -> list[Any]:
    """The large ones among some items, each once."""
    found = {identity(part): part for part in items if type(part) in _EMPTY and _is_large(part)}
    return list(found.values())
