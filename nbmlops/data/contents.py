"""The bytes of files: read for their digest, and laid down from the store, a block at a time."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from nbmlops.errors import StoreCorruptError
from nbmlops.store.objects.base import ObjectStore

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are done."""

_BLOCK = 4 * 2**20


class Reading:
    """Counts the bytes that were read, in any thread; the one that made it tells who waits.

    Args:
        total: how many there are.
        observe: told after each block.
    """

    def __init__(self, total: int, observe: Progress) -> None:
        self._total = total
        self._observe = observe
        self._done = 0
        self._lock = threading.Lock()
        self._owner = threading.get_ident()

    def add(self, count: int) -> None:
        """Take note of a block."""
        with self._lock:
            self._done += count
        if threading.get_ident() == self._owner:
            self._observe(min(self._done, self._total), self._total)

    def digest(self, path: Path) -> str:
        """The SHA-256 of a file's content.

        Raises:
            OSError: it cannot be read.
        """
        digest = hashlib.sha256()
        buffer = bytearray(_BLOCK)
        view = memoryview(buffer)
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                digest.update(view[:count])
                self.add(count)
        return digest.hexdigest()


def silent(done: int, total: int) -> None:
    """Nobody waits."""
    del done, total


def size_of(path: Path) -> int:
    """The bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def lay_down(objects: ObjectStore, key: str, path: Path, reading: Reading) -> None:
    """Write an object into a file that is not there yet; one that is large is never in memory.

    Raises:
        StoreError: the object is gone or damaged.
        OSError: the file cannot be written.
    """
    content = objects.open_buffer(key)
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        for start in range(0, content.nbytes, _BLOCK):
            block = content[start : start + _BLOCK]
            digest.update(block)
            file.write(block)
            reading.add(block.nbytes)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != key:
        raise StoreCorruptError(
            f"The object {key} is damaged.", cure="Look at the whole store: nbmlops fsck."
        )
