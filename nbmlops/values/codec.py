"""A value as a pickle stream and the large buffers beside it, and back."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import cloudpickle  # type: ignore[import-untyped]  # it has none

from nbmlops.errors import NotStorableError, ValueNotRestorableError, ValueTooLargeError
from nbmlops.values import binding, by_name, nans
from nbmlops.values.arrays import is_writeable
from nbmlops.values.flat import dump_flat
from nbmlops.values.kinds import identity, is_a, package_of
from nbmlops.values.many_arrays import is_number
from nbmlops.values.objects import NEW, is_ordinary, is_plain_class
from nbmlops.values.opaque import why_not_kept
from nbmlops.values.owning import Room, loads
from nbmlops.values.places import Placed, Places
from nbmlops.values.portions import dump_portions, is_in_portions, large_in, load_portions
from nbmlops.values.reducers import reduce
from nbmlops.values.secrets import exposed_by, in_bytes
from nbmlops.values.slot_names import unnoted
from nbmlops.values.streams import PackedStream, Packer, blocks_of
from nbmlops.values.uncollected import uncollected

_PROTOCOL = 5
# A buffer of its own costs a file; below this it travels in the stream.
_SMALLEST_BUFFER = 64 * 2**10
_SMALLEST_BLOCK = 256 * 2**10
_SETTLED = frozenset(["pandas", "pyarrow"])
"""Packages whose objects are pickled in one way each where nothing else looks at their memory."""
_LONGEST_FRAME = 256 * 2**10
"""Bytes; what is written of more at once is text or bytes of the value, and no instructions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A value as bytes: what `decode` needs, in its order.

    ``buffers`` are views into the value's own memory: they change if the value is changed. The
    stream is packed only where that was asked for, and is large and in portions.
    """

    stream: bytes | PackedStream
    buffers: tuple[memoryview, ...]

    @property
    def size(self) -> int:
        """Bytes of the stream and all buffers."""
        return len(self.stream) + sum(buffer.nbytes for buffer in self.buffers)


def encode(
    value: Any,
    *,
    limit: int | None = None,
    together: binding.Together | None = None,
    placed: Placed | None = None,
    packer: Packer | None = None,
) -> Encoded:
    """Pickle a value (protocol 5), with its large buffers left where they are.

    Functions and classes that were defined interactively go along by value. References that
    parts of the value share stay shared.

    Args:
        value: anything.
        limit: the most bytes that stream and buffers may take; ``None`` for no limit.
        together: set for a part of a namespace, which is bound to what is there when it comes
            back; see `nbmlops.values.binding`.
        placed: told which objects were met; see `nbmlops.values.mending`.
        packer: makes a large stream smaller as it is written.

    Raises:
        NotStorableError: the value is, or holds, what cannot be turned into bytes.
        ValueTooLargeError: the limit was passed; found without pickling the rest.
    """
    try:
        with uncollected(), unnoted():
            pickler, sink = _dumped(value, _Sinks(limit, packer), together)
    except (NotStorableError, ValueTooLargeError, KeyboardInterrupt):
        raise
    except BaseException as error:
        # Pickling runs code of the value's own classes, which may raise anything, even SystemExit.
        raise NotStorableError(_plain_words(error)) from error
    encoded = Encoded(stream=sink.stream(), buffers=tuple(sink.buffers))
    if exposed_by(value) or in_bytes(chain(blocks_of(encoded.stream), encoded.buffers)):
        raise NotStorableError("holds a secret")
    if placed is not None:
        placed(Places(pickler, sink))
    return encoded


@dataclass(frozen=True, slots=True)
class _Sinks:
    """What each sink for a value is made of: another way to pickle it begins with an empty one."""

    limit: int | None
    packer: Packer | None


def _dumped(value: Any, sinks: _Sinks, together: binding.Together | None) -> tuple[_Pickler, _Sink]:
    """A pickler, and what it has written: NaNs of modules by name, where there are any NaNs.

    To look for them costs a call for each object, to find one too late begins all over again: what
    was right for the last value of the same type is done first. The bytes are the same.
    """
    kind = identity(type(value))
    if kind not in _WITH_NANS:
        try:
            return _written(value, sinks, together, naming=False)
        except nans.NanMetError:
            pass  # let go of the error, as below
    pickler, sink = _written(value, sinks, together, naming=True)
    (_WITH_NANS.add if pickler.has_met_nans else _WITH_NANS.discard)(kind)
    return pickler, sink


_WITH_NANS: set[int] = set()
"""The types of which the last value had a NaN."""


def _written(
    value: Any, sinks: _Sinks, together: binding.Together | None, *, naming: bool
) -> tuple[_Pickler, _Sink]:
    pickler, sink = _begun(value, sinks, together, naming=naming)
    large = large_in(value)
    try:
        if large:
            generated = pickler.globals_ref.values
            dump_portions(value, large, pickler, sink, generated=generated, put_away=sink.put_away)
        else:
            pickler.dump(value)
    except (RecursionError, pickle.PicklingError) as error:
        if not _is_too_deep(error):
            raise
        # let go of the error, which holds all that the pickler was in
    else:
        return pickler, sink
    pickler, sink = _begun(value, sinks, together, naming=naming)
    dump_flat(value, pickler, sink)
    return pickler, sink


def _begun(
    value: Any, sinks: _Sinks, together: binding.Together | None, *, naming: bool
) -> tuple[_Pickler, _Sink]:
    sink = _Sink(sinks, takes_nans=naming)
    if together is None:
        return (_NamingPickler if naming else _Pickler)(value, sink), sink
    return (_NamingBound if naming else _Bound)(value, sink, together), sink


def decode(stream: bytes, buffers: Iterable[memoryview], room: Room | None = None) -> Any:
    """The inverse of `encode`; unpickles, so only for bytes whose origin is known.

    Args:
        stream: the pickle stream.
        buffers: memory that the value will use as its own. Where it is writable, so are the
            arrays restored on it: pass private memory, such as a copy-on-write mapping.
        room: how much of that may be copied, for arrays that own what they hold.

    Raises:
        ValueNotRestorableError: a class or library that the value needs is missing or has
            changed.
    """
    load = load_portions if is_in_portions(stream) else loads
    try:
        return load(stream, buffers, room or Room())
    except Exception as error:
        # Unpickling imports libraries and runs code of the value's classes.
        raise ValueNotRestorableError(
            f"The stored value cannot be rebuilt here: {_plain_words(error)}.",
            cure="Install the libraries that it was made with, or run the step again.",
        ) from error


class _Sink(io.BytesIO):
    """Takes the stream and the buffers, and stops the pickler at the limit, or at a NaN."""

    def __init__(self, sinks: _Sinks, *, takes_nans: bool) -> None:
        super().__init__()
        self._takes_nans = takes_nans
        self.buffers: list[memoryview] = []
        self._limit = sinks.limit
        self._packed = None if sinks.packer is None else PackedStream(sinks.packer)
        self._memoized = 0
        self._taken = 0
        self._aside: io.BytesIO | None = None

    @contextmanager
    def aside(self) -> Iterator[io.BytesIO]:
        """While what is written goes elsewhere: the stream has been handed out, and is whole."""
        self._aside = io.BytesIO()
        try:
            yield self._aside
        finally:
            self._aside = None

    def put_away(self, *, least: int = _SMALLEST_BLOCK) -> None:
        """Pack what was written, if that is so much; what is written next goes on behind it."""
        if self._packed is not None and self.tell() >= least:
            block = self.getvalue()
            self._memoized += block.count(pickle.MEMOIZE)
            self._packed.add(block)
            self.seek(0)
            self.truncate()

    def stream(self) -> bytes | PackedStream:
        """All that was written; asked for at the end."""
        if not self._packed:
            return self.getvalue()
        self.put_away(least=1)
        return self._packed

    def memoized(self) -> int:
        """How many objects have a number in the stream, or more."""
        return self._memoized + self.getvalue().count(pickle.MEMOIZE)

    def write(self, data: Any, /) -> int:
        if self._aside is not None:
            return self._aside.write(data)
        if not self._takes_nans and len(data) <= _LONGEST_FRAME and nans.WRITTEN in data:
            raise nans.NanMetError
        self._count(memoryview(data).nbytes)
        return super().write(data)

    def take(self, buffer: pickle.PickleBuffer) -> bool:
        """Take a buffer out of the stream; true (`pickle`'s rule) leaves it in."""
        try:
            view = buffer.raw()
        except BufferError:  # not contiguous
            return True
        if view.nbytes < _SMALLEST_BUFFER:
            return True
        self._count(view.nbytes)
        self.buffers.append(view)
        return False

    def _count(self, size: int) -> None:
        self._taken += size
        if self._limit is not None and self._taken > self._limit:
            raise ValueTooLargeError(self._taken, self._limit)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    """cloudpickle's pickler, which says in plain words what it cannot take.

    It is asked about every object. What it would answer is the same for all objects of most
    classes: of these the first one is asked about, and the others as little as possible is done
    for.
    """

    def __init__(self, value: Any, sink: _Sink) -> None:
        super().__init__(sink, protocol=_PROTOCOL, buffer_callback=sink.take)
        self._root = value
        self._plain: set[type] = set()
        self._ordinary: set[type] = set()
        self._settled: set[type] = set()
        self._bound: frozenset[int] = frozenset()
        arrays = getattr(sys.modules.get("numpy"), "ndarray", None)
        self._arrays = None if arrays in self.dispatch_table else arrays

    def reducer_override(self, obj: Any) -> Any:
        kind: Any = type(obj)
        if (
            kind is self._arrays
            and is_writeable(obj)
            and not (self._bound and id(obj) in self._bound)
        ):
            return obj.__reduce_ex__(_PROTOCOL)
        if kind in self._plain:
            return NEW, (kind,), obj.__dict__ or None
        if kind in self._ordinary:
            return obj.__reduce_ex__(_PROTOCOL)
        if kind in self._settled and not self._bound:
            found = reduce(obj)
            return obj.__reduce_ex__(_PROTOCOL) if found is NotImplemented else found
        if kind in by_name.KINDS and by_name.is_named(obj):
            return NotImplemented
        return self._asked_about(obj, kind)

    def _asked_about(self, obj: Any, kind: Any) -> Any:
        """What is said of an object of which nothing is known; what is found is noted."""
        reason = why_not_kept(obj)
        if reason:
            raise NotStorableError(reason if obj is self._root else f"holds {reason}")
        is_listed = kind in self.dispatch_table
        if not is_listed and package_of(kind) in _SETTLED and not is_a(obj, type):
            self._settled.add(kind)
        found = self._reduced(obj)
        if found is not NotImplemented:
            return found
        if not is_listed and (is_ordinary(kind) or is_number(kind)):
            (self._plain if is_plain_class(obj) else self._ordinary).add(kind)
        found = super().reducer_override(obj)
        if found is NotImplemented and kind in by_name.KINDS and not is_listed:
            by_name.note(obj)
        return found

    def _reduced(self, obj: Any) -> Any:
        """How we pickle an object; `NotImplemented` where its own way will do."""
        return binding.reduce_instanced(obj) if is_a(obj, type) else reduce(obj)


class _Bound(_Pickler):
    """A pickler that binds code and views to the namespace into which they come back."""

    def __init__(self, value: Any, sink: _Sink, together: binding.Together) -> None:
        super().__init__(value, sink)
        self._together = together
        self._bound = together.roots.union(together.views)

    def _reduced(self, obj: Any) -> Any:
        found = binding.reduce(obj, self._together)
        return super()._reduced(obj) if found is NotImplemented else found


class _NamingPickler(nans.Naming, _Pickler):
    """A pickler that names the NaNs of modules."""


class _NamingBound(nans.Naming, _Bound):
    """The same of one that binds."""


def _is_too_deep(error: BaseException) -> bool:
    return isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError)


def _plain_words(error: BaseException) -> str:
    if _is_too_deep(error):
        return "nested too deeply"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__
