"""The words of a ``%mlops`` line, as a shell would read them."""

from __future__ import annotations

import re
import shlex

from nbmlops.errors import UsageError

_HASH = re.compile(r"(?<!\S)#")


def words_of(line: str) -> list[str]:
    """The words of a line, up to a comment.

    A ``#`` begins a comment only where a word begins: ``flights#3`` is a run.

    >>> words_of("show flights#3 # the last one")
    ['show', 'flights#3']

    Raises:
        UsageError: a quote is not closed, or the line ends in a backslash.
    """
    text = _without_comment(line)
    words = _split(text)
    if words is not None:
        return words
    opened = _open_quote(text)
    if opened is None:
        raise UsageError("The line ends in a backslash.", cure="Write two, or take it away.")
    quoted = text[opened + 1 :].split(maxsplit=1)
    place = f"before {quoted[0]!r}" if quoted else "at the end of the line"
    raise UsageError(f"The quote {place} is not closed.", cure="Close it; nothing was done.")


def _without_comment(line: str) -> str:
    for found in _HASH.finditer(line):
        if _split(line[: found.start()]) is not None:
            return line[: found.start()]
    return line


def _open_quote(text: str) -> int | None:
    """Where the quote is that stays open: no text that ends behind it can be split."""
    return next(
        (
            at
            for at in reversed(range(len(text)))
            if text[at] in "'\"" and _split(text[:at]) is not None
        ),
        None,
    )


def _split(text: str) -> list[str] | None:
    try:
        return shlex.split(text)
    except ValueError:
        return None
