"""The words for the present time in data that a cell has: columns, arrays, and files that it read.

They are looked for where its code may take them for the time, which takes far longer than this.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbmlops.values.kinds import name_of, package_of

_LARGEST = 256 * 2**20
"""Bytes of a file that are searched; in a larger one, the words are not found."""

_MOST = 20_000_000
"""Texts of an array that are searched."""

_SPELLED = ("now", "today", "Now", "Today", "NOW", "TODAY")
_WORD = rb"(?:now|today|Now|Today|NOW|TODAY)"
_FIELD = re.compile(
    rb"\"" + _WORD + rb"\"|'" + _WORD + rb"'"
    rb"|(?:^|[,;\t|>])" + _WORD + rb"(?=$|[\r,;\t|<])"
    rb"|(?:[:=]|^[ ]*-)[ ]*" + _WORD + rb"[ ]*(?:$|[\r,}\]#])",
    re.MULTILINE,
)
"""Such a word that is all of a field of a table, or a value of a configuration."""


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
        with suppress(OSError, ValueError), path.open("rb") as file:
            if 0 < path.stat().st_size <= _LARGEST:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    if _has_field(content):
                        return f"the word in {path.name}"
    return None


def _has_field(content: mmap.mmap) -> bool:
    if all(content.find(word.encode()) < 0 for word in _SPELLED):
        return False
    return _FIELD.search(content) is not None


def _frame(value: Any) -> bool:
    return any(_series(value.iloc[:, place]) for place in range(value.shape[1]))


def _series(value: Any) -> bool:
    if getattr(value.dtype, "kind", "O") not in "OU" or len(value) > _MOST:
        return False
    categories = getattr(value.dtype, "categories", None)
    held = value.array if categories is None else categories.array  # an index would remember it
    return bool(held.isin(_SPELLED).any())


def _array(value: Any) -> bool:
    if value.dtype.kind not in "OUST" or value.size > _MOST:
        return False
    return any(type(one) is str and one in _SPELLED for one in value.ravel().tolist())


_LOOKS: Mapping[tuple[str, str], Any] = {
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("pandas", "Index"): _series,
    ("numpy", "ndarray"): _array,
}
