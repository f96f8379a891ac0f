"""Objects of the notebook's classes brought back past what these do when one is made or changed.

A class may count what it makes, hand out the one that is there, look for each attribute in an
object that it does not hold yet, or keep other items than it is given. What comes back was made
once: its parts are put into place, and none of that runs again.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

from nbmlops.values.homes import is_own
from nbmlops.values.kinds import ancestry, has
from nbmlops.values.pouring import (
    attributes_of,
    fill,
    filled_slots,
    items_of,
    layout_of,
    slots_of,
)

_GIVEN: tuple[Any, ...] = (bytes, complex, float, int, str, tuple)
"""What cannot be changed once it is made."""
_FILLED: dict[Any, frozenset[str]] = {
    object: frozenset(),
    list: frozenset(["append", "extend"]),
    dict: frozenset(["__setitem__"]),
    OrderedDict: frozenset(["__setitem__"]),
    defaultdict: frozenset(["__setitem__"]),
}
"""What is filled once it is made, and by which methods."""
_ASKED = frozenset(["__new__", "__getattr__"])
"""The methods that pickle calls for any object that comes back."""
_ALL_ASKED = "__getattribute__"
"""One that is asked for all that there is: what has it may say of itself what it likes."""
_TELLING = frozenset(["__getnewargs__", "__getnewargs_ex__"])
"""What a class may say of what ``__new__`` is given; a named tuple says that it is its items."""


def has_own_ways(kind: Any) -> bool:
    """Whether code of the notebook runs where one that pickles by default comes back."""
    base = layout_of(kind)
    if (base not in _GIVEN and base not in _FILLED) or not _pickles_by_default(kind, base):
        return False
    classes = ancestry(kind)[: ancestry(kind).index(base)]
    if any(_ALL_ASKED in vars(one) for one in classes):
        return False
    if not all(is_own(one) for one in classes if "__new__" in vars(one)):
        return False
    written = [one for one in classes if "_fields" not in vars(one)]
    if not all(_TELLING.isdisjoint(vars(one)) for one in written):
        return False
    asked = _ASKED | _FILLED.get(base, frozenset())
    if slots_of(kind):
        asked |= {"__setattr__"}
    return any(is_own(one) and not asked.isdisjoint(vars(one)) for one in written)


def past_own_ways(value: Any) -> Any:
    """How one of such a class is pickled."""
    kind: Any = type(value)
    base: Any = layout_of(kind)
    given = base.__getnewargs__(value) if base in _GIVEN else ()
    slots = {slot.__name__: part for slot, part in filled_slots(value)}
    items = items_of(value) if base in _FILLED else None
    state = (items, attributes_of(value) or {}, slots)
    return base.__new__, (kind, *given), state, None, None, put


def put(value: Any, state: tuple[Any, dict[str, Any], dict[str, Any]]) -> None:
    """Give an object its items, attributes and slots; pickles name this function."""
    items, attributes, slots = state
    if items is not None:
        fill(value, items)
    there = attributes_of(value)
    if there is not None:
        there.update(attributes)
    for name, part in slots.items():
        object.__setattr__(value, name, part)


def _pickles_by_default(kind: Any, base: Any) -> bool:
    own = getattr(kind, "__getstate__", None) is not getattr(object, "__getstate__", None)
    return (
        not own
        and not has(kind, "__setstate__")
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__reduce__ is base.__reduce__
    )
