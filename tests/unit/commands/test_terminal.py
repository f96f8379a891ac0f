"""A run is followed on standard error."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import pytest
from rich.console import Console

from nbmlops.commands import terminal
from nbmlops.commands.views import Span, View, line, table
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


def test_a_run_of_several_is_one_line_that_says_what_failed() -> None:
    stream = io.StringIO()
    for bad in ("cached", "failed; once more in 5 s", "failed"):
        with terminal.progress(f"flights@1 {bad[:6]}", stream, brief=True) as observe:
            for event in (SUPPORT, LOAD, replace(LOAD, event=bad), TRAIN):
                observe(event)
            observe(replace(TRAIN, event="completed"))
    assert stream.getvalue().splitlines() == [
        "flights@1 cached … done",
        "flights@1 failed … done",
        "flights@1 failed … load failed",
    ]


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


def test_a_terminal_says_that_a_run_is_prepared_until_its_first_cell_begins() -> None:
    """The bar does not stand there empty, with a count of nothing."""
    screen = Screen()
    with terminal.progress("verify train@1", screen) as observe:
        pass
    assert "verify train@1 (preparing)" in screen.getvalue()
    assert "0/?" not in screen.getvalue()
    began = Screen()
    with terminal.progress("verify train@1", began) as observe:
        observe(TRAIN)
        time.sleep(0.2)  # the screen is drawn ten times a second
        before = len(began.getvalue())
        observe(replace(TRAIN, event="completed"))
    assert "preparing" not in began.getvalue()[before:]


def test_a_narrow_table_breaks_no_date_and_leaves_no_column_out() -> None:
    """Long words are broken instead; where nothing fits, all columns are there still."""
    columns = ("execution", "when", "who", "run", "status", "made", "files read")
    cells = ("load@1", "2026-11-01 12:00:00", "tester", "interactive", "ok", "R" * 40, "data.csv")
    for width in (80, 60, 30):
        stream = io.StringIO()
        terminal.render(View(document={}, blocks=(table(columns, [cells]),)), sized(stream, width))
        said = stream.getvalue()
        assert max(map(len, said.splitlines())) <= width
        assert ("2026-11-01" in said) == (width > 30)
        assert said.count("R") == 40


def test_a_title_is_wider_than_its_table_and_shown_as_it_is() -> None:
    stream = io.StringIO()
    views = View(document={}, blocks=(table(("0",), [("1",)], title="First rows of x[red]"),))
    terminal.render(views, sized(stream, 80))
    assert stream.getvalue().splitlines()[0] == "First rows of x[red]"


def sized(stream: io.StringIO, width: int) -> Console:
    """A terminal of that width."""
    return terminal.console(stream, width=width)


@pytest.mark.parametrize("text", ["recorded", "a [b]c[/b] :smile: ", "é ☃ 漢字", "x" * 300, ""])
def test_lines_are_the_same_text_without_rich(text: str) -> None:
    blocks = (line(text), line(Span("and ", tone="good"), text))
    view = View(document={"text": text}, blocks=blocks)
    stream = io.StringIO()
    terminal.render(view, terminal.console(stream, width=120))
    assert terminal.to_text(view) == stream.getvalue().rstrip("\n")
