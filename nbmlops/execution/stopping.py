"""Stop a run from another process."""

from __future__ import annotations

import time
from collections.abc import Callable

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import NotCancellableError
from nbmlops.execution import process
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords

GRACE = 20.0
"""Seconds that a run has to end by itself: longer than an interrupted cell has."""

_EVERY = 0.1

Told = Callable[[str], object]


class RunStopper:
    """Asks the process that drives a run to stop, and waits until it has.

    Args:
        records: where runs are.
        clock: gives the present.
        author: who acts.
        grace: seconds to wait.
    """

    def __init__(
        self, records: RunRecords, *, clock: Clock, author: str, grace: float = GRACE
    ) -> None:
        self._records = records
        self._clock = clock
        self._author = author
        self._grace = grace

    def cancel(self, run: Run, *, force: bool, tell: Told) -> Run:
        """Stop a run; see `RunService.cancel`."""
        identity = self._driver(run)
        self._records.ask_to_cancel(run, self._author)
        if not process.ask_to_end(identity):
            raise NotCancellableError(
                f"{run.reference} is driven by the process {identity.process}, which is not yours.",
                cure="Let its user, or an administrator, cancel it.",
            )
        tell(f"Asked the process {identity.process} to stop {run.reference} …")
        closed = self._wait(run, identity)
        if closed is not None:
            return closed
        if not force:
            raise NotCancellableError(
                f"{run.reference} has not stopped after {self._grace:g} seconds.",
                cure=f"Kill its process: nbmlops cancel {run.reference} --force",
            )
        tell(f"It has not stopped after {self._grace:g} seconds: killed.")
        process.kill(identity)
        message = f"cancelled by {self._author}: its process did not stop, and was killed"
        return self._records.finish(
            run,
            status=RunStatus.CANCELLED,
            ended_at=self._clock(),
            failure=Failure(kind="Cancelled", message=message),
        )

    def ask(self, run: Run, by: str) -> bool:
        """Ask a run to stop, once, and do not wait.

        Args:
            run: one that another process of this machine and user drives.
            by: on whose behalf; the run says so when it is closed.

        Returns:
            Whether it was asked; it may have ended, been asked before, or run elsewhere.
        """
        try:
            identity = self._driver(run)
        except NotCancellableError:
            return False
        return self._records.ask_to_cancel(run, by) and process.ask_to_end(identity)

    def _driver(self, run: Run) -> ProcessIdentity:
        if run.status.ended:
            raise NotCancellableError(
                f"{run.reference} has ended already: {run.status}.",
                cure="List those that run: nbmlops runs",
            )
        drivers = {found.id: identity for found, identity in self._records.open_processes()}
        identity = drivers[run.id]
        if not process.is_here(identity):
            raise NotCancellableError(
                f"{run.reference} runs on another machine, {identity.host}.",
                cure=f"Cancel it there: nbmlops cancel {run.reference}",
            )
        return identity

    def _wait(self, run: Run, identity: ProcessIdentity) -> Run | None:
        """The run once it is closed; ``None`` when it is not in time."""
        until = time.monotonic() + self._grace
        while time.monotonic() < until:
            found = self._records.by_id(run.id)
            if found is not None and found.status.ended:
                return found
            if process.has_vanished(identity):
                message = f"cancelled by {self._author}: its process ended at once"
                return self._records.finish(
                    run,
                    status=RunStatus.CANCELLED,
                    ended_at=self._clock(),
                    failure=Failure(kind="Cancelled", message=message),
                )
            time.sleep(_EVERY)
        return None
