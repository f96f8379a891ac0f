"""The words of a text of code."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"\w+")


@lru_cache(maxsize=512)  # a cell that runs is asked for several of them
def words_in(text: str) -> frozenset[str]:
    """All that code may name, in the form in which Python has names.

    >>> sorted(words_in("a.b(1)"))
    ['1', 'a', 'b']
    """
    return frozenset(_WORD.findall(unicodedata.normalize("NFKC", text)))
