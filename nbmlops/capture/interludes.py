"""Whether anything ran between two cells that nobody recorded."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

_OF_SHELLS = ("IPython.core", "IPython.terminal", "ipykernel.", "nbmlops.")
"""Whose hooks at the begin and the end of a cell change nothing that is asked for."""


class Interludes:
    """Tells whether a process was left alone since a moment.

    IPython tells of all that it runs: cells that a front end runs for itself, and messages of
    widgets, as well. What it does not tell of counts as having run: hooks of others at the begin
    or the end of cells, loops of windows, imports (as by completion of names).

    Args:
        shell: the IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._ran = 0
        self._moment: tuple[int, int, str] | None = None

    def attach(self) -> None:
        """Start counting what the shell runs; before that, something always ran."""
        self._shell.events.register("pre_execute", self._runs)

    def detach(self) -> None:
        """Count no longer."""
        with suppress(ValueError):  # it was detached before
            self._shell.events.unregister("pre_execute", self._runs)
        self._moment = None

    def begin(self) -> None:
        """A cell has ended, and was looked at."""
        self._moment = self._now()

    def forget(self) -> None:
        """Something else has gone on since."""
        self._moment = None

    def end(self) -> bool:
        """The next cell is about to run: whether nothing else ran since."""
        then, self._moment = self._moment, None
        if then is None or self._shell.active_eventloop is not None:
            return False
        ran, *imported = then
        return self._now() == (ran + 1, *imported) and self._has_no_guests()

    def _now(self) -> tuple[int, int, str]:
        return self._ran, len(sys.modules), next(reversed(sys.modules))

    def _has_no_guests(self) -> bool:
        callbacks = self._shell.events.callbacks
        return all(
            str(getattr(hook, "__module__", "")).startswith(_OF_SHELLS)
            for event in ("pre_execute", "pre_run_cell", "post_run_cell")
            for hook in callbacks[event]
        )

    def _runs(self) -> None:
        self._ran += 1
