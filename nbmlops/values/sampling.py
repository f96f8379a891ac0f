"""Some rows of a value that is too large to be kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nbmlops.values.kinds import name_of, package_of


def sample(value: Any, *, rows: int, size: int | None, most: int) -> Any:
    """Evenly spaced rows of a frame, an array or a list, the first and the last among them.

    The same rows of equal values. Never raises.

    Args:
        value: anything.
        rows: how many, at least two.
        size: the bytes of the value, if they are known.
        most: the bytes that the rows may take, about.

    Returns:
        ``None`` for what has no rows, or not more of them than that.
    """
    sampler = _SAMPLERS.get((package_of(type(value)), name_of(type(value))))
    if sampler is None:
        return None
    try:
        total = len(value)
        fitting = min(rows, most * total // size) if size else rows
        if not _FEWEST <= fitting < total:
            return None
        return sampler(value, [at * (total - 1) // (fitting - 1) for at in range(fitting)])
    except Exception:  # noqa: BLE001  the value's own code ran, and a sample is not worth a failure
        return None


_FEWEST = 2


def _items(value: list[Any], positions: list[int]) -> list[Any]:
    return [value[at] for at in positions]


def _pandas(value: Any, positions: list[int]) -> Any:
    return value.iloc[positions]


def _indexed(value: Any, positions: list[int]) -> Any:
    return value[positions]


def _arrow(value: Any, positions: list[int]) -> Any:
    return value.take(sys.modules["pyarrow"].array(positions))


_SAMPLERS: dict[tuple[str, str], Callable[[Any, list[int]], Any]] = {
    ("builtins", "list"): _items,
    ("numpy", "ndarray"): _indexed,
    ("pandas", "DataFrame"): _pandas,
    ("pandas", "Series"): _pandas,
    ("polars", "DataFrame"): _indexed,
    ("polars", "Series"): _indexed,
    ("pyarrow", "ChunkedArray"): _arrow,
    ("pyarrow", "Table"): _arrow,
}
