"""Look at objects without leaving a note on their classes."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

from nbmlops.values.kinds import identity

_HOOK = "_slotnames"
"""What the interpreter calls for a class whose objects are pickled, if that has no note yet."""

Names = Callable[[Any], Any]


class _Unwritten:
    """A class as `copyreg` looks at it, on which it can leave nothing."""

    __slots__ = ("_kind",)

    def __init__(self, kind: type) -> None:
        object.__setattr__(self, "_kind", kind)

    def __getattribute__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_kind"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(name)


class _Stand(local):
    """What a thread has asked for while it leaves no notes; ``None`` while it may."""

    names: dict[int, tuple[type, Any]] | None = None


class _Hook:
    """Stands in for the hook while any thread leaves no notes; for others nothing changes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._within = 0
        self._original: Names | None = None
        self._here = _Stand()

    def __call__(self, kind: type) -> Any:
        names = self._here.names
        original: Any = self._original or vars(copyreg)[_HOOK]
        if names is None:
            return original(kind)
        found = names.get(identity(kind))
        if found is None:
            found = names[identity(kind)] = kind, original(_Unwritten(kind))
        return found[1]

    def enter(self) -> bool:
        """Begin to leave no notes in this thread; false where it does not leave any already."""
        if self._here.names is not None:
            return False
        with self._lock:
            if not self._within:
                self._original = vars(copyreg)[_HOOK]
                setattr(copyreg, _HOOK, self)
            self._within += 1
        self._here.names = {}
        return True

    def leave(self) -> None:
        """Leave notes again."""
        self._here.names = None
        with self._lock:
            self._within -= 1
            if not self._within and vars(copyreg)[_HOOK] is self:
                setattr(copyreg, _HOOK, self._original)


_hook = _Hook()


@contextmanager
def unnoted() -> Iterator[None]:
    """Have this thread leave no `__slotnames__` on classes whose objects it takes apart.

    The interpreter notes there, when an object is pickled for the first time, which slots its
    class has: ``dir`` of an object and ``vars`` of its class would show it.
    """
    entered = _hook.enter()
    try:
        yield
    finally:
        if entered:
            _hook.leave()
