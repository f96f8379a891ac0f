"""Whether a value is still what it was a moment ago, in the same process: cheaper to say."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from math import inf
from time import perf_counter
from typing import Any

import xxhash

from nbmlops.errors import OutOfTimeError
from nbmlops.values import arrays, arrow, frames
from nbmlops.values.anatomy import anatomist_beside_pickle, take_apart
from nbmlops.values.arrays import is_writeable, memory_in_order
from nbmlops.values.arrow_memory import as_it_lies
from nbmlops.values.beside import Beside, may_leave_out
from nbmlops.values.code import anatomist_of_code
from nbmlops.values.deadlines import Deadline
from nbmlops.values.digests import digest_buffer
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.forms import LEAVES, Anatomist, Anatomy
from nbmlops.values.holding import has_memory, memory_of
from nbmlops.values.kinds import identity
from nbmlops.values.objects import NEW, is_plain_class
from nbmlops.values.slot_names import unnoted
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
        until: when to give up, as for `fingerprint`.
    """
    deadline = Deadline(until)
    for way in (_Pickler, _OfDeepObjects, _OfDeepParts):
        try:
            with uncollected(), unnoted():
                return way(_Stream(deadline)).digest(value)
        except RecursionError:  # the next way goes less deep at once
            continue
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001  the value's own code ran, which may raise anything
            return None
    return None


class _Stream:
    """What the pickler writes to: keeps nothing but the hash."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._written = xxhash.xxh3_128()
        self._beside: list[memoryview] = []
        self._size = 0

    @property
    def until(self) -> float:
        """When to give up what is looked at in another way, in `time.perf_counter` seconds."""
        self._deadline.has_passed()  # where this thread had to wait, it is later
        return self._deadline.at

    def write(self, data: Any) -> None:
        if perf_counter() > self._deadline.at and self._deadline.has_passed():
            raise OutOfTimeError
        self._written.update(data)

    def take(self, buffer: pickle.PickleBuffer) -> bool:
        """Take a buffer where it lies; false (`pickle`'s rule) leaves it out of the stream.

        None is hashed before it is known whether there is time for all.
        """
        memory = buffer.raw()
        self._size += memory.nbytes
        if self._deadline.has_passed(self._size * _QUICKEST):
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
        self._stream = stream
        self._ways: dict[type, Anatomist | None] = {}
        self._plain: set[type] = set()

    def digest(self, value: Any) -> bytes:
        """The digest of a value; a pickler is good for one.

        Raises:
            RecursionError: it is nested too deeply for this way.
        """
        self.dump(value)
        return self._stream.digest()

    def reducer_override(self, obj: Any) -> Any:
        """The parts of an object, as a call that is never made."""
        kind: Any = type(obj)
        if kind in self._plain:
            return self._plain_object(obj)
        if kind not in self._ways:
            self._ways[kind] = _way(kind)
            if self._ways[kind] is None and is_plain_class(obj):
                self._plain.add(kind)
        way = self._ways[kind]
        if way is None or obj is made_of:
            return NotImplemented
        if way is _as_code:
            return made_of, _as_code(obj, self._stream.until)
        return made_of, (*way(obj), *_held(obj)) if has_memory(kind) else way(obj)

    def _plain_object(self, obj: Any) -> tuple[Any, ...]:
        """What an object pickles as that is nothing but its attributes."""
        return NEW, (type(obj),), obj.__dict__ or None


class _OfDeepObjects(_Pickler):
    """Goes into some plain objects at once, and later into those that it meets beyond these."""

    def __init__(self, stream: _Stream) -> None:
        super().__init__(stream)
        self._left = _AT_ONCE
        self._later: list[Any] = []

    def digest(self, value: Any) -> bytes:
        """As above."""
        self.dump(value)
        while self._later:
            objects, self._later, self._left = self._later, [], _AT_ONCE
            self.dump([one.__dict__ for one in objects])
        return self._stream.digest()

    def _plain_object(self, obj: Any) -> tuple[Any, ...]:
        self._left -= 1
        if self._left >= 0:
            return super()._plain_object(obj)
        self._later.append(obj)
        return later, (type(obj),)


class _OfDeepParts(_Pickler):
    """The same for parts of any type, each of which it has to be asked about."""

    def __init__(self, stream: _Stream) -> None:
        super().__init__(stream)
        self._left = _AT_ONCE
        self._numbers: dict[int, int] = {}
        self._later: list[Any] = []
        self._now: set[int] = set()

    def digest(self, value: Any) -> bytes:
        """As above."""
        self.dump(value)
        done = 0
        while done < len(self._later):
            parts = self._later[done : done + _AT_ONCE]
            self._now, self._left = set(map(identity, parts)), _AT_ONCE
            self.dump(parts)
            done += len(parts)
        return self._stream.digest()

    def persistent_id(self, obj: Any) -> int | None:
        """The number of a part that comes later; ``None`` of one that is gone into now."""
        if type(obj) in LEAVES:
            return None
        self._left -= 1
        if self._left >= 0 or identity(obj) in self._now:
            return None
        number = self._numbers.setdefault(identity(obj), len(self._numbers))
        if number == len(self._later):
            self._later.append(obj)
        return number


_AT_ONCE = 100
"""Parts that are gone into at once where a value is nested deeply: so deep it may get, or twice."""


def later(kind: type) -> None:
    """Stands for an object of which more is said later."""


def made_of(*parts: Any) -> None:
    """Stands for whatever is made of such parts."""


def _way(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """How to take values of a type apart; ``None`` where pickle does it right."""
    if anatomist_of_code(kind) is not None:
        return _as_code
    if kind is Beside:
        return _as_parts
    if may_leave_out(kind) or issubclass(kind, BaseException):
        return take_apart
    found = anatomist_beside_pickle(kind)
    return found if found is None else _AS_THEY_LIE.get(found, found)


def _arrow_table(value: Any) -> Anatomy:
    """Of a table of Arrow's: what `arrow.table` says of it, with the columns as they lie."""
    columns = [_arrow_array(value.column(position)) for position in range(value.num_columns)]
    return (*arrow.table(value.slice(0, 0)), value.num_rows, columns)


def _arrow_array(value: Any) -> Anatomy:
    return as_it_lies(value) or arrow.array(value)


def _arrow_backed(value: Any) -> Anatomy:
    return (str(value.dtype), _arrow_array(value.__arrow_array__()))


def _text(value: Any) -> Anatomy:
    if value.dtype.storage != "pyarrow":
        return frames.text(value)
    return ("pyarrow", str(value.dtype.na_value), _arrow_array(value.__arrow_array__()))


def _array(value: Any) -> Anatomy:
    """Of an array; one of records with what lies between their fields.

    It is read at the end, when it is known how much there is to read, unless it is copied for that.
    """
    kind = value.dtype
    if kind.hasobject:
        return arrays.array(value)
    memory = memory_in_order(value)
    found = pickle.PickleBuffer(memory) if value.flags.c_contiguous else digest_buffer(memory)
    return (str(type(value)), kind, value.shape, found)


_AS_THEY_LIE: dict[Anatomist, Anatomist] = {
    arrays.array: _array,
    arrow.array: _arrow_array,
    arrow.table: _arrow_table,
    frames.arrow_backed: _arrow_backed,
    frames.text: _text,
}
"""How values are looked at where they lie, by how they are taken apart by value."""


def _held(array: Any) -> tuple[bool, int]:
    """Whether an array may be written to, and at whose memory it looks, if not at its own."""
    memory = memory_of(array)
    return is_writeable(array), 0 if memory is array else identity(memory)


def _as_parts(value: Beside) -> tuple[Any, ...]:
    return (value.attributes, value.ways)


def _as_code(value: Any, until: float = inf) -> tuple[str]:
    """Of a function, class or module, which may lead back to what it is a part of."""
    return (fingerprint(value, until=until),)
