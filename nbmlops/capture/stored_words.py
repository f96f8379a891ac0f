"""Words in files that are neither text nor tables of Arrow: pickles, and databases of SQLite."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

PICKLES = frozenset([".joblib", ".pickle", ".pkl"])

_HEADER = b"SQLite format 3\0"
_BETWEEN = (b"", b"\0\0\0", b"\\u0000" * 3)
"""What is behind each letter: in columns nothing, in arrays of numpy's the rest of its four bytes.
"""

_NO_TEXT = rb"A-Za-z ,.'\"-"


def is_sqlite(path: Path) -> bool:
    """Whether a file is a database of SQLite."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def pattern_in_pickles(words: Collection[str]) -> re.Pattern[bytes]:
    """What finds words that are all of a text in a pickle, of any protocol.

    - as a text of its own, which stands behind its length, or in protocol 0 on a line;
    - in the memory of an array or column, in which one text follows the other: where neither
      letters nor what stands between the words of a sentence are beside it.
    """
    alone = [
        b"|".join((
            re.escape(b"\x8c" + bytes([len(word)]) + word.encode()),
            re.escape(b"X" + len(word).to_bytes(4, "little") + word.encode()),
            rb"V" + word.encode() + rb"\n",
        ))
        for word in words
    ]  # fmt: skip
    inside = [_among_others(words, re.escape(between)) for between in _BETWEEN]
    return re.compile(b"|".join((*alone, *inside)))


def _among_others(words: Collection[str], between: bytes) -> bytes:
    spread = (b"".join(bytes([one]) + between for one in word.encode()) for word in words)
    before = rb"(?<![" + _NO_TEXT + rb"]" + between + rb")"
    return before + rb"(?:" + b"|".join(spread) + rb")+(?=[^" + _NO_TEXT + rb"]|[qr][^A-Za-z]|\Z)"


def in_tables_of_sqlite(path: Path, words: Collection[str]) -> bool:
    """Whether a value of a table is one of these words; what is in the log counts.

    Args:
        path: the database.
        words: in small letters.
    """
    wanted = tuple(words)
    given = ", ".join("?" * len(wanted))
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for column in database.execute(f"pragma table_info({_quoted(table)})").fetchall():
                query = (
                    f"select 1 from {_quoted(table)} where "  # noqa: S608 (quoted)
                    f"lower(trim({_quoted(column[1])})) in ({given}) limit 1"
                )
                if database.execute(query, wanted).fetchone() is not None:
                    return True
    return False


def _quoted(name: Any) -> str:
    return '"' + str(name).replace('"', '""') + '"'
