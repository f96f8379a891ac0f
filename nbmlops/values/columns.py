"""Many alike dicts or rows as columns, which the interpreter walks without running Python code."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from operator import itemgetter
from typing import Any

Columns = dict[Any, list[Any]]
"""The cells of all rows, by the key of a dict or the position in a sequence."""


def columns_of(rows: Collection[Any], most: int) -> Columns | None:
    """The values of dicts by key, where all have the same texts as keys; else none.

    Args:
        rows: exact dicts.
        most: the keys that they may have.
    """
    first, *_ = rows
    if not 0 < len(first) <= most or set(map(len, rows)) != {len(first)}:
        return None
    if set(map(type, chain.from_iterable(rows))) != {str}:
        return None
    try:
        return {name: list(map(itemgetter(name), rows)) for name in sorted(first)}
    except KeyError:
        return None


def columns_of_rows(rows: Collection[Any], most: int) -> Columns | None:
    """The items of lists or tuples by position, where all are equally long; else none."""
    first, *_ = rows
    if not 0 < len(first) <= most or set(map(len, rows)) != {len(first)}:
        return None
    return {at: list(map(itemgetter(at), rows)) for at in range(len(first))}
