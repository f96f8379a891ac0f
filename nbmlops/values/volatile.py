"""Memory that its owner may write to while it is being read."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import xxhash

from nbmlops.errors import NotStorableError
from nbmlops.values.digests import digest_buffer
from nbmlops.values.kinds import package_of

_BLOCK = 2**20

CHANGED = "it changed while it was being stored"
REMOVED = "what was stored of it was removed meanwhile"

_Read = TypeVar("_Read")


class _MovedError(Exception):
    """What is being read has been copied, and is to be read there, from the start."""


class VolatileMemory:
    """A buffer as it is now, to be read later.

    Its bytes are not copied, unless by `own`: a digest, taken at memory speed, tells when it is
    read whether it is still what it was. ``digest`` is equal for equal content, within this
    process.

    Args:
        view: contiguous memory.
    """

    def __init__(self, view: memoryview) -> None:
        self.view = view.cast("B")
        self.size = view.nbytes
        self.digest = digest_buffer(self.view) + self.size.to_bytes(8, "big")
        self._read = threading.Lock()
        self._target: memoryview | None = None

    @property
    def is_frozen(self) -> bool:
        """Whether nobody can write to it, as it is that of a bytes object or of Arrow."""
        owner = type(self.view.obj)
        return owner is bytes or package_of(owner) == "pyarrow"

    @property
    def is_watched(self) -> bool:
        """Whether somebody is told when its owner goes, which must not go later for our sake."""
        return self._target is None and weakref.getweakrefcount(self.view.obj) > 0

    @property
    def is_lent(self) -> bool:
        """Whether it is still the memory of its owner."""
        return self._target is None

    def own(self, room: memoryview) -> None:
        """Copy it: its owner may write to it from now on, and resize it.

        Whoever reads it in another thread begins again.

        Args:
            room: of its size, which is its own from now on.
        """
        room[:] = self.view
        self._move(room)

    def let_go(self) -> None:
        """It is not to be read any more, as its content is stored already."""
        self._move(memoryview(b""))

    def _move(self, target: memoryview) -> None:
        self._target = target
        with self._read:
            self.view = target

    def read(self, reader: Callable[[], _Read]) -> _Read:
        """What a reader of ``view`` and `blocks` returns; it is called again where they move."""
        while True:
            # what is raised refers to the memory: it must be gone before the lock is
            with self._read, suppress(_MovedError):
                return reader()

    def blocks(self) -> Iterator[memoryview]:
        """The content in blocks of private memory, each to be used before the next.

        Raises:
            NotStorableError: it is not what it was; said after the last block, so that all of
                what came before is worthless.
        """
        view, is_own = self.view, self.view is self._target
        if is_own and view.nbytes < self.size:
            raise NotStorableError(REMOVED)
        private = memoryview(bytearray(0 if is_own else min(_BLOCK, self.size)))
        hasher = xxhash.xxh3_128()
        for start in range(0, self.size, _BLOCK):
            if self._target is not None and self._target is not view:
                raise _MovedError
            block = part = view[start : start + _BLOCK]
            if not is_own:
                block = private[: len(part)]
                block[:] = part
            hasher.update(block)
            yield block
        if not self.digest.startswith(hasher.digest()):
            raise NotStorableError(CHANGED)
