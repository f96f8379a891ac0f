"""What the first record needs is fetched while nobody waits: after a cell, before the next."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from nbmlops.capture.late import OWN_THREADS
from nbmlops.values.uncollected import lasting

log = logging.getLogger(__name__)


class Warming:
    """Does in a thread what would be done in the first cell's time, and ends before that runs.

    No code of the notebook runs beside it: a process that a cell forks would wait for ever for
    an import that the thread had begun.
    """

    def __init__(self) -> None:
        self._tasks: tuple[Callable[[], object], ...] = ()
        self._thread: threading.Thread | None = None
        self._has_begun = False

    def ask(self, *tasks: Callable[[], object]) -> None:
        """Say what is to be done when the cell that runs has ended.

        Args:
            tasks: done one after the other; one that fails is done again by whoever needs it,
                who says then what is wrong.
        """
        self._tasks = tasks

    def begin(self) -> None:
        """A cell has ended: start, if that was asked for, and once; no process ends meanwhile."""
        if self._tasks and not self._has_begun:
            self._has_begun = True
            name = f"{OWN_THREADS}warming"
            self._thread = threading.Thread(target=_do, args=self._tasks, name=name)
            self._thread.start()

    def finish(self) -> None:
        """Wait until it has ended."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def _do(*tasks: Callable[[], object]) -> None:
    for task in tasks:
        try:
            with lasting():
                task()
        except Exception as error:
            # The edge of the thread: it only does earlier what is done again where it failed.
            log.debug("nothing was warmed up", exc_info=error)
