"""What pandas values are made of: labels and columns, whatever the layout of the blocks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from nbmlops.errors import NotFingerprintableError
from nbmlops.values import arrow
from nbmlops.values.beside import Beside, refuses_to_pickle
from nbmlops.values.forms import Anatomist, Anatomy
from nbmlops.values.kinds import has, name_of


def frame(value: Any) -> Anatomy:
    """Of a `pandas.DataFrame` or a subclass of it."""
    columns = [column.array for _, column in value.items()]
    return (
        "pandas.DataFrame",
        *_labelled(value),
        value.columns,
        value.index,
        columns,
        *_noted(value),
    )


def series(value: Any) -> Anatomy:
    """Of a `pandas.Series` or a subclass of it."""
    return (
        "pandas.Series",
        *_labelled(value),
        value.name,
        value.index,
        value.array,
        *_noted(value),
    )


def index(value: Any) -> Anatomy:
    """Of a `pandas.Index`; a range differs from the same numbers written out."""
    frequency = getattr(value, "freqstr", None)
    return ("pandas.Index", type(value), value.name, frequency, value.array)


def range_index(value: Any) -> Anatomy:
    """Of a `pandas.RangeIndex`."""
    return ("pandas.RangeIndex", value.name, value.start, value.stop, value.step)


def multi_index(value: Any) -> Anatomy:
    """Of a `pandas.MultiIndex`: by value, so that unused levels do not count."""
    levels = [value.get_level_values(level).array for level in range(value.nlevels)]
    return ("pandas.MultiIndex", list(value.names), levels)


def grouping(value: Any) -> Anatomy:
    """Of a `groupby`: what is grouped and how, not the groups that were looked up already."""
    how = [getattr(value, name, None) for name in _HOW]
    return ("pandas.GroupBy", type(value), value.obj, how)


_HOW = (
    "keys", "level", "as_index", "sort", "group_keys", "observed", "dropna", "_selection",
)  # fmt: skip


def styled(_: Any) -> Anatomy:
    """Of a `Styler`, which makes names for its parts whenever it is shown.

    Raises:
        NotFingerprintableError: always.
    """
    raise NotFingerprintableError("a styled table")


def numpy_array(value: Any) -> Anatomy:
    """Of pandas' wrapper around a plain array."""
    return ("pandas.NumpyExtensionArray", value.to_numpy())


def categorical(value: Any) -> Anatomy:
    """Of a `pandas.Categorical`; categories that no row uses count."""
    return ("pandas.Categorical", bool(value.ordered), value.categories, value.codes)


def moments(value: Any) -> Anatomy:
    """Of times, durations and periods; the dtype tells unit, time zone and frequency."""
    return ("pandas.moments", str(value.dtype), value.asi8)


def masked(value: Any) -> Anatomy:
    """Of nullable numbers and booleans; what lies under a missing value does not count."""
    missing = value.isna()
    kind = value.dtype.numpy_dtype
    return ("pandas.masked", str(value.dtype), missing, value.to_numpy(dtype=kind, na_value=0))


def arrow_backed(value: Any) -> Anatomy:
    """Of an array on Arrow memory."""
    return ("pandas.arrow", str(value.dtype), arrow.array(value.__arrow_array__()))


def text(value: Any) -> Anatomy:
    """Of the string dtype; equal strings are equal, whatever they are stored in."""
    missing = str(value.dtype.na_value)
    if value.dtype.storage == "pyarrow":
        return ("pandas.text", missing, arrow.text(value.__arrow_array__()))
    if "pyarrow" in sys.modules:
        return ("pandas.text", missing, arrow.text(_to_arrow(value)))
    return ("pandas.text", missing, value.to_numpy(dtype=object))


def _to_arrow(value: Any) -> Any:
    pyarrow = sys.modules["pyarrow"]
    return pyarrow.array(value.to_numpy(dtype=object, na_value=None), type=pyarrow.large_string())


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("pandas", "ArrowExtensionArray"): arrow_backed,
    ("pandas", "ArrowStringArray"): text,
    ("pandas", "BaseMaskedArray"): masked,
    ("pandas", "Categorical"): categorical,
    ("pandas", "DataFrame"): frame,
    ("pandas", "DatetimeLikeArrayMixin"): moments,
    ("pandas", "GroupBy"): grouping,
    ("pandas", "Index"): index,
    ("pandas", "MultiIndex"): multi_index,
    ("pandas", "NumpyExtensionArray"): numpy_array,
    ("pandas", "RangeIndex"): range_index,
    ("pandas", "Series"): series,
    ("pandas", "StringArray"): text,
    ("pandas", "Styler"): styled,
}


def _labelled(value: Any) -> tuple[Any, ...]:
    # A subclass names the attributes that it carries along.
    own = {name: getattr(value, name, None) for name in value._metadata}  # noqa: SLF001
    return (type(value), dict(value.attrs), own, value.flags.allows_duplicate_labels)


def columns_of_kinds(value: Any, kinds: str) -> Iterator[Any]:
    """The columns of a frame whose dtype is of one of some kinds, or says nothing of its kind."""
    for place, dtype in enumerate(list(value.dtypes)):
        if getattr(dtype, "kind", "O") in kinds:
            yield value.iloc[:, place]


def _noted(value: Any) -> tuple[Beside, ...]:
    noted, kept = noted_on(value), kept_on(value)
    refused = frozenset(noted.keys() - kept.keys())
    return (Beside(kept, {}, owner=name_of(type(value)), refused=refused),) if noted else ()


def noted_on(value: Any) -> dict[str, Any]:
    """Attributes that were set on a frame or a column and are none that pandas knows of."""
    kind = type(value)
    known = {*value._internal_names_set, *value._metadata, "_attrs"}  # noqa: SLF001
    return {
        name: part
        for name, part in vars(value).items()
        if name not in known and not has(kind, name)
    }


def kept_on(value: Any) -> dict[str, Any]:
    """Those that come back with it: what pandas leaves out, and pickle refuses, stays behind."""
    return {name: part for name, part in noted_on(value).items() if not refuses_to_pickle(part)}
