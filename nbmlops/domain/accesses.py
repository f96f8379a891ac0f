"""What a cell read or wrote outside of the namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KEYED = "secret:"
"""What the digest of a secret begins with, which nobody makes without the user's key."""

SQLITE = "sqlite"
"""The detail of a database that is a file of SQLite's, by whose path it is named."""

AS_FOUND = "sqlite, as it was found "
"""What stands before the digest of a database's content that a cell wrote anew, and left equal."""

NOT_SET = "not set"
"""The detail of an environment variable that was asked for, and that there was not."""

SET_ORDER = "order of sets of texts"
"""The fact of a process on which a result hangs that the order of a set may have reached."""

SHOWS_FILES = "shows files"
"""The detail of a program that asked for nothing but files and folders, which are recorded."""

AccessMode = Literal["read", "write", "delete"]
ExternalKind = Literal[
    "variable",
    "environment",
    "secret",
    "url",
    "database",
    "process",
    "directory",
    "folder",
    "listing",
    "path",
    "link",
    "execution",
    "thread",
    "state",
    "clock",
    "chance",
    "machine",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAccess:
    """One file that a cell read or wrote.

    ``path`` is relative to the project where it lies inside, absolute elsewhere; ``digest`` is
    the SHA-256 of the content (before the cell for a read, after it for a write), ``None`` where
    it was not taken; ``size`` is in bytes; ``known_by`` says how it was seen: ``open`` (an audit
    event), ``watch`` (the file system told), ``argument`` (named in the code,
    and changed, or perhaps read where nothing else tells).
    """

    path: str
    mode: AccessMode
    digest: str | None = None
    size: int | None = None
    known_by: Literal["open", "watch", "argument"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalAccess:
    """Something else outside: an environment variable, a URL, a database, a process.

    A ``variable`` is one of the environment that something read for the cell, or that the cell
    names to read it (``*`` where all of them were looked at), ``environment`` one that it set,
    changed or removed. A ``secret`` is named by its place: ``env:NAME``,
    ``keyring:SERVICE/NAME`` or ``file:PATH``, a path as in `FileAccess`.

    An ``execution`` is one whose values were put back into the kernel, by its number. A ``thread``
    is one, or a task, that changed values after the cell that had started it, by the number of
    that execution. A ``state`` is something in the process that no name of the notebook holds, and
    that the cell changed: a setting, a hook, an attribute of a module.

    A ``clock`` or ``chance`` is a function that gives something new each time, and that the cell
    reaches through a value and not by what its code says. A ``machine`` is a fact about machine or
    process that its code asks for: the host name, the time zone, the commit that is checked out;
    and by which seed the process hashes texts, where the order of a set may reach its results.

    A ``directory`` is the one that the cell changed to, a ``folder`` one that it made or found
    made.

    A ``listing`` is the names that it found in a folder, a tree of folders or by a pattern, as
    `Listing` writes them. A ``path`` is one of which it asked whether it is there, with its size,
    times, mode and owner where it asked for these, or set them. A ``link`` is one to a folder
    through which something was found, or a path of which it asked where it leads. What files that
    were read tell is not told again.

    ``detail`` never holds a credential: of a variable its value's digest, of a secret
    one that needs the user's key (``secret:`` before it), of a URL host and path,
    of a process nothing but whether it only showed or copied files and folders, which are recorded.
    """

    kind: ExternalKind
    name: str
    detail: str = ""
