"""The digests of watched files, those of large ones made beside the scheduler's loop."""

from __future__ import annotations

import os
import queue
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

import xxhash

LARGE = 8 * 2**20
"""Bytes from which on a file is read by the thread: some ten milliseconds of a slow disk."""

_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the directory has it; ``mark`` differs after each write to it."""

    path: Path
    mark: tuple[int, ...]

    @classmethod
    def of(cls, path: Path, found: os.stat_result) -> Entry:
        """The entry that a look at the directory gave."""
        return cls(path, (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.mark[0]

    @property
    def stays(self) -> bool:
        """Whether the directory still has it so."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and Entry.of(self.path, found) == self


class Pending:
    """Stands for a digest that is not there yet."""


PENDING = Pending()


class Digests:
    """Reads files for their digests: small ones at once, large ones in a thread, one by one.

    A scheduler must not stand still while it reads fifty gigabytes. So whoever asks for a large
    file is told that its digest is pending, and asks again.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._known: dict[Path, tuple[Entry, str | Pending | None]] = {}
        self._thread: threading.Thread | None = None

    def of(self, entry: Entry) -> str | Pending | None:
        """The digest of a file; ``None`` where it cannot be read, or changes meanwhile."""
        if entry.size < LARGE:
            return digest(entry)
        known = self._known.get(entry.path)
        if known is None or known[0] != entry:
            self._known[entry.path] = entry, PENDING
            self._asked.put(entry)
            self._start()
            return PENDING
        if known[1] is None:
            del self._known[entry.path]  # it may be readable the next time
        return known[1]

    def _start(self) -> None:
        if self._thread is None:
            # A daemon: a scheduler that is stopped does not wait for a file to be read.
            self._thread = threading.Thread(target=self._read, name="nbmlops-digests", daemon=True)
            self._thread.start()

    def _read(self) -> None:
        while True:
            entry = self._asked.get()
            if self._known.get(entry.path) == (entry, PENDING):
                self._known[entry.path] = entry, digest(entry)


def digest(entry: Entry) -> str | None:
    """Read a file now; ``None`` where it cannot be read, or changes meanwhile."""
    hasher = xxhash.xxh3_128()
    try:
        with entry.path.open("rb") as file:
            while block := file.read(_BLOCK):
                hasher.update(block)
    except OSError:
        return None
    return hasher.hexdigest() if entry.stays else None
