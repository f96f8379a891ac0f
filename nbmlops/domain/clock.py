"""Time is passed in, so that everything that depends on it can be tested."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware time in UTC."""


def system_clock() -> datetime:
    """The present, from the machine's clock."""
    return datetime.now(UTC)
