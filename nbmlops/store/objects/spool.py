"""Objects that wait on disk until they are sent to where a team shares them."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from nbmlops.errors import NbmlopsError, StoreError, StoreUnreachableError, StoreUnwritableError
from nbmlops.store.endings import at_the_end
from nbmlops.store.objects.base import is_key

log = logging.getLogger(__name__)

_WORKERS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_QUIET = 120.0
"""Seconds for which it is waited for one object to be sent before the others are given up."""


class Spool:
    """Sends objects in the background, several at once, and none is forgotten.

    - a mark on disk says that an object waits; it goes when the object has arrived, so that what
      a killed process left is sent by the next one;
    - where the other side does not take them it is tried again, after pauses that grow;
    - files are read as they are sent, in parts: memory does not grow with what waits.

    Args:
        marks: the folder of the marks.
        send: sends the object with a key; raises what keeps it from arriving.
    """

    def __init__(self, marks: Path, send: Callable[[str], None]) -> None:
        self._marks = marks
        self._send = send
        self._begin()

    def add(self, key: str, *, durable: bool = False) -> None:
        """Have an object sent; it waits on disk from now on.

        Raises:
            StoreUnwritableError: the mark cannot be written.
        """
        try:
            self._marks.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._marks / key, os.O_CREAT | os.O_WRONLY, 0o644)
            if durable:
                os.fsync(descriptor)
            os.close(descriptor)
        except OSError as error:
            raise StoreUnwritableError(
                f"{self._marks} cannot be written: {error.strerror}.",
                cure="Check the disk and the folder.",
            ) from error
        self._require_own()
        with self._changed:
            self._queue[key] = None
            self._start()

    def drop(self, key: str) -> None:
        """Do not send an object; one that is just being sent is waited for."""
        self._require_own()
        with self._changed:
            self._queue.pop(key, None)
            self._changed.wait_for(lambda: key not in self._under_way, timeout=_QUIET)
            self._queue.pop(key, None)  # what could not be sent waits again
            (self._marks / key).unlink(missing_ok=True)

    def waiting(self) -> list[str]:
        """The keys of all objects that wait here, whichever process has put them."""
        with contextlib.suppress(FileNotFoundError):
            return [name for name in os.listdir(self._marks) if is_key(name)]  # noqa: PTH208
        return []

    def holds(self, key: str) -> bool:
        """Whether an object waits here."""
        return (self._marks / key).exists()

    def take_over(self, seconds: float) -> None:
        """Send what other processes have put longer ago than that, and not sent yet."""
        self._require_own()
        now = time.time()
        for key in self.waiting():
            with contextlib.suppress(FileNotFoundError):
                if now - (self._marks / key).stat().st_mtime >= seconds:
                    with self._changed:
                        self._queue.setdefault(key)
                        self._start()

    def settle(self) -> None:
        """Wait until all is sent that this process has put.

        Raises:
            StoreError: what keeps it from being sent, as far as is known from the last attempt
                or, once its pause is over, from another one.
        """
        self._require_own()
        with self._changed:
            failures, sent = self._failures, self._sent
            if self._trouble is not None and time.monotonic() < self._not_before:
                raise self._trouble  # it was tried a moment ago
            until = time.monotonic() + _QUIET
            while self._queue or self._under_way:
                self._start()
                self._changed.wait(1.0)
                if self._trouble is not None and self._failures > failures:
                    raise self._trouble
                if self._sent != sent:
                    sent, until = self._sent, time.monotonic() + _QUIET
                if time.monotonic() > until:
                    raise StoreUnreachableError("What was put has not been sent yet.")

    @property
    def trouble(self) -> StoreError | None:
        """What keeps objects from being sent at present."""
        return self._trouble

    def _begin(self) -> None:
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._queue: OrderedDict[str, None] = OrderedDict()
        self._under_way: set[str] = set()
        self._workers = 0
        self._trouble: StoreError | None = None
        self._not_before = 0.0
        self._pause = _FIRST_PAUSE
        self._failures = self._sent = 0

    def _require_own(self) -> None:
        """Begin anew in a forked process: what its parent sends is none of its business."""
        if self._process != os.getpid():
            self._begin()

    def _start(self) -> None:
        wanted = 1 if self._trouble is not None else min(_WORKERS, len(self._queue))
        while self._workers < wanted:
            self._workers += 1
            threading.Thread(target=self._work, name="nbmlops-sending", daemon=True).start()
        at_the_end(self._finish)

    def _work(self) -> None:
        for key in self._taken():
            try:
                self._send(key)
            except StoreError as error:
                self._failed(key, error)
            except (NbmlopsError, OSError) as error:
                self._failed(key, StoreError(str(error)))
            except Exception as error:
                # The edge of the thread: whatever went wrong, the object waits and is not lost.
                log.debug("an object was not sent", exc_info=error)
                self._failed(key, StoreError(f"{type(error).__name__}: {error}"))
            else:
                self._arrived(key)

    def _taken(self) -> Iterator[str]:
        """What is to be sent next, until there is nothing more."""
        while True:
            with self._changed:
                while self._queue and (pause := self._not_before - time.monotonic()) > 0:
                    self._changed.wait(pause)
                key = next((key for key in self._queue if key not in self._under_way), None)
                if key is None or (self._trouble is not None and self._under_way):
                    self._workers -= 1
                    self._changed.notify_all()
                    return
                del self._queue[key]
                self._under_way.add(key)
            yield key

    def _arrived(self, key: str) -> None:
        with self._changed:
            self._under_way.discard(key)
            if key not in self._queue:  # or it was put once more
                (self._marks / key).unlink(missing_ok=True)
            self._trouble, self._pause, self._not_before = None, _FIRST_PAUSE, 0.0
            self._sent += 1
            self._start()
            self._changed.notify_all()

    def _failed(self, key: str, error: StoreError) -> None:
        with self._changed:
            self._under_way.discard(key)
            self._queue.setdefault(key)
            self._trouble = error
            self._failures += 1
            self._not_before = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._changed.notify_all()

    def _finish(self) -> None:
        """Give what is under way the time to arrive, as the process ends."""
        with contextlib.suppress(StoreError):
            self.settle()
