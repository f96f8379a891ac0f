"""Messages on their way: sent, and tried again until they arrive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from nbmlops.domain.clock import Clock
from nbmlops.domain.notices import Delivery, Notice
from nbmlops.errors import NbmlopsError, StoreError
from nbmlops.notifying.channels import Channel
from nbmlops.store.catalog.notices import NoticeRecords

AGAIN = timedelta(seconds=10)
"""The pause before the second attempt; each further one is twice as long."""

AGAIN_AT_LEAST = timedelta(hours=1)
"""No pause is longer."""

GIVES_UP = timedelta(hours=24)
"""A message that has not arrived by then is old news."""

_LEASE = timedelta(minutes=5)
"""How long a message may be in the hands of one process."""


_SOON = timedelta(seconds=1)
"""When to ask again what a channel has missed that was just ending its work."""


class Outbox:
    """Sends what waits, each channel in a thread of its own.

    A channel that hangs holds itself, and nobody else. A message is claimed before it is sent and
    written down after: a process that dies in between leads to a second message with the same
    identity, never to none.

    Args:
        records: the messages.
        send: sends a notice to a channel, or raises an `NbmlopsError`.
        note: told what happens, for the log.
        clock: gives the present.
    """

    def __init__(
        self,
        records: NoticeRecords,
        *,
        send: Callable[[Channel, Notice], None],
        note: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._records = records
        self._send = send
        self._note = note
        self._clock = clock
        self._threads: dict[str, threading.Thread] = {}

    def begin(self, channels: Mapping[str, Channel]) -> datetime | None:
        """Let a thread send what is to be sent now, for each channel that has none.

        Returns:
            When the next of the messages is to be tried; ``None`` where none waits.
        """
        now, later = self._clock(), []
        for name, moment in self._records.waiting().items():
            if name not in channels:
                continue
            if moment > now:
                later.append(moment)
            elif self._is_busy(name):
                later.append(now + _SOON)
            else:
                thread = threading.Thread(
                    target=self._empty, args=(channels[name],), name=f"nbmlops-{name}", daemon=True
                )
                self._threads[name] = thread
                thread.start()
        return min(later, default=None)

    @property
    def busy(self) -> bool:
        """Whether a message is being sent."""
        return any(self._is_busy(name) for name in self._threads)

    def wait(self, seconds: float) -> bool:
        """Wait for what is being sent; returns whether nothing is any more."""
        until = time.monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        return not self.busy

    def _is_busy(self, name: str) -> bool:
        thread = self._threads.get(name)
        return thread is not None and thread.is_alive()

    def _empty(self, channel: Channel) -> None:
        try:
            while (delivery := self._claim(channel)) is not None:
                self._deliver(channel, delivery)
        except StoreError as error:  # what was sent unwritten is sent again, with its identity
            self._note(f"notices to {channel.name} wait: {error}")

    def _claim(self, channel: Channel) -> Delivery | None:
        now = self._clock()
        return self._records.claim(now, channel.name, until=now + _LEASE)

    def _deliver(self, channel: Channel, delivery: Delivery) -> None:
        notice = delivery.notice
        what = f"notice '{notice.subject} {notice.kind}' to {channel.name}"
        try:
            self._send(channel, notice)
        except NbmlopsError as error:
            self._try_again(delivery, what, str(error))
        except Exception as error:  # noqa: BLE001
            # The edge of this thread: what a library did not foresee must not end the others.
            self._try_again(delivery, what, f"{type(error).__name__} in the sender.")
        else:
            self._records.sent(delivery, self._clock())
            self._note(f"{what}: sent")

    def _try_again(self, delivery: Delivery, what: str, error: str) -> None:
        now = self._clock()
        again_at: datetime | None = now + pause(delivery.attempt)
        if now - delivery.notice.at >= GIVES_UP:
            again_at = None
        self._records.failed(delivery, error, again_at)
        then = f"again at {again_at.astimezone():%H:%M:%S}" if again_at else "given up"
        self._note(f"{what}: attempt {delivery.attempt} failed, {then}: {error}")


def pause(attempt: int) -> timedelta:
    """How long to wait after an attempt that failed, the first of which is 1."""
    doubled: int = 2 ** min(attempt - 1, 10)
    return min(AGAIN_AT_LEAST, AGAIN * doubled)
