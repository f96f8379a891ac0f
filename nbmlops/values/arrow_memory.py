"""What lies in the memory of Arrow arrays, read in blocks that fit the cache.

Nothing as large as the array is made: memory that is new to a process costs more than to hash it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pickle import PickleBuffer
from typing import Any

import xxhash

from nbmlops.values import arrow_types
from nbmlops.values.digests import digest_buffer
from nbmlops.values.forms import Anatomy

_ROWS = 16384
"""Values that are read at a time, a multiple of eight."""

_OFFSETS = {"string": "i4", "binary": "i4", "large_string": "i8", "large_binary": "i8"}


def has_bitmap(value: Any) -> bool:
    """Whether the nulls of an array are the zeros in its first buffer, and nothing else."""
    types = sys.modules["pyarrow"].types
    return bool(types.is_primitive(value.type)) or str(value.type) in _OFFSETS


def nulls(value: Any) -> bytes:
    """The digest of one byte per value, which is 1 for a null.

    Args:
        value: an array that has a bitmap, or several as chunks, as for all of the following.
    """
    return _hashed(~valid for *_, valid in _blocks(value))


def truths(value: Any) -> bytes:
    """The digest of one byte per truth value, which is 0 for a null."""
    return _hashed(
        _bits(chunk.buffers()[1], chunk.offset + start, chunk.offset + stop) & valid
        for chunk, start, stop, valid in _blocks(value)
    )


def numbers(value: Any) -> bytes:
    """The digest of values of one width, where nulls count as zeros."""
    width = value.type.bit_width // 8
    if not value.null_count:
        return _joined([_within(chunk, width) for chunk in chunks_of(value)])
    numpy = sys.modules["numpy"]
    kind = f"u{width}" if width <= _WORD else f"V{width}"
    block = numpy.zeros(_ROWS, dtype=kind)

    def zeroed(chunk: Any, start: int, stop: int, valid: Any) -> Any:
        part = block[: stop - start]
        part[...] = numpy.frombuffer(_within(chunk, width), dtype=kind)[start:stop]
        part[~valid] = numpy.zeros((), dtype=kind)
        return part

    return _hashed(zeroed(*one) for one in _blocks(value))


_WORD = 8
"""Bytes of the widest integer."""


def texts(value: Any) -> tuple[bytes, bytes] | None:
    """The digests of the lengths and of the bytes of strings; ``None`` where nulls have bytes."""
    if not len(value):
        return (b"", b"")
    numpy = sys.modules["numpy"]
    hasher = xxhash.xxh3_128()
    contents = []
    for chunk in chunks_of(value):
        offsets = offsets_of(chunk)
        block = numpy.empty(min(_ROWS, len(chunk)), dtype=offsets.dtype)
        has_nulls = chunk.null_count > 0
        for _, start, stop, valid in _blocks(chunk) if has_nulls else _ranges(chunk):
            lengths = block[: stop - start]
            numpy.subtract(offsets[start + 1 : stop + 1], offsets[start:stop], out=lengths)
            if has_nulls and lengths[~valid].any():
                return None
            hasher.update(lengths)
        contents.append(_content(chunk, offsets))
    return (hasher.digest(), _joined(contents))


def chunks_of(value: Any) -> list[Any]:
    """The arrays that an array consists of, without empty ones."""
    return [chunk for chunk in getattr(value, "chunks", (value,)) if len(chunk)]


def offsets_of(value: Any) -> Any:
    """Where each string of an array begins, and where the last one ends, in its own memory.

    Args:
        value: an array of strings or bytes that is not empty.
    """
    kind = _OFFSETS[str(value.type)]
    found = sys.modules["numpy"].frombuffer(value.buffers()[1], dtype=kind)
    return found[value.offset : value.offset + len(value) + 1]


def blocks_beginning(value: Any, firsts: bytes, seconds: bytes) -> Iterator[Any]:
    """The slices of an array of strings in which one or more begin with two such bytes.

    Args:
        value: an array, or several as chunks.
        firsts: what the first byte may be.
        seconds: what the second one may be.
    """
    numpy = sys.modules["numpy"]
    tables = numpy.zeros((2, 256), dtype=bool)
    for table, octets in zip(tables, (firsts, seconds), strict=True):
        table[list(octets)] = True
    for chunk, start, stop, _ in _ranges(value):
        data = chunk.buffers()[2]
        if data is None or not data.size:
            continue
        octets, begins = numpy.frombuffer(data, dtype=numpy.uint8), offsets_of(chunk)[start:stop]
        found = begins[tables[0][octets.take(begins, mode="clip")]]
        if len(found) and tables[1][octets.take(found + 1, mode="clip")].any():
            yield chunk.slice(start, stop - start)


def uncopied(value: Any) -> Any:
    """Strings in one chunk as `ChunkedArray.combine_chunks` gives them, over the same memory.

    ``None`` where they are a part of what lies in that memory, or nothing.
    """
    if value.num_chunks != 1 or str(value.type) not in _OFFSETS:
        return None
    chunk = value.chunk(0)
    bitmap, places, data = chunk.buffers()
    if not len(chunk) or chunk.offset or data is None:
        return None
    offsets, nulls = offsets_of(chunk), chunk.null_count
    if offsets[0] or places.size != offsets.nbytes or data.size != offsets[-1]:
        return None
    if nulls and bitmap.size != -(-len(chunk) // 8):
        return None
    buffers = [bitmap if nulls else None, places, data]
    return sys.modules["pyarrow"].Array.from_buffers(chunk.type, len(chunk), buffers, nulls)


def as_it_lies(value: Any) -> Anatomy | None:
    """The type of an array and the parts of memory in which it or its chunks lie, unread.

    Equal content may lie otherwise; what lies the same is of equal content. ``None`` where this
    cannot be told of the type.
    """
    chunks = getattr(value, "chunks", None)
    if chunks is None:
        return _lying(value)
    parts = [_lying(chunk) for chunk in chunks]
    return None if None in parts else (arrow_types.told(value.type), parts)


def _lying(value: Any) -> Anatomy | None:
    types = sys.modules["pyarrow"].types
    kind = value.type
    about = (str(kind), len(value), value.offset % 8)
    if types.is_dictionary(kind):
        inner = [_lying(value.indices), _lying(value.dictionary)]
        return None if None in inner else (*about, inner)
    if not has_bitmap(value):
        return about if types.is_null(kind) else None
    if not len(value):
        return about
    bitmap, data = value.buffers()[0], value.buffers()[1]
    if types.is_boolean(kind):
        parts = [_octets(data, value)]
    elif types.is_primitive(kind):
        parts = [_within(value, kind.bit_width // 8)]
    else:
        offsets = offsets_of(value)
        parts = [offsets, _content(value, offsets)]
    found = [PickleBuffer(part) for part in parts]
    return (*about, None if bitmap is None else PickleBuffer(_octets(bitmap, value)), found)


def _octets(bits: Any, value: Any) -> memoryview:
    """The bytes of a bitmap in which the bits of an array are, with what is beside these."""
    return memoryview(bits)[value.offset // 8 : -(-(value.offset + len(value)) // 8)]


def _within(value: Any, width: int) -> memoryview:
    """What belongs to an array, or the slice that it is, of the buffer of its values."""
    data = value.buffers()[1]
    start = value.offset * width
    return memoryview(b"" if data is None else data)[start : start + len(value) * width]


def _content(value: Any, offsets: Any) -> memoryview:
    data = value.buffers()[2]
    return memoryview(b"" if data is None else data)[int(offsets[0]) : int(offsets[-1])]


_Block = tuple[Any, int, int, Any]


def _ranges(value: Any) -> Iterator[_Block]:
    """Arrays with the places from which to which a block goes."""
    for chunk in chunks_of(value):
        for start in range(0, len(chunk), _ROWS):
            yield chunk, start, min(start + _ROWS, len(chunk)), None


def _blocks(value: Any) -> Iterator[_Block]:
    """The same, and of each value whether it is none that is null."""
    numpy = sys.modules["numpy"]
    for chunk, start, stop, _ in _ranges(value):
        bitmap = chunk.buffers()[0]
        if bitmap is None:
            yield chunk, start, stop, numpy.ones(stop - start, dtype=bool)
        else:
            yield chunk, start, stop, _bits(bitmap, chunk.offset + start, chunk.offset + stop)


def _bits(buffer: Any, start: int, stop: int) -> Any:
    """Bits of a bitmap as truth values."""
    numpy = sys.modules["numpy"]
    octets = numpy.frombuffer(buffer, dtype=numpy.uint8)[start // 8 : -(-stop // 8)]
    bits = numpy.unpackbits(octets, bitorder="little")
    return bits[start % 8 : start % 8 + stop - start].view(bool)


def _hashed(blocks: Iterator[Any]) -> bytes:
    hasher = xxhash.xxh3_128()
    for block in blocks:
        hasher.update(block)
    return hasher.digest()


def _joined(parts: list[memoryview]) -> bytes:
    """The digest of parts of memory that belong together."""
    return digest_buffer(parts[0]) if len(parts) == 1 else _hashed(iter(parts))
