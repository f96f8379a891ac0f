"""What the cells of a column range over, told without Python code for each cell."""

from __future__ import annotations

import sys
from typing import Any

from nbmlops.domain.values import ColumnProfile

_NUMBER = 4e-9
_CODE = 1e-8
_OTHER = 4e-8
_TEXT = 2e-7
"""Seconds that a cell takes at most."""

_MOST_COMPARED = 20_000

_TEMPORAL = ("date", "time", "duration", "period")
_CODED = ("categor", "enum", "dictionary")
"""Types of cells that are numbers, which stand for the values of a list."""


def seconds(kind: str, rows: int) -> float:
    """How long the profile of a column takes at most, about.

    Args:
        kind: the name of its type, in whichever library.
        rows: its cells.
    """
    name = kind.lower()
    if name.startswith(("float", "int", "uint", "bool", "double")):
        return rows * _NUMBER
    if name.startswith(_CODED):
        return rows * _CODE
    return rows * (_OTHER if name.startswith(_TEMPORAL) else _TEXT)


def of_numbers(name: str, numbers: Any) -> ColumnProfile:
    """Of a numpy array of any shape; of other things than numbers, the type alone."""
    numpy = sys.modules["numpy"]
    known: dict[str, Any] = {"name": name, "kind": str(numbers.dtype)}
    if numbers.dtype.kind not in "biuf" or not numbers.size:
        return ColumnProfile(**known)
    known["nulls"], cells = 0, numbers.size
    with numpy.errstate(all="ignore"):
        lowest = numbers.min()
        if _is_nan(lowest):
            numbers = numbers[~numpy.isnan(numbers)]
            known["nulls"] = int(cells - numbers.size)
            if not numbers.size:
                return ColumnProfile(**known)
            lowest = numbers.min()
        return _ranging(known, lowest, numbers.max(), numbers.mean(dtype=numpy.float64))


def of_pandas(name: str, column: Any) -> ColumnProfile:
    """Of a pandas series."""
    pandas = sys.modules["pandas"]
    types, dtype = pandas.api.types, column.dtype
    if not types.is_extension_array_dtype(dtype) and dtype.kind in "biuf":
        return of_numbers(name, column.to_numpy())
    if isinstance(dtype, pandas.CategoricalDtype):
        return _of_categories(name, column)
    known: dict[str, Any] = {"name": name, "kind": str(dtype), "nulls": int(column.isna().sum())}
    if _is_text(column):
        return ColumnProfile(**known, distinct=int(column.nunique()))
    if types.is_any_real_numeric_dtype(dtype):
        return _ranging(known, column.min(), column.max(), column.mean())
    if types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        return _ranging(known, column.min(), column.max())
    return ColumnProfile(**known)


def _of_categories(name: str, column: Any) -> ColumnProfile:
    """Of a pandas series of categories, by their numbers; ends where they are in an order."""
    categories, codes = column.dtype.categories, column.cat.codes.to_numpy()
    present = codes[codes >= 0]
    used = _used(present)
    known: dict[str, Any] = {
        "name": name,
        "kind": str(column.dtype),
        "nulls": len(codes) - len(present),
        "distinct": len(used),
    }
    if not column.dtype.ordered or not len(used) or not _is_plain(categories):
        return ColumnProfile(**known)
    return _ranging(known, categories[used[0]], categories[used[-1]])


def _used(codes: Any) -> Any:
    """Which numbers of categories occur, in their order; faster than to sort or to hash them."""
    return sys.modules["numpy"].bincount(codes).nonzero()[0]


def _is_plain(categories: Any) -> bool:
    """Whether to write a category out runs no code of somebody else."""
    types = sys.modules["pandas"].api.types
    return not types.is_object_dtype(categories.dtype) or _is_text(categories)


def _is_text(column: Any) -> bool:
    """Whether all cells are texts: others may run code of their own when they are compared."""
    types = sys.modules["pandas"].api.types
    if types.is_object_dtype(column.dtype):
        return bool(types.infer_dtype(column, skipna=True) == "string")
    return bool(types.is_string_dtype(column.dtype))


def of_polars(name: str, column: Any) -> ColumnProfile:
    """Of a Polars series."""
    dtype, nulls = column.dtype, int(column.null_count())
    known: dict[str, Any] = {"name": name, "kind": str(dtype), "nulls": nulls}
    if dtype.is_numeric():
        return _ranging(known, column.min(), column.max(), column.mean())
    if dtype.is_temporal():
        return _ranging(known, column.min(), column.max())
    if type(dtype).__name__ in {"Categorical", "Enum"}:
        used = _used(column.to_physical().drop_nulls().to_numpy())
        return ColumnProfile(**known, distinct=len(used))
    if type(dtype).__name__ == "String":
        return ColumnProfile(**known, distinct=int(column.n_unique()) - bool(nulls))
    return ColumnProfile(**known)


def of_arrow(name: str, column: Any) -> ColumnProfile:
    """Of an Arrow array, in chunks or not."""
    from pyarrow import compute  # type: ignore[import-untyped]  # it has none

    kind, types = column.type, sys.modules["pyarrow"].types
    known: dict[str, Any] = {"name": name, "kind": str(kind), "nulls": int(column.null_count)}
    if types.is_integer(kind) or types.is_floating(kind):
        ends = compute.min_max(column).as_py()
        return _ranging(known, ends["min"], ends["max"], compute.mean(column).as_py())
    if types.is_temporal(kind):
        ends = compute.min_max(column).as_py()
        return _ranging(known, ends["min"], ends["max"])
    if types.is_string(kind) or types.is_large_string(kind):
        return ColumnProfile(**known, distinct=int(compute.count_distinct(column).as_py()))
    if types.is_dictionary(kind):
        return ColumnProfile(**known, distinct=_distinct_in_dictionaries(column))
    return ColumnProfile(**known)


def _distinct_in_dictionaries(column: Any) -> int | None:
    """How many values an Arrow column has that keeps them in a dictionary for each chunk.

    ``None`` where these are so many that to compare them takes longer than all else.
    """
    from pyarrow import chunked_array, compute

    used = [chunk.dictionary.take(chunk.indices.unique()) for chunk in column.chunks]
    found = chunked_array(used, column.type.value_type)
    if len(found) > _MOST_COMPARED:
        return None
    return int(compute.count_distinct(found).as_py())


def short_number(number: Any) -> str:
    """A number in six significant digits; whole numbers whole."""
    return f"{number:.6g}" if "float" in type(number).__name__ else str(number)


def _ranging(known: dict[str, Any], lowest: Any, highest: Any, mean: Any = None) -> ColumnProfile:
    if lowest is None or _is_nan(lowest):
        return ColumnProfile(**known)
    return ColumnProfile(
        **known,
        minimum=short_number(lowest),
        maximum=short_number(highest),
        mean=None if mean is None else float(mean),
    )


def _is_nan(number: Any) -> bool:
    """Also of a time that is missing; one thing that pandas calls missing has no truth."""
    return type(number).__name__ == "NAType" or bool(number != number)  # noqa: PLR0124  a NaN
