"""How far apart two values are: where they differ, how often, by how much."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.verifications import Verdict

_DEEPEST = 40


@dataclass(slots=True)
class _Found:
    """What was found so far; ``other`` is the first place that numbers do not measure."""

    numbers: int = 0
    largest: float = 0.0
    first: str = ""
    other: str = ""


def compare(before: Any, after: Any, *, tolerance: float | None) -> tuple[Verdict, str]:
    """Compare two values whose fingerprints differ.

    Args:
        before: the value as it was recorded.
        after: the value as it was made again.
        tolerance: the relative difference that is allowed for numbers; none if ``None``.

    Returns:
        Within tolerance or different, and in a few words where and by how much.
    """
    found = _Found()
    try:
        _walk(before, after, "", found, 0)
    except Exception as error:  # noqa: BLE001 (code of the user's classes may raise anything)
        found.other = f"comparing failed with {type(error).__name__}"
    if found.other:
        return Verdict.DIFFERENT, found.other
    if not found.numbers:
        allowed = Verdict.DIFFERENT if tolerance is None else Verdict.WITHIN_TOLERANCE
        return allowed, "equal in value, different in form"
    count = "1 number differs" if found.numbers == 1 else f"{found.numbers:,} numbers differ"
    why = f"{count}, by up to {found.largest:.2g} relative, first {found.first or 'the value'}"
    within = tolerance is not None and found.largest <= tolerance
    return (Verdict.WITHIN_TOLERANCE if within else Verdict.DIFFERENT), why


def _walk(before: Any, after: Any, place: str, found: _Found, depth: int) -> None:
    if before is after or found.other:
        return
    if type(before) is not type(after):
        found.other = _at(place, f"{_kind(before)} before, {_kind(after)} now")
    elif depth > _DEEPEST:
        found.other = _at(place, "nested too deeply to say where")
    elif isinstance(before, bool | str | bytes):
        if before != after:
            found.other = _at(place, f"{_short(before)} before, {_short(after)} now")
    elif isinstance(before, int | float | complex):
        _number(before, after, place, found)
    elif isinstance(before, Mapping):
        _mapping(before, after, place, found, depth)
    elif isinstance(before, list | tuple):
        _sequence(before, after, place, found, depth)
    elif not _tabular(before, after, place, found):
        _object(before, after, place, found, depth)


def _tabular(before: Any, after: Any, place: str, found: _Found) -> bool:
    """Compare two arrays or frames; false for anything else."""
    if _is("numpy", ("ndarray", "generic"), before):
        _array(before, after, place, found)
    elif _is("pandas", ("Series", "Index"), before):
        _array(before.to_numpy(), after.to_numpy(), place, found)
    elif _is("pandas", ("DataFrame",), before) or _is("polars", ("DataFrame",), before):
        _frame(before, after, place, found)
    else:
        return False
    return True


def _number(before: Any, after: Any, place: str, found: _Found) -> None:
    if before == after or (before != before and after != after):  # noqa: PLR0124 (NaN)
        return
    largest = max(abs(before), abs(after))
    gap = abs(before - after) / largest
    _measured(1, math.inf if math.isnan(gap) else gap, place, found)


def _measured(count: int, gap: float, place: str, found: _Found) -> None:
    found.first = found.first if found.numbers else place
    found.numbers += count
    found.largest = max(found.largest, gap)


def _mapping(before: Any, after: Any, place: str, found: _Found, depth: int) -> None:
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    if gone or new:
        key, change = (next(iter(gone)), "is gone") if gone else (next(iter(new)), "is new")
        found.other = _at(place, f"{_short(key)} {change}")
        return
    for key in before:
        _walk(before[key], after[key], f"{place}[{_short(key)}]", found, depth + 1)


def _sequence(before: Any, after: Any, place: str, found: _Found, depth: int) -> None:
    if len(before) != len(after):
        found.other = _at(place, f"{len(before):,} items before, {len(after):,} now")
        return
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        _walk(one, other, f"{place}[{number}]", found, depth + 1)


def _frame(before: Any, after: Any, place: str, found: _Found) -> None:
    names, now = list(before.columns), list(after.columns)
    if names != now:
        changed = [name for name in names if name not in now]
        changed += [name for name in now if name not in names]
        what = f"column {_short(changed[0])}" if changed else "the order of the columns"
        found.other = _at(place, f"{what} differs")
        return
    for name in names:
        here = f"{place} column {_short(name)}".strip()
        _array(before[name].to_numpy(), after[name].to_numpy(), here, found)
    if hasattr(before, "index"):
        _array(before.index.to_numpy(), after.index.to_numpy(), f"{place} index", found)


def _array(before: Any, after: Any, place: str, found: _Found) -> None:
    if found.other:
        return
    if before.shape != after.shape:
        found.other = _at(place, f"shape {before.shape} before, {after.shape} now")
    elif before.dtype != after.dtype:
        found.other = _at(place, f"{before.dtype} before, {after.dtype} now")
    elif before.dtype.kind in "iufc":
        _numbers(before, after, place, found)
    elif before.dtype.kind == "O":
        _sequence(before.ravel().tolist(), after.ravel().tolist(), place, found, 0)
    else:
        count = int(_unequal(before, after).sum())
        if count:
            found.other = _at(place, f"{count:,} of {before.size:,} values differ")


def _numbers(before: Any, after: Any, place: str, found: _Found) -> None:
    import numpy as np

    differ = np.ravel(_unequal(before, after))
    if not differ.any():
        return
    wide = np.result_type(before.dtype, float)
    one, other = (np.ravel(side)[differ].astype(wide) for side in (before, after))
    with np.errstate(all="ignore"):
        gaps = np.abs(one - other) / np.maximum(np.abs(one), np.abs(other))
    gap = float(np.max(np.nan_to_num(gaps, nan=math.inf)))
    row = int(np.flatnonzero(differ)[0])
    _measured(int(differ.sum()), gap, f"{place} at {row}".strip(), found)


def _unequal(before: Any, after: Any) -> Any:
    """Where two arrays differ; a NaN, or a time that is none, equals itself."""
    none = (before != before) & (after != after)  # noqa: PLR0124
    return (before != after) & ~none


def _object(before: Any, after: Any, place: str, found: _Found, depth: int) -> None:
    """What two objects of one class are made of."""
    try:
        parts, now = vars(before), vars(after)
    except TypeError:
        found.other = _at(place, f"another {_kind(before)}")
        return
    known = (found.numbers, found.other)
    _mapping(parts, now, place, found, depth)
    if (found.numbers, found.other) == known and depth == 0:
        found.other = _at(place, f"another {_kind(before)}")


def _is(library: str, names: tuple[str, ...], value: Any) -> bool:
    """Whether a value is of one of a library's classes; the library is loaded if it is."""
    module = sys.modules.get(library)
    return module is not None and any(isinstance(value, getattr(module, name)) for name in names)


def _kind(value: Any) -> str:
    return type(value).__name__


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004


def _at(place: str, what: str) -> str:
    return f"{place.strip()}: {what}" if place.strip() else what
