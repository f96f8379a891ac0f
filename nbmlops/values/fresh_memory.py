"""Memory to copy much into."""

from __future__ import annotations

import mmap
from contextlib import suppress

_LEAST = 4 * 2**20
"""Bytes from which on large pages pay, of which the system takes a few from the start."""


def fresh_memory(size: int) -> memoryview:
    """Memory of so many bytes, all zero, for as long as a part of it is referred to.

    It consists of large pages where the system has some: most of the time that a large copy takes
    goes into getting small ones, one after the other.
    """
    if size < _LEAST or not hasattr(mmap, "MADV_HUGEPAGE"):
        return memoryview(bytearray(size))
    mapped = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # the system was built without
        mapped.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(mapped)
