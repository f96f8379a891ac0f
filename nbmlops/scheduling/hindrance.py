"""What keeps a scheduler from its work for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nbmlops.domain.clock import Clock
from nbmlops.scheduling.events import Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    kind: str
    at: datetime


class Hindrance:
    """Tells what a scheduler waits for: once when it begins, and once when it is over.

    A server that is away gives another reason each time it is asked; that is one outage.

    Args:
        reporter: whom it tells.
        clock: gives the present.
    """

    def __init__(self, reporter: Reporter, clock: Clock) -> None:
        self._reporter = reporter
        self._clock = clock
        self._begun: _Begun | None = None

    def is_there(self, kind: str, message: str) -> None:
        """Something of a kind is in the way now; told unless the last word was of that kind."""
        if self._begun is not None and self._begun.kind == kind:
            return
        since = self._begun.at if self._begun is not None else self._clock()
        self._begun = _Begun(kind=kind, at=since)
        self._reporter.tell("waiting", message)

    def is_over(self) -> None:
        """Nothing is in the way."""
        if self._begun is None:
            return
        seconds = max(0.0, (self._clock() - self._begun.at).total_seconds())
        self._begun = None
        self._reporter.tell("resumed", f"The scheduler goes on, after {seconds:.0f} s.")
