"""In which order sets have their items, and which come in another one when they are made again."""

from __future__ import annotations

import datetime as dt
import enum
import operator
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from nbmlops.values.hash_seeds import RANDOM, own_seed
from nbmlops.values.kinds import ancestry, name_of, package_of

STEADY, SEEDED, PLACED = "", "seeded", "placed"
"""By what a set has its order: its items alone, the seed of the process, or where items lie."""

_NUMBERS = frozenset([bool, complex, float, int])
_SEEDED = frozenset([bytes, str, dt.date, dt.datetime, dt.time])
_BY_NAME = enum.Enum.__dict__["__hash__"]
_OWN = type.__dict__["__dict__"]
_OF_NUMPY = ("bool", "complex", "float", "int", "uint")
_OTHERS: Mapping[tuple[str, str], str] = {
    ("datetime", "timedelta"): STEADY,
    ("decimal", "Decimal"): STEADY,
    ("fractions", "Fraction"): STEADY,
    ("numpy", "bytes_"): SEEDED,
    ("numpy", "str_"): SEEDED,
    ("pandas", "Interval"): SEEDED,
    ("pandas", "Period"): SEEDED,
    ("pandas", "Timedelta"): SEEDED,
    ("pandas", "Timestamp"): SEEDED,
    ("pathlib", "PosixPath"): SEEDED,
    ("pathlib", "PurePosixPath"): SEEDED,
    ("pathlib", "WindowsPath"): SEEDED,
    ("uuid", "UUID"): STEADY,
}
"""Of whose classes it is known how they hash: by package and name."""


def loses_order(value: Collection[Any], order: str | None = None) -> bool:
    """Whether a set that is made of the items of another, one by one, has them in another order.

    A set has its items where there was room as they came: one that was larger before, or was
    joined of two, has them elsewhere. Numbers and tuples of these stand in the same place in
    every process. All else counts where the process has a seed that others have: texts and dates
    then stand in the same place, and what is found by where it lies never does.

    Args:
        value: a set or frozenset.
        order: by what it has its order, where that is known.

    >>> large = set(range(100))
    >>> large -= {*range(3), *range(4, 64), *range(65, 100)}
    >>> loses_order(large), loses_order({1, 2, 3})
    (True, False)
    """
    order = order_of(value) if order is None else order
    if order != STEADY and own_seed() == RANDOM:
        return False  # nothing comes in the same order in another process
    if order == PLACED:
        return True
    items = list(value)
    return not all(map(operator.is_, items, set(items)))


def order_of(value: Collection[Any]) -> str:
    """By what a set has its items in their order: `STEADY`, `SEEDED` or `PLACED`.

    >>> order_of({1, 2}), order_of({"a", (1, "b")}), order_of({int, str})
    ('', 'seeded', 'placed')
    """
    if len(value) < 2:  # noqa: PLR2004 (one item has no order)
        return STEADY
    return _hashed_by(value)


def _hashed_by(items: Collection[Any]) -> str:
    found: set[str] = set()
    for kind in set(map(type, items)):
        alike: Iterator[Any] = (one for one in items if type(one) is kind)
        if kind is tuple or kind is frozenset:
            found.update(_hashed_by(one) for one in alike)
        elif kind is float or (_is_of_numpy(kind) and "float" in name_of(kind)):
            # a NaN is hashed by where it lies, as it equals no other
            found.add(PLACED if any(one != one for one in alike) else STEADY)  # noqa: PLR0124
        else:
            found.add(_of_kind(kind))
    return least_steady(found)


def least_steady(orders: Collection[str]) -> str:
    """The one of several that the most can change; `STEADY` for none."""
    return max(orders, default=STEADY, key=_RANK)


_RANK: Callable[[str], int] = (STEADY, SEEDED, PLACED).index


def _of_kind(kind: Any) -> str:
    if kind in _NUMBERS or _is_of_numpy(kind):
        return STEADY
    if kind in _SEEDED:
        return SEEDED
    if kind is type(None):
        return STEADY if sys.version_info >= (3, 12) else PLACED
    known = _OTHERS.get((package_of(kind), name_of(kind)))
    if known is not None:
        return known
    held = (_OWN.__get__(one).get("__hash__") for one in ancestry(kind))
    return SEEDED if next(filter(None, held), None) is _BY_NAME else PLACED


def _is_of_numpy(kind: Any) -> bool:
    return package_of(kind) == "numpy" and name_of(kind).startswith(_OF_NUMPY)
