"""What the process calls between cells, because cells have asked for it."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # typeshed has none; `signal` makes enums
import asyncio
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from types import FrameType
from typing import Any

from nbmlops.capture.kept_answers import KeptAnswer
from nbmlops.capture.local_code import local_function
from nbmlops.values.kinds import package_of

_SIGNALS = range(1, _signal.NSIG)

_EVENTS = ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell")

_MACHINERY = frozenset([
    "IPython", "_asyncio", "anyio", "asyncio", "concurrent", "ipykernel", "jupyter_client",
    "nbmlops", "prompt_toolkit", "threading", "tornado", "zmq",
])  # fmt: skip
"""Packages that put timers into the loop on which the kernel itself runs."""

_OF_ALL_WIDGETS = "jupyter.widget.control"
"""Where front ends ask what widgets there are: it runs nobody's code."""

_OURS = "nbmlops"
"""The package of the panel, which asks again and again."""


class Callbacks:
    """Knows which code may be called while no cell runs: timers, hooks, signal handlers.

    Args:
        shell: the IPython shell; without one, there are no hooks.
    """

    def __init__(self, shell: Any = None) -> None:
        self._shell = shell
        self._standing = KeptAnswer(self._called, self._local)

    def there(self) -> set[Any]:
        """All that is there: handles of the event loop, and functions of the notebook."""
        return {*_handles(), *self._standing()}

    def stays(self, callback: Any) -> bool:
        """Whether it may still be called."""
        if isinstance(callback, asyncio.Handle):
            return waits(callback)
        return callback in self._standing()

    def _called(self) -> list[Any]:
        """What is called again and again: hooks, and handlers of signals."""
        events: Mapping[str, Iterable[Any]] = {}
        if self._shell is not None:
            events = self._shell.events.callbacks
        hooks = chain.from_iterable([events.get(event, ()) for event in _EVENTS])
        return [*hooks, *map(_signal.getsignal, _SIGNALS)]

    def _local(self) -> frozenset[types.FunctionType]:
        """What of that is code of the notebook."""
        return frozenset(filter(None, map(local_function, filter(callable, self._called()))))


def waits(handle: asyncio.Handle) -> bool:
    """Whether a timer of an event loop has not come yet."""
    return not handle.cancelled() and bool(getattr(handle, "_scheduled", False))


def comms() -> Mapping[str, Any]:
    """The connections to a front end, by their ids: each widget has one."""
    package = sys.modules.get("comm")
    return {} if package is None else dict(package.get_comm_manager().comms)


def listeners(comm: Any) -> int:
    """How many functions are called when something changes in the widget at a connection."""
    widget = _widget_at(comm)
    held = getattr(widget, "__dict__", {})
    values = held.get("_trait_values", {})
    if "layout" not in values:  # two of three are the style and layout of another, seen by nobody
        return 0
    observing = held.get("_trait_notifiers", {}).values()
    found = sum([len(one) for kinds in observing for one in kinds.values()])
    given = [held.get(name, values.get(name)) for name in _DISPATCHERS]
    return found + sum([len(one.callbacks) for one in given if one is not None])


_DISPATCHERS = ("_click_handlers", "_msg_callbacks", "_submission_callbacks")
"""Where widgets keep what they call beside those that observe their values."""


def called_comm() -> Any:
    """The connection whose callbacks are about to run, asked by a hook of ``pre_execute``.

    Returns:
        ``None`` where IPython is about to run a cell instead, a front end asks for widgets, or
        our own panel asks: what it does to values is recorded by itself.
    """
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 (the event does not tell)
    while frame is not None and frame.f_code.co_name != "trigger":
        frame = frame.f_back
    caller = None if frame is None else frame.f_back
    if caller is None or caller.f_code.co_name != "handle_msg":
        return None
    comm = caller.f_locals.get("self")
    of_all = getattr(comm, "target_name", None) == _OF_ALL_WIDGETS
    return None if of_all or package_of(type(_widget_at(comm))) == _OURS else comm


def _widget_at(comm: Any) -> Any:
    return getattr(getattr(comm, "_msg_callback", None), "__self__", None)


def _handles() -> Iterator[asyncio.Handle]:
    """What the event loop that runs is to call, but for what the kernel does itself."""
    with suppress(RuntimeError):  # no event loop runs here
        loop: Any = asyncio.get_running_loop()
        waiting = (*getattr(loop, "_scheduled", ()), *getattr(loop, "_ready", ()))
        yield from (one for one in waiting if not one.cancelled() and _counts(one))


def _counts(handle: Any) -> bool:
    callback = handle._callback  # noqa: SLF001 (nothing else tells)
    if local_function(callback) is not None:
        return True
    owner = getattr(callback, "__self__", None)  # of `rows.append`
    if owner is None or isinstance(owner, types.ModuleType):
        return False
    return package_of(type(owner)) not in _MACHINERY
