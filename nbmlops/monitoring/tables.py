"""Tables of whichever library as columns that can be counted."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nbmlops.errors import UsageError
from nbmlops.monitoring import cells
from nbmlops.monitoring.cells import Cells
from nbmlops.values.kinds import is_a, name_of

SAMPLE = 200_000
"""Rows of a table that are looked at: of more, one of each of as many equal parts."""

ALONE = "value"
"""What a column is called whose table has no names."""

_SEED = 20_260_101
_TWO_AXES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose columns are read when they are asked for.

    Attributes:
        rows: how many it has.
        readers: what reads each column, by its name.
        looked_at: the rows that are read.
        single: whether it is one column without a table around it.
    """

    rows: int
    readers: dict[str, Callable[[], Cells]] = field(default_factory=dict)
    looked_at: int
    single: bool = False


def table_of(value: Any, what: str) -> Table:
    """What a user compares, as a table; nothing of it is changed.

    Args:
        value: a frame or series of pandas or Polars, or an array of numpy.
        what: what it is called in a refusal.

    Raises:
        UsageError: it is something else.
    """
    for library, kinds, read in _READERS:
        module = sys.modules.get(library)
        found = [getattr(module, kind, None) for kind in kinds] if module is not None else []
        known = tuple(kind for kind in found if isinstance(kind, type))
        if known and is_a(value, known):
            return read(value, what)
    raise UsageError(
        f"{what} is a {name_of(type(value))}, which is no table.",
        cure="Give a frame or series of pandas or Polars, or an array of numpy.",
    )


def positions(rows: int) -> Any:
    """Which rows are looked at: an array of numpy; ``None`` for all.

    The same for as many rows, each time: by a generator of its own, one row of each part, so that
    neither order nor period of the rows is taken for a drift.
    """
    if rows <= SAMPLE:
        return None
    import numpy as np

    places = np.arange(SAMPLE) + np.random.default_rng(_SEED).random(SAMPLE)
    return np.minimum((places * (rows / SAMPLE)).astype(np.int64), rows - 1)


def _of_pandas(frame: Any, _: str) -> Table:
    rows, taken = len(frame), positions(len(frame))
    if is_a(frame, sys.modules["pandas"].Series):
        return _single(frame.name, rows, lambda: cells.of_pandas(frame.array, taken))
    names = _named([str(label) for label in frame.columns])

    def reader(place: int) -> Callable[[], Cells]:
        return lambda: cells.of_pandas(frame.iloc[:, place].array, taken)

    return _table(rows, {name: reader(place) for place, name in enumerate(names)})


def _of_polars(frame: Any, what: str) -> Table:
    polars = sys.modules["polars"]
    if is_a(frame, polars.LazyFrame):
        raise UsageError(f"{what} is a LazyFrame.", cure="Collect it first: .collect().")
    rows, taken = len(frame), positions(len(frame))
    if is_a(frame, polars.Series):
        return _single(frame.name, rows, lambda: cells.of_polars(frame, taken))

    def reader(place: int) -> Callable[[], Cells]:
        return lambda: cells.of_polars(frame.to_series(place), taken)

    return _table(rows, {name: reader(place) for place, name in enumerate(frame.columns)})


def _of_numpy(array: Any, what: str) -> Table:
    if not 0 < array.ndim <= _TWO_AXES:
        axes = "no axis" if array.ndim == 0 else f"{array.ndim} axes"
        raise UsageError(f"{what} is an array with {axes}.", cure="Give one with one or two axes.")
    rows, taken = len(array), positions(len(array))
    if array.dtype.names:
        fields = {
            name: _column(array[name].reshape(rows, -1)[:, 0], taken) for name in array.dtype.names
        }
        return _table(rows, fields)
    if array.ndim == 1:
        return _single(None, rows, _column(array, taken))
    return _table(
        rows, {str(place): _column(array[:, place], taken) for place in range(array.shape[1])}
    )


def _column(array: Any, taken: Any) -> Callable[[], Cells]:
    return lambda: cells.of_numpy(array, taken)


def _table(rows: int, readers: dict[str, Callable[[], Cells]]) -> Table:
    return Table(rows=rows, readers=readers, looked_at=min(rows, SAMPLE))


def _single(name: Any, rows: int, read: Callable[[], Cells]) -> Table:
    label = ALONE if name is None or name == "" else str(name)
    return Table(rows=rows, readers={label: read}, looked_at=min(rows, SAMPLE), single=True)


def _named(labels: list[str]) -> list[str]:
    """Labels of which none is there twice: ``a``, ``a (2)``."""
    seen: Counter[str] = Counter()
    made = []
    for label in labels:
        seen[label] += 1
        made.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return made


_READERS: tuple[tuple[str, tuple[str, ...], Callable[[Any, str], Table]], ...] = (
    ("pandas", ("DataFrame", "Series"), _of_pandas),
    ("polars", ("DataFrame", "Series", "LazyFrame"), _of_polars),
    ("numpy", ("ndarray",), _of_numpy),
)
