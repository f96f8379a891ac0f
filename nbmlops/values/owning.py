"""Arrays that come back with memory of their own, as those had that were stored."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable
from typing import Any

from nbmlops.config import MEBIBYTE
from nbmlops.values import nans

MOST_OWNED = 32 * MEBIBYTE
"""Bytes that are copied for the values of one restore; copying more would take long."""

_MAKER = b"_frombuffer"


class Room:
    """How much more may be copied, so that arrays own their memory.

    numpy resizes none that looks at the memory of something else, as what is unpickled does. An
    array for which there is no room left stays mapped from disk, and cannot be resized.
    """

    def __init__(self, most: int = MOST_OWNED) -> None:
        self._left = most

    def owning(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """What makes an array over a buffer, with its own copy of that."""

        def made(*arguments: Any) -> Any:
            array = make(*arguments)
            if array.nbytes > self._left:
                return array
            self._left -= array.nbytes
            own = array.copy(order="K")
            own.flags.writeable = array.flags.writeable
            return own

        return made


class OwningUnpickler(pickle.Unpickler):
    """Unpickles arrays as their own, while there is room."""

    def __init__(self, file: io.BytesIO, buffers: Iterable[memoryview], room: Room) -> None:
        super().__init__(file, buffers=buffers)
        self._room = room

    def find_class(self, module: str, name: str, /) -> Any:
        """A class or function that the stream names."""
        return found_for(self._room, module, name, super().find_class(module, name))

    def persistent_load(self, number: int, /) -> Any:
        """A NaN that the stream names."""
        return nans.named(number)


def found_for(room: Room, module: str, name: str, found: Any) -> Any:
    """What an unpickler takes for something that a stream names."""
    is_maker = name == _MAKER.decode() and module.partition(".")[0] == "numpy"
    return room.owning(found) if is_maker else found


def loads(stream: bytes, buffers: Iterable[memoryview], room: Room) -> Any:
    """Unpickle, by Python's own way where neither an array nor a NaN that has a name is inside."""
    if _MAKER not in stream and nans.NAMED not in stream:
        return pickle.loads(stream, buffers=buffers)
    return OwningUnpickler(io.BytesIO(stream), buffers, room).load()
