"""How much of the inputs of a cell changed since it ran, for whoever reads a plan."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from nbmlops.domain.contents import FrameDifference, PartDifference, ValueDifference
from nbmlops.domain.plans import InputChange
from nbmlops.domain.values import ColumnProfile, ValueRecord
from nbmlops.pipelines.forecast import Forecast
from nbmlops.pipelines.judgement import ReadValue, in_turn
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.comparison import StoredComparison, is_frame, is_looked_into
from nbmlops.values.excerpts import excerpt

_SHOWN = 5
"""Columns that are named, and places that are told."""

_FACTS = ("kind", "nulls", "minimum", "maximum", "distinct")

_TEXTS = ("str", "bytes")
"""Types that have a length and are said as they are."""

Told = tuple[str, tuple[InputChange, ...]]


class InputChanges:
    """Tells of changed inputs what of them is another.

    - compares what was recorded, and the content where it was kept and is not large;
    - compares two values once.

    Args:
        records: where outputs are found by their content.
        comparison: looks into stored values.
    """

    def __init__(self, records: ReuseRecords, comparison: StoredComparison) -> None:
        self._records = records
        self._comparison = comparison
        self._known: dict[tuple[str, str | None, str | None], InputChange] = {}

    def told(self, found: Forecast) -> Told:
        """The reason of a forecast with how much of each input changed, and these inputs."""
        changes: list[InputChange] = []
        reasons: list[str] = []
        for objection in found.objections:
            if objection.read is None:
                reasons.append(objection.reason)
                continue
            change = self._change(objection.read)
            changes.append(change)
            word = "parameter" if objection.read.parameter else "input"
            reasons.append(f"{word} `{change.name}` {change.what}")
        return in_turn(reasons) if reasons else found.reason, tuple(changes)

    def _change(self, read: ReadValue) -> InputChange:
        key = (read.before.name, read.before.fingerprint, read.now.fingerprint)
        if key not in self._known:
            self._known[key] = self._compared(read)
        return self._known[key]

    def _compared(self, read: ReadValue) -> InputChange:
        both = (read.before, read.now)
        made = self._records.outputs({value.fingerprint for value in both if value.fingerprint})
        before, now = (_with_content(value, made) for value in both)
        told = InputChange(name=before.name, what="", before=_short(before), after=_short(now))
        if is_frame(before) and is_frame(now):
            frame = self._comparison.frames(before, now, whole=False)
            return replace(told, what=f"changed: {_of_frames(frame, before, now)}", frame=frame)
        if is_looked_into(before, now, whole=False):
            value = self._comparison.inside(before, now, whole=False)
            if value.parts:
                return replace(told, what=f"changed: {_of_parts(value)}", value=value)
        return replace(told, what=_of_summaries(before, now))


def _with_content(value: ValueRecord, made: Mapping[str, ValueRecord]) -> ValueRecord:
    """A value with what was recorded where it was made: where it is kept, and its inside."""
    maker = made.get(value.fingerprint or "")
    if maker is None:
        return value
    return replace(maker, name=value.name)


def _short(value: ValueRecord) -> str:
    """A value in a few words: its type and shape, or what it looks like."""
    summary = value.summary
    if summary.shape and summary.kind not in _TEXTS:
        return f"{summary.kind.rpartition('.')[2]} {_shape(summary.shape)}"
    return excerpt(summary.text, "") or summary.kind


def _shape(shape: Iterable[int]) -> str:
    return " x ".join(f"{length:,}" for length in shape)


def _of_frames(frame: FrameDifference, before: ValueRecord, now: ValueRecord) -> str:
    """How two frames differ, in a few words."""
    told = [*_columns_that_came_and_went(frame, before, now), *_columns_that_changed(frame, now)]
    rows = _rows(frame)
    if rows:
        told.append(rows)
    if frame.note and not frame.columns:
        told += _by_profiles(before, now, seen=bool(told))
    return ", ".join(told) or _in_form(before, now)


def _columns_that_came_and_went(
    frame: FrameDifference, before: ValueRecord, now: ValueRecord
) -> Iterator[str]:
    new = [item.name for item in frame.schema if item.before is None]
    gone = [item.name for item in frame.schema if item.after is None]
    for names, word in ((new, "new"), (gone, "gone")):
        if names:
            yield f"{_count(len(names), 'column')} {word} ({_named(names)})"
    widths = [value.summary.shape[1] for value in (before, now) if value.summary.shape]
    if not new and not gone and len(set(widths)) > 1:
        yield f"{widths[0]:,} → {widths[1]:,} columns"


def _columns_that_changed(frame: FrameDifference, now: ValueRecord) -> Iterator[str]:
    types = {
        item.name: f"{item.name} from {item.before} to {item.after}"
        for item in frame.schema
        if item.before is not None and item.after is not None
    }
    changed = dict.fromkeys([*(item.name for item in frame.columns), *types])
    total = now.summary.shape[1] if now.summary.shape else len(changed)
    if changed:
        names = _named([types.get(name, name) for name in changed])
        yield f"{len(changed):,} of {_count(total, 'column')} ({names})"


def _rows(frame: FrameDifference) -> str:
    before, after = frame.rows
    if before != after:
        moved = ""
        if frame.rows_added is not None and frame.rows_removed is not None:
            moved = f" ({frame.rows_added:,} added, {frame.rows_removed:,} removed)"
        return f"{before:,} → {after:,} rows{moved}"
    return f"in {frame.rows_changed:,} of {_count(after, 'row')}" if frame.rows_changed else ""


def _by_profiles(before: ValueRecord, now: ValueRecord, *, seen: bool) -> Iterator[str]:
    """What the recorded ranges of columns tell of frames that were not compared."""
    first, second = (value.summary.preview for value in (before, now))
    if first is not None and second is not None:
        known = {column.name: column for column in first.columns}
        names = [item.name for item in second.columns if _ranges_otherwise(item, known)]
        if names and len(known) == len(first.columns):  # long or equal names are one when cut
            total = _count(now.summary.shape[1] if now.summary.shape else len(names), "column")
            yield f"at least {len(names):,} of {total} ({_named(names)})"
            return
    if not seen:
        yield f"the same columns and {_count((now.summary.shape or (0,))[0], 'row')}, other cells"


def _ranges_otherwise(now: ColumnProfile, known: Mapping[str, ColumnProfile]) -> bool:
    """Whether a column certainly has other cells: of facts that both have, one differs."""
    before = known.get(now.name, now)
    pairs = [(getattr(before, fact), getattr(now, fact)) for fact in _FACTS]
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return True
    if before.mean is None or now.mean is None:
        return False
    # in another layout of the same cells, sums are rounded otherwise
    return not math.isclose(before.mean, now.mean, rel_tol=1e-9, abs_tol=1e-12)


def _in_form(before: ValueRecord, now: ValueRecord) -> str:
    """What is left where all cells are equal."""
    if list(before.summary.columns) != list(now.summary.columns):
        return "its columns are in another order"
    return "the same cells, with another index or other attributes"


def _of_parts(value: ValueDifference) -> str:
    """The places where two values differ, in a few words."""
    told = [_place(part) for part in value.parts[:_SHOWN]]
    more = value.more or len(value.parts) > _SHOWN
    return "; ".join([*told, *(["and more places"] if more else [])])


def _place(part: PartDifference) -> str:
    if part.what:
        return f"{part.path}: {part.what}" if part.path else part.what
    one = f"{part.before} → {part.after}"
    at = f"{part.place}: " if part.place else ""
    if part.differing == part.elements == 1 or part.differing is None:
        return f"{at}{one}"
    return f"{part.differing:,} of {part.elements:,} elements, first {at}{one}"


def _of_summaries(before: ValueRecord, now: ValueRecord) -> str:
    """What can be said of two values that were not looked into."""
    kinds = [value.summary.kind for value in (before, now)]
    if kinds[0] != kinds[1]:
        return f"was {_of_kind(before)} and is {_of_kind(now)}"
    inside = _items(before, now)
    if inside:
        return f"changed: {inside}"
    texts = [value.summary.text for value in (before, now)]
    if texts[0] != texts[1] and (kinds[0] in _TEXTS or not before.summary.shape):
        one, other = excerpt(texts[0], texts[1]), excerpt(texts[1], texts[0])
        return f"was {one} and is {other}"
    shapes = [value.summary.shape for value in (before, now)]
    if shapes[0] != shapes[1] and all(shapes):
        word = "length" if {len(shape or ()) for shape in shapes} == {1} else "shape"
        return f"changed: {word} {_shape(shapes[0] or ())} → {_shape(shapes[1] or ())}"
    if before.summary.preview is not None and before.summary.preview.items:
        return "changed: the same parameters, other content"
    return f"changed: another {kinds[0].rpartition('.')[2]} that looks the same"


def _of_kind(value: ValueRecord) -> str:
    return f"{_short(value)} ({value.summary.kind})"


def _items(before: ValueRecord, now: ValueRecord) -> str:
    """The parameters of an estimator, or the fields of an object, that are others."""
    previews = [value.summary.preview for value in (before, now)]
    then, present = (dict(found.items) if found is not None else {} for found in previews)
    changed = [
        f"{name} {then.get(name, 'absent')} → {present.get(name, 'absent')}"
        for name in {**then, **present}
        if then and present and then.get(name) != present.get(name)
    ]
    return _named(changed)


def _named(names: Sequence[str]) -> str:
    more = [f"and {len(names) - _SHOWN:,} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
