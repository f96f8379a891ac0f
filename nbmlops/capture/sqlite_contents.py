"""What is in a database of SQLite's, whatever its pages are: equal for equal tables.

Whoever writes the same rows anew leaves another file: free pages, counters of changes.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress

from nbmlops.capture.auditing import DatabaseCopy, FileStamp, copy_of, stamp

_DIGITS = 32
_ROWS = 1000


class SqliteContents:
    """Tells which databases a cell has written, and left with the content that they had."""

    def __init__(self) -> None:
        self._known: dict[FileStamp, str] = {}
        self._before: dict[str, FileStamp | None] = {}

    def begin(self, paths: Collection[str]) -> None:
        """A cell begins that may write these databases by connections which are open."""
        self._before = {path: stamp(path) for path in paths}

    def left_as_found(self, copies: Mapping[str, DatabaseCopy | None]) -> dict[str, str]:
        """The databases that are written anew with an equal content: path → its digest.

        Args:
            copies: those to which the cell has connected, at that moment.
        """
        found: dict[str, str] = {}
        befores = {path: copy.stamp for path, copy in copies.items() if copy is not None}
        for path, before in {**befores, **self._before}.items():
            after = stamp(path)
            if before is None or after in (None, before):
                continue
            content = self._of(path, after)
            if content is not None and content == self._then(before, copies.get(path)):
                found[path] = content
        return found

    def _then(self, at: FileStamp, copy: DatabaseCopy | None) -> str | None:
        if at not in self._known and copy is not None and copy.stamp == at:
            content = digest_of(copy.content)
            if content is not None:
                self._known[at] = content
        return self._known.get(at)

    def _of(self, path: str, at: FileStamp | None) -> str | None:
        if at is None:
            return None
        if at not in self._known:
            content = content_now(path)
            if content is None or stamp(path) != at:
                return None
            self._known[at] = content
        return self._known[at]


def content_now(path: str) -> str | None:
    """The digest of what is in a database; ``None`` where that cannot be told."""
    copy = copy_of(path)
    return digest_of(copy.content) if copy is not None else None


def digest_of(content: bytes) -> str | None:
    """The digest of the tables in the bytes of a database; ``None`` where these are none.

    Order and numbers of rows count, as a query may show them.
    """
    told = hashlib.sha256()
    with suppress(sqlite3.Error, ValueError), closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content)
        for line in _told(database):
            told.update(line.encode("utf-8", "surrogatepass"))
        return told.hexdigest()[:_DIGITS]
    return None


def _told(database: sqlite3.Connection) -> Iterator[str]:
    for setting in ("application_id", "encoding", "user_version"):
        yield repr(database.execute(f"pragma {setting}").fetchall())
    schema = database.execute(
        "select type, name, tbl_name, sql from sqlite_master order by type, name"
    ).fetchall()
    yield repr(schema)
    tables = [
        (name, sql or "")
        for kind, name, _, sql in schema
        if kind == "table" and not (sql or "").lower().startswith("create virtual")
    ]
    for name, sql in tables:
        quoted = '"' + name.replace('"', '""') + '"'
        number = "" if "without rowid" in sql.lower() else "rowid, "
        rows = database.execute(f"select {number}* from {quoted}")  # noqa: S608 (a name of its own)
        yield name
        while some := rows.fetchmany(_ROWS):
            yield repr(some)
