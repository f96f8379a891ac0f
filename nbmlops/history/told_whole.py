"""Values that were not stored but can be had again, as their record says all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from nbmlops.capture.prints import take_print
from nbmlops.domain.timeline import KeptName, Moment
from nbmlops.domain.values import ValueRecord
from nbmlops.values import literals


def with_literals(line: Iterable[Moment]) -> tuple[Moment, ...]:
    """A line in which small numbers, texts, dates and the like are kept, wherever they were."""
    return tuple(
        replace(moment, names=tuple(map(_with_literal, moment.names)))
        if any(_may_be(kept) for kept in moment.names)
        else moment
        for moment in line
    )


def is_told_whole(value: ValueRecord) -> bool:
    """Whether the record of a value that was not stored says all of it."""
    if value.fingerprint is None or not literals.may_be_literal(value.summary.kind):
        return False
    return _reference(value.summary.kind, value.summary.text, value.fingerprint) is not None


def _may_be(kept: KeptName) -> bool:
    missing = kept.reference is None and kept.fingerprint is not None
    return missing and literals.may_be_literal(kept.kind)


def _with_literal(kept: KeptName) -> KeptName:
    if not _may_be(kept) or kept.fingerprint is None:
        return kept
    reference = _reference(kept.kind, kept.text, kept.fingerprint)
    return kept if reference is None else replace(kept, reference=reference, reason=None)


@lru_cache(maxsize=8192)
def _reference(kind: str, text: str, fingerprint: str) -> str | None:
    """What stands for the value; ``None`` where its text does not say all of it."""
    try:
        value = literals.read(kind, text)
    except (ValueError, TypeError, OverflowError):
        return None
    return literals.reference_to(kind, text) if take_print(value).text == fingerprint else None
