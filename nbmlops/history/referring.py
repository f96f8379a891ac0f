"""Weak references that cells made again, and the objects to which they shall refer."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from nbmlops.domain.timeline import KeptName
from nbmlops.values.summary import DEAD

GONE = "what it refers to is held by no name, and is gone"


def to_what_comes_back(
    made: AbstractSet[str], live: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """References anew, to the values that take the places of those that cells made again.

    Args:
        made: the names that cells made again.
        live: what the names hold before the values come back.
        values: what comes back, by name.
    """
    found = {}
    for name in made & live.keys():
        target = live[name]() if type(live[name]) is weakref.ref else None
        named = next((other for other in values if live.get(other) is target), None)
        if target is not None and named is not None and values[named] is not target:
            found[name] = weakref.ref(values[named])
    return found


def without_object(
    made: AbstractSet[str], live: Mapping[str, Any], state: Mapping[str, KeptName]
) -> dict[str, str]:
    """The references that lead nowhere, though they did not then, each with the reason."""
    return {
        name: GONE
        for name in made & live.keys()
        if type(live[name]) is weakref.ref
        and live[name]() is None
        and not state[name].text.endswith(DEAD)
    }
