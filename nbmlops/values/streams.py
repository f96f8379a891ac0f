"""A long pickle stream that waits to be kept, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Packer:
    """How bytes are made smaller for as long as they wait.

    Args:
        pack: makes them smaller.
        unpack: its inverse.
    """

    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Any]


class PackedStream:
    """A pickle stream in blocks, each of which ends where a pickle does.

    No name and no text of the value is in two of them: what is looked for in the stream is in one
    of its blocks, or nowhere.

    Args:
        packer: makes the blocks smaller.
    """

    def __init__(self, packer: Packer) -> None:
        self._packer = packer
        self._packed: list[bytes] = []
        self._size = 0

    def add(self, block: bytes) -> None:
        """Take what comes next."""
        self._packed.append(self._packer.pack(block))
        self._size += len(block)

    def __len__(self) -> int:
        """Bytes of the stream as it is."""
        return self._size

    def blocks(self) -> Iterator[memoryview]:
        """The stream as it is, block by block."""
        return (memoryview(self._packer.unpack(block)) for block in self._packed)


def blocks_of(stream: bytes | PackedStream) -> Iterator[bytes | memoryview]:
    """A stream as it is, block by block."""
    return iter((stream,)) if isinstance(stream, bytes) else stream.blocks()
