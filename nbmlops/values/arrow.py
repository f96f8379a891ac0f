"""What Arrow and Polars values are made of.

By value: neither chunks, nor the offset of a slice, nor the bytes that lie under a null count.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import Any

from nbmlops.values import arrow_memory, arrow_types
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
    return ("pyarrow.Array", arrow_types.told(value.type), *_content(_whole(value)))


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
    """One array without chunks, where these are not read one after the other."""
    pyarrow = sys.modules["pyarrow"]
    if not isinstance(value, pyarrow.ChunkedArray) or arrow_memory.has_bitmap(value):
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
    if arrow_memory.has_bitmap(value):
        return arrow_memory.nulls(value)
    return digest_buffer(_bits(value.is_null()))


def _values(value: Any) -> Any:
    if arrow_types.is_extension(value.type):
        return _content(value.storage)
    types = sys.modules["pyarrow"].types
    for holds, read in _READERS:
        if getattr(types, holds)(value.type):
            return read(value)
    return value.to_pylist()


def _nothing(value: Any) -> None:
    """Of an array of nulls: its length says it all."""


def _decoded(value: Any) -> tuple[Any, ...]:
    return _content(value.dictionary_decode())


def _fields(value: Any) -> list[tuple[Any, ...]]:
    return [_content(field) for field in value.flatten()]


def _lists(value: Any) -> tuple[Any, ...]:
    """Of lists: how long they are, and what is in them."""
    return (_content(value.value_lengths()), _content(value.flatten()))


def _either(value: Any) -> tuple[Any, ...]:
    """Of a union: of which of its types each value is, and the values."""
    kinds = memoryview(value.buffers()[1])[value.offset : value.offset + len(value)]
    return (digest_buffer(kinds), value.to_pylist())


def _view(value: Any) -> Any:
    return _values(value.cast(sys.modules["pyarrow"].large_string()))


def _texts(value: Any) -> tuple[bytes, bytes]:
    found = arrow_memory.texts(value)
    if found is None:  # which bytes lie under a null does not count
        filled = value.fill_null("" if "string" in str(value.type) else b"")
        found = arrow_memory.texts(filled)
    return found or (b"", b"")


def _bits(value: Any) -> Any:
    """A boolean array as one byte each."""
    numpy = sys.modules["numpy"]
    return value.to_numpy(zero_copy_only=False).astype(bool).view(numpy.uint8)


_READERS = (
    ("is_null", _nothing),
    ("is_boolean", arrow_memory.truths),
    ("is_primitive", arrow_memory.numbers),
    ("is_string", _texts),
    ("is_binary", _texts),
    ("is_large_string", _texts),
    ("is_large_binary", _texts),
    ("is_string_view", _view),
    ("is_dictionary", _decoded),
    ("is_struct", _fields),
    ("is_list", _lists),
    ("is_large_list", _lists),
    ("is_fixed_size_list", _lists),
    ("is_list_view", _lists),
    ("is_large_list_view", _lists),
    ("is_map", _lists),
    ("is_union", _either),
)
