"""What a person cannot stop halfway: values that come back, and the record of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class Unbroken:
    """Lets Ctrl-C wait until its context ends, and remembers that it came.

    A signal that the caller does not answer with an interrupt is left alone. Python hears signals
    in the main thread only; in another one the context does nothing.

    Attributes:
        came: whether it came and was not answered yet.
    """

    def __init__(self) -> None:
        self.came = False
        self._before: Any = None

    def __enter__(self) -> Self:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Within this, Ctrl-C interrupts as it does elsewhere.

        Raises:
            KeyboardInterrupt: it came, before or within.
        """
        if self._before is None:
            yield
            return
        try:
            signal.signal(signal.SIGINT, self._before)
            if self.came:
                self.came = False
                raise KeyboardInterrupt
            yield
        finally:
            signal.signal(signal.SIGINT, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.came = True
