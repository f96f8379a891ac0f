"""What ``show VERSION --value NAME`` answers: a value without loading it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbmlops.commands import wording
from nbmlops.commands.views import Block, Content, Span, View, facts, line, table
from nbmlops.domain.executions import Execution
from nbmlops.domain.values import ColumnProfile, ValuePreview, ValueRecord
from nbmlops.domain.wire import document
from nbmlops.errors import UnknownNameError

_NUMBERS = re.compile(r"(u?int\d|u?int$|float|double|halffloat|decimal|complex)", re.IGNORECASE)
"""The names of types of numbers, in whichever library."""


def value_view(reference: str, execution: Execution | None, name: str) -> View:
    """One output or input of an execution, or of the one that speaks for a version.

    Args:
        reference: the execution or the version.
        execution: the one that speaks for it, if there is one.
        name: the value's; of two, the output is meant.

    Raises:
        UnknownNameError: it has no such value.
    """
    record = execution.record if execution is not None else None
    values = {item.name: item for item in (*record.inputs, *record.outputs)} if record else {}
    if name not in values:
        raise UnknownNameError("value", name, values)
    value = values[name]
    samples = [item for item in record.samples if item.name == name] if record else []
    blocks: list[Block] = [facts(f"{name} of {reference}", _facts(value))]
    if value.summary.preview is not None:
        blocks += preview_blocks(value.summary.preview)
    elif value.summary.columns:
        blocks.append(table(("column", "type"), list(value.summary.columns.items())))
    if samples and not reference.startswith("@"):  # restore takes versions
        blocks.append(
            line(
                Span(f"Kept: {samples[0].reason}. ", "warn"),
                f"%mlops restore {reference} --sample",
            )
        )
    return View(
        document=document(
            "value/1", version=reference, value=value, sample=samples[0] if samples else None
        ),
        blocks=tuple(blocks),
    )


def has_inside(values: tuple[ValueRecord, ...]) -> str | None:
    """The name of the first value that has a preview."""
    return next((value.name for value in values if value.summary.preview is not None), None)


def _facts(value: ValueRecord) -> tuple[tuple[str, Content], ...]:
    summary = value.summary
    told: list[tuple[str, Content]] = [("type", summary.kind)]
    if summary.shape is not None:
        told.append(("shape", " x ".join(map(str, summary.shape))))
    if summary.size is not None:
        told.append(("size", wording.size(summary.size)))
    if summary.text:
        told.append(("value", summary.text))
    told.append(("fingerprint", (value.fingerprint or "unknown")[:12]))
    kept = "stored" if value.manifest else (value.reason or "not kept")
    told.append(("content", kept))
    return tuple(told)


def preview_blocks(preview: ValuePreview) -> list[Block]:
    """What is inside a value, as tables."""
    blocks: list[Block] = []
    if preview.columns:
        columns = ("column", "type", "nulls", "distinct", "min", "max", "mean", "")
        rows = [_profile_row(profile) for profile in preview.columns]
        right = ("nulls", "distinct", "min", "max", "mean")
        blocks.append(table(columns, rows, title="Ranges", right=right))
    if preview.head and preview.columns:
        width = len(preview.head[0])
        names = [profile.name for profile in preview.columns]
        shown = names if len(names) == width and any(names) else [str(at) for at in range(width)]
        numbers = _of_numbers(preview.columns, shown)
        blocks.append(table(shown, preview.head, title="First rows", right=numbers))
    if preview.items:
        blocks.append(table(("item", "value"), preview.items, title="First items"))
    return blocks


def _of_numbers(columns: Sequence[ColumnProfile], shown: Sequence[str]) -> list[str]:
    """The names that columns of numbers have, and no others; of an array, all or none."""
    kinds = [column.kind for column in columns] if len(columns) == len(shown) else None
    pairs = zip(shown, kinds or [columns[0].kind] * len(shown), strict=True)
    found = [(name, _NUMBERS.match(kind) is not None) for name, kind in pairs]
    return [name for name in shown if all(right for other, right in found if other == name)]


def _profile_row(profile: ColumnProfile) -> tuple[Content, ...]:
    counts = (profile.nulls, profile.distinct)
    return (
        Span(profile.name, "strong"),
        profile.kind,
        *("-" if count is None else f"{count:,}" for count in counts),
        profile.minimum or "-",
        profile.maximum or "-",
        "-" if profile.mean is None else wording.number(profile.mean),
        Span(profile.note or "", "dim"),
    )
