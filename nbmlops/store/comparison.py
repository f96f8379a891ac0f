"""What differs inside of two stored values, as far as that may be looked into."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

from nbmlops.domain.contents import FrameDifference, PartDifference, ValueDifference
from nbmlops.domain.differences import Change
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord
from nbmlops.errors import StoreError, UntrustedValueError, ValueNotRestorableError
from nbmlops.store.values import ValueStore
from nbmlops.values import frame_differences
from nbmlops.values.unequal import places

_CHEAP = 16 * 2**20
"""Bytes of a value up to which it is compared without being asked for."""

_ROWS_AND_COLUMNS = 2

_MOST_PLACES = 20

_CONTAINERS = frozenset(
    ["list", "tuple", "dict", "set", "frozenset", "numpy.ndarray", "pandas.Series", "pandas.Index"]
)
"""What is looked into without being asked for; the rest may be code of the notebook's own."""


def is_frame(value: ValueRecord) -> bool:
    """Whether a value has rows and named columns."""
    shape = value.summary.shape
    return bool(value.summary.columns) and shape is not None and len(shape) == _ROWS_AND_COLUMNS


def is_looked_into(here: ValueRecord, there: ValueRecord, *, whole: bool) -> bool:
    """Whether two values may have parts; a single number or text is its own summary."""
    both = (here, there)
    if all(map(is_frame, both)) or any(value.reason == PART_OF_THE_CODE for value in both):
        return False
    return whole or all(value.summary.kind in _CONTAINERS for value in both)


class StoredComparison:
    """Compares two values that are kept.

    - loads them only up to a size, unless asked for more;
    - says of each that was not looked into why.

    Args:
        values: where they are kept.
    """

    def __init__(self, values: ValueStore) -> None:
        self._values = values

    def inside(self, here: ValueRecord, there: ValueRecord, *, whole: bool) -> ValueDifference:
        """The places where two values differ; ``whole`` looks into large ones as well."""
        note = _reason_against(here, there, whole=whole)
        if note:
            return ValueDifference(name=here.name, note=note)
        try:
            found = _first_places(*self._loaded(here, there))
        except (StoreError, UntrustedValueError, ValueNotRestorableError) as error:
            return ValueDifference(name=here.name, note=error.message)
        except Exception as error:  # noqa: BLE001 (code of the user's classes may raise anything)
            return ValueDifference(
                name=here.name, note=f"comparing failed with {type(error).__name__}"
            )
        if not found:
            same = here.fingerprint == there.fingerprint
            told = "equal, with keys in another order" if same else "equal in value, not in form"
            return ValueDifference(name=here.name, note=told)
        return ValueDifference(
            name=here.name, parts=found[:_MOST_PLACES], more=len(found) > _MOST_PLACES
        )

    def frames(self, here: ValueRecord, there: ValueRecord, *, whole: bool) -> FrameDifference:
        """The columns and rows in which two frames differ; ``whole`` as for `inside`."""
        shapes = [value.summary.shape or (0, 0) for value in (here, there)]
        known = FrameDifference(
            name=here.name, schema=_schema(here, there), rows=(shapes[0][0], shapes[1][0])
        )
        note = _reason_against(here, there, whole=whole)
        if note:
            return replace(known, note=note)
        try:
            first, second = map(frame_differences.as_pandas, self._loaded(here, there))
        except (StoreError, UntrustedValueError, ValueNotRestorableError) as error:
            return replace(known, note=error.message)
        if first is None or second is None:
            return replace(known, note="frames of this kind are not compared cell by cell")
        if not (first.columns.is_unique and second.columns.is_unique):
            return replace(known, note="two columns have one name")
        if len(first) != len(second):
            moved = frame_differences.moved_rows(first, second)
            if moved is None:
                return known
            added, removed, some = moved
            known = replace(known, rows_added=added, rows_removed=removed)
        else:
            columns, rows, some = frame_differences.changed_columns(first, second)
            known = replace(known, columns=columns, rows_changed=rows)
        return replace(known, sampled=some.columns, sample=some.rows)

    def _loaded(self, here: ValueRecord, there: ValueRecord) -> tuple[Any, Any]:
        return self._values.load(str(here.manifest)), self._values.load(str(there.manifest))


def _first_places(before: Any, after: Any) -> tuple[PartDifference, ...]:
    """The first places where two values differ, and one more where there are others."""
    return tuple(islice(places(before, after), _MOST_PLACES + 1))


def _schema(here: ValueRecord, there: ValueRecord) -> tuple[Change, ...]:
    before, after = here.summary.columns, there.summary.columns
    return tuple(
        Change(name=name, before=before.get(name), after=after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )


def _reason_against(here: ValueRecord, there: ValueRecord, *, whole: bool) -> str:
    """Why two values are not loaded; empty where they are."""
    for value in (here, there):
        if value.manifest is None:
            return f"not kept: {value.reason or 'the value was not stored'}"
        if not whole and (value.summary.size or 0) > _CHEAP:
            return "large: add --values to compare what is inside"
    return ""
