"""The parts of values of lists, dicts and plain objects alone, and how these are filled.

Nothing in such a value runs code when it comes back, or counts on what another part holds: all
its parts can be made empty, and then filled in any order, those of one kind at once.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import Any

from nbmlops.values.forms import LEAVES
from nbmlops.values.kinds import has, identity
from nbmlops.values.objects import is_ordinary, is_plain_class, slots_of

_ATOMS = LEAVES | {complex, dt.date, dt.timedelta}
_ROWS = frozenset([tuple, set, frozenset])

Filling = tuple[Callable[..., None], tuple[Any, ...]]
"""A function that fills parts, and what it takes: these parts, and what they hold."""


def fill_lists(made: Iterable[list[Any]], lengths: Iterable[int], items: Iterable[Any]) -> None:
    """Give lists their items, so many each; pickles name this function."""
    waiting = iter(items)
    for one, length in zip(made, lengths, strict=True):
        list.extend(one, islice(waiting, length))


def fill_dicts(
    made: Iterable[dict[Any, Any]],
    lengths: Iterable[int],
    keys: Iterable[Any],
    items: Iterable[Any],
) -> None:
    """Give dicts their items, so many each; pickles name this function."""
    waiting = zip(keys, items, strict=True)
    for one, length in zip(made, lengths, strict=True):
        dict.update(one, islice(waiting, length))


def fill_objects(
    made: Iterable[Any], names: Iterable[str], columns: Iterable[Iterable[Any]]
) -> None:
    """Give objects their attributes, one after the other; pickles name this function."""
    for name, column in zip(names, columns, strict=True):
        known = sys.intern(name)
        for one, part in zip(made, column, strict=True):
            one.__dict__[known] = part


def fill_slots(made: Iterable[Any], names: Iterable[str], columns: Iterable[Iterable[Any]]) -> None:
    """The same for attributes that have places of their own; pickles name this function."""
    for name, column in zip(names, columns, strict=True):
        for one, part in zip(made, column, strict=True):
            object.__setattr__(one, name, part)


FILLING = (fill_lists, fill_dicts, fill_objects, fill_slots)


@dataclass(slots=True)
class Hollow:
    """The parts of a value that can be made empty, by what has to be known to fill them.

    ``objects`` are those of one class with attributes of the same names, in the same order.
    """

    lists: list[list[Any]] = field(default_factory=list)
    dicts: list[dict[Any, Any]] = field(default_factory=list)
    objects: dict[tuple[Any, ...], list[Any]] = field(default_factory=dict)
    slots: dict[type, tuple[str, ...]] = field(default_factory=dict)

    def groups(self) -> Iterator[tuple[type, list[Any]]]:
        """All parts, with their type."""
        yield list, self.lists
        yield dict, self.dicts
        for (kind, *_), objects in self.objects.items():
            yield kind, objects

    def fillings(self) -> Iterator[Filling]:
        """What gives all parts what they hold."""
        lists, dicts = self.lists, self.dicts
        yield fill_lists, (lists, list(map(len, lists)), list(chain.from_iterable(lists)))
        keys, items = chain.from_iterable(dicts), chain.from_iterable(map(dict.values, dicts))
        yield fill_dicts, (dicts, list(map(len, dicts)), list(keys), list(items))
        for (kind, *names), objects in self.objects.items():
            if kind in self.slots:
                columns = [list(map(attrgetter(name), objects)) for name in names]
                yield fill_slots, (objects, names, columns)
            else:
                states = list(map(attrgetter("__dict__"), objects))
                columns = [list(map(itemgetter(name), states)) for name in names]
                yield fill_objects, (objects, names, columns)

    def shares_states(self) -> bool:
        """Whether a dict in which an object keeps its attributes is a part of the value itself."""
        if not self.dicts:
            return False
        objects = chain.from_iterable(
            group for (kind, *_), group in self.objects.items() if kind not in self.slots
        )
        states = set(map(identity, map(attrgetter("__dict__"), objects)))
        return not states.isdisjoint(map(identity, self.dicts))


def hollow_in(value: Any, refused: Container[type]) -> Hollow | None:
    """The parts of a value; ``None`` where not all are plain data or can be made empty.

    Args:
        value: anything.
        refused: types of which somebody else says how they are pickled.
    """
    walk = _Walk(refused)
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        key = identity(part)
        if key not in seen:
            seen.add(key)
            inside = walk.note(part)
            if inside is None:
                return None
            waiting += [inner for inner in inside if type(inner) not in _ATOMS]
    return None if walk.found.shares_states() else walk.found


class _Walk:
    """Notes the parts of a value, one by one."""

    def __init__(self, refused: Container[type]) -> None:
        self.found = Hollow()
        self._refused = refused
        self._plain: set[type] = set()

    def note(self, part: Any) -> Iterable[Any] | None:
        """What a part holds; ``None`` of one that can neither be made empty nor is plain data."""
        kind: Any = type(part)
        if kind in self._plain:
            return self._attributes(kind, part)
        if kind is list:
            self.found.lists.append(part)
            return part  # type: ignore[no-any-return]
        if kind is dict:
            self.found.dicts.append(part)
            return part.values() if _ATOMS.issuperset(map(type, part)) else None
        if kind in _ROWS:
            return _in_row(part)
        if kind in self.found.slots:
            return self._slotted(kind, part)
        return self.note(part) if self._is_learnt(kind, part) else None

    def _attributes(self, kind: type, part: Any) -> Iterable[Any] | None:
        state = part.__dict__
        if type(state) is not dict:
            return None
        shape = (kind, *state)
        group = self.found.objects.get(shape)
        if group is None:
            if not {str}.issuperset(map(type, state)):
                return None
            group = self.found.objects[shape] = []
        group.append(part)
        return state.values()

    def _slotted(self, kind: type, part: Any) -> Iterable[Any] | None:
        names = self.found.slots[kind]
        self.found.objects.setdefault((kind, *names), []).append(part)
        try:
            return [getattr(part, name) for name in names]
        except AttributeError:  # never set
            return None

    def _is_learnt(self, kind: Any, part: Any) -> bool:
        """Whether objects of a class can be made empty; it has no code that would notice."""
        minds = kind.__hash__ not in (None, object.__hash__) or has(kind, "__setstate__")
        if minds or kind in self._refused or not is_ordinary(kind):
            return False
        if is_plain_class(part):
            self._plain.add(kind)
            return True
        names = slots_of([part])
        if names is None or kind.__setattr__ is not object.__setattr__:
            return False
        self.found.slots[kind] = names
        return True


def _in_row(row: Iterable[Any]) -> Iterable[Any] | None:
    """What a tuple or set holds, which is written with it; rows in it hold plain data alone."""
    inside = [part for part in row if type(part) not in _ATOMS]
    rows = (part for part in inside if type(part) in _ROWS)
    if any(not _ATOMS.issuperset(map(type, inner)) for inner in rows):
        return None
    return inside
