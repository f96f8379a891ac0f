"""A few of the rows in which two frames differ, as short texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.contents import RowDifference
from nbmlops.values.excerpts import excerpt
from nbmlops.values.preview import cell_text
from nbmlops.values.secrets import masked

_ROWS = 8
"""Rows that correspond, or of each side alone."""

_COLUMNS = 8

_SEARCHED = 10_000
"""Characters of a text that are searched for secrets before it is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSample:
    """Some rows that differ, by some of the columns."""

    columns: tuple[str, ...] = ()
    rows: tuple[RowDifference, ...] = ()


def corresponding(before: Any, after: Any, names: Sequence[Any], differs: Any) -> RowSample:
    """The first rows that differ, of two frames of pandas with as many rows.

    Args:
        before: a frame.
        after: another one.
        names: the columns in which they differ.
        differs: for each row whether it does.
    """
    shown, at = list(names[:_COLUMNS]), differs.nonzero()[0][:_ROWS]
    here, there = _rows(before, shown, at), _rows(after, shown, at)
    rows = zip(_labels(before, at), _labels(after, at), here, there, strict=True)
    return RowSample(
        columns=tuple(map(str, shown)),
        rows=tuple(
            RowDifference(
                row=label if label == now else f"{label} → {now}",
                before=tuple(map(_text, cells, cells_now)),
                after=tuple(map(_text, cells_now, cells)),
            )
            for label, now, cells, cells_now in rows
        ),
    )


def moved(
    before: Any, after: Any, names: Sequence[Any], hashes: tuple[list[int], list[int]]
) -> RowSample:
    """The first rows that are only in the first of two frames of pandas, and only in the second.

    Args:
        before: a frame.
        after: another one.
        names: the columns that both have.
        hashes: of the rows of each, by the content of these columns.
    """
    shown, (here, there) = list(names[:_COLUMNS]), hashes
    if not shown:
        return RowSample()
    removed = _texts(before, shown, _surplus(here, there))
    added = _texts(after, shown, _surplus(there, here))
    return RowSample(
        columns=tuple(map(str, shown)),
        rows=(
            *(RowDifference(row=label, before=cells, after=None) for label, cells in removed),
            *(RowDifference(row=label, before=None, after=cells) for label, cells in added),
        ),
    )


def _surplus(mine: list[int], others: list[int]) -> list[int]:
    """The first positions of what is there more often than in the other list."""
    more = Counter(mine) - Counter(others)
    found: list[int] = []
    for position, item in enumerate(mine):
        if len(found) == _ROWS:
            break
        if more[item] > 0:
            more[item] -= 1
            found.append(position)
    return found


def _texts(frame: Any, names: list[Any], at: list[int]) -> Iterator[tuple[str, tuple[str, ...]]]:
    rows = _rows(frame, names, at)
    texts = (tuple(_text(cell, "") for cell in cells) for cells in rows)
    return zip(_labels(frame, at), texts, strict=True)


def _labels(frame: Any, at: Any) -> list[str]:
    return [cell_text(label) for label in frame.index[at].tolist()]


def _rows(frame: Any, names: list[Any], at: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(frame[name].iloc[at].tolist() for name in names), strict=True))


def _text(cell: Any, other: Any) -> str:
    """A cell; of a long text, where it begins to differ from the other one."""
    if type(cell) is float:  # all digits, as the last may differ
        return repr(cell)
    if type(cell) is str:
        beside = masked(other[:_SEARCHED]) if type(other) is str else ""
        return excerpt(masked(cell[:_SEARCHED]), beside)
    return cell_text(cell)
