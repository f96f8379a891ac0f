"""Memory that its owner may write to while it is being read."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Final

import xxhash

from nbmlops.errors import NotStorableError
from nbmlops.values.kinds import package_of

_BLOCK = 2**20
_SEED: Final = secrets.randbits(64)
"""Known to nobody, so that nobody can make two contents of one digest."""

CHANGED = "it changed while it was being stored"


class VolatileMemory:
    """A buffer as it is now, to be read later.

    Its bytes are not copied: a digest, taken at memory speed, tells when it is read whether it
    is still what it was. ``digest`` is equal for equal content, within this process.

    Args:
        view: contiguous memory.
    """

    def __init__(self, view: memoryview) -> None:
        self.view = view.cast("B")
        self.size = view.nbytes
        self.digest = xxhash.xxh3_128_digest(self.view, seed=_SEED) + self.size.to_bytes(8, "big")

    @property
    def is_frozen(self) -> bool:
        """Whether nobody can write to it, as it is that of a bytes object or of Arrow."""
        owner = type(self.view.obj)
        return owner is bytes or package_of(owner) == "pyarrow"

    def blocks(self) -> Iterator[memoryview]:
        """The content in blocks of private memory, each to be used before the next.

        Raises:
            NotStorableError: it is not what it was; said after the last block, so that all of
                what came before is worthless.
        """
        private = memoryview(bytearray(min(_BLOCK, self.size)))
        hasher = xxhash.xxh3_128(seed=_SEED)
        for start in range(0, self.size, _BLOCK):
            part = self.view[start : start + _BLOCK]
            block = private[: len(part)]
            block[:] = part
            hasher.update(block)
            yield block
        if not self.digest.startswith(hasher.digest()):
            raise NotStorableError(CHANGED)
