"""Functions with a memory, as `functools` makes them of functions of the notebook and the project.

A call that the memory answers opens no file and asks no folder. Each counts its calls, and those
that it could not answer: what these tell before and after a cell says what it has used of them.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from nbmlops.capture import looks
from nbmlops.capture.local_code import is_local_code, local_function
from nbmlops.values.homes import foreign, is_own, own_module
from nbmlops.values.kinds import is_a

_KIND: Any = type(functools.cache(len))
_NEAR = 4
"""Calls between who wants a function to remember and what makes it one that does."""

_made: set[weakref.ref[Any]] = set()
_nowhere = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The functions that a cell called: those whose memory answered, and those that learned.

    ``unknown`` are among the first; they have learned where nothing was recorded.
    """

    answered: tuple[Any, ...] = ()
    learned: tuple[Any, ...] = ()
    unknown: tuple[str, ...] = ()


class Caches:
    """Says which functions with a memory a cell has called.

    Args:
        namespace: that of the notebook.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        with suppress(Exception):  # without its source, as in a frozen program
            looks.exchange(*looks.WRAPPING, _heard)
        for one in _in([namespace, *(vars(one) for one in _own_modules())]):
            _note(one)
        self._latest: weakref.WeakKeyDictionary[Any, tuple[int, int]] = weakref.WeakKeyDictionary()
        self._unknown: weakref.WeakSet[Any] = weakref.WeakSet()

    def begin(self) -> None:
        """A cell is about to run."""
        for one in _there():
            now = _counts(one)
            if now[1] > self._latest.get(one, _nowhere)[1]:
                self._unknown.add(one)
            self._latest[one] = now

    def end(self) -> Calls:
        """The cell has run."""
        answered, learned = [], []
        for one in _there():
            before, now = self._latest.get(one, _nowhere), _counts(one)
            if before == now:
                continue
            cleared = now[0] < before[0] or now[1] < before[1]
            answered += [one] if cleared or now[0] > before[0] else []
            learned += [one] if cleared or now[1] > before[1] else []
            self._latest[one] = now
        unknown = (_title(one) for one in answered if one in self._unknown)
        return Calls(answered=tuple(answered), learned=tuple(learned), unknown=tuple(unknown))


def _note(one: Any) -> None:
    _made.add(weakref.ref(one, _made.discard))


def _there() -> list[Any]:
    """Those that are still there; mostly there has been none."""
    return [one for made in list(_made) if (one := made()) is not None] if _made else []


def _counts(one: Any) -> tuple[int, int]:
    info = _KIND.cache_info(one)
    return info.hits, info.misses


def _title(one: Any) -> str:
    return str(getattr(one, "__qualname__", "a function"))


def _heard(wrapper: Any, _: str) -> None:
    """A function is wrapped in another one."""
    if type(wrapper) is not _KIND:
        return
    try:
        if _is_local(sys._getframe(1)):  # noqa: SLF001 (nothing else tells who wants it)
            _note(wrapper)
    except Exception:  # noqa: BLE001, S110 (an error here would be raised in the user's code)
        pass


def _is_local(frame: FrameType | None) -> bool:
    """Whether the notebook or the project has a function remember, or one of theirs does."""
    wrapped = frame.f_locals.get("wrapped") if frame is not None else None
    if local_function(wrapped) is not None:
        return True
    if any(kind.__module__ == "sqlite3" for kind in type(wrapped).__mro__):
        return False  # a connection keeps its statements in such a memory, and no results
    for _ in range(_NEAR):
        if frame is not None and frame.f_globals.get("__name__") == "functools":
            frame = frame.f_back
    return frame is not None and is_local_code(frame.f_code)


def _own_modules() -> Iterator[Any]:
    names = sys.modules.keys() - foreign()
    return (one for name in names if (one := own_module(name)) is not None)


def _in(namespaces: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    """The functions with a memory that namespaces, and the classes in them, hold already."""
    for names in namespaces:
        for value in list(names.values()):
            inside = vars(value).values() if is_a(value, type) and is_own(value) else (value,)
            yield from (one for one in list(inside) if type(one) is _KIND and _is_local_one(one))


def _is_local_one(one: Any) -> bool:
    home = str(getattr(one, "__module__", ""))
    return home == "__main__" or own_module(home) is not None
