"""What a text of SQL does, by its first words."""

from __future__ import annotations

import re

_COMMENTS = re.compile(r"\s*(?:(?:--|#)[^\n]*(?:\n|$)|/\*.*?\*/)", re.DOTALL)
_ASKING = re.compile(
    r"\s*(describe|explain|from|select|show|summarize|table|values|with)\b", re.IGNORECASE
)
_CHANGING = re.compile(r"\b(delete|insert|into|merge|update)\b", re.IGNORECASE)
_MAGIC = re.compile(r"\s*%*sql\b")
_ASSIGNED = re.compile(r"\s*\w+\s*=?\s*<<")
_KEEPING = re.compile(r"(?<!\S)(?:--(?:alias|append|close|persist|save)|-[ASpx])(?!\w)")
_OPTION = re.compile(r"\s*--?[\w-]+(?:[ =](?!(?i:select|with|from)\b)[^\s-]\S*)?")


def only_asks(text: str) -> bool:
    """Whether statements ask, and change nothing in their database."""
    return all(map(_asks, text.split(";")))


def magic_only_asks(text: str) -> bool:
    """Whether a cell of ``%%sql``, or a line of ``%sql``, leaves nothing that later ones find.

    A connection, a table, or the text of a query that is kept for others would be found.

    Args:
        text: all of it, or what stands behind the name of the magic.
    """
    header, _, body = _MAGIC.sub("", text, count=1).partition("\n")
    if _KEEPING.search(header):
        return False
    header = _ASSIGNED.sub("", header, count=1)
    while found := _OPTION.match(header):
        header = header[found.end() :]
    header = _ASSIGNED.sub("", header, count=1)
    query = f"{header}\n{body}"
    return bool(_without_comments(query)) and only_asks(query)


def _without_comments(text: str) -> str:
    while found := _COMMENTS.match(text):
        text = text[found.end() :]
    return text.strip()


def _asks(statement: str) -> bool:
    text = _without_comments(statement)
    return not text or (_ASKING.match(text) is not None and _CHANGING.search(text) is None)
