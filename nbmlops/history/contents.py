"""Look into the outputs of two versions, where that is cheap or asked for."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, zip_longest
from typing import Any

from nbmlops.domain.contents import (
    ContentDifference,
    FrameDifference,
    PartDifference,
    PictureDifference,
    ValueDifference,
)
from nbmlops.domain.differences import Change
from nbmlops.domain.executions import Execution
from nbmlops.domain.references import StepReference
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord
from nbmlops.errors import StoreError, UntrustedValueError, ValueNotRestorableError
from nbmlops.history import frames
from nbmlops.history.pictures import compare_pixels
from nbmlops.history.unequal import places
from nbmlops.history.versions import HistoryService
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore

_CHEAP = 16 * 2**20
"""Bytes of a frame up to which it is compared without being asked for."""

_ROWS_AND_COLUMNS = 2

_MOST_PLACES = 20

_CONTAINERS = frozenset(
    ["list", "tuple", "dict", "set", "frozenset", "numpy.ndarray", "pandas.Series", "pandas.Index"]
)
"""What is looked into without being asked for; the rest may be code of the notebook's own."""


class ContentService:
    """Compares stored frames and other values, and figures.

    - loads values only up to a size, unless asked for more;
    - says of each that was not looked into why.
    """

    def __init__(
        self, *, history: HistoryService, values: ValueStore, objects: ObjectStore
    ) -> None:
        self._history = history
        self._values = values
        self._objects = objects

    def diff(
        self, before: StepReference, after: StepReference, *, whole: bool = False
    ) -> ContentDifference:
        """What differs inside.

        Args:
            before: a version.
            after: another one of it, or of another step.
            whole: whether to load values of any size, and of any class.

        Raises:
            UnknownNameError: one of the versions does not exist.
        """
        sides = [
            self._history.representative(self._history.version(reference))
            for reference in (before, after)
        ]
        first, second = sides
        if first is None or second is None:
            return ContentDifference()
        return self.between(first, second, whole=whole)

    def between(
        self, first: Execution, second: Execution, *, whole: bool = False
    ) -> ContentDifference:
        """What differs inside between two executions; see `diff`."""
        pairs = [
            (here, there)
            for here in first.record.outputs
            for there in second.record.outputs
            if here.name == there.name and here.differs_from(there)
        ]
        return ContentDifference(
            frames=tuple(
                self._frames(here, there, whole=whole)
                for here, there in pairs
                if _is_frame(here) and _is_frame(there)
            ),
            others=tuple(
                self._inside(here, there, whole=whole)
                for here, there in pairs
                if _is_looked_into(here, there, whole=whole)
            ),
            pictures=tuple(self._compared(item) for item in _pictures(first, second)),
        )

    def picture(self, key: str) -> bytes | None:
        """The content of a figure; ``None`` where it is not there any more."""
        try:
            return self._objects.get(key)
        except StoreError:
            return None

    def _compared(self, item: PictureDifference) -> PictureDifference:
        """Two figures with what differs in their pixels."""
        if item.before is None or item.after is None:
            return item
        (media_type, key), (media_type_now, key_now) = item.before, item.after
        found = compare_pixels(
            (media_type, media_type_now), self.picture(key), self.picture(key_now)
        )
        return replace(item, sizes=found.sizes, pixels=found.pixels, box=found.box, note=found.note)

    def _loaded(self, here: ValueRecord, there: ValueRecord) -> tuple[Any, Any]:
        return self._values.load(str(here.manifest)), self._values.load(str(there.manifest))

    def _inside(self, here: ValueRecord, there: ValueRecord, *, whole: bool) -> ValueDifference:
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

    def _frames(self, here: ValueRecord, there: ValueRecord, *, whole: bool) -> FrameDifference:
        shapes = [value.summary.shape or (0, 0) for value in (here, there)]
        known = FrameDifference(
            name=here.name, schema=_schema(here, there), rows=(shapes[0][0], shapes[1][0])
        )
        note = _reason_against(here, there, whole=whole)
        if note:
            return _with_note(known, note)
        try:
            first, second = map(frames.as_pandas, self._loaded(here, there))
        except (StoreError, UntrustedValueError, ValueNotRestorableError) as error:
            return _with_note(known, error.message)
        if first is None or second is None:
            return _with_note(known, "frames of this kind are not compared cell by cell")
        if not (first.columns.is_unique and second.columns.is_unique):
            return _with_note(known, "two columns have one name")
        if len(first) != len(second):
            moved = frames.moved_rows(first, second) or (None, None)
            return FrameDifference(
                name=known.name,
                schema=known.schema,
                rows=known.rows,
                rows_added=moved[0],
                rows_removed=moved[1],
            )
        return FrameDifference(
            name=known.name,
            schema=known.schema,
            rows=known.rows,
            columns=frames.changed_columns(first, second),
        )


def _is_frame(value: ValueRecord) -> bool:
    shape = value.summary.shape
    return bool(value.summary.columns) and shape is not None and len(shape) == _ROWS_AND_COLUMNS


def _is_looked_into(here: ValueRecord, there: ValueRecord, *, whole: bool) -> bool:
    """Whether two values may have parts; a single number or text is in the table of outputs."""
    both = (here, there)
    if all(map(_is_frame, both)) or any(value.reason == PART_OF_THE_CODE for value in both):
        return False
    return whole or all(value.summary.kind in _CONTAINERS for value in both)


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
    """Why two frames are not loaded; empty where they are."""
    for value in (here, there):
        if value.manifest is None:
            return f"not kept: {value.reason or 'the value was not stored'}"
        if not whole and (value.summary.size or 0) > _CHEAP:
            return "large: add --values to compare what is inside"
    return ""


def _with_note(known: FrameDifference, note: str) -> FrameDifference:
    return FrameDifference(name=known.name, schema=known.schema, rows=known.rows, note=note)


def _pictures(before: Execution, after: Execution) -> tuple[PictureDifference, ...]:
    """The figures in the same places that are not the same."""
    first, second = (
        [
            (item.media_type, item.object)
            for item in execution.record.artifacts
            if item.media_type.startswith("image/")
        ]
        for execution in (before, after)
    )
    pairs = enumerate(zip_longest(first, second), start=1)
    return tuple(
        PictureDifference(name=f"figure {number}", before=here, after=there)
        for number, (here, there) in pairs
        if here != there
    )
