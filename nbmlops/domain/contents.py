"""What differs inside the outputs of two versions: frames cell by cell, figures side by side."""

from __future__ import annotations

from dataclasses import dataclass

from nbmlops.domain.differences import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDifference:
    """A column of which ``cells`` values changed, of rows that correspond.

    For numbers, ``mean`` and ``largest`` are those of the absolute differences.
    """

    name: str
    cells: int
    mean: float | None = None
    largest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDifference:
    """Two frames under one name.

    ``schema`` lists columns that came, went or changed their type; ``rows`` counts those before
    and after. Where both have as many rows, ``columns`` compares them row by row; else
    ``rows_added`` and ``rows_removed`` count the rows, by the content of the columns that both
    have, that are in one of them only. ``note`` says why the content was not compared.
    """

    name: str
    schema: tuple[Change, ...] = ()
    rows: tuple[int, int]
    columns: tuple[ColumnDifference, ...] = ()
    rows_added: int | None = None
    rows_removed: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDifference:
    """Two figures in the same place; each is a media type and an object, ``None`` if absent.

    ``sizes`` are the width and height of both in pixels. ``pixels`` counts those that differ, and
    ``box`` (left, top, right, bottom) holds them all. ``None`` where this was not compared:
    ``note`` says why.
    """

    name: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    sizes: tuple[tuple[int, int], tuple[int, int]] | None = None
    pixels: int | None = None
    box: tuple[int, int, int, int] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDifference:
    """The frames and figures that differ between two versions."""

    frames: tuple[FrameDifference, ...] = ()
    pictures: tuple[PictureDifference, ...] = ()
