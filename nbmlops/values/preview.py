"""What a value looks like inside: the first rows, what the columns range over, the first items."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from itertools import islice
from time import perf_counter
from typing import Any

from nbmlops.domain.values import ColumnProfile, ValuePreview
from nbmlops.values import profiles
from nbmlops.values.kinds import ancestry, name_of, package_of
from nbmlops.values.secrets import masked
from nbmlops.values.summary import brief

_ROWS = 5
_COLUMNS = 30
_ITEMS = 20
_CELL = 40
_SEARCHED = 10_000
"""Characters of a text that are searched for secrets before it is cut."""

_Profiler = Callable[[str, Any], ColumnProfile]


def preview(value: Any, *, until: float = float("inf")) -> ValuePreview | None:
    """The inside of a frame, an array, a container or an estimator; ``None`` of anything else.

    Texts of it are short and hold no secret. Never raises.

    Args:
        value: anything.
        until: the moment of `time.perf_counter` until which columns are looked into: one that
            would take longer has a note instead.
    """
    try:
        return _previewer(type(value))(value, until)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  the value's own code ran; a preview is not worth a failure
        return None


def _previewer(kind: type) -> Callable[[Any, float], ValuePreview | None]:
    for ancestor in ancestry(kind):
        name = (package_of(ancestor), name_of(ancestor))
        if name in _PREVIEWERS:
            return _PREVIEWERS[name]
    return _structure if dataclasses.is_dataclass(kind) else _nothing


def _nothing(_: Any, __: float) -> None:
    """Of what has no inside, or none that is known."""


def _table(
    columns: list[tuple[str, str, Any]],
    head: Iterable[Iterable[Any]],
    look: _Profiler,
    until: float,
) -> ValuePreview:
    """Of columns with their names and types."""
    return ValuePreview(
        head=tuple(tuple(map(cell_text, row)) for row in head),
        columns=tuple(_profile(name, kind, cells, look, until) for name, kind, cells in columns),
    )


def _profile(name: str, kind: str, cells: Any, look: _Profiler, until: float) -> ColumnProfile:
    name, rows = _short(name), getattr(cells, "size", None)
    rows = rows if isinstance(rows, int) else len(cells)
    if perf_counter() + profiles.seconds(kind, rows) > until:
        return ColumnProfile(name=name, kind=_short(kind), note="not looked into: too large")
    found = look(name, cells)
    ends = (end if end is None else _short(end) for end in (found.minimum, found.maximum))
    minimum, maximum = ends
    return dataclasses.replace(found, kind=_short(kind), minimum=minimum, maximum=maximum)


def _pandas_frame(value: Any, until: float) -> ValuePreview:
    shown = value.iloc[:, :_COLUMNS]
    series = [shown.iloc[:, position] for position in range(shown.shape[1])]
    columns = [(_name(item.name), str(item.dtype), item) for item in series]
    head = zip(*(item.iloc[:_ROWS].tolist() for item in series), strict=True)
    return _table(columns, head, profiles.of_pandas, until)


def _pandas_series(value: Any, until: float) -> ValuePreview:
    name = "" if value.name is None else _name(value.name)
    head = ([item] for item in value.iloc[:_ROWS].tolist())
    return _table([(name, str(value.dtype), value)], head, profiles.of_pandas, until)


def _polars_frame(value: Any, until: float) -> ValuePreview:
    series = value.get_columns()[:_COLUMNS]
    columns = [(item.name, str(item.dtype), item) for item in series]
    head = zip(*(item.head(_ROWS).to_list() for item in series), strict=True)
    return _table(columns, head, profiles.of_polars, until)


def _polars_series(value: Any, until: float) -> ValuePreview:
    head = ([item] for item in value.head(_ROWS).to_list())
    return _table([(value.name, str(value.dtype), value)], head, profiles.of_polars, until)


def _arrow_table(value: Any, until: float) -> ValuePreview:
    names = value.schema.names[:_COLUMNS]
    arrays = [value.column(position) for position in range(len(names))]
    columns = [(name, str(array.type), array) for name, array in zip(names, arrays, strict=True)]
    head = zip(*(array.slice(0, _ROWS).to_pylist() for array in arrays), strict=True)
    return _table(columns, head, profiles.of_arrow, until)


def _array(value: Any, until: float) -> ValuePreview:
    cells: list[Any] = []
    if value.ndim:
        corner = value[(slice(_ROWS), *[slice(_ITEMS)] * (value.ndim - 1))].tolist()
        cells = [row if isinstance(row, list) else [row] for row in corner]
    return _table([("", str(value.dtype), value)], cells, profiles.of_numbers, until)


def _mapping(value: Any, _: float) -> ValuePreview:
    return _items((brief(key, 0), item) for key, item in islice(dict.items(value), _ITEMS))


def _sequence(value: Any, _: float) -> ValuePreview:
    return _items((str(at), item) for at, item in enumerate(islice(value, _ITEMS)))


def _structure(value: Any, _: float) -> ValuePreview:
    fields = islice(dataclasses.fields(value), _ITEMS)
    return _items((field.name, getattr(value, field.name, None)) for field in fields)


def _estimator(value: Any, _: float) -> ValuePreview:
    return _items(islice(value.get_params(deep=False).items(), _ITEMS))


def _items(pairs: Iterable[tuple[str, Any]]) -> ValuePreview:
    return ValuePreview(items=tuple((_short(name), _short(brief(item, 1))) for name, item in pairs))


_PREVIEWERS: dict[tuple[str, str], Callable[[Any, float], ValuePreview | None]] = {
    ("builtins", "dict"): _mapping,
    ("builtins", "list"): _sequence,
    ("builtins", "tuple"): _sequence,
    ("numpy", "MaskedArray"): _nothing,
    ("numpy", "ndarray"): _array,
    ("pandas", "DataFrame"): _pandas_frame,
    ("pandas", "Series"): _pandas_series,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "Series"): _polars_series,
    ("pyarrow", "Table"): _arrow_table,
    ("sklearn", "BaseEstimator"): _estimator,
}


def _name(name: Any) -> str:
    return name if isinstance(name, str) else brief(name, 1)


def cell_text(item: Any) -> str:
    """The cell of a frame as a short text, without secrets; empty where it is missing."""
    kind = type(item).__name__
    if item is None or kind in _MISSING:
        return ""
    if isinstance(item, float):
        return profiles.short_number(item)
    return _short(str(item) if kind in _READABLE else brief(item, 1))


_MISSING = {"NAType", "NaTType"}
_READABLE = {
    "Decimal", "Interval", "Period", "Timedelta", "Timestamp", "bool", "date", "datetime", "int",
    "str", "time", "timedelta",
}  # fmt: skip


def _short(text: str) -> str:
    plain = " ".join(masked(text[:_SEARCHED]).split())
    return plain if len(plain) <= _CELL else f"{plain[: _CELL - 1]}…"
