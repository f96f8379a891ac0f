"""How an unnamed cell is called."""

from __future__ import annotations

from nbmlops.notebook.labels import strip_commands, strip_label

_LONGEST = 40


def headline(source: str) -> str:
    r"""The first line of code of a cell, cut to 40 characters.

    >>> headline("# read it\nrows = open_it()")
    'rows = open_it()'
    """
    lines = [text.strip() for text in strip_commands(strip_label(source)).splitlines()]
    told = [text for text in lines if text and not text.startswith("#")]
    text = next(iter(told), "an empty cell")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
