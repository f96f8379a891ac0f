"""What differs inside the outputs of two versions: frames, other values, figures."""

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
class RowDifference:
    """A row that differs, by its label in the index, or by both where these differ.

    ``before`` and ``after`` are short texts, one for each of the ``sampled`` columns of the frame;
    ``None`` where the row is not on that side.
    """

    row: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDifference:
    """Two frames under one name.

    ``schema`` lists columns that came, went or changed their type; ``rows`` counts those before
    and after. Where both have as many rows, ``columns`` compares them row by row, and
    ``rows_changed`` counts the rows in which a column that both have differs; else
    ``rows_added`` and ``rows_removed`` count the rows, by the content of the columns that both
    have, that are in one of them only. ``sample`` are the first of the rows that differ, by the
    columns ``sampled``. ``note`` says why the content was not compared.
    """

    name: str
    schema: tuple[Change, ...] = ()
    rows: tuple[int, int]
    columns: tuple[ColumnDifference, ...] = ()
    rows_changed: int | None = None
    rows_added: int | None = None
    rows_removed: int | None = None
    sampled: tuple[str, ...] = ()
    sample: tuple[RowDifference, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDifference:
    """A place inside of two values where they differ.

    ``path`` leads to a container, an array or a single value, such as ``['model'][2]``. Of its
    ``elements``, ``differing`` are not the same; ``first`` is the position of the first of them,
    with ``before`` and ``after`` as short texts. Of numbers, ``largest`` and ``relative`` are the
    largest differences that are finite, and ``unmeasured`` counts the pairs with a NaN or an
    infinity. ``what`` says instead what differs as a whole: a shape, a type, a key that is gone.
    """

    path: str
    first: str = ""
    differing: int | None = None
    elements: int | None = None
    largest: float | None = None
    relative: float | None = None
    unmeasured: int = 0
    before: str = ""
    after: str = ""
    what: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether these are numbers, which have a distance."""
        return self.largest is not None or self.unmeasured > 0

    @property
    def place(self) -> str:
        """The path to the first element that differs; empty for the value itself."""
        return f"{self.path}{self.first}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueDifference:
    """Two values under one name that are neither both frames nor both part of the code.

    ``parts`` are the first places where they differ, ``more`` says that there are others. ``note``
    says why the content was not compared, or that nothing could be found.
    """

    name: str
    parts: tuple[PartDifference, ...] = ()
    more: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDifference:
    """Two figures in the same place; each is a media type and an object, ``None`` if absent.

    ``sizes`` are the width and height of both in pixels; of two sizes, each is compared as if it
    went on with its background. ``pixels`` counts those that differ, and ``box`` (left, top,
    right, bottom) holds them all. ``None`` where this was not compared: ``note`` says why.
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
    """The frames, other values and figures that differ between two versions."""

    frames: tuple[FrameDifference, ...] = ()
    others: tuple[ValueDifference, ...] = ()
    pictures: tuple[PictureDifference, ...] = ()
