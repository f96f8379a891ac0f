"""Sets whose items come in another order when they are made again, in whatever process."""

from __future__ import annotations

import operator
import os
from collections.abc import Collection
from typing import Any

from nbmlops.values.kinds import name_of, package_of

_NUMBERS = frozenset([bool, complex, float, int])
_TEXTS = frozenset([bytes, str])
_OF_NUMPY = ("bool", "complex", "float", "int", "uint")


def loses_order(value: Collection[Any]) -> bool:
    """Whether a set that is made of the items of another, one by one, has them in another order.

    A set has its items where there was room as they came: one that was larger before, or was
    joined of two, has them elsewhere. Only items count that stand in the same place in every
    process: numbers, tuples of these, and texts where ``PYTHONHASHSEED`` is set.

    Args:
        value: a set or frozenset.

    >>> large = set(range(100))
    >>> large -= {*range(3), *range(4, 64), *range(65, 100)}
    >>> loses_order(large), loses_order({1, 2, 3})
    (True, False)
    """
    if len(value) < 2 or not _are_steady(value):  # noqa: PLR2004 (one item has no order)
        return False
    items = list(value)
    return not all(map(operator.is_, items, set(items)))


def _are_steady(items: Collection[Any]) -> bool:
    kinds: set[Any] = set(map(type, items))
    if kinds <= _NUMBERS:
        return True
    for kind in kinds:
        if kind is tuple or kind is frozenset:
            inside = (one for one in items if type(one) is kind)
            if not all(map(_are_steady, inside)):
                return False
        elif not (kind in _NUMBERS or _is_seeded(kind) or _is_of_numpy(kind)):
            return False
    return True


def _is_seeded(kind: Any) -> bool:
    return kind in _TEXTS and os.environ.get("PYTHONHASHSEED", "random") != "random"


def _is_of_numpy(kind: Any) -> bool:
    return package_of(kind) == "numpy" and name_of(kind).startswith(_OF_NUMPY)
