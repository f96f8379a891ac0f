"""What a cell read or wrote outside of the namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AccessMode = Literal["read", "write", "delete"]
ExternalKind = Literal[
    "variable",
    "url",
    "database",
    "process",
    "directory",
    "folder",
    "execution",
    "thread",
    "state",
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

    An ``execution`` is one whose values were put back into the kernel, by its number. A ``thread``
    is one, or a task, that changed values after the cell that had started it, by the number of
    that execution. A ``state`` is something in the process that no name of the notebook holds, and
    that the cell changed: a setting, a hook, an attribute of a module.

    A ``directory`` is the one that the cell changed to, a ``folder`` one that it made or found
    made.

    ``detail`` never holds a credential: of a variable its value's digest, of a URL host and path,
    of a process its command name.
    """

    kind: ExternalKind
    name: str
    detail: str = ""
