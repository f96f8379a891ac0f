"""Views as text for a terminal; the door to rich."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from nbmlops.commands import wording
from nbmlops.commands.views import (
    Block,
    Code,
    Content,
    Drawing,
    Facts,
    Line,
    Pictures,
    Span,
    Table,
    View,
)
from nbmlops.domain.runs import CellProgress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_STYLES = {
    "plain": "",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "dim",
    "strong": "bold",
}
_BAD = frozenset(["failed", "cancelled"])
"""How a cell ends that is not tried once more."""

_UNBROKEN = (11, 10, 8)
"""Characters up to which a word is not broken where a table is narrow, as far as there is room."""
_BETWEEN = 3
"""Characters between two columns."""

_TEXT_WIDTH = 120
_PIPED_WIDTH = 10_000
"""Characters; no row breaks where another program reads the table."""


def console(stream: IO[str] | None = None, *, width: int = _PIPED_WIDTH) -> Console:
    """A console on a stream; as wide as the terminal, or ``width`` where it is none."""
    from rich.console import Console

    stream = stream or sys.stdout
    is_terminal = stream.isatty()
    return Console(
        file=stream,
        width=None if is_terminal else width,
        highlight=False,
        force_jupyter=False,  # a kernel's answer is displayed as one bundle, not line by line
        force_terminal=is_terminal,  # ipykernel sets FORCE_COLOR for what it runs
    )


def render(view: View, target: Console) -> None:
    """Print a view, an empty line before each block that is more than a line."""
    for number, block in enumerate(view.blocks):
        if number and not isinstance(block, Line):
            target.print()
        _RENDERERS[type(block)](block, target)


def to_text(view: View) -> str:
    """A view as plain text, without colours."""
    lines = ["".join(map(_said, one.spans)) for one in view.blocks if isinstance(one, Line)]
    if len(lines) == len(view.blocks) and all(map(str.isprintable, lines)):
        return "\n".join(lines)  # as of most answers in a cell: rich need not be loaded for them
    stream = io.StringIO()
    render(view, console(stream, width=_TEXT_WIDTH))
    return stream.getvalue().rstrip("\n")


def _said(content: Content) -> str:
    return content.text if isinstance(content, Span) else content


def _text(content: Content) -> Text:
    from rich.text import Text

    if isinstance(content, Span):
        return Text(content.text, style=_STYLES[content.tone])
    return Text(content)


def _line(block: Line, target: Console) -> None:
    from rich.text import Text

    target.print(Text.assemble(*(_text(span) for span in block.spans)), soft_wrap=True)


def _table(block: Table, target: Console) -> None:
    from rich import box
    from rich.table import Table as RichTable

    if block.title:
        target.print(_text(Span(block.title, "strong")))
    grid = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    rows = [[_text(cell) for cell in row] for row in block.rows]
    least = _least_widths([block.columns, *([cell.plain for cell in row] for row in rows)], target)
    for column, width in zip(block.columns, least, strict=True):
        grid.add_column(
            column,
            justify="right" if column in block.right else "left",
            overflow="fold",
            min_width=width,
        )
    for row in rows:
        grid.add_row(*row)
    target.print(grid)


def _least_widths(rows: Sequence[Sequence[str]], target: Console) -> list[int]:
    """How wide the columns must be so that no short word, such as a date, is broken.

    Args:
        rows: the cells, with the heading.
        target: where they are printed; where it is too narrow, fewer words are kept whole.
    """
    longest = [
        max((len(word) for cell in column for word in cell.split()), default=0)
        for column in zip(*rows, strict=True)
    ]
    for unbroken in _UNBROKEN:
        widths = [length if length <= unbroken else 1 for length in longest]
        if sum(widths) + _BETWEEN * (len(widths) - 1) <= target.width:
            return widths
    return [1] * len(longest)


def _facts(block: Facts, target: Console) -> None:
    from rich.table import Table as RichTable

    if block.title:
        target.print(_text(Span(block.title, "strong")))
    grid = RichTable.grid(padding=(0, 2))
    for name, value in block.facts:
        grid.add_row(_text(Span(name, "dim")), _text(value))
    target.print(grid)


def _code(block: Code, target: Console) -> None:
    from rich.syntax import Syntax

    if block.title:
        target.print(_text(Span(block.title, "strong")))
    if target.is_terminal:
        target.print(Syntax(block.text.rstrip("\n"), block.language, theme="ansi_dark"))
    else:
        target.print(block.text.rstrip("\n"), markup=False, soft_wrap=True)


def _drawing(block: Drawing, target: Console) -> None:
    target.print(block.text, markup=False, soft_wrap=True)


def _pictures(block: Pictures, target: Console) -> None:
    target.print(_text(Span(block.title, "strong")))
    for picture in block.pictures:
        target.print(f"  {picture.caption}", markup=False, soft_wrap=True)


_RENDERERS: dict[type[Block], Any] = {
    Line: _line,
    Table: _table,
    Facts: _facts,
    Code: _code,
    Drawing: _drawing,
    Pictures: _pictures,
}


@contextmanager
def progress(
    title: str, stream: IO[str], *, brief: bool = False
) -> Iterator[Callable[[CellProgress], None]]:
    """Show a run step by step: a bar on a terminal, a line per step elsewhere; one if ``brief``.

    On a terminal it says that the run is being prepared (files are copied, a kernel starts) until
    the first cell begins.
    """
    if not stream.isatty():
        with (_one_line if brief else _lines)(title, stream) as write:
            yield write
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console(stream)) as bar:
        task = bar.add_task(f"{title} (preparing)", total=None, count="")
        running: dict[int, str] = {}
        ended = 0

        def observe(event: CellProgress) -> None:
            nonlocal ended
            place, total = wording.reached(event)
            counts = event.step is not None or not event.steps
            if event.event == "started":
                told = f"{event.step or ''}{wording.because(event.reason)}"
                running.update({place: told} if counts else {})
            elif counts:
                running.pop(place, None)
                ended += 1
            names = ", ".join(filter(None, running.values())) or event.step
            name = f"{title} {names}" if names else title
            count = f"{ended}/{total}"
            bar.update(task, description=name, total=total, completed=ended, count=count)

        yield observe


@contextmanager
def _one_line(title: str, stream: IO[str]) -> Iterator[Callable[[CellProgress], None]]:
    """A line for the whole run, which says how the first step ended that did not end well."""
    bad = ""

    def observe(event: CellProgress) -> None:
        nonlocal bad
        if not bad and event.event in _BAD:
            bad = f"{event.step or f'cell {event.cell}'} {event.event}"

    stream.write(f"{title} …")
    stream.flush()
    try:
        yield observe
        stream.write(f" {bad or 'done'}")
    finally:
        stream.write("\n")
        stream.flush()


@contextmanager
def _lines(title: str, stream: IO[str]) -> Iterator[Callable[[CellProgress], None]]:
    """A line per step, begun when the step begins and ended when it ends."""
    begun = ""

    def observe(event: CellProgress) -> None:
        nonlocal begun
        told = wording.progress(title, event)
        if begun and told and not told.startswith(begun):
            stream.write("\n")  # another step begins or ends meanwhile
        stream.write(told.removeprefix(begun))
        begun = told if event.event == "started" else ""
        if told and not begun:
            stream.write("\n")
        stream.flush()

    try:
        yield observe
    finally:
        if begun:
            stream.write("\n")
