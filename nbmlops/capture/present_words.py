"""The words for the present time in data that a cell has: columns, arrays, and files that it read.

They are looked for where its code may take them for the time, which takes far longer than this.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from nbmlops.capture.stored_words import (
    PICKLES,
    in_tables_of_sqlite,
    is_sqlite,
    pattern_in_pickles,
)
from nbmlops.values.arrow_memory import blocks_beginning
from nbmlops.values.frames import columns_of_kinds
from nbmlops.values.kinds import name_of, package_of

_LARGEST = 256 * 2**20
"""Bytes of a file that are searched; in a larger one, the words are not found."""

_AT_ONCE = 4 * 2**20
"""Bytes that are read from it at a time."""

_OVERLAP = 2**10
"""How many of them are searched twice where no line ends: more than such a word has around it."""

_LARGEST_PACKED = 64 * 2**20
"""Bytes of what has to be unpacked first: of compressed texts this much, of tables smaller ones."""

_MOST = 20_000_000
"""Texts of an array that are searched."""

_WORDS = ("now", "today", "tomorrow", "yesterday")
_SPELLED = tuple(spelled for word in _WORDS for spelled in (word, word.title(), word.upper()))
_WORD = rb"(?:" + "|".join(_SPELLED).encode() + rb")"
_FIELD = re.compile(
    rb"\"" + _WORD + rb"\"|'" + _WORD + rb"'"
    rb"|(?:^|[,;\t|>])" + _WORD + rb"(?=$|[\r,;\t|<])"
    rb"|(?:[:=]|^[ ]*-)[ ]*" + _WORD + rb"[ ]*(?:$|[\r,}\]#])",
    re.MULTILINE,
)
"""Such a word that is all of a field of a table, or a value of a configuration."""

_IN_PICKLE = pattern_in_pickles(_SPELLED)


def word_in_data(values: Iterable[Any]) -> str | None:
    """Where frames, series and arrays among values have such a word; ``None`` where none has."""
    for value in values:
        look = _LOOKS.get((package_of(type(value)), name_of(type(value))))
        with suppress(Exception):  # whatever the user's values say of themselves
            if look is not None and look(value):
                return f"the word in a {name_of(type(value))}"
    return None


def word_in_files(files: Iterable[Path]) -> str | None:
    """The name of a file with such a word as a field; ``None`` where none has one."""
    for path in files:
        with suppress(Exception):  # it is gone, or is not what its name says
            if _has_word(path):
                return f"the word in {path.name}"
    return None


def _has_word(path: Path) -> bool:
    size = path.stat().st_size
    if not 0 < size <= _LARGEST:
        return False
    if path.suffix in _TABLES:
        return size <= _LARGEST_PACKED and any(map(_arrow_array, _TABLES[path.suffix](path)))
    look = _has_text if not PICKLES.isdisjoint(path.suffixes) else _has_field
    if path.suffix in _PACKED:
        return any(map(look, _unpacked(path)))
    if is_sqlite(path):
        return in_tables_of_sqlite(path, _WORDS)
    return any(map(look, _pieces(path)))


def _pieces(path: Path) -> Iterator[bytes]:
    """What is in a file, cut where lines end, or with some bytes in two pieces if none does.

    It is not mapped: a file that shrinks meanwhile would end the process.
    """
    rest = b""
    with path.open("rb") as file:
        while read := file.read(_AT_ONCE):
            text = rest + read
            end = text.rfind(b"\n") + 1
            yield text[:end] if end else text
            rest = text[end:] if end else text[-_OVERLAP:]
    yield rest


_PACKED = frozenset([".bz2", ".gz", ".xz", ".zip"])


def _unpacked(path: Path) -> Iterator[bytes]:
    """What is in a compressed file, or in the parts of an archive, as far as it is searched."""
    if path.suffix == ".zip":
        with ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    yield file.read(_LARGEST_PACKED)
    else:
        kinds = {".bz2": bz2.BZ2File, ".gz": gzip.GzipFile, ".xz": lzma.LZMAFile}
        with kinds[path.suffix](path) as file:
            yield file.read(_LARGEST_PACKED)


def _has_field(content: Any) -> bool:
    if all(content.find(word.encode()) < 0 for word in _SPELLED):
        return False
    return _FIELD.search(content) is not None


def _has_text(content: Any) -> bool:
    """The same of a pickle."""
    return _IN_PICKLE.search(content) is not None


def _parquet(path: Path) -> Iterator[Any]:
    """The columns of texts of a Parquet file, where a library is loaded that may have read it."""
    if not _LIBRARIES.isdisjoint(sys.modules):
        from pyarrow import parquet  # type: ignore[import-untyped]  # it has none

        with parquet.ParquetFile(path, memory_map=False) as file:
            names = [one.name for one in file.schema_arrow if _is_text(one.type)]
            yield from file.read(columns=names).columns if names else ()


def _feather(path: Path) -> Iterator[Any]:
    """The same of a Feather file."""
    if not _LIBRARIES.isdisjoint(sys.modules):
        from pyarrow import feather

        yield from feather.read_table(path, memory_map=False).columns


_LIBRARIES = frozenset(["pyarrow"])
_TABLES: Mapping[str, Callable[[Path], Iterator[Any]]] = {
    **dict.fromkeys((".parquet", ".pq"), _parquet),
    **dict.fromkeys((".feather", ".arrow"), _feather),
}


def _frame(value: Any) -> bool:
    columns = columns_of_kinds(value, "OU")
    return any(map(_series, columns)) or any(map(_index, (value.index, value.columns)))


def _indexed(value: Any) -> bool:
    return _series(value) or _index(value.index)


def _index(value: Any) -> bool:
    kind = name_of(type(value))
    if kind == "MultiIndex":
        return any(map(_series, vars(value)["_levels"]))  # ``levels`` would be remembered
    return kind in ("Index", "CategoricalIndex") and _series(value)


def _series(value: Any) -> bool:
    if getattr(value.dtype, "kind", "O") not in "OU" or len(value) > _MOST:
        return False
    categories = getattr(value.dtype, "categories", None)
    held = value.array if categories is None else categories.array  # an index would remember it
    if getattr(held.dtype, "storage", "") == "pyarrow":
        return _arrow_array(held.__arrow_array__())
    return bool(held.isin(_SPELLED).any())


def _array(value: Any) -> bool:
    if value.dtype.kind not in "OUST" or value.size > _MOST:
        return False
    return any(type(one) is str and one in _SPELLED for one in value.ravel().tolist())


def _polars_frame(value: Any) -> bool:
    return any(map(_polars_series, value.get_columns()))


def _polars_series(value: Any) -> bool:
    kind = name_of(type(value.dtype))
    if kind in ("Categorical", "Enum"):
        return _polars_series(value.unique().cast(sys.modules["polars"].String))
    return kind in ("String", "DataTypeClass") and bool(value.is_in(list(_SPELLED)).any())


def _arrow_table(value: Any) -> bool:
    return any(map(_arrow_array, value.columns))


def _arrow_array(value: Any) -> bool:
    chunks = getattr(value, "chunks", None)
    return any(map(_arrow_chunk, [value] if chunks is None else chunks))


def _arrow_chunk(value: Any) -> bool:
    if str(value.type).startswith("dictionary"):
        return _arrow_chunk(value.dictionary)
    if not _is_text(value.type) or len(value) > _MOST:
        return False
    if str(value.type) in ("string", "large_string") and "numpy" in sys.modules:
        return any(map(_is_in, blocks_beginning(value, *_BEGINNINGS)))
    return _is_in(value)


_BEGINNINGS = tuple(bytes({spelled.encode()[at] for spelled in _SPELLED}) for at in range(2))
"""The bytes with which such a word begins, and those that are its second ones."""


def _is_in(value: Any) -> bool:
    from pyarrow import compute

    return bool(compute.any(compute.is_in(value, value_set=_arrow_words(value.type))).as_py())


def _is_text(kind: Any) -> bool:
    return str(kind).removesuffix("_view").removeprefix("large_") in ("string", "utf8") or str(
        kind
    ).startswith("dictionary")


def _arrow_words(kind: Any) -> Any:
    from pyarrow import array

    return array(_SPELLED, kind)


_LOOKS: Mapping[tuple[str, str], Any] = {
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _indexed,
    ("pandas", "Index"): _index,
    ("pandas", "MultiIndex"): _index,
    ("pandas", "CategoricalIndex"): _index,
    ("numpy", "ndarray"): _array,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "Series"): _polars_series,
    ("pyarrow", "Table"): _arrow_table,
    ("pyarrow", "RecordBatch"): _arrow_table,
    ("pyarrow", "ChunkedArray"): _arrow_array,
    ("pyarrow", "StringArray"): _arrow_array,
    ("pyarrow", "LargeStringArray"): _arrow_array,
    ("pyarrow", "DictionaryArray"): _arrow_array,
}
