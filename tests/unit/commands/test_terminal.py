"""A run is followed on standard error."""

from __future__ import annotations

import io
from dataclasses import replace

from nbmlops.commands import terminal
from nbmlops.domain.runs import CellProgress

SUPPORT = CellProgress(cell=1, cells=3, step=None, number=0, steps=2, event="started")
LOAD = CellProgress(cell=2, cells=3, step="load", number=1, steps=2, event="started")
TRAIN = CellProgress(cell=3, cells=3, step="train", number=2, steps=2, event="started")


def test_a_step_is_one_line_and_what_is_cut_short_ends_its_line() -> None:
    stream = io.StringIO()
    with terminal.progress("flights@1", stream) as observe:
        observe(SUPPORT)
        observe(replace(SUPPORT, event="completed"))
        observe(LOAD)
        assert stream.getvalue() == "flights@1 step 1 of 2: load …"
        observe(replace(LOAD, event="completed"))
        observe(TRAIN)
    assert stream.getvalue().splitlines() == [
        "flights@1 step 1 of 2: load … done",
        "flights@1 step 2 of 2: train …",
    ]
    assert stream.getvalue().endswith("\n")


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_a_terminal_shows_a_bar_that_counts_steps() -> None:
    screen = Screen()
    with terminal.progress("flights@1", screen) as observe:
        for event in (SUPPORT, LOAD, TRAIN):
            observe(event)
            observe(replace(event, event="completed"))
    assert "flights@1 train" in screen.getvalue()
    assert "2/2" in screen.getvalue()
