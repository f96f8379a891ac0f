"""What Python tells of files, processes and the network while a cell runs.

An audit hook cannot be removed, so that a process has one, with a switch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from nbmlops.capture import looks
from nbmlops.capture.looks import Looks
from nbmlops.capture.shells import Shells
from nbmlops.config import STORE
from nbmlops.values.secrets import TAKEN

STORED = "nbmlops.stored"
"""An event of our own: the cell asks for a value of the history, by a name that may move."""

Deed = Literal["read", "write", "delete"]

_MOST = 20_000
"""Different accesses of one cell that are kept; beyond it the log says that it is not complete."""

_OTHER: dict[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]] = {
    STORED: lambda arguments: arguments[:1],
    TAKEN: lambda arguments: arguments[:1],
    "http.client.send": lambda arguments: (arguments[0].host,),  # over a connection kept open, too
    "os.forkpty": lambda _: (),
    "os.system": lambda arguments: arguments[:1],
    "socket.connect": lambda arguments: arguments[1:2],
    "socket.getaddrinfo": lambda arguments: arguments[:1],
    "sqlite3.connect": lambda arguments: arguments[:1],
    "subprocess.Popen": lambda arguments: arguments[:2],
    "urllib.Request": lambda arguments: arguments[:1],
}
"""Other events that are kept, with what is of their arguments: not what is sent, no live object."""

_LOGGING = "logging"
"""Whose files are added to for a reader, and not for the notebook."""

_LARGEST_COPY = 16 * 1024 * 1024
"""Bytes of a database of SQLite's that is copied as a cell connects to it."""

_LOGS = ("-journal", "-wal")
"""Files beside a database that hold what is not in it yet, or not any more."""

_COMPILED = f"{os.sep}__pycache__{os.sep}"
_IN_STORE = f"{os.sep}{STORE}{os.sep}"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells a file's content from another without reading it; times in nanoseconds."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


@dataclass(frozen=True, slots=True)
class DatabaseCopy:
    """A file of SQLite's as it was at one moment."""

    stamp: FileStamp
    content: bytes


@dataclass(slots=True)
class Touched:
    """What was done to one path, in order, and the file's stamp before it."""

    before: FileStamp | None
    deeds: list[Deed] = field(default_factory=list)


@dataclass(slots=True)
class AuditLog:
    """What was seen while the switch was on; paths are absolute."""

    files: dict[str, Touched] = field(default_factory=dict)
    events: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    looks: Looks = field(default_factory=Looks)
    shells: Shells = field(default_factory=Shells)
    databases: dict[str, DatabaseCopy | None] = field(default_factory=dict)
    complete: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing was seen, and nothing missed."""
        looks = self.looks
        seen = self.files or self.events or self.databases or self.shells.have_shown
        return self.complete and looks.complete and not (seen or looks.are_any or looks.temporary)

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one event."""
        if event == "open":
            self._open(*arguments)
        elif event in _LOOKS:
            _LOOKS[event](self, arguments)
        elif event in _FILE_EVENTS:
            _FILE_EVENTS[event](self, arguments)
        elif event in _OTHER and not self.shells.takes(
            event, arguments, self.looks, len(self.files)
        ):
            self._keep(event, _OTHER[event](arguments))
            for path in self.shells.adds_to:
                self.touch(path, "read")
                self.touch(path, "write")

    def absorb(self, other: AuditLog) -> None:
        """Take what another process did meanwhile, behind what this one has done."""
        for path, touched in other.files.items():
            own = self.files.setdefault(path, Touched(touched.before))
            own.deeds += touched.deeds
        self.events += other.events
        self.looks.absorb(other.looks)
        self.complete = self.complete and other.complete

    def touch(self, path: Any, deed: Deed) -> None:
        """Something is about to be done to a path."""
        if isinstance(path, int):
            return  # a descriptor: it was opened before
        name = os.path.abspath(os.fsdecode(path))
        touched = self.files.get(name)
        if touched is None:
            if len(self.files) >= _MOST:
                self.complete = False
                return
            touched = self.files[name] = Touched(stamp(name))
            if touched.before is None and deed == "read":
                self.looks.ask(name, "path", to_read=True)
        if not touched.deeds or touched.deeds[-1] != deed:
            touched.deeds.append(deed)

    def ask(self, path: Any, fact: str) -> None:
        """A path is about to be asked of; what the cell has made of it itself tells nothing."""
        touched = None
        if self.files and not isinstance(path, int):
            touched = self.files.get(os.path.abspath(os.fsdecode(path)))
        if touched is None or not {"write", "delete"}.intersection(touched.deeds):
            self.looks.ask(path, fact)

    def _listed(self, arguments: tuple[Any, ...]) -> None:
        self.looks.listed(arguments[0], len(self.files))

    def _globbed(self, arguments: tuple[Any, ...]) -> None:
        pattern, deep, folder, relative_to = arguments
        if relative_to is None:
            self.looks.matched(pattern, folder, len(self.files), deep=bool(deep))

    def _searched(self, arguments: tuple[Any, ...]) -> None:
        folder, pattern = arguments
        self.looks.matched(pattern, folder, len(self.files), deep=True)

    def _searched_deep(self, arguments: tuple[Any, ...]) -> None:
        folder, pattern = arguments
        below = os.path.join("**", os.fsdecode(pattern))
        self.looks.matched(below, folder, len(self.files), deep=True)

    def _made(self, arguments: tuple[Any, ...]) -> None:
        self._keep("os.mkdir", _folder(*arguments))
        for folder in _folder(*arguments):
            self.looks.makes(folder)

    def _cleared(self, arguments: tuple[Any, ...]) -> None:
        self.looks.cleared.add(os.path.abspath(os.fsdecode(arguments[0])))

    def _lent(self, arguments: tuple[Any, ...]) -> None:
        self.looks.temporary.add(os.path.abspath(os.fsdecode(arguments[0])))

    def _moved(self, _arguments: tuple[Any, ...]) -> None:
        self.looks.forget_names()

    def _mode_changed(self, arguments: tuple[Any, ...]) -> None:
        self.looks.changes_mode(arguments[0])

    def _open(self, path: Any, _mode: Any, flags: int) -> None:
        writes = flags & _WRITING
        if not writes and type(path) is str and path.endswith(".pyc") and _COMPILED in path:
            return  # an import reads hundreds of them, and none is the user's
        adds = flags & os.O_APPEND and not looks.is_asked_by(_LOGGING)
        if not writes or adds or (flags & os.O_RDWR and not flags & os.O_TRUNC):
            self.touch(path, "read")
        if writes:
            self.touch(path, "write")

    def _rename(self, arguments: tuple[Any, ...]) -> None:
        source, target, *folders = arguments
        if not _relative_to_descriptor(folders):
            self.touch(source, "delete")
            self.touch(target, "write")

    def _remove(self, arguments: tuple[Any, ...]) -> None:
        path, *folders = arguments
        if not _relative_to_descriptor(folders):
            self.touch(path, "delete")

    def _truncate(self, arguments: tuple[Any, ...]) -> None:
        self.touch(arguments[0], "write")

    def _link(self, arguments: tuple[Any, ...]) -> None:
        self.touch(arguments[1], "write")

    def _keep(self, event: str, arguments: tuple[Any, ...]) -> None:
        path = sqlite_path(arguments[0]) if event == "sqlite3.connect" else None
        if path is not None:
            self.touch(path, "read")
            self.touch(f"{path}-wal", "read")  # what others have committed may still be there
            if path not in self.databases and _IN_STORE not in path:
                self.databases[path] = copy_of(path)
        if self.events[-1:] == [(event, arguments)]:
            return
        if len(self.events) < _MOST:
            self.events.append((event, arguments))
        else:
            self.complete = False


_FILE_EVENTS = {
    "os.rename": AuditLog._rename,  # noqa: SLF001 (the table is part of the class)
    "os.remove": AuditLog._remove,  # noqa: SLF001
    "os.truncate": AuditLog._truncate,  # noqa: SLF001
    "os.link": AuditLog._link,  # noqa: SLF001
    "os.symlink": AuditLog._link,  # noqa: SLF001
}

_LOOKS = {
    "glob.glob/2": AuditLog._globbed,  # noqa: SLF001
    "os.chdir": AuditLog._moved,  # noqa: SLF001
    "os.chmod": AuditLog._mode_changed,  # noqa: SLF001
    "os.chown": AuditLog._mode_changed,  # noqa: SLF001
    "os.listdir": AuditLog._listed,  # noqa: SLF001
    "os.mkdir": AuditLog._made,  # noqa: SLF001
    "os.scandir": AuditLog._listed,  # noqa: SLF001
    "pathlib.Path.glob": AuditLog._searched,  # noqa: SLF001
    "pathlib.Path.rglob": AuditLog._searched_deep,  # noqa: SLF001
    "shutil.rmtree": AuditLog._cleared,  # noqa: SLF001
    "tempfile.mkdtemp": AuditLog._lent,  # noqa: SLF001
    "tempfile.mkstemp": AuditLog._lent,  # noqa: SLF001
}


def _folder(path: Any, _mode: Any, relative_to: int) -> tuple[str, ...]:
    """A folder that is about to be made, as the working directory is now."""
    return () if relative_to != -1 else (os.path.abspath(os.fsdecode(path)),)


class _Switch:
    """Where the process's hook writes; ``None`` while nothing is recorded."""

    log: AuditLog | None = None
    installed = False


def start() -> AuditLog:
    """Listen from now on."""
    if not _Switch.installed:
        _Switch.installed = True
        sys.addaudithook(_hook)
        looks.listen(_asked)
    _Switch.log = AuditLog()
    return _Switch.log


def stop() -> None:
    """Listen no more."""
    _Switch.log = None


@contextmanager
def elsewhere() -> Iterator[AuditLog]:
    """While another process works for this one: what it does is put into the log that is yielded.

    What this process does meanwhile, to start and follow it, is not listened to.
    """
    listening, _Switch.log = _Switch.log, None
    found = AuditLog()
    try:
        yield found
    finally:
        if listening is not None:
            listening.absorb(found)
        _Switch.log = listening


def stamp(path: str) -> FileStamp | None:
    """The stamp of a file; ``None`` where there is none, or where it is no regular file."""
    try:
        return stamp_of(os.stat(path))
    except (OSError, ValueError):
        return None


def stamp_of(found: os.stat_result) -> FileStamp | None:
    """The stamp of a file that has this status; ``None`` where it is no regular file."""
    if not _is_regular(found.st_mode):
        return None
    return FileStamp(
        found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    )


def sqlite_path(database: Any) -> str | None:
    """The file that an SQLite database is in; ``None`` for one in memory."""
    try:
        name = os.fsdecode(database)
    except TypeError:
        return None
    if name.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(name)
        name = unquote(parts.path) if "mode=memory" not in parts.query else ""
    return os.path.abspath(name) if name and name != ":memory:" else None


def copy_of(path: str) -> DatabaseCopy | None:
    """A database with all that was committed; ``None`` where it has logs, or is large."""
    at = stamp(path)
    if at is None or at.size > _LARGEST_COPY or any(stamp(path + end) for end in _LOGS):
        return None
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    return DatabaseCopy(at, content) if content and stamp(path) == at else None


def _is_regular(mode: int) -> bool:
    return mode & 0o170000 == 0o100000  # noqa: PLR2004 (S_IFMT, S_IFREG)


def _relative_to_descriptor(folders: list[Any]) -> bool:
    return any(isinstance(folder, int) and folder != -1 for folder in folders)


_HEARD = frozenset(["open", *_LOOKS, *_FILE_EVENTS, *_OTHER])


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _HEARD:  # as nearly all are: an import raises tens of thousands
        return
    log = _Switch.log
    if log is None:
        return
    try:
        log.note(event, arguments)
    except Exception:  # noqa: BLE001 (an error here would be raised in the user's cell)
        log.complete = False


def _asked(path: Any, fact: str) -> None:
    log = _Switch.log
    if log is None:
        return
    try:
        caller = sys._getframe(2).f_code  # noqa: SLF001 (who asks)
        if not log.looks.is_known(path, fact, caller):
            log.ask(path, fact)
    except Exception:  # noqa: BLE001 (an error here would be raised in the user's cell)
        log.complete = False
