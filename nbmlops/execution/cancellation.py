"""How a running notebook is stopped from outside."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from nbmlops.execution.outcome import STOPPED

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Cancellation:
    """Turns SIGINT and SIGTERM into a request to stop, while its context is open.

    - remembers the first signal, and tells listeners of each one;
    - puts the caller's handlers back on leaving, so that `hand_on` can give the signal to them;
    - leaves a signal alone that the caller ignores.

    Python hears signals in the main thread only; in another one the context does nothing.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._came = threading.Event()
        self._listeners: list[Callable[[], object]] = []
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous.clear()

    @contextmanager
    def told(self, listener: Callable[[], object]) -> Iterator[None]:
        """Call a function at each signal while the context is open; at once if one has come."""
        self._listeners.append(listener)
        if self.signal is not None:
            listener()
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def wait(self, seconds: float) -> signal.Signals | None:
        """Sleep, but wake up at a signal; the one that has come."""
        self._came.wait(seconds)
        return self.signal

    def hand_on(self) -> None:
        """Give the signal that came to whoever handled it before; nothing if none came."""
        if self.signal is not None:
            signal.raise_signal(self.signal)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.signal = self.signal or signal.Signals(number)
        self._came.set()
        for listener in tuple(self._listeners):
            listener()


def tell_why(cell: Any, stopped_for: str, number: signal.Signals | None) -> None:
    """Write into a cell that was cancelled why: its own error is an interrupt without a word.

    Args:
        cell: of an executed notebook.
        stopped_for: what happened in another kernel of the run; empty for nothing.
        number: the signal that stopped the run, if one did.
    """
    if stopped_for:
        cell.metadata["nbmlops"] = {STOPPED: stopped_for}
    why = stopped_for or (f"stopped by {number.name}" if number is not None else "")
    for output in cell.outputs:
        if output.get("ename") == "KeyboardInterrupt" and not output["evalue"]:
            output["evalue"] = why
