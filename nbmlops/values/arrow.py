"""What Arrow and Polars values are made of.

By value: neither chunks, nor the offset of a slice, nor the bytes that lie under a null count.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import Any

from nbmlops.values.digests import digest_buffer
from nbmlops.values.forms import Anatomist, Anatomy


def table(value: Any) -> Anatomy:
    """Of a `pyarrow.Table` or `pyarrow.RecordBatch`."""
    columns = [array(value.column(position)) for position in range(value.num_columns)]
    fields = [(field.name, field.nullable, field.metadata) for field in value.schema]
    metadata = value.schema.metadata
    return ("pyarrow.Table", type(value), fields, metadata, value.num_rows, columns)


def array(value: Any) -> Anatomy:
    """Of a `pyarrow.Array` or `pyarrow.ChunkedArray`."""
    return ("pyarrow.Array", str(value.type), *_content(_whole(value)))


def buffer(value: Any) -> Anatomy:
    """Of a `pyarrow.Buffer`."""
    return ("pyarrow.Buffer", digest_buffer(memoryview(value)))


def text(value: Any) -> Anatomy:
    """Of Arrow strings whose exact string type does not count."""
    pyarrow = sys.modules["pyarrow"]
    return ("text", *_content(_whole(value.cast(pyarrow.large_string()))))


def polars_series(value: Any) -> Anatomy:
    """Of a `polars.Series`."""
    return ("polars.Series", value.name, str(value.dtype), _polars_content(value))


def polars_frame(value: Any) -> Anatomy:
    """Of a `polars.DataFrame`."""
    return ("polars.DataFrame", value.height, [polars_series(s) for s in value.get_columns()])


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("polars", "DataFrame"): polars_frame,
    ("polars", "Series"): polars_series,
    ("pyarrow", "Array"): array,
    ("pyarrow", "Buffer"): buffer,
    ("pyarrow", "ChunkedArray"): array,
    ("pyarrow", "RecordBatch"): table,
    ("pyarrow", "Table"): table,
}


def _polars_content(value: Any) -> Any:
    if str(value.dtype).startswith("Object") or not _has_arrow():
        return value.to_list()
    return array(value.to_arrow())


@cache
def _has_arrow() -> bool:
    """Whether Arrow is there; it is loaded now.

    What it had been loaded for by chance would else decide how equal columns are read, and the
    first query that hands out a frame would change those of all.
    """
    try:
        import_module("numpy")
        import_module("pyarrow")
    except ImportError:
        return False
    return True


def _whole(value: Any) -> Any:
    """One array without chunks."""
    pyarrow = sys.modules["pyarrow"]
    if not isinstance(value, pyarrow.ChunkedArray):
        return value
    if value.num_chunks == 1:
        return value.chunk(0)
    if value.num_chunks == 0:
        return pyarrow.array([], type=value.type)
    return pyarrow.concat_arrays(value.unify_dictionaries().chunks)


def _content(value: Any) -> tuple[Any, ...]:
    """Length, nulls, and the values where they are not null."""
    return (len(value), _nulls(value), _values(value))


def _nulls(value: Any) -> bytes | None:
    if not value.null_count:
        return None
    return digest_buffer(_bits(value.is_null()))


def _values(value: Any) -> Any:
    types = sys.modules["pyarrow"].types
    for holds, read in _READERS:
        if getattr(types, holds)(value.type):
            return read(value)
    return value.to_pylist()


def _nothing(value: Any) -> None:
    """Of an array of nulls: its length says it all."""


def _truths(value: Any) -> bytes:
    return digest_buffer(_bits(value.fill_null(fill_value=False)))


def _decoded(value: Any) -> tuple[Any, ...]:
    return _content(value.dictionary_decode())


def _fields(value: Any) -> list[tuple[Any, ...]]:
    return [_content(field) for field in value.flatten()]


def _view(value: Any) -> Any:
    return _values(value.cast(sys.modules["pyarrow"].large_string()))


def _fixed_width(value: Any) -> bytes:
    if value.null_count:
        # Nulls become zeros of the same width, whatever the type: only the bytes matter.
        value = _integers(value).fill_null(0)
    width = value.type.bit_width // 8
    data = value.buffers()[1]
    start = value.offset * width
    return digest_buffer(memoryview(data)[start : start + len(value) * width] if data else b"")


def _integers(value: Any) -> Any:
    pyarrow = sys.modules["pyarrow"]
    kinds = {8: pyarrow.int8, 16: pyarrow.int16, 32: pyarrow.int32, 64: pyarrow.int64}
    return value.view(kinds[value.type.bit_width]())


def _short_offsets(value: Any) -> tuple[bytes, bytes]:
    return _variable_width(value, "int32")


def _long_offsets(value: Any) -> tuple[bytes, bytes]:
    return _variable_width(value, "int64")


def _variable_width(value: Any, offset_type: str) -> tuple[bytes, bytes]:
    if value.null_count:
        value = value.fill_null("" if "string" in str(value.type) else b"")
    numpy = sys.modules["numpy"]
    _, offset_buffer, data = value.buffers()
    if not len(value) or offset_buffer is None:
        return (b"", b"")
    offsets = numpy.frombuffer(offset_buffer, dtype=offset_type)
    offsets = offsets[value.offset : value.offset + len(value) + 1]
    content = memoryview(data)[offsets[0] : offsets[-1]] if data else b""
    lengths = numpy.diff(offsets)
    return (digest_buffer(lengths.view(numpy.uint8)), digest_buffer(content))


def _bits(value: Any) -> Any:
    """A boolean array as one byte each."""
    numpy = sys.modules["numpy"]
    return value.to_numpy(zero_copy_only=False).astype(bool).view(numpy.uint8)


_READERS = (
    ("is_null", _nothing),
    ("is_boolean", _truths),
    ("is_primitive", _fixed_width),
    ("is_string", _short_offsets),
    ("is_binary", _short_offsets),
    ("is_large_string", _long_offsets),
    ("is_large_binary", _long_offsets),
    ("is_string_view", _view),
    ("is_dictionary", _decoded),
    ("is_struct", _fields),
)
