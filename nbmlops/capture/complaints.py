"""Say that cells were not recorded, without saying it after every one."""

from __future__ import annotations

import logging
import sys

from nbmlops.errors import NbmlopsError

log = logging.getLogger(__name__)

_TOLD_AGAIN = 10
"""Cells in a row that are not recorded for the same reason until that is said once more."""


class Complaints:
    """Tells in one sentence why a cell was not recorded; if the same goes on, every ten cells."""

    def __init__(self) -> None:
        self._reasons: set[str] = set()
        self._untold = 0

    def tell(self, error: Exception | str) -> None:
        """A cell was not recorded, for this reason."""
        reason = str(error)
        if isinstance(error, Exception):
            log.debug("a cell was not recorded", exc_info=error)
            if not isinstance(error, NbmlopsError):
                reason = f"{type(error).__name__}: {error}"
        self._untold += 1
        if reason not in self._reasons:
            self._reasons.add(reason)
            self._untold -= 1
            sys.stderr.write(f"nbmlops: this cell was not recorded: {reason}\n")
        elif self._untold >= _TOLD_AGAIN:
            sys.stderr.write(f"nbmlops: {self._untold} more cells were not recorded: {reason}\n")
            self._untold = 0

    def end(self) -> None:
        """A cell was recorded; tell of those before it that were not, and of which nobody knows."""
        if self._untold:
            cells = "1 more cell was" if self._untold == 1 else f"{self._untold} more cells were"
            sys.stderr.write(f"nbmlops: recording works again; {cells} not recorded.\n")
        self._untold = 0
        self._reasons.clear()
