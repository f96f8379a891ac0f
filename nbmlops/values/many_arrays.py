"""The digests of many small arrays and numbers of numpy, with few steps for each."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Protocol

import xxhash

from nbmlops.values.arrays import is_plain_array_type
from nbmlops.values.forms import Form, digest, stream_of
from nbmlops.values.kinds import ancestry, identity, name_of, package_of

_SMALL = 4096
"""Bytes of an array up to which they are copied."""
_SIMPLE = frozenset("biufcmMSU")
"""Kinds of dtypes whose bytes are all that an array holds; not those of long doubles."""
_LONG_DOUBLES = frozenset("gG")
_MOST_NAMES = 100
_MOST_LAYOUTS = 1_000
_AT_ONCE = 1_000

_Around = tuple[bytes, bytes]
"""What a digest is taken of, before and behind the digest of an array's bytes."""


class Walk(Protocol):
    """What knows how to walk one part."""

    def form(self, value: Any) -> Form:
        """The form of a value."""

    def expect(self, count: int) -> None:
        """Give up where there is no time for so many parts."""


def digests_of(parts: Sequence[Any], walk: Walk) -> list[bytes]:
    """The digest of the form of each part.

    Forms of arrays with the same dtype and shape differ by the digest of the bytes alone.

    Args:
        parts: parts whose forms do not depend on those around them.
        walk: finds the form of one.
    """
    if not all(is_plain_array_type(kind) or is_number(kind) for kind in set(map(type, parts))):
        return [digest(walk.form(part)) for part in parts]
    hashed = xxhash.xxh3_128_digest
    names = _Names()
    known: dict[tuple[type, str, tuple[int, ...]], _Around] = {}
    found: list[bytes] = []
    for part in parts:
        if len(found) % _AT_ONCE == 0:
            walk.expect(0)
        name = names.of(part.dtype)
        key = (type(part), name, part.shape)
        around = known.get(key)
        if around is not None:
            found.append(hashed(around[0] + hashed(part.tobytes()) + around[1]))
            continue
        form = walk.form(part)
        found.append(digest(form))
        if name and part.nbytes <= _SMALL and len(known) < _MOST_LAYOUTS:
            before, _, behind = stream_of(form).rpartition(form[-1])
            known[key] = before, behind
    return found


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def is_number(kind: Any) -> bool:
    """Whether values of a type are numbers of numpy's own, which have no attributes."""
    is_own = package_of(kind) == "numpy" and not kind.__flags__ & _HEAP
    return is_own and any(name_of(one) in _NUMBERS for one in ancestry(kind))


_HEAP = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: the class was made while Python ran."""
_NUMBERS = frozenset(["number", "bool", "bool_"])


class _Names:
    """The names of dtypes, which many arrays have in common; empty for those not simple."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, str]] = {}  # with the dtype, which it keeps alive

    def of(self, dtype: Any) -> str:
        """The name of a dtype."""
        known = self._known.get(identity(dtype))
        if known is not None:
            return known[1]
        is_simple = dtype.kind in _SIMPLE and dtype.char not in _LONG_DOUBLES
        name = str(dtype.str) if is_simple and dtype.metadata is None else ""
        if len(self._known) >= _MOST_NAMES:
            self._known.clear()
        self._known[identity(dtype)] = dtype, name
        return name
