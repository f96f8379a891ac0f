"""What differs between two data frames."""

from __future__ import annotations

from typing import Any

from nbmlops.domain.contents import ColumnDifference
from nbmlops.values import row_samples
from nbmlops.values.row_samples import RowSample
from nbmlops.values.unequal import distances

_NUMBERS = "iuf"
"""The kinds of types, as numpy calls them, whose values have a distance."""

Moved = tuple[int, int, RowSample]


def as_pandas(value: Any) -> Any:
    """A frame of pandas, from one or from what can become one; ``None`` for anything else."""
    import pandas as pd  # type: ignore[import-untyped]  # it has none

    if isinstance(value, pd.DataFrame):
        return value
    if not hasattr(value, "to_pandas"):
        return None
    try:
        frame = value.to_pandas()
    except (ImportError, TypeError, ValueError):  # pyarrow is missing, or a type has no place
        return None
    return frame if isinstance(frame, pd.DataFrame) else None


def changed_columns(before: Any, after: Any) -> tuple[tuple[ColumnDifference, ...], int, RowSample]:
    """The columns of which values changed, row by row; how many rows that are, and some of them.

    Args:
        before: a frame.
        after: a frame with as many rows.
    """
    import numpy as np

    rows = np.zeros(len(before), dtype=bool)
    found: dict[Any, ColumnDifference] = {}
    for name in before.columns:
        if name in after.columns:
            column, differs = _column(str(name), before[name], after[name])
            rows |= differs
            found |= {name: column} if column.cells else {}
    sample = row_samples.corresponding(before, after, list(found), rows)
    return tuple(found.values()), int(rows.sum()), sample


def moved_rows(before: Any, after: Any) -> Moved | None:
    """How many rows are only in the second and only in the first, each counted as often as it is.

    Returns:
        Both counts, and some of these rows; ``None`` where rows have no content that could be
        compared.
    """
    from collections import Counter

    import pandas as pd

    names = [name for name in before.columns if name in after.columns]
    try:
        here, there = (
            pd.util.hash_pandas_object(frame[names], index=False).tolist()
            for frame in (before, after)
        )
    except (TypeError, ValueError):  # lists and dicts in cells
        return None
    first, second = Counter(here), Counter(there)
    sample = row_samples.moved(before, after, names, (here, there))
    return (second - first).total(), (first - second).total(), sample


def _column(name: str, before: Any, after: Any) -> tuple[ColumnDifference, Any]:
    """What differs in a column, and for each row whether it does."""
    import numpy as np

    if not all(getattr(side.dtype, "kind", "O") in _NUMBERS for side in (before, after)):
        here, there = (side.astype(object).to_numpy() for side in (before, after))
        missing = before.isna().to_numpy() & after.isna().to_numpy()
        same = np.fromiter(map(_same, here, there), dtype=bool, count=len(here))
        differs = ~(same | missing)
        return ColumnDifference(name=name, cells=int(differs.sum())), differs
    missing = before.isna().to_numpy(), after.isna().to_numpy()
    here, there = _numbers(before, missing[0]), _numbers(after, missing[1])
    differs = (missing[0] != missing[1]) | ((here != there) & ~missing[0])
    with np.errstate(invalid="ignore"):
        steps = distances(here, there)[differs & ~missing[0] & ~missing[1]]
    steps = steps[np.isfinite(steps)]
    column = ColumnDifference(
        name=name,
        cells=int(differs.sum()),
        mean=float(steps.mean()) if steps.size else None,
        largest=float(steps.max()) if steps.size else None,
    )
    return column, differs


def _numbers(column: Any, missing: Any) -> Any:
    """A column as an array: of integers where it has integers, as floats do not hold large ones."""
    if column.dtype.kind == "f":
        return column.to_numpy(dtype=float, na_value=float("nan"))
    whole = column.fillna(0) if missing.any() else column
    return whole.to_numpy(dtype=f"{column.dtype.kind}8")


def _same(here: Any, there: Any) -> bool:
    try:
        return here is there or bool(here == there)
    except (TypeError, ValueError):  # arrays in cells have no one answer
        return repr(here) == repr(there)
