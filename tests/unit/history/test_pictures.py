"""Figures are compared pixel by pixel; what cannot be says why."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from nbmlops.history.pictures import compare_pixels, draw_difference, pixel_words, size_words

PNG = ("image/png", "image/png")


def plotted(*values: float, size: tuple[float, float] = (3, 2), **metadata: str) -> bytes:
    """A real figure."""
    figure = Figure(figsize=size, dpi=60)
    figure.subplots().plot(values)
    written = BytesIO()
    figure.savefig(written, format="png", metadata=metadata)
    return written.getvalue()


def painted(pixels: np.ndarray, **options: str) -> bytes:
    """An image of these pixels."""
    written = BytesIO()
    Image.fromarray(pixels).save(written, format="PNG", **options)
    return written.getvalue()


def test_equal_figures_have_the_same_pixels_whatever_their_metadata() -> None:
    first, second = plotted(1, 2, 3), plotted(1, 2, 3, Author="another")
    assert first != second
    found = compare_pixels(PNG, first, second)
    assert (found.pixels, found.box) == (0, None)
    assert draw_difference(PNG, first, second) is None


def test_another_line_differs_inside_the_axes() -> None:
    found = compare_pixels(PNG, plotted(1, 2, 3), plotted(1, 2.5, 3))
    assert found.sizes == ((180, 120), (180, 120))
    assert found.pixels
    assert found.box is not None
    left, top, right, bottom = found.box
    assert 0 < left < right < 180
    assert 0 < top < bottom < 120


def test_figures_of_two_sizes_are_compared_with_the_upper_left_corners_together() -> None:
    before = np.full((9, 13, 3), 250, np.uint8)
    after = np.full((11, 12, 3), 250, np.uint8)
    after[3, 4] = after[10, 2] = 0
    found = compare_pixels(PNG, painted(before), painted(after))
    assert found.sizes == ((13, 9), (12, 11))
    assert (found.pixels, found.box) == (2, (2, 3, 5, 11))
    drawn = draw_difference(PNG, painted(before), painted(after))
    assert drawn is not None
    assert Image.open(BytesIO(drawn)).size == (13, 11)


def test_a_larger_background_alone_has_no_pixel_that_differs_but_another_size() -> None:
    before, after = (np.full((size, 5, 3), 250, np.uint8) for size in (4, 6))
    found = compare_pixels(PNG, painted(before), painted(after))
    assert (found.sizes, found.pixels, found.box) == (((5, 4), (5, 6)), 0, None)
    assert size_words(((5, 4), (5, 6))) == "5 x 4 -> 5 x 6 pixels"


@given(
    cells=st.sets(st.tuples(st.integers(0, 8), st.integers(0, 12)), max_size=20),
    channel=st.integers(0, 3),
    by=st.integers(1, 255),
)
def test_each_pixel_that_differs_in_any_channel_is_counted_and_in_the_box(
    cells: set[tuple[int, int]], channel: int, by: int
) -> None:
    before = np.full((9, 13, 4), 120, np.uint8)
    after = before.copy()
    for row, column in cells:
        after[row, column, channel] = (120 + by) % 256
    found = compare_pixels(PNG, painted(before), painted(after))
    assert found.pixels == len(cells)
    if cells:
        rows, columns = zip(*cells, strict=True)
        assert found.box == (min(columns), min(rows), max(columns) + 1, max(rows) + 1)


def test_the_difference_is_drawn_in_red_and_only_there() -> None:
    before = np.full((4, 5, 3), 200, np.uint8)
    after = before.copy()
    after[2, 3] = 0
    drawn = draw_difference(PNG, painted(before), painted(after))
    assert drawn is not None
    pixels = np.asarray(Image.open(BytesIO(drawn)))
    red = (pixels == (214, 0, 0)).all(axis=2)
    assert np.argwhere(red).tolist() == [[2, 3]]


@dataclass(frozen=True)
class Unreadable:
    """Figures whose pixels are not compared."""

    media_type: str
    content: Callable[[], bytes | None]
    why: str


UNREADABLE = (
    Unreadable("image/svg+xml", lambda: b"<svg/>", "not made of pixels"),
    Unreadable("image/png", lambda: None, "not kept any more"),
    Unreadable("image/png", lambda: b"no image", "cannot be read"),
    Unreadable("image/png", lambda: plotted(1, 2)[:200], "cannot be read"),
    Unreadable("image/png", lambda: painted(np.zeros((2, 2), np.uint16)), "more than 8 bits"),
)


@pytest.mark.parametrize("case", UNREADABLE, ids=lambda case: case.why)
def test_what_cannot_be_compared_says_why(case: Unreadable) -> None:
    found = compare_pixels(("image/png", case.media_type), plotted(1, 2), case.content())
    assert case.why in found.note
    assert found.pixels is None
    assert draw_difference(("image/png", case.media_type), plotted(1, 2), case.content()) is None


def test_without_a_decoder_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    found = compare_pixels(PNG, b"one", b"other")
    assert found.note == "Pillow, which reads figures, is not installed here"


def test_where_pixels_differ_is_told_with_both_corners() -> None:
    assert pixel_words(1, (3, 2, 4, 3)) == "1 pixel differs, at (3, 2)"
    assert pixel_words(1200, (3, 2, 14, 13)) == "1,200 pixels differ, from (3, 2) to (13, 12)"
