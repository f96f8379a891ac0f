"""What objects of the project hold beside what their own pickle takes along."""

from __future__ import annotations

import copyreg
import enum
import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbmlops.values.forms import LEAVES
from nbmlops.values.homes import is_own
from nbmlops.values.kinds import ancestry, module_of, name_of
from nbmlops.values.opaque import opaque_reason, why_not_kept
from nbmlops.values.standard import without_memories

_PICKLING = ("__reduce_ex__", "__reduce__", "__getstate__")
_DATA = frozenset([
    "builtins", "collections", "datetime", "decimal", "enum", "fractions", "ipaddress", "pathlib",
    "pathlib._local", "random", "uuid",
])  # fmt: skip
"""Modules of Python whose classes pickle what they are, but not what a subclass adds."""

_DEPTH, _LONGEST = 3, 100
"""How far, and into how long containers, an attribute is looked for in what is pickled."""


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Attributes of an object that its pickle does not hold under their names.

    ``ways`` are those of which only a plain text counts: where in the pickle such a part is all
    the same, or why it has no content. ``lost`` are those that are nowhere in the pickle, so
    that it may not bring them back; ``owner`` names the class. ``refused`` names
    more, which are not stored at all, and were noted on the object by others than its class.
    """

    attributes: dict[str, Any]
    ways: dict[str, tuple[Any, ...]]
    lost: frozenset[str] = frozenset()
    owner: str = ""
    refused: frozenset[str] = frozenset()


def beside(value: Any, made: tuple[Any, ...]) -> Beside | None:
    """What an object holds beside its pickle; ``None`` where that is nothing.

    Args:
        value: an object of a class for which `may_leave_out` holds.
        made: what it pickles as, as `object.__reduce_ex__` gives it; a mere name is ``()``.
    """
    held = without_memories(value, attributes_of(value))
    if issubclass(type(value), enum.Enum):
        held = {name: part for name, part in held.items() if name not in _OF_MEMBERS}
    named = _named(made)
    rest = {
        name: part
        for name, part in held.items()
        if not (name in named and _is_same(named[name], part))
    }
    if not rest:
        return None
    brought = adds_attributes(type(value), made)
    places, leaves = _places(made)
    found, ways, lost = {}, {}, set()
    for name, part in rest.items():
        reason = opaque_reason(part)
        if reason is not None:
            ways[name] = ("opaque", reason)
            continue
        if type(part) not in LEAVES and id(part) in places:
            ways[name] = places[id(part)]
            continue
        found[name] = part
        told = (type(part), part) in leaves if type(part) in LEAVES else False
        if not told and not brought and not (name in named and _is_alike(named[name], part)):
            lost.add(name)
    return Beside(found, ways, frozenset(lost), name_of(type(value)))


_OF_MEMBERS = frozenset(["_name_", "_value_", "__objclass__", "_sort_order_"])
"""What every member of an enumeration has."""


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def may_leave_out(kind: Any) -> bool:
    """Whether instances may hold more than their pickle: classes of the notebook or the project.

    They or a base of theirs say how they pickle. What a library says is right for its classes.
    """
    return is_own(kind) and any(
        definer is not None and (is_own(definer) or module_of(definer) in _DATA)
        for definer in map(functools.partial(_definer, kind), _PICKLING)
    )


def adds_attributes(kind: Any, made: tuple[Any, ...]) -> bool:
    """Whether attributes are stored although an object's own pickle drops them all."""
    stateless = len(made) <= _STATE or made[2] is None
    return bool(made) and stateless and drops_attributes(kind)


@functools.lru_cache(maxsize=1024)
def drops_attributes(kind: Any) -> bool:
    """Whether a class of the project leaves its pickle to one of Python's, which knows no more."""
    definers = [_definer(kind, name) for name in _PICKLING]
    return may_leave_out(kind) and not any(
        definer is not None and module_of(definer) not in _DATA for definer in definers
    )


def attributes_of(value: Any) -> dict[str, Any]:
    """The attributes of an object: its ``__dict__``, and slots of the project's classes.

    None of its own code runs.
    """
    found: dict[str, Any] = {}
    kind = type(value)
    for ancestor in ancestry(kind):
        inside = _OWN.__get__(ancestor)
        if "__dict__" in inside and type(inside["__dict__"]) is types.GetSetDescriptorType:
            found |= inside["__dict__"].__get__(value)
        if is_own(ancestor):
            found.update(_slots(value, inside))
    return found


_OWN = type.__dict__["__dict__"]


def _slots(value: Any, inside: Any) -> Iterator[tuple[str, Any]]:
    for name, part in inside.items():
        if type(part) is types.MemberDescriptorType:
            try:
                yield name, part.__get__(value)
            except AttributeError:  # never set
                continue


def _definer(kind: type, name: str) -> type | None:
    """The class that says how to pickle; ``None`` where nobody but `object` does."""
    for ancestor in ancestry(kind)[:-1]:
        if name in _OWN.__get__(ancestor):
            return ancestor
    return None


def _named(made: tuple[Any, ...]) -> dict[str, Any]:
    """What the state of a pickle holds by name."""
    state = made[2] if len(made) > _STATE else None
    parts = state if type(state) is tuple else (state,)
    found: dict[str, Any] = {}
    for part in parts[:2]:
        if type(part) is dict:
            found |= part
    return found


_STATE = 2


def _is_same(told: Any, part: Any) -> bool:
    return told is part or (
        type(told) is type(part) and type(part) in LEAVES and bool(told == part)
    )


def _is_alike(told: Any, part: Any) -> bool:
    """Whether a pickle seems to hold a copy of an attribute."""
    if type(told) is not type(part) or type(part) in LEAVES:
        return False
    return type(part) not in _CONTAINERS or len(told) == len(part)


_CONTAINERS = (dict, list, tuple, set, frozenset)


def _places(made: tuple[Any, ...]) -> tuple[dict[int, tuple[Any, ...]], set[tuple[type, Any]]]:
    """Where the parts of a pickle are, by identity, and the plain ones among them."""
    places: dict[int, tuple[Any, ...]] = {}
    leaves: set[tuple[type, Any]] = set()

    def look(part: Any, way: tuple[Any, ...]) -> None:
        if type(part) in LEAVES:
            leaves.add((type(part), part))
            return
        places.setdefault(id(part), ("part", *way))
        if len(way) < _DEPTH:
            for step, inner in _inside(part):
                look(inner, (*way, step))

    for number, part in enumerate(made[1:3]):
        look(part, (number,))
    return places, leaves


def _inside(part: Any) -> Iterator[tuple[str | int, Any]]:
    kind = type(part)
    if kind in (list, tuple) and len(part) <= _LONGEST:
        yield from enumerate(part)
    elif kind is dict and len(part) <= _LONGEST:
        yield from ((name, inner) for name, inner in part.items() if type(name) is str)


def refuses_to_pickle(value: Any) -> bool:
    """Whether an object cannot be stored: it has no content, or its class says no.

    >>> import threading
    >>> refuses_to_pickle(threading.Lock()), refuses_to_pickle([1])
    (True, False)
    """
    if why_not_kept(value) is not None:
        return True
    if all(_definer(type(value), name) is None for name in _PICKLING):
        return False
    try:
        pickled(value)
    except Exception:  # noqa: BLE001 (its own code, which may raise anything)
        return True
    return False


def pickled(value: Any) -> Any:
    """What an object of an ordinary class pickles as.

    For exceptions some libraries (``distributed``) register a way with their traceback: the
    import of a library would change each.
    """
    known = not isinstance(value, BaseException)
    reducer = copyreg.dispatch_table.get(type(value)) if known else None
    return reducer(value) if reducer else value.__reduce_ex__(5)
