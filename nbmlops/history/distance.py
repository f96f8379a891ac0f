"""How far apart two values are: where they differ, how often, by how much."""

from __future__ import annotations

import math
from typing import Any

from nbmlops.domain.contents import PartDifference
from nbmlops.domain.verifications import Verdict
from nbmlops.values.measured_times import is_duration
from nbmlops.values.unequal import places

_TOOK = "; scikit-learn measured how long it took"


def compare(before: Any, after: Any, *, tolerance: float | None) -> tuple[Verdict, str]:
    """Compare two values whose fingerprints differ.

    Args:
        before: the value as it was recorded.
        after: the value as it was made again.
        tolerance: the relative difference that is allowed for numbers; none if ``None``.

    Returns:
        Within tolerance or different, and in a few words where and by how much.
    """
    numbers, largest, first, took = 0, 0.0, "", True
    try:
        for part in places(before, after):
            if not part.is_measured:
                return Verdict.DIFFERENT, said(part)
            first = first if numbers else part.place
            took = took and is_duration(part.place)
            numbers += part.differing or 0
            largest = max(largest, math.inf if part.unmeasured else part.relative or 0.0)
    except Exception as error:  # noqa: BLE001 (code of the user's classes may raise anything)
        return Verdict.DIFFERENT, f"comparing failed with {type(error).__name__}"
    if not numbers:
        allowed = Verdict.DIFFERENT if tolerance is None else Verdict.WITHIN_TOLERANCE
        return allowed, "equal in value, different in form"
    count = "1 number differs" if numbers == 1 else f"{numbers:,} numbers differ"
    why = f"{count}, by up to {largest:.2g} relative, first {first or 'the value'}"
    why += _TOOK if took else ""
    within = tolerance is not None and largest <= tolerance
    return (Verdict.WITHIN_TOLERANCE if within else Verdict.DIFFERENT), why


def tells_durations(why: str) -> bool:
    """Whether `compare` found that nothing but measured times differs."""
    return why.endswith(_TOOK)


def said(part: PartDifference) -> str:
    """A place where something differs that has no distance, in a few words."""
    if part.what:
        return f"{part.path}: {part.what}" if part.path else part.what
    told = f"{part.before} before, {part.after} now"
    if part.differing is not None and part.differing > 1:
        told += f", and {part.differing - 1:,} more of {part.elements:,} differ"
    return f"{part.place}: {told}" if part.place else told
