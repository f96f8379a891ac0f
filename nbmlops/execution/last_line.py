"""The last line that a running cell has printed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from nbmlops.values import secrets

PAUSE = 0.5
"""Seconds between two lines that are told of one cell."""

LONGEST = 200
"""Characters of a line that are told."""

_LONGEST_HEARD = 4_000
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class LastLine:
    """Tells the latest line of what a cell prints, at once and then at most twice a second.

    The last line of a cell that falls silent is told as well. Used within one event loop.

    Args:
        tell: called with each line, without colours and secrets.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._heard = ""
        self._line = ""
        self._told = ""
        self._timer: asyncio.TimerHandle | None = None

    def hear(self, text: str) -> None:
        """The cell has printed a text, which need not end with a line."""
        heard = secrets.masked(self._heard + text)  # a secret may come in pieces, or in lines
        self._heard = heard[-_LONGEST_HEARD:]
        shown = secrets.without_begun(heard).rstrip()
        if not shown:
            return
        self._line = shown[1 + max(map(shown.rfind, "\r\n")) :]
        if self._timer is None:
            self._now()

    def forget(self) -> None:
        """The cell has ended: nothing more is told of it."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._heard = self._line = self._told = ""

    def _now(self) -> None:
        self._timer = None
        line = secrets.masked(_COLOURS.sub("", self._line)).strip()[:LONGEST]
        if line and line != self._told:
            self._told = line
            self._tell(line)
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._now)
