"""A pickle brought back into the objects that it was made of, where these are still there.

A pickler numbers what it meets, and an unpickler numbers it alike. So whoever remembers which
object had which number can have its content put back into that object, wherever in the value it
is: everything that refers to it then sees the content of then.
"""

from __future__ import annotations

import io
import pickle
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from nbmlops.values import nans
from nbmlops.values.arrays import is_writeable
from nbmlops.values.kinds import module_of, name_of
from nbmlops.values.owning import OwningUnpickler, Room, found_for
from nbmlops.values.pouring import (
    Content,
    NotPourableError,
    content_of,
    is_pourable,
    pickles_by_default,
    pour,
)

MOST_MENDED = 2**20
"""Bytes of a stream up to which its objects are mended: it is read by Python, not by C."""

_MOST_COPIED = 256 * 2**20
"""Bytes of arrays that are held twice meanwhile, so that they can be put back if that fails."""

_BUFFERS = (bytearray, array)
"""Types of what arrays may look at."""

_HELD_HERE = 3
"""References to an object that nothing but this module's own loop refers to."""


def is_mendable(kind: type) -> bool:
    """Whether objects of a type can be mended, as far as the type tells."""
    return is_array(kind) or is_pourable(kind)


class Mended:
    """A value that came back, partly or wholly in objects that were there.

    Args:
        value: what came back.
        places: its objects by the number that pickling gave them.
        undo: what puts the objects back as they were before, in that order.
    """

    def __init__(
        self, value: Any, places: Mapping[int, Any], undo: Iterable[Callable[[], None]] = ()
    ) -> None:
        self.value = value
        self.places = places
        self._undo = list(undo)

    def roll_back(self) -> None:
        """Put the objects that were there back as they were before."""
        while self._undo:
            self._undo.pop()()


def decode_into(stream: bytes, buffers: Iterable[memoryview], targets: Mapping[int, Any]) -> Mended:
    """Bring a value back, its objects in those that are there.

    Args:
        stream: the pickle stream, at most `MOST_MENDED` bytes where there are targets.
        buffers: as for `decode`.
        targets: the objects that are there, by the number that pickling gave them. One of another
            type, shape or element type than needed is left alone.

    Raises:
        Exception: whatever the value's own code raises. All objects are as they were then.
    """
    if not targets:
        plain = OwningUnpickler(io.BytesIO(stream), buffers, Room())
        value = plain.load()
        return Mended(value, plain.memo.copy())
    mender = _Mender(stream, buffers, targets)
    mended = Mended(None, mender.memo, ())
    try:
        mended.value = mender.load()
        mended.places = mender.memo
        mender.check()
    except BaseException:
        Mended(None, {}, mender.undo).roll_back()
        raise
    return Mended(mended.value, mended.places, mender.undo)


_PYTHON: Any = vars(pickle)["_Unpickler"]
"""The unpickler in Python, whose steps can be watched."""


class _Mender(_PYTHON):  # type: ignore[misc]  # it has no types
    """Puts the object that is there in the place of each new one, with the new one's content."""

    stack: list[Any]
    dispatch: ClassVar[dict[int, Any]] = dict(_PYTHON.dispatch)

    def __init__(
        self, stream: bytes, buffers: Iterable[memoryview], targets: Mapping[int, Any]
    ) -> None:
        super().__init__(io.BytesIO(stream), buffers=buffers)
        self._targets = targets
        self._replaced: list[Any] = []
        self._attributes: list[tuple[Any, Content]] = []
        self._memories: set[int] = set()
        self._copied = 0
        self.memo: dict[int, Any] = {}
        self.undo: list[Callable[[], None]] = []
        self._room = Room()

    def find_class(self, module: str, name: str) -> Any:
        """A class or function that the stream names."""
        return found_for(self._room, module, name, super().find_class(module, name))

    def persistent_load(self, number: int) -> Any:
        """A NaN that the stream names."""
        return nans.named(number)

    def load_memoize(self) -> None:
        """A new object has its number: take the one that is there instead."""
        place = len(self.memo)
        made, there = self.stack[-1], self._targets.get(place)
        if there is not None and there is not made and self._takes_over(made, there):
            self.stack[-1] = there
            self._replaced.append(made)
        if is_array(type(made)):
            self._memories.add(_memory(self.stack[-1]))
        elif type(made) in _BUFFERS:
            self._memories.add(id(self.stack[-1]))
        self.memo[place] = self.stack[-1]

    dispatch[pickle.MEMOIZE[0]] = load_memoize

    def load_append(self) -> None:
        """One more item, by `extend` where there is one, as the unpickler in C does it."""
        item = self.stack.pop()
        filled = self.stack[-1]
        if hasattr(filled, "extend"):
            filled.extend([item])
        else:
            filled.append(item)

    dispatch[pickle.APPEND[0]] = load_append

    def check(self) -> None:
        """Make sure that nothing refers to an object that was replaced, and nothing was lost.

        Raises:
            NotPourableError: a part of one refers to it, so it cannot be another one; or the
                class's own way to pickle leaves attributes out, which only the live object has.
        """
        for there, before in self._attributes:
            if (before.attributes or {}).keys() - (content_of(there).attributes or {}).keys():
                told = "its class leaves attributes out when it is pickled"
                raise NotPourableError(told)
        for made in self._replaced:
            if sys.getrefcount(made) > _HELD_HERE:
                told = "a part refers to the whole"
                raise NotPourableError(told)

    def _takes_over(self, made: Any, there: Any) -> bool:
        """Put the content of a new object into the one that is there, if that can be."""
        kind = type(there)
        if kind is not type(made):
            return False
        if is_array(kind):
            return self._fills(made, there)
        if not is_pourable(kind):
            return False
        before = content_of(there)
        if not pickles_by_default(kind):
            self._attributes.append((there, before))
        self.undo.append(partial(pour, before, there))
        try:
            pour(content_of(made), there)
        except NotPourableError:
            self.undo.pop()
            return False
        return True

    def _fills(self, made: Any, there: Any) -> bool:
        """Copy an array's elements; a view has them with the array that it looks at."""
        if made.__array_interface__ == there.__array_interface__:
            return True
        alike = made.shape == there.shape and made.dtype == there.dtype
        laid_out = not made.dtype.hasobject or _order(made) == _order(there)
        is_view = _memory(made) in self._memories
        self._copied += there.nbytes
        if not (alike and laid_out) or is_view or self._copied > _MOST_COPIED:
            return False
        fixed = not is_writeable(there)
        if fixed and not _is_opened(there):
            return False
        self.undo.append(partial(_put_back, there, there.copy(order="K"), fixed=fixed))
        _copy(there, made)
        there.flags.writeable = made.flags.writeable
        return True


def is_array(kind: type) -> bool:
    """Whether a type is that of plain arrays of numpy."""
    return (module_of(kind), name_of(kind)) == ("numpy", "ndarray")


def _order(array: Any) -> tuple[bool, bool]:
    return array.flags.forc, array.flags.fnc


def _copy(array: Any, other: Any) -> None:
    array[...] = other


def _is_opened(array: Any) -> bool:
    """Whether an array that must not be written to can be written to now."""
    try:
        array.flags.writeable = True
    except ValueError:  # the memory is somebody else's, who forbids it
        return False
    return True


def _put_back(array: Any, other: Any, *, fixed: bool) -> None:
    array.flags.writeable = True
    _copy(array, other)
    array.flags.writeable = not fixed


def _memory(array: Any) -> int:
    """The identity of what has the memory that an array looks at."""
    while True:
        base = array.base
        base = base.obj if type(base) is memoryview else base
        if base is None:
            return id(array)
        if not is_array(type(base)):
            return id(base)
        array = base
