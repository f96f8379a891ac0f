"""How the frames and figures that differ read: tables, and pictures side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nbmlops.commands import wording
from nbmlops.commands.views import Block, Picture, Pictures, Span, line, table
from nbmlops.domain.contents import ContentDifference, FrameDifference, PictureDifference
from nbmlops.history.pictures import draw_difference, pixel_words

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
    return blocks


def _rows(frame: FrameDifference) -> str:
    before, after = frame.rows
    text = f"{after:,} rows" if before == after else f"{before:,} -> {after:,} rows"
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
    if item.pixels is None:
        if item.sizes is None:
            return item.note
        (width, height), (width_now, height_now) = item.sizes
        return f"{width} x {height} -> {width_now} x {height_now} pixels"
    if item.box is None:
        return "the same pixels, other bytes"
    return pixel_words(item.pixels, item.box)


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
