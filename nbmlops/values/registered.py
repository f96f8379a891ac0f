"""The classes that were registered with an abstract one, which are no attribute of it."""

from __future__ import annotations

import abc
from collections.abc import Iterable
from typing import Any

_MACHINERY: Any = vars(abc)
"""With what says and forgets which classes these are, which Python has for its own tests."""


def registered(kind: type) -> list[type]:
    """The living classes that were registered with an abstract one, in no order."""
    if not issubclass(type(kind), abc.ABCMeta) or "_abc_impl" not in type.__getattribute__(
        kind, "__dict__"
    ):
        return []
    found = (reference() for reference in _MACHINERY["_get_dump"](kind)[0])
    return [one for one in found if one is not None]


def register_only(kind: Any, others: Iterable[type | None]) -> None:
    """Have these classes registered and no others; a ``register`` of its own is not asked."""
    _MACHINERY["_reset_registry"](kind)
    _MACHINERY["_reset_caches"](kind)
    for other in others:
        if other is not None:
            abc.ABCMeta.register(kind, other)
