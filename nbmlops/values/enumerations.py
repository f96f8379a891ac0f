"""Members of enumerations, which are state where what they stand for can be changed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from nbmlops.values.beside import attributes_of
from nbmlops.values.forms import LEAVES

_SAME = frozenset(["_name_", "__objclass__", "_sort_order_"])
"""What a member has by being defined."""

_KINDS = type.__dict__["__dict__"]


def is_stateful(kind: Any) -> bool:
    """Whether members of an enumeration stand for, or hold, something that can be changed."""
    return not all(
        _is_fixed(part) for inside in members_of(kind).values() for part in inside.values()
    )


def members_of(kind: Any) -> dict[str, dict[str, Any]]:
    """What each member stands for, and what was noted on it, by its name."""
    return {
        name: {key: part for key, part in attributes_of(member).items() if key not in _SAME}
        for name, member in _members(kind).items()
    }


def named_values(inside: Mapping[str, Any]) -> dict[Any, Any]:
    """By which values the members of an enumeration are found, given what its class holds.

    Without the combinations of flags, which Python notes there as they are used.
    """
    own = set(map(id, inside["_member_map_"].values()))
    return {key: one for key, one in inside["_value2member_map_"].items() if id(one) in own}


def fill_members(kind: Any, members: Mapping[str, Mapping[str, Any]]) -> None:
    """Give the members of an enumeration back what they stood for, and what was noted on them."""
    there = _members(kind)
    for name in there.keys() & members.keys():
        inside = vars(there[name])
        for extra in inside.keys() - members[name].keys() - _SAME:
            del inside[extra]
        inside.update(members[name])
    _look_up_anew(kind, there)


def _look_up_anew(kind: Any, there: Mapping[str, enum.Enum]) -> None:
    """Find members by what they stand for now."""
    inside, own = _KINDS.__get__(kind), set(map(id, there.values()))
    known: dict[Any, Any] = inside["_value2member_map_"]
    others = [(value, member) for value, member in known.items() if id(member) not in own]
    known.clear()
    known.update(others)
    unhashable: dict[str, list[Any]] = {}
    for name, member in there.items():
        try:
            known.setdefault(member.value, member)
        except TypeError:
            unhashable[name] = [member.value]
    if "_unhashable_values_" in inside:  # since Python 3.12
        inside["_unhashable_values_"][:] = [
            value for values in unhashable.values() for value in values
        ]
    if "_unhashable_values_map_" in inside:  # since Python 3.13
        inside["_unhashable_values_map_"].clear()
        inside["_unhashable_values_map_"].update(unhashable)


def _members(kind: Any) -> dict[str, enum.Enum]:
    """The members by name, without other names for them."""
    found: dict[str, enum.Enum] = _KINDS.__get__(kind).get("_member_map_", {})
    return {name: member for name, member in found.items() if vars(member)["_name_"] == name}


def _is_fixed(part: Any) -> bool:
    if type(part) in (tuple, frozenset):
        return all(map(_is_fixed, part))
    return type(part) in LEAVES or type(part) is complex or isinstance(part, (type, enum.Enum))
