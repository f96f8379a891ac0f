"""New versions of data sets as events."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from nbmlops.domain.triggers import DataPinned, Event
from nbmlops.errors import UnknownNameError
from nbmlops.scheduling.triggers.base import Look
from nbmlops.store.catalog.triggers import Pin


class Pins(Protocol):
    """Knows the versions of data sets."""

    def pinned(self, dataset: str, *, after: int) -> list[Pin]:
        """The versions with a higher number, oldest first."""

    def last_pinned(self, dataset: str) -> int | None:
        """The highest number that a version has got; ``None`` where there is no such data set."""


class PinWatcher:
    """Notices that a data set has got a new version.

    Its cursor is the number of the newest version that it has seen: a number is never given
    twice, also where its version was deleted.

    Args:
        pins: where data sets are kept.
    """

    def __init__(self, pins: Pins) -> None:
        self._pins = pins

    def begin(self, cause: DataPinned, now: datetime) -> dict[str, Any]:
        """Behind the versions that there are.

        Raises:
            UnknownNameError: there is no such data set.
        """
        del now
        last = self._pins.last_pinned(cause.dataset)
        if last is None:
            raise UnknownNameError(
                "data set", cause.dataset, cure="Those that there are: nbmlops data list."
            )
        return {"seen": last}

    def look(self, number: int, cause: DataPinned, cursor: dict[str, Any], now: datetime) -> Look:
        """The versions since the cursor."""
        del now
        found = self._pins.pinned(cause.dataset, after=cursor["seen"])
        events = [
            Event(
                cause=number,
                key=f"data {cause.dataset}@{pin.number}",
                at=pin.at,
                words=f"{cause.dataset}@{pin.number} was pinned",
            )
            for pin in found
        ]
        seen = max((pin.number for pin in found), default=cursor["seen"])
        return Look(cursor={"seen": seen}, events=tuple(events))
