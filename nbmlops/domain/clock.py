"""Time is passed in, so that everything that depends on it can be tested."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware time in UTC."""


def system_clock() -> datetime:
    """The present, from the machine's clock."""
    return datetime.now(UTC)


def to_the_minute(moment: datetime) -> str:
    """``2026-05-04 12:00``, with the seconds where there are some."""
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment.second else f"{moment:%Y-%m-%d %H:%M}"
