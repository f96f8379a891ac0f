"""How frames, other values and figures that differ read: tables, and pictures side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nbmlops.commands import wording
from nbmlops.commands.views import Block, Content, Picture, Pictures, Span, line, table
from nbmlops.domain.contents import (
    ContentDifference,
    FrameDifference,
    PartDifference,
    PictureDifference,
    RowDifference,
    ValueDifference,
)
from nbmlops.history.pictures import draw_difference, pixel_words, size_words

_LARGEST_SHOWN = 2 * 2**20
"""Bytes; larger figures would make the notebook heavy that shows them."""


def content_blocks(
    found: ContentDifference,
    names: tuple[str, str],
    picture: Callable[[str], bytes | None],
) -> list[Block]:
    """What differs inside of outputs.

    Args:
        found: the differences.
        names: the two versions.
        picture: gives the content of a figure, ``None`` where it is gone.
    """
    blocks: list[Block] = []
    for frame in found.frames:
        blocks += _frame_blocks(frame, names)
    for value in found.others:
        blocks += _value_blocks(value, names)
    blocks += [_picture_block(item, names, picture) for item in found.pictures]
    return blocks


def _frame_blocks(frame: FrameDifference, names: tuple[str, str]) -> list[Block]:
    blocks: list[Block] = [line(Span(frame.name, "strong"), f": {_rows(frame)}")]
    if frame.schema:
        rows = [(item.name, item.before or "-", item.after or "-") for item in frame.schema]
        blocks.append(table(("column", *names), rows, title=f"Columns of {frame.name}"))
    if frame.columns:
        changed = [
            (
                Span(item.name, "strong"),
                f"{item.cells:,}",
                "-" if item.mean is None else wording.number(item.mean),
                "-" if item.largest is None else wording.number(item.largest),
            )
            for item in frame.columns
        ]
        columns = ("column", "cells that differ", "mean difference", "largest")
        title = f"Values of {frame.name}"
        blocks.append(table(columns, changed, title=title, right=columns[1:]))
    if frame.sample:
        rows_shown = [_row(item) for item in frame.sample]
        title = f"Rows of {frame.name}"
        blocks.append(table(("row", *frame.sampled), rows_shown, title=title))
    return blocks


def _row(item: RowDifference) -> tuple[Content, ...]:
    """A row of a sample; with a sign where it came or went."""
    if item.before is None or item.after is None:
        came = item.before is None
        label = Span(f"+ {item.row}", "good") if came else Span(f"- {item.row}", "bad")
        return (label, *(cell or "-" for cell in item.after or item.before or ()))
    pairs = zip(item.before, item.after, strict=True)
    return (
        Span(item.row, "strong"),
        *(
            here or "-" if here == there else f"{here or '-'} -> {there or '-'}"
            for here, there in pairs
        ),
    )


def _value_blocks(value: ValueDifference, names: tuple[str, str]) -> list[Block]:
    """The places where two values differ; a line where there is nothing but a note."""
    if not value.parts:
        return [line(Span(value.name, "strong"), f": {value.note}")]
    rows = [
        (
            Span(f"{value.name}{_behind(part)}", "strong"),
            part.what or _counted(part),
            part.before or "-",
            part.after or "-",
            "-" if part.largest is None else wording.number(part.largest),
            "-" if part.relative is None else f"{part.relative:.2g}",
        )
        for part in value.parts
    ]
    if value.more:
        rows.append((Span("…", "dim"), "and more places", "", "", "", ""))
    columns = ("first at", "what differs", *names, "largest difference", "relative")
    return [table(columns, rows, title=f"Inside {value.name}", right=columns[4:])]


def _behind(part: PartDifference) -> str:
    """The place of a part as it stands behind the name of its value."""
    return part.place if part.place.startswith(("[", ".")) or not part.place else f" {part.place}"


def _counted(part: PartDifference) -> str:
    if part.elements == 1:
        return "the value"
    unmeasured = f", {part.unmeasured:,} with NaN or infinity" if part.unmeasured else ""
    return f"{part.differing:,} of {part.elements:,} elements{unmeasured}"


def _rows(frame: FrameDifference) -> str:
    before, after = frame.rows
    text = f"{after:,} rows" if before == after else f"{before:,} -> {after:,} rows"
    if frame.rows_changed:
        text += f", {frame.rows_changed:,} changed"
    if frame.rows_added is not None and frame.rows_removed is not None:
        text += f", {frame.rows_added:,} added, {frame.rows_removed:,} removed"
    return f"{text} ({frame.note})" if frame.note else text


def _picture_block(
    item: PictureDifference, names: tuple[str, str], picture: Callable[[str], bytes | None]
) -> Block:
    told = picture_words(item)
    return Pictures(
        title=f"{item.name}: {told}" if told else item.name,
        pictures=(
            *(
                _picture(name, side, picture)
                for name, side in zip(names, (item.before, item.after), strict=True)
            ),
            *_difference(item, picture),
        ),
    )


def picture_words(item: PictureDifference) -> str:
    """What differs between two figures; empty where one of them is absent."""
    if item.pixels is None or item.sizes is None:
        return item.note
    told = "the same pixels, other bytes"
    if item.box is not None:
        told = pixel_words(item.pixels, item.box)
    if item.sizes[0] == item.sizes[1]:
        return told
    beside = "no pixel differs but for the background" if item.box is None else told
    return f"{size_words(item.sizes)}; upper left corners together, {beside}"


def _difference(
    item: PictureDifference, picture: Callable[[str], bytes | None]
) -> Iterator[Picture]:
    if not item.pixels or item.before is None or item.after is None:
        return
    (media_type, key), (media_type_now, key_now) = item.before, item.after
    drawn = draw_difference((media_type, media_type_now), picture(key), picture(key_now))
    if drawn is not None and len(drawn) <= _LARGEST_SHOWN:
        yield Picture(caption="what differs, in red", media_type="image/png", content=drawn)


def _picture(
    name: str, side: tuple[str, str] | None, picture: Callable[[str], bytes | None]
) -> Picture:
    if side is None:
        return Picture(caption=f"{name}: none")
    media_type, key = side
    content = picture(key)
    if content is None:
        return Picture(caption=f"{name}: not kept any more")
    caption = f"{name}: {media_type}, {wording.size(len(content))}"
    shown = len(content) <= _LARGEST_SHOWN
    return Picture(caption=caption, media_type=media_type, content=content if shown else b"")
