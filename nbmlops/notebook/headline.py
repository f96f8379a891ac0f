"""How an unnamed cell is called."""

from __future__ import annotations

from nbmlops.notebook.labels import strip_commands, strip_label

_LONGEST = 40


def headline(source: str) -> str:
    r"""The first line of code of a cell, cut to 40 characters; without any, its comment.

    >>> headline("# read it\nrows = open_it()")
    'rows = open_it()'
    >>> headline("%mlops restore train@1 --values")
    '%mlops restore train@1 --values'
    >>> headline("# a thread of @3 went on")
    'a thread of @3 went on'
    """
    code = strip_label(source)
    lines = [*strip_commands(code).splitlines(), *code.splitlines()]
    told = [text.strip() for text in lines if text.strip()]
    commented = (text.lstrip("# ") for text in told if text.strip("# "))
    first = (text for text in told if not text.startswith("#"))
    text = next(first, next(commented, "an empty cell"))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
