"""What is kept of the outputs of a step beside their content: previews and samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from nbmlops.capture.namespace import is_code
from nbmlops.domain.values import ValueRecord
from nbmlops.values import secrets
from nbmlops.values.preview import preview
from nbmlops.values.summary import summarize

if TYPE_CHECKING:
    from nbmlops.capture.writer import Ledger

_ALLOWED = 0.05
"""Seconds that the previews of one execution may take together, about."""

_Records = tuple[ValueRecord, ...]


def looked_into(
    ledger: Ledger, outputs: _Records, values: Mapping[str, Any]
) -> tuple[_Records, _Records]:
    """The outputs with their previews, and samples of those that are too large to be kept.

    Of what holds a secret there is neither.
    """
    until = perf_counter() + _ALLOWED
    found, samples = [], []
    for record in outputs:
        value = values[record.name]
        if is_code(value) or _holds_secret(record):
            found.append(record)
            continue
        shown = preview(value, until=until)
        inside = record
        if shown is not None:
            inside = replace(record, summary=replace(record.summary, preview=shown))
        sample = _sample(ledger, inside, value) if inside.manifest is None else None
        if sample is not None:
            samples.append(sample)
            inside = replace(inside, reason=_with_sample(inside.reason, sample))
        found.append(inside)
    return tuple(found), tuple(samples)


def _sample(ledger: Ledger, record: ValueRecord, value: Any) -> ValueRecord | None:
    kept = ledger.save_sample(value, size=record.summary.size)
    if kept is None:
        return None
    manifest, rows = kept
    return ValueRecord(
        name=record.name,
        fingerprint=None,  # it stands for nothing but itself
        summary=summarize(rows),
        manifest=manifest,
        reason=f"a sample of {len(rows):,} of {len(value):,} rows",
    )


def _with_sample(reason: str | None, sample: ValueRecord) -> str:
    why = (reason or "The value is not kept").removesuffix(".")
    return f"{why}; only {sample.reason} is kept: restore --sample"


def _holds_secret(record: ValueRecord) -> bool:
    return record.summary.text == secrets.MASK or "holds a secret" in (record.reason or "")
