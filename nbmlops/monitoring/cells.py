"""The cells of one column: numbers as an array, anything else as how often each is there.

No code of the cells' own classes is run: of what is neither number, text, truth nor date, its type
alone counts.
"""

from __future__ import annotations

import datetime as dt
import decimal
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.drift import ColumnKind
from nbmlops.values.kinds import module_of, name_of

_MICROSECONDS = 1e6
_NANOSECONDS = 1e9
_ALIKE = {
    **dict.fromkeys(("List", "Array", "tuple", "ndarray"), "list"),
    "Struct": "dict",
    "Binary": "bytes",
}
"""What cells with an inside are called, in whichever library."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What a column holds.

    Attributes:
        kind: what its cells are.
        size: how many there are.
        numbers: of numbers, dates (seconds since 1970) and durations (seconds), NaN where one is
            missing; ``None`` of anything else.
        counts: of anything else, how often each is there.
        lost: how many of ``size`` are missing.
    """

    kind: ColumnKind
    size: int
    numbers: Any = None
    counts: Counter[str] | None = None
    lost: int


def of_numpy(array: Any, taken: Any) -> Cells:
    """A column of numpy with one axis."""
    import numpy as np

    array = array if taken is None else array[taken]
    kind, masked = array.dtype.kind, getattr(array, "mask", None)
    hidden = np.ma.getmaskarray(array) if masked is not None else None
    array = np.asarray(array)
    if kind in "iuf":
        return _numbers("number", array.astype(np.float64), hidden)
    if kind in "mM":
        said: ColumnKind = "date" if kind == "M" else "duration"
        return _numbers(said, _seconds(array), hidden)
    if kind == "b":
        flags = array if hidden is None else array[~hidden]
        counts = Counter({"True": int(flags.sum()), "False": int((~flags).sum())})
        return _categories("boolean", len(array), +counts)
    if kind == "c":
        return _categories("other", len(array), Counter({"<complex>": len(array)}))
    return of_objects(array.tolist() if hidden is None else array[~hidden].tolist(), len(array))


def of_pandas(array: Any, taken: Any) -> Cells:  # noqa: PLR0911 (one for each kind)
    """A column of pandas, as its array."""
    import numpy as np

    pandas = sys.modules["pandas"]
    array, types = array if taken is None else array.take(taken), pandas.api.types
    dtype = array.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        return _coded(array)
    if not types.is_extension_array_dtype(dtype):
        return of_numpy(np.asarray(array), None)
    if isinstance(dtype, pandas.SparseDtype):
        return of_numpy(np.asarray(array), None)
    if types.is_bool_dtype(dtype):
        return of_objects(array.to_numpy(dtype=object, na_value=None).tolist(), len(array))
    if types.is_any_real_numeric_dtype(dtype):
        return _numbers("number", array.to_numpy(dtype=np.float64, na_value=np.nan), None)
    if isinstance(dtype, pandas.PeriodDtype):
        return of_numpy(np.asarray(array.to_timestamp()), None)
    if types.is_datetime64_any_dtype(dtype):
        return of_numpy(np.asarray(array, dtype="datetime64[us]"), None)
    if types.is_timedelta64_dtype(dtype):
        return of_numpy(np.asarray(array, dtype="timedelta64[us]"), None)
    return of_objects(np.asarray(array, dtype=object).tolist(), len(array))


def of_polars(series: Any, taken: Any) -> Cells:  # noqa: PLR0911 (one for each kind)
    """A column of Polars."""
    polars = sys.modules["polars"]
    series = series if taken is None else series.gather(taken)
    dtype, size = series.dtype, len(series)
    if dtype.is_numeric():
        return _numbers("number", _floats(series), None)
    if dtype == polars.Date or dtype == polars.Datetime:  # noqa: PLR1714 (classes, which are unlike)
        whole = series.cast(polars.Datetime("us")).to_physical()
        return _numbers("date", _floats(whole) / _MICROSECONDS, None)
    if dtype == polars.Duration:
        whole = series.cast(polars.Duration("us")).to_physical()
        return _numbers("duration", _floats(whole) / _MICROSECONDS, None)
    if dtype == polars.Time:
        return _numbers("duration", _floats(series.to_physical()) / _NANOSECONDS, None)
    present = series.drop_nulls()
    if dtype == polars.Boolean:
        trues = int(present.sum())
        counts = Counter({"True": trues, "False": len(present) - trues})
        return _categories("boolean", size, +counts)
    if dtype in (polars.String, polars.Categorical, polars.Enum):
        labels = Counter(present.cast(polars.String).to_list())
        return _categories("category", size, labels)
    if dtype == polars.Object:
        return of_objects(series.to_list(), size)
    label = _ALIKE.get(str(dtype.base_type()), str(dtype.base_type()))
    return _categories("other", size, +Counter({f"<{label}>": len(present)}))


def of_objects(found: list[Any], size: int) -> Cells:
    """Cells of any types; those that are not among them are missing.

    Args:
        found: the cells.
        size: how many there are, those that are missing and not among them as well.
    """
    import numpy as np

    present = [cell for cell in found if not _is_missing(cell)]
    kinds = set(map(type, present))
    if not kinds:
        return _categories("missing", size, Counter())
    if kinds == {str}:
        return _categories("category", size, Counter(present))
    if kinds <= {bool, np.bool_}:
        return _categories("boolean", size, Counter(str(bool(cell)) for cell in present))
    numbers = _as_numbers(present, kinds)
    if numbers is None:
        said: ColumnKind = "category" if str in kinds else "other"
        return _categories(said, size, Counter(map(_label, present)))
    kind, values = numbers
    made = np.full(size, np.nan)
    made[: len(values)] = values
    return _numbers(kind, made, None)


def _as_numbers(present: list[Any], kinds: set[type]) -> tuple[ColumnKind, list[float]] | None:
    """Cells that are all numbers, all dates or all durations."""
    import numpy as np

    if all(kind in (int, float, decimal.Decimal) or _is_of_numpy(kind) for kind in kinds):
        return "number", [_float(cell) for cell in present]
    if all(issubclass(kind, dt.date) and _is_known(kind) for kind in kinds):
        return "date", [_timestamp(cell) for cell in present]
    if all(issubclass(kind, dt.timedelta) and _is_known(kind) for kind in kinds):
        return "duration", [cell.total_seconds() for cell in present]
    if kinds == {np.datetime64}:
        return "date", _seconds(np.array(present, dtype="datetime64[us]")).tolist()
    return None


def _is_known(kind: type) -> bool:
    return module_of(kind).partition(".")[0] in ("datetime", "pandas")


def _is_of_numpy(kind: type) -> bool:
    import numpy as np

    mine = module_of(kind) == "numpy" and issubclass(kind, np.integer | np.floating)
    return mine and not issubclass(kind, np.timedelta64)


def _is_missing(cell: Any) -> bool:
    kind = type(cell)
    if cell is None or name_of(kind) in ("NAType", "NaTType"):
        return True
    if kind is decimal.Decimal:
        return bool(cell.is_nan())
    if kind is float or _is_of_numpy(kind):
        return bool(cell != cell)  # noqa: PLR0124 (what is not a number is not itself)
    return False


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:  # an integer of Python beyond all floats
        return float("inf") if cell > 0 else float("-inf")


def _timestamp(cell: Any) -> float:
    if not isinstance(cell, dt.datetime):
        cell = dt.datetime(cell.year, cell.month, cell.day, tzinfo=dt.UTC)
    elif cell.tzinfo is None:
        cell = cell.replace(tzinfo=dt.UTC)
    passed: float = (cell - _EPOCH).total_seconds()
    return passed


def _label(cell: Any) -> str:
    """A cell among others of several types."""
    kind = type(cell)
    if kind is str:
        return str(cell)
    if kind in (int, float, bool):
        return repr(cell)
    return f"<{_ALIKE.get(name_of(kind), name_of(kind))}>"


def _coded(array: Any) -> Cells:
    """Categories of pandas: counted by their numbers."""
    import numpy as np

    codes, labels = np.asarray(array.codes), array.categories
    counted = np.bincount(codes[codes >= 0], minlength=len(labels))
    named: Counter[str] = Counter()
    for label, count in zip(labels.tolist(), counted.tolist(), strict=True):
        named[_label(label)] += count
    return _categories("category", len(codes), +named)


def _seconds(array: Any) -> Any:
    """Dates or durations of numpy as seconds, NaN where there is none."""
    import numpy as np

    whole = array.astype(f"{array.dtype.kind}8[us]")
    numbers = whole.astype(np.int64) / _MICROSECONDS
    numbers[np.isnat(whole)] = np.nan
    return numbers


def _floats(series: Any) -> Any:
    import numpy as np

    polars = sys.modules["polars"]
    made = series.cast(polars.Float64).to_numpy()
    return np.asarray(made, dtype=np.float64)


def _numbers(kind: ColumnKind, numbers: Any, hidden: Any) -> Cells:
    import numpy as np

    if hidden is not None and hidden.any():
        numbers = np.where(hidden, np.nan, numbers)
    lost = int(np.isnan(numbers).sum())
    said: ColumnKind = "missing" if lost == len(numbers) else kind
    return Cells(kind=said, size=len(numbers), numbers=numbers, lost=lost)


def _categories(kind: ColumnKind, size: int, counts: Counter[str]) -> Cells:
    said: ColumnKind = kind if counts else "missing"
    return Cells(kind=said, size=size, counts=counts, lost=size - counts.total())
