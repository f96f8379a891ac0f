"""Where fork servers listen: sockets in a folder that only this user can enter."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir

_LONGEST_SOCKET = 100
"""Characters; a Unix socket's path may have 107."""


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """The files of one fork server.

    Args:
        socket: where it listens.
    """

    socket: Path

    @property
    def lock(self) -> Path:
        """Held by the server for as long as it lives, so that there is one."""
        return self.socket.with_suffix(".lock")

    @property
    def log(self) -> Path:
        """What went wrong in it."""
        return self.socket.with_suffix(".log")

    def is_taken(self) -> bool:
        """Whether a server lives there, or is about to."""
        with self._locked() as free:
            return not free

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Take the place while the context is open, unless another process has it."""
        with self._locked() as free:
            yield free

    def clear(self) -> None:
        """Remove the files of a server that has ended."""
        for path in (self.socket, self.log, self.lock):
            with suppress(OSError):
                path.unlink()

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        import fcntl

        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            # a lock on a file that was removed meanwhile keeps nobody out
            yield self._is_file(descriptor)
        finally:
            os.close(descriptor)

    def _is_file(self, descriptor: int) -> bool:
        with suppress(OSError):
            return os.path.samestat(os.fstat(descriptor), self.lock.stat())
        return False


def folder() -> Path | None:
    """The folder of this user's servers; ``None`` where others could enter it."""
    path = Path(jupyter_runtime_dir()) / "nbmlops"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError:
        return None
    private = found.st_uid == os.getuid() and not found.st_mode & 0o077
    return path if stat.S_ISDIR(found.st_mode) and private else None


def place(key: str) -> ServerPlace | None:
    """Where the server of that key listens; ``None`` where none can."""
    parent = folder()
    if parent is None or len(str(parent)) + len(key) + len("/.sock") > _LONGEST_SOCKET:
        return None
    return ServerPlace(parent / f"{key}.sock")


def places() -> list[ServerPlace]:
    """Where servers of this user listen, or did."""
    parent = folder()
    return [ServerPlace(path) for path in sorted(parent.glob("*.sock"))] if parent else []
