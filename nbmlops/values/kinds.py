"""What is known of a value by its type, told without running any code of the value's own.

``isinstance`` asks a value for its ``__class__``, and ``hasattr`` for any attribute: a proxy
answers for what it stands for, or raises where that is not there. A metaclass may do the same
for a class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OWN = type.__dict__["__dict__"]

identity = object.__hash__
"""Tells a living object from every other one, as ``id`` does.

``id`` tells the process's audit hooks of each call, and takes five times as long with one: too
long for all parts of all values.
"""


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """Whether a value really is an instance of one of these types."""
    return issubclass(type(value), kinds)


def is_among(kind: type, kinds: frozenset[type]) -> bool:
    """Whether a type is one of these, also where its metaclass does not let it be hashed.

    >>> is_among(int, frozenset([int, str])), is_among(list, frozenset([int, str]))
    (True, False)
    """
    try:
        return kind in kinds
    except Exception:  # noqa: BLE001 (a metaclass may raise anything)
        return False


def ancestry(kind: type) -> tuple[type, ...]:
    """A type with its ancestors, nearest first."""
    found: tuple[type, ...] = type.__getattribute__(kind, "__mro__")
    return found


def has(kind: type, name: str) -> bool:
    """Whether instances of a type have an attribute by their type."""
    return any(name in _OWN.__get__(ancestor) for ancestor in ancestry(kind))


def namespace_of(kind: type) -> Mapping[str, Any]:
    """What a type holds itself, whatever its metaclass says of that."""
    found: Mapping[str, Any] = _OWN.__get__(kind)
    return found


def is_dunder(name: object) -> bool:
    """Whether a name in a namespace is one of those that Python keeps for itself.

    >>> is_dunder("__doc__"), is_dunder("_doc")
    (True, False)
    """
    text = str(name)
    return text.startswith("__") and text.endswith("__")


def module_of(kind: type) -> str:
    """The module in which a type was defined; empty where it says none."""
    found: Any = type.__getattribute__(kind, "__module__")  # a class may say anything
    return found if type(found) is str else ""


def name_of(kind: type) -> str:
    """The plain name of a type."""
    found: str = type.__getattribute__(kind, "__name__")
    return found


def package_of(kind: type) -> str:
    """The top-level package in which a type was defined; empty where it says none."""
    return module_of(kind).partition(".")[0]
