"""Values that are nested too deeply for a pickler, written part by part.

A pickler goes into a value by calling itself, once or more for each level. Here all lists, dicts
and plain objects of a value are written empty at first, so that the pickler has a number for each,
and then what each of them holds, of which the pickler writes no more than the numbers. The stream
is a usual one: unpicklers go by instructions, and never deeper.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from nbmlops.errors import NotStorableError
from nbmlops.values.forms import LEAVES
from nbmlops.values.hollow import FILLING, Hollow, hollow_in
from nbmlops.values.kinds import identity
from nbmlops.values.objects import NEW, is_ordinary

_PROTOCOL = 5
_ROWS = frozenset([list, tuple, set, frozenset])
_EMPTY: dict[type, bytes] = {list: pickle.EMPTY_LIST, dict: pickle.EMPTY_DICT}
_NUMBERED = pickle.MEMOIZE + pickle.POP
_MOST_IN_BYTE = 255
_MOST_IN_ORDER = 250_000
"""Parts that are written one by one: some of a second, for which the next cell waits."""


def extend_list(made: list[Any], items: list[Any]) -> None:
    """Give a list its items; pickles name this function."""
    list.extend(made, items)


def update_dict(made: dict[Any, Any], items: dict[Any, Any]) -> None:
    """Give a dict its items; pickles name this function."""
    dict.update(made, items)


_FILLING: dict[type, Callable[[Any, Any], None]] = {list: extend_list, dict: update_dict}


@dataclass(slots=True)
class _Parts:
    """The parts of a value: each comes behind what it holds, unless that leads back to it.

    ``states`` are what plain objects hold, by the identity of the object. What an object holds is
    written with it, even if something else holds that dict as well.
    """

    order: list[Any] = field(default_factory=list)
    states: dict[int, Any] = field(default_factory=dict)
    inner: set[int] = field(default_factory=set)

    def is_hollow(self, part: Any) -> bool:
        """Whether a part can be written without what it holds."""
        key = identity(part)
        return key in self.states or (type(part) in _EMPTY and key not in self.inner)


def dump_flat(value: Any, pickler: pickle.Pickler, sink: io.BytesIO) -> None:
    """Pickle a value without going into it deeper than into one of its parts.

    Sets, and what pickles in a way of its own, are gone into: these must not be nested deeply.
    Where a value has anything but lists, dicts and plain objects, each of its parts takes its time.

    Args:
        value: anything.
        pickler: a new one, which writes into the sink.
        sink: takes the stream.

    Raises:
        NotStorableError: so many parts would have to be written one by one that it takes too long.
    """
    writer = _Writer(pickler, sink)
    hollow = hollow_in(value, pickler.dispatch_table)
    if hollow is None or not writer.write_by_kind(hollow):
        _write_in_order(value, pickler, _Writer(pickler, sink))
    pickler.dump(value)


def _write_in_order(value: Any, pickler: pickle.Pickler, writer: _Writer) -> None:
    """Write each part behind what it holds."""
    parts = _parts_of(value, pickler)
    writer.write_hollow([part for part in parts.order if parts.is_hollow(part)], parts.states)
    for part in parts.order:
        if writer.has_whole(part):
            continue
        if identity(part) in parts.states:
            writer.write_state(part, parts.states[identity(part)])
        elif not parts.is_hollow(part):
            writer.write_whole(part)
        elif part:
            writer.write_items(part)


class _Writer:
    """Writes parts into a stream, one after the other.

    What a pickler writes ends with an instruction to stop, of one byte, in whose place another
    one is put that goes on.
    """

    def __init__(self, pickler: pickle.Pickler, sink: io.BytesIO) -> None:
        self._pickler = pickler
        self._sink = sink
        self._places: dict[int, int] = {}
        self._whole: set[int] = set()

    def write_hollow(self, parts: list[Any], states: dict[int, Any]) -> None:
        """Write parts without what they hold, and have the pickler know their numbers."""
        known = self._known_with(
            *_FILLING.values(), *{type(part) for part in parts if identity(part) in states}
        )
        self._whole = set(self._places)
        for part in parts:
            if id(part) in self._whole:
                continue
            made = _EMPTY.get(type(part)) or self._number(type(part)) + _NEW
            self._sink.write(made + _NUMBERED)
            self._places[id(part)] = len(known)
            known[id(part)] = len(known), part
        self._pickler.memo = known

    def has_whole(self, part: Any) -> bool:
        """Whether a part was written with a class that holds it itself."""
        return id(part) in self._whole

    def write_by_kind(self, hollow: Hollow) -> bool:
        """Write all parts of one kind together; false where a class holds one of them itself."""
        groups = [(kind, parts) for kind, parts in hollow.groups() if parts]
        known = self._known_with(*FILLING, *{kind for kind, _ in groups if kind not in _EMPTY})
        if any(id(part) in known for _, parts in groups for part in parts):
            return False
        for kind, parts in groups:
            made = _EMPTY.get(kind) or self._number(kind) + _NEW
            self._sink.write((made + _NUMBERED) * len(parts))
            known |= zip(map(id, parts), enumerate(parts, len(known)), strict=True)
        self._pickler.memo = known
        for function, given in hollow.fillings():
            if given[0]:
                self._sink.write(self._number(function))
                self._dump(given, pickle.REDUCE + pickle.POP)
        return True

    def _known_with(self, *code: Any) -> Any:
        """What the pickler has numbered once these functions and classes are written."""
        for one in code:
            self.write_whole(one)
        known = self._pickler.memo.copy()
        self._places = {key: place for key, (place, _) in known.items()}
        return known

    def write_whole(self, part: Any) -> None:
        """Write a part, to which others only refer from then on."""
        self._dump(part, pickle.POP)

    def write_state(self, part: Any, state: Any) -> None:
        """Write what a plain object holds."""
        if state is not None:
            self._sink.write(self._number(part))
            self._dump(state, pickle.BUILD + pickle.POP)

    def write_items(self, part: Any) -> None:
        """Write what a list or dict holds."""
        self._sink.write(self._number(_FILLING[type(part)]) + self._number(part))
        self._dump(part.copy(), pickle.TUPLE2 + pickle.REDUCE + pickle.POP)

    def _number(self, part: Any) -> bytes:
        place = self._places[id(part)]
        if place <= _MOST_IN_BYTE:
            return pickle.BINGET + place.to_bytes(1, "little")
        return pickle.LONG_BINGET + place.to_bytes(4, "little")

    def _dump(self, part: Any, then: bytes) -> None:
        self._pickler.dump(part)
        self._sink.seek(-len(pickle.STOP), io.SEEK_CUR)
        self._sink.write(then)


_NEW = pickle.EMPTY_TUPLE + pickle.NEWOBJ


def _parts_of(value: Any, pickler: pickle.Pickler) -> _Parts:
    found = _Parts()
    seen = {identity(value)}
    way = [(value, _inside(value, found, pickler))]
    while way:
        part, waiting = way[-1]
        inner = next(waiting, _END)
        if inner is _END:
            way.pop()
            found.order.append(part)
        elif type(inner) not in LEAVES and identity(inner) not in seen:
            inside = _inside(inner, found, pickler)
            if inside is not _NOTHING:
                if len(seen) >= _MOST_IN_ORDER:
                    raise NotStorableError(f"nested deeply, of more than {_MOST_IN_ORDER:,} parts")
                seen.add(identity(inner))
                way.append((inner, inside))
    return found


_END: Any = object()
_NOTHING: Iterator[Any] = iter(())


def _inside(part: Any, found: _Parts, pickler: Any) -> Iterator[Any]:
    """What a part holds; nothing of one that is not gone into."""
    kind: Any = type(part)
    if kind in _ROWS:
        return iter(part)
    if kind is dict:
        return chain(part, part.values())
    if kind in pickler.dispatch_table or not is_ordinary(kind):
        return _NOTHING
    made = part.__reduce_ex__(_PROTOCOL)
    if type(made) is str or not _is_state_alone(kind, *made):
        return _NOTHING
    state = found.states[identity(part)] = (*made, None)[2]
    if type(state) is dict:
        found.inner.add(identity(state))
        return chain(state, state.values())
    return _of_state(state)


def _is_state_alone(kind: type, maker: Any, given: Any, *rest: Any) -> bool:
    """Whether an object is made by its class alone, and holds nothing but a state."""
    made_alone = maker is NEW and len(given) == 1 and given[0] is kind
    return made_alone and all(one is None for one in rest[1:])


def _of_state(state: Any) -> Iterator[Any]:
    """What the state of an object holds that is no dict: one for slots, or of its own."""
    if type(state) is not tuple:
        return iter((state,))
    dicts = (one for one in state if type(one) is dict)
    return chain(state, *(one.values() for one in dicts))
