"""The thread of a scheduler that tells people what happened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self, TypeVar

from nbmlops.domain.clock import Clock
from nbmlops.domain.notices import Notice, NoticeKind, Streak
from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import NbmlopsError
from nbmlops.notifying.channels import Channel
from nbmlops.notifying.judging import judge, judge_drift
from nbmlops.notifying.outbox import Outbox
from nbmlops.store.catalog.drift import DriftFinding
from nbmlops.store.catalog.notices import NoticeRecords

_Event = TypeVar("_Event")

LOOKS = timedelta(seconds=30)
"""How often the ledger is read at least: a scheduler that was killed could not say what ended."""

LAST_WORDS = 5.0
"""Seconds that a scheduler which stops leaves to what is being sent; the rest is sent later."""


class Notifier:
    """Reads from the ledger what is to be told, and sees to it that it is sent.

    A context manager around a scheduler's loop, which it never holds: it has threads of its own.
    What is told comes from the ledger, not from what the scheduler says: nothing is lost with a
    scheduler that is killed, and of several each tells what no other has told.

    Args:
        records: the ledger, the notices and the outbox.
        outbox: sends them.
        channels: reads the channels, or raises an `NbmlopsError`.
        note: told what goes wrong, for the log.
        clock: gives the present.
    """

    def __init__(
        self,
        records: NoticeRecords,
        outbox: Outbox,
        *,
        channels: Callable[[], dict[str, Channel]],
        note: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._records = records
        self.outbox = outbox
        self._channels = channels
        self._note = note
        self._clock = clock
        self._woken = threading.Event()
        self._ending = threading.Event()
        self._said = ""
        self._thread = threading.Thread(target=self._run, name="nbmlops-notices", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._woken.set()
        self._thread.join(LAST_WORDS)
        self.outbox.wait(LAST_WORDS)

    def listening(self, listener: Callable[[_Event], None] | None) -> Callable[[_Event], None]:
        """A listener for the events of a scheduler, each of which may be worth a look."""

        def listen(event: _Event) -> None:
            self.wake()
            if listener is not None:
                listener(event)

        return listen

    def wake(self) -> None:
        """Look at the ledger now, from any thread; returns at once."""
        self._woken.set()

    def look(self) -> datetime | None:
        """Write what is to be told, and begin to send it.

        Returns:
            When the next message is to be tried; ``None`` where none waits.

        Raises:
            NbmlopsError: the channels or the catalog cannot be read. Nothing is lost by it.
        """
        channels, now = self._channels(), self._clock()

        def judged(
            status: FireStatus, due_at: datetime, streak: Streak | None
        ) -> tuple[NoticeKind | None, Streak | None]:
            return judge(status, due_at, streak, now)

        def judged_drift(
            finding: DriftFinding, streak: Streak | None
        ) -> tuple[NoticeKind | None, Streak | None]:
            return judge_drift(finding, streak, now)

        def wanting(notice: Notice) -> list[str]:
            return [name for name, channel in channels.items() if channel.wants(notice)]

        while self._records.tell_of_ends(now, judged, wanting):
            pass
        while self._records.tell_of_drift(now, judged_drift, wanting):
            pass
        self._records.tell_of_rest(now, wanting)
        return self.outbox.begin(channels)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._woken.clear()
            self._woken.wait(self._looked())
        self._looked()

    def _looked(self) -> float:
        """Look; returns in how many seconds to look again."""
        try:
            next_at = self.look()
        except NbmlopsError as error:
            if str(error) != self._said:
                self._said = str(error)
                self._note(f"notices wait: {error}")
            return LOOKS.total_seconds()
        self._said = ""
        left = (next_at - self._clock()) if next_at else LOOKS
        return max(0.0, min(left, LOOKS).total_seconds())
