"""How frames are pickled so that each of their columns is a buffer of its own.

Two frames that have columns in common then keep these once, and a column that is mapped from
disk is there without being read.
"""

from __future__ import annotations

import copyreg
import pickle
import sys
from collections.abc import Iterator
from itertools import repeat
from typing import Any

from nbmlops.values import arrow_memory
from nbmlops.values.kinds import package_of

MANAGER = ("pandas.core.internals.managers", "BlockManager")
FRAME = ("polars.dataframe.frame", "DataFrame")
SERIES = ("polars.series.series", "Series")

_SMALLEST_PART = 256 * 2**10
"""Bytes from which on columns are taken apart: each part costs a file."""
_SMALL_PARTS = 32
_LARGER_PARTS = 4
"""Parts of each width: pandas warns of a frame that has more than a hundred blocks."""

# What Arrow and Polars hold in the same bytes.
_ALIKE = {
    "Boolean", "Date", "Datetime", "Duration", "Float32", "Float64", "Int8", "Int16", "Int32",
    "Int64", "Time", "UInt8", "UInt16", "UInt32", "UInt64",
}  # fmt: skip


def block_manager(value: Any) -> Any:
    """Of a pandas frame: columns of one type that lie in one block, a few at a time or alone."""
    maker, arguments = value.__reduce__()
    blocks, *others = arguments
    parts = tuple(part for block in blocks for part in _parts(block))
    return (maker, (parts, *others)) if len(parts) > len(blocks) else NotImplemented


def text_column(value: Any) -> Any:
    """Of texts of pandas in Arrow memory: as its own pickle, for which it would copy them."""
    kind: Any = type(value)
    whole = arrow_memory.uncopied(value.__arrow_array__()) if package_of(kind) == "pandas" else None
    if whole is None:
        return NotImplemented
    state = {**vars(value), "_pa_array": whole}
    if "_cache" in state:
        state["_cache"] = {}
    return copyreg.__newobj__, (kind,), state  # type: ignore[attr-defined]  # as in pickles


def polars_frame(value: Any) -> Any:
    """Of a Polars frame: its columns, one by one."""
    columns = {column.name: column for column in value.get_columns()}
    return (type(value), (columns,)) if columns else NotImplemented


def polars_series(value: Any) -> Any:
    """Of a Polars column: as Arrow memory where that is the same bytes, else as Arrow's format."""
    if lies_as_in_arrow(value) and "pyarrow" in sys.modules:
        return arrow_column, (type(value), value.name, value.dtype, value.to_arrow())
    state = value.__getstate__()
    if not isinstance(state, bytes):
        return NotImplemented
    return written_column, (type(value), pickle.PickleBuffer(state))


def lies_as_in_arrow(value: Any) -> bool:
    """Whether a Polars column is the same bytes in Arrow."""
    return type(value.dtype).__name__ in _ALIKE


def arrow_column(kind: Any, name: str, dtype: Any, array: Any) -> Any:
    """A Polars column over Arrow memory; pickles name this function."""
    return kind(name, array, dtype=dtype)


def written_column(kind: Any, state: Any) -> Any:
    """A Polars column from what it wrote of itself; pickles name this function."""
    made = kind()
    made.__setstate__(bytes(state))
    return made


def _parts(block: Any) -> Iterator[Any]:
    """Blocks over the same memory; the same ones for the columns before one that was added."""
    numpy = sys.modules["numpy"]
    values = block.values
    apart = (
        type(values) is numpy.ndarray
        and values.flags.c_contiguous
        and not values.dtype.hasobject
        and values.nbytes > _SMALLEST_PART
    )
    if not apart:
        yield block
        return
    start = 0
    for width in _widths(values[0].nbytes):
        some = slice(start, start + width)
        yield type(block)(values[some], placement=block.mgr_locs[some], ndim=values.ndim)
        start += width
        if start >= len(values):
            return


def _widths(size: int) -> Iterator[int]:
    """How many columns of some bytes make each part: many parts of few, then ever larger ones.

    It does not depend on how many columns there are, so that one more leaves the parts before
    as they are.
    """
    width = -(-_SMALLEST_PART // size)
    yield from repeat(width, _SMALL_PARTS)
    while True:
        width *= 2
        yield from repeat(width, _LARGER_PARTS)
