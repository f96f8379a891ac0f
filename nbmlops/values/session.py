"""Whether a value is still what it was a moment ago, in the same process: cheaper to say."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from math import inf
from time import perf_counter
from typing import Any

import xxhash

from nbmlops.errors import OutOfTimeError
from nbmlops.values.anatomy import anatomist_beside_pickle, take_apart
from nbmlops.values.beside import Beside, may_leave_out
from nbmlops.values.code import anatomist_of_code
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.forms import Anatomist, digest_buffer
from nbmlops.values.uncollected import uncollected

_QUICKEST = 1e-10
"""Seconds for one byte of memory, less than most machines take."""


def session_digest(value: Any, *, until: float = inf) -> bytes | None:
    """Bytes that are equal only where the fingerprint is; ``None`` where that cannot be told.

    For comparisons within one process. Whether parts are shared, and the order of dicts and
    sets, count here: a value of equal content may have another digest, one of other content has
    one for certain. It is the value as the interpreter's own pickler streams it, which runs no
    Python code for plain containers; memory of arrays and frames is hashed where it lies, and
    code counts by its fingerprint.

    Args:
        value: anything.
        until: when to give up, in `time.perf_counter` seconds.
    """
    stream = _Stream(until)
    try:
        with uncollected():
            _Pickler(stream).dump(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  the value's own code ran, which may raise anything
        return None
    return stream.digest()


class _Stream:
    """What the pickler writes to: keeps nothing but the hash."""

    def __init__(self, until: float) -> None:
        self._until = until
        self._written = xxhash.xxh3_128()
        self._beside: list[memoryview] = []
        self._size = 0

    def write(self, data: Any) -> None:
        if perf_counter() > self._until:
            raise OutOfTimeError
        self._written.update(data)

    def take(self, buffer: pickle.PickleBuffer) -> bool:
        """Take a buffer where it lies; false (`pickle`'s rule) leaves it out of the stream.

        None is hashed before it is known whether there is time for all.
        """
        memory = buffer.raw()
        self._size += memory.nbytes
        if perf_counter() + self._size * _QUICKEST > self._until:
            raise OutOfTimeError
        self._beside.append(memory)
        return False

    def digest(self) -> bytes:
        beside = xxhash.xxh3_128()
        for memory in self._beside:
            beside.update(digest_buffer(memory))
        return self._written.digest() + beside.digest()


class _Pickler(pickle.Pickler):
    """Takes the same values apart in the same way as `fingerprint`, where pickle knows less."""

    def __init__(self, stream: _Stream) -> None:
        super().__init__(stream, protocol=5, buffer_callback=stream.take)
        self._ways: dict[type, Anatomist | None] = {}

    def reducer_override(self, obj: Any) -> Any:
        """The parts of an object, as a call that is never made."""
        kind = type(obj)
        if kind not in self._ways:
            self._ways[kind] = _way(kind)
        way = self._ways[kind]
        if way is None or obj is made_of:
            return NotImplemented
        return made_of, way(obj)


def made_of(*parts: Any) -> None:
    """Stands for whatever is made of such parts."""


def _way(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """How to take values of a type apart; ``None`` where pickle does it right."""
    if anatomist_of_code(kind) is not None:
        return _as_code
    if kind is Beside:
        return _as_parts
    if may_leave_out(kind):
        return take_apart
    return anatomist_beside_pickle(kind)


def _as_parts(value: Beside) -> tuple[Any, ...]:
    return (value.attributes, value.ways)


def _as_code(value: Any) -> tuple[str]:
    """Of a function, class or module, which may lead back to what it is a part of."""
    return (fingerprint(value),)
