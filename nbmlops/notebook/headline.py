"""How an unnamed cell is called."""

from __future__ import annotations

from nbmlops.notebook.labels import strip_commands, strip_label

_LONGEST = 40


def headline(source: str) -> str:
    r"""The first line of code of a cell, cut to 40 characters.

    >>> headline("# read it\nrows = open_it()")
    'rows = open_it()'
    >>> headline("%mlops restore train@1 --values")
    '%mlops restore train@1 --values'
    """
    code = strip_label(source)
    lines = [*strip_commands(code).splitlines(), *code.splitlines()]
    told = (text.strip() for text in lines if text.strip() and not text.strip().startswith("#"))
    text = next(told, "an empty cell")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
