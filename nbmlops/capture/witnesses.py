"""Which objects the kept values of a session were, so that going back can repair these."""

from __future__ import annotations

import types
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter
from typing import Any, cast

from nbmlops.capture.packed import united
from nbmlops.capture.parts import own_parts
from nbmlops.values.forms import LEAVES
from nbmlops.values.kinds import identity
from nbmlops.values.mending import is_array, is_mendable
from nbmlops.values.places import Placed, Places
from nbmlops.values.pouring import attributes_of

Own = Callable[[str], AbstractSet[int]]
"""The identities of the parts that are a name's own."""

_MOST_PLACES = 20_000
"""Objects of one stored value that are remembered; of a larger one, what the names hold."""
_FEW_PLACES = 200
"""Objects that are sooner gone through than it is asked whether they are any name's own."""
_MOST_EXECUTIONS = 2_000
_SMALL = 64 * 2**10
_PART = itemgetter(1)
_KEPT = frozenset([list, dict, bytearray])
_SIMPLE = frozenset([list, dict, set, frozenset, tuple, bytearray, bytes, str])


@dataclass(slots=True)
class _Traces:
    """The objects of one stored value, by their numbers in its pickle.

    ``kept`` are small containers of plain data, which cannot be referred to weakly; ``bare`` are
    identities of larger ones, with their type, good only while a name is known to hold them.
    ``of`` says which belong to which name, ``roots`` which it held itself.
    """

    age: int
    kept: dict[int, Any] = field(default_factory=dict)
    weak: dict[int, weakref.ref[Any]] = field(default_factory=dict)
    bare: dict[int, tuple[int, type]] = field(default_factory=dict)
    of: dict[str, tuple[int, ...]] = field(default_factory=dict)
    roots: dict[str, int] = field(default_factory=dict)


class Witnesses:
    """Remembers which objects the stored values of a session's executions were.

    - an object that can be referred to weakly is, a small container of plain data is kept, of any
      other container and of arrays the identity is noted;
    - an identity counts only as long as some name held it after each cell since: what is gone
      may have made room for another object in the same place;
    - where a value that came back is another object, that one counts from then on.
    """

    def __init__(self) -> None:
        self._age = 0
        self._traces: dict[int, dict[str, _Traces]] = {}
        self._unmade: list[tuple[Mapping[str, Any], Own, list[tuple[int, Any]]]] = []
        self._pending: dict[str, _Traces] = {}
        self._places: dict[str, int] = {}
        self._held: dict[str, AbstractSet[int]] = {}
        self._holders: Counter[int] = Counter()
        self._born: dict[int, int] = {}

    def forget_the_present(self) -> None:
        """Something ran that was not recorded: no noted identity can be trusted any more."""
        self._unmade.clear()
        self._held.clear()
        self._holders.clear()
        self._born.clear()

    def watch(self, values: Mapping[str, Any], own: Own) -> Placed:
        """What a store tells which objects these values consist of."""
        self._make_pending()

        def placed(places: Places) -> None:
            try:
                are_many = places.at_most > _MOST_PLACES
                are_alone = places.at_most > _FEW_PLACES and _are_alone(values, own)
                every = _roots(values, places) if are_many or are_alone else places.every()
            except Exception:  # noqa: BLE001 (a metaclass may refuse even to be hashed)
                return
            self._unmade.append((values, own, every))

        return placed

    def stored(self, name: str, value: Any, reference: str) -> None:
        """The value of a name was stored for itself, or is equal to one that was before."""
        self._make_pending()
        traces, place = self._pending.get(name), self._places.get(reference)
        if traces is not None and name in traces.roots:
            self._places[reference] = traces.roots[name]
        elif traces is None and place is not None:
            self._pending[name] = self._alone(name, value, place)

    def recorded(
        self, execution: int, *, names: Collection[str], deleted: Collection[str] = ()
    ) -> None:
        """An execution was recorded, with these names."""
        self._make_pending()
        pending, self._pending = self._pending, {}
        found = {name: pending[name] for name in names if name in pending}
        if found:
            self._traces[execution] = found
        if len(self._traces) > _MOST_EXECUTIONS:
            del self._traces[min(self._traces)]
        self._hold({name: found.get(name) for name in names} | dict.fromkeys(deleted))

    def is_another(self, execution: int, name: str, value: Any) -> bool:
        """Whether a name held another object after an execution, which is still there."""
        traces = self._traces.get(execution, {}).get(name)
        root = None if traces is None else self._certain(traces, traces.roots.get(name, -1))
        return root is not None and root is not value

    def is_gone(self, execution: int | None, name: str) -> bool:
        """Whether the object that a name held after an execution is known to be no more."""
        traces = self._traces.get(execution or 0, {}).get(name)
        place = -1 if traces is None else traces.roots.get(name, -1)
        return traces is not None and place in traces.weak and traces.weak[place]() is None

    def is_known(self, execution: int | None, name: str) -> bool:
        """Whether anything is known of the object that a name held after an execution."""
        traces = self._traces.get(execution or 0, {}).get(name)
        return traces is not None and name in traces.roots

    def targets(self, executions: Mapping[str, int], live: Mapping[str, Any]) -> dict[int, Any]:
        """The objects of a stored value that are still there, by their numbers in its pickle.

        Args:
            executions: the names that are wanted of it, with the execution that stored each.
            live: what the names hold.
        """
        found: dict[int, Any] = {}
        for name, execution in executions.items():
            traces = self._traces.get(execution, {}).get(name)
            if traces is not None:
                there = self._there(traces, live)
                for place in traces.of.get(name, ()):
                    known = there.get(place)
                    if known is not None:
                        found[place] = known
        single = Counter(map(identity, found.values()))
        return {place: known for place, known in found.items() if single[identity(known)] == 1}

    def came_back(
        self,
        executions: Mapping[str, int],
        values: Mapping[str, Any],
        places: Mapping[int, Any],
        own: Own,
        *,
        by: int | None = None,
    ) -> None:
        """A stored value came back, in objects that may be others than they were.

        Args:
            executions: the names, with the execution that stored each.
            values: what they hold now.
            places: the objects of the value, by their numbers in its pickle.
            own: tells which parts are a name's own.
            by: the execution that brought it back, as which it is stored now as well.
        """
        traces = self._made(values, own, places.items())
        for name, execution in executions.items():
            for one in {execution, by or execution}:
                self._traces.setdefault(one, {})[name] = traces
        self._hold(dict.fromkeys(values, traces))

    def came_back_anew(
        self, executions: Mapping[str, int], values: Mapping[str, Any], *, by: int | None = None
    ) -> None:
        """Values came back as new objects, of which only those that the names hold are known.

        Args:
            executions: the names, with the execution that stored each.
            values: what they hold now.
            by: the execution that brought them back, as which they are stored now as well.
        """
        found: dict[str, _Traces | None] = dict.fromkeys(executions)
        for name, execution in executions.items():
            before = self._traces.get(execution, {})
            place = before[name].roots.get(name) if name in before else None
            before.pop(name, None)
            if place is not None:
                found[name] = known = self._alone(name, values[name], place)
                for one in {execution, by or execution}:
                    self._traces.setdefault(one, {})[name] = known
        self._hold(found)

    def gone(self, names: Collection[str]) -> None:
        """Names were removed."""
        self._hold(dict.fromkeys(names))

    def _make_pending(self) -> None:
        """Look into what was stored; not while the pickler, which may be large, is still there."""
        unmade, self._unmade = self._unmade, []
        for values, own, every in unmade:
            with suppress(Exception):  # a metaclass may refuse even to be hashed
                self._pending |= dict.fromkeys(values, self._made(values, own, every))

    def _alone(self, name: str, value: Any, place: int) -> _Traces:
        """The traces of what a name holds itself, and nothing in it."""
        own = frozenset([identity(value)])
        return self._made({name: value}, lambda _: own, [(place, value)])

    def _made(
        self, values: Mapping[str, Any], own: Own, placed: Iterable[tuple[int, Any]]
    ) -> _Traces:
        """The traces of some values, each object with its number."""
        self._age += 1
        traces = _Traces(age=self._age)
        every = list(placed)
        owned = {name: own(name) for name in values}
        is_owned = map(united(owned.values()).__contains__, map(identity, map(_PART, every)))
        mine = dict(compress(every, is_owned))
        kinds = {kind for kind in set(map(type, mine.values())) if is_mendable(kind)}
        insides: set[int] = set()
        if any(map(dict.__subclasscheck__, kinds)):
            insides = _insides(map(_PART, every))
        mine = {
            place: part
            for place, part in mine.items()
            if type(part) in kinds and identity(part) not in insides
        }
        plain: set[int] = set()
        if held := [part for part in mine.values() if type(part) in _KEPT]:
            simple = [part for _, part in every if type(part) in _SIMPLE]
            plain = _plain_among(held) if sum(map(len, simple)) <= _SMALL else plain
        arrays = set(filter(is_array, kinds))
        for place, part in mine.items():
            # numpy refuses to resize an array that anything refers to, weakly even
            if type(part) in arrays:
                traces.bare[place] = (identity(part), type(part))
            else:
                self._note(traces, place, part, plain=identity(part) in plain)
        for name, value in values.items():
            traces.of[name] = tuple(p for p, part in mine.items() if identity(part) in owned[name])
            root = next((place for place in traces.of[name] if mine[place] is value), None)
            if root is not None:
                traces.roots[name] = root
        return traces

    def _note(self, traces: _Traces, place: int, part: Any, *, plain: bool) -> None:
        if type(part) not in _KEPT:
            try:
                traces.weak[place] = weakref.ref(part)
            except TypeError:  # slots without room for it
                traces.bare[place] = (identity(part), type(part))
        elif plain:
            traces.kept[place] = part
        else:
            traces.bare[place] = (identity(part), type(part))

    def _certain(self, traces: _Traces, place: int) -> Any:
        """An object that is still there without doubt."""
        weak = traces.weak.get(place)
        return traces.kept.get(place) if weak is None else weak()

    def _there(self, traces: _Traces, live: Mapping[str, Any]) -> dict[int, Any]:
        found = {place: self._certain(traces, place) for place in (*traces.kept, *traces.weak)}
        wanted = {
            key
            for key, _ in traces.bare.values()
            if key in self._born and self._born[key] <= traces.age
        }
        if wanted:
            names = [n for n, held in self._held.items() if not held.isdisjoint(wanted)]
            parts = {
                identity(part): part
                for part in own_parts([live[name] for name in names if name in live])
                if identity(part) in wanted
            }
            for place, (key, kind) in traces.bare.items():
                if type(parts.get(key)) is kind and kind is not types.NoneType:
                    found[place] = parts[key]
        return found

    def _hold(self, traces: Mapping[str, _Traces | None]) -> None:
        """These names hold what was noted now; of those without traces, nobody knows."""
        before = [self._held.pop(name, frozenset()) for name in traces]
        for name, found in traces.items():
            if found is not None and found.bare:
                places = found.of.get(name, ())
                held = frozenset(found.bare[p][0] for p in places if p in found.bare)
                self._held[name] = held
                self._born.update(dict.fromkeys(held.difference(self._born), found.age))
                self._holders.update(held)
        for gone in before:
            for key in gone:
                self._holders[key] -= 1
                if self._holders[key] <= 0:
                    del self._holders[key]
                    del self._born[key]


def _are_alone(values: Mapping[str, Any], own: Own) -> bool:
    """Whether nothing but what the names hold is their own; of containers more is asked."""
    if not _KEPT.isdisjoint(map(type, values.values())):
        return False
    roots = set(map(identity, values.values()))
    return all(own(name) <= roots for name in values)


def _roots(values: Mapping[str, Any], places: Places) -> list[tuple[int, Any]]:
    """What the names hold themselves, with the number of each."""
    distinct = {identity(value): value for value in values.values()}
    found = ((places.of(value), value) for value in distinct.values())
    return [(place, value) for place, value in found if place is not None]


def is_plain(value: Any) -> bool:
    """Whether a value is plain data, or a container of nothing but that and such containers."""
    return type(value) in LEAVES or identity(value) in _plain_among([value])


def _plain_among(parts: Iterable[Any]) -> set[int]:
    """The identities of the containers in these parts that are plain, however deep they are."""
    waiting = list(parts)
    seen: dict[int, Any] = {}
    others: list[int] = []
    while waiting:
        part = waiting.pop()
        key = identity(part)
        if key in seen or type(part) not in _HOLDING:
            continue
        seen[key] = part
        inside = _held_by(part)
        kinds = set(map(type, inside)).difference(LEAVES)
        if not kinds <= _HOLDING:
            others.append(key)
        if not kinds.isdisjoint(_HOLDING):
            waiting += [inner for inner in inside if type(inner) in _HOLDING]
    return set(seen) - _around(others, seen) if others else set(seen)


def _around(others: list[int], among: Mapping[int, Any]) -> set[int]:
    """The identities of these parts, and of the containers that hold them somewhere in them."""
    holders: dict[int, list[int]] = {}
    for key, part in among.items():
        for inner in _held_by(part):
            if type(inner) in _HOLDING:
                holders.setdefault(identity(inner), []).append(key)
    found: set[int] = set()
    while others:
        key = others.pop()
        if key not in found:
            found.add(key)
            others += holders.get(key, ())
    return found


def _held_by(part: Any) -> Sequence[Any] | AbstractSet[Any]:
    """What a container of the kinds that hold plain data holds."""
    if type(part) is dict:
        return (*part, *part.values())
    return () if type(part) is bytearray else cast("Sequence[Any]", part)


_HOLDING = frozenset([list, dict, tuple, frozenset, bytearray])
"""Kinds of containers that hold plain data."""


def _insides(parts: Iterable[Any]) -> set[int]:
    """The identities of the dicts in which parts keep their attributes."""
    has_one: dict[type, bool] = dict.fromkeys(_SIMPLE, False)
    found: set[int] = set()
    for part in parts:
        kind = type(part)
        if kind not in has_one:
            has_one[kind] = is_mendable(kind) and attributes_of(part) is not None
        if has_one[kind]:
            found.add(identity(attributes_of(part)))
    return found
