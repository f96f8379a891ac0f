"""Whether compressing an object pays, and how it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

HEADER = 18
"""The most bytes that a zstd frame's header takes."""

_SMALLEST = 256
_LARGE = 2**20
_SAMPLE = 64 * 2**10
_LEVEL = 3
_QUICK = 1
_SMALL_RATIO = 0.9
_AT_ONCE = 8 * 2**20
"""Bytes that are compressed at once where they lie in one piece: nothing of them is copied."""
_WINDOW_LOG = 19
"""Half a MiB is looked back at, a quarter of what is usual: cells share their memory with it."""
# A large object that stays plain is mapped instead of read: it must shrink a lot to give that up.
_LARGE_RATIO = 0.4


def pays(data: memoryview, size: int) -> bool:
    """Whether so many bytes are worth compressing, judged by a sample of what is there of them."""
    if size < _SMALLEST:
        return False
    sample = _sample(data)
    return len(compress(sample)) <= len(sample) * (_SMALL_RATIO if size < _LARGE else _LARGE_RATIO)


def compress(data: bytes | memoryview, *, level: int = _LEVEL) -> bytes:
    """The bytes as one zstd frame that says how long they are."""
    import zstandard

    packed = zstandard.ZstdCompressor(level=level).compress(data)
    return bytes(memoryview(packed))  # it still has the memory for the worst case, a copy has not


def compress_quickly(data: bytes | memoryview) -> bytes:
    """The same of what only waits in memory."""
    return compress(data, level=_QUICK)


def compressed(blocks: Iterable[memoryview], *, size: int) -> Iterator[bytes]:
    """The same of content that comes in blocks, ``size`` bytes in all; itself in blocks."""
    running = _compressor(size).compressobj(size=size)
    for block in blocks:
        if block.nbytes == size <= _AT_ONCE:
            yield compress(block)
            return
        for start in range(0, block.nbytes, _SAMPLE):
            yield running.compress(block[start : start + _SAMPLE])
    yield running.flush()


def _compressor(size: int) -> Any:
    """One for content that comes in blocks, with little memory for what it looks back at."""
    import zstandard

    usual = zstandard.ZstdCompressionParameters.from_level(_LEVEL, source_size=size)
    narrow = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL, source_size=size, window_log=min(usual.window_log, _WINDOW_LOG)
    )
    return zstandard.ZstdCompressor(compression_params=narrow)


def decompress(packed: bytes) -> bytes | None:
    """The inverse of `compress`; ``None`` where the frame is damaged."""
    import zstandard

    if content_size(packed) is None:
        return None
    try:
        return zstandard.ZstdDecompressor().decompress(packed)
    except (zstandard.ZstdError, MemoryError):
        # A damaged header can ask for any amount of memory.
        return None


def decompressed(blocks: Iterable[memoryview]) -> Iterator[bytes]:
    """The content of a frame that comes in blocks; ends early where the frame is damaged."""
    import zstandard

    running = zstandard.ZstdDecompressor().decompressobj()
    for block in blocks:
        try:
            yield running.decompress(block)
        except (zstandard.ZstdError, MemoryError):
            return


def content_size(header: bytes) -> int | None:
    """The length of the content in bytes, from the frame's first bytes; ``None`` if damaged."""
    import zstandard

    try:
        size = zstandard.frame_content_size(header)
    except zstandard.ZstdError:
        return None
    return size if size >= 0 else None


def _sample(data: memoryview) -> bytes:
    if data.nbytes <= 3 * _SAMPLE:
        return bytes(data)
    starts = (0, (data.nbytes - _SAMPLE) // 2, data.nbytes - _SAMPLE)
    return b"".join(data[start : start + _SAMPLE] for start in starts)
