"""The worker processes of a scheduler."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbmlops.domain.schedules import Claim


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process that runs one claim.

    ``run`` is known once the process has opened it; ``silent`` says that its lease had to be
    renewed for it.
    """

    claim: Claim
    process: subprocess.Popen[bytes]
    started_at: datetime
    run: str | None = None
    silent: bool = False

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None


class Workers:
    """Starts worker processes and sees them end.

    Each lives in a session of its own and writes to the log, not to this process: neither
    Ctrl-C in this terminal nor the death of this process reaches it.

    Args:
        command: what runs one due time, to which ``--fire`` and ``--token`` are added.
        log: the file that takes what workers print; ``None`` drops it.
    """

    def __init__(self, command: Sequence[str], *, log: Path | None = None) -> None:
        self._command = tuple(command)
        self._log = log
        self.running: list[Worker] = []

    def start(self, claim: Claim, started_at: datetime) -> Worker:
        """Start a process for a claim.

        Returns:
            The worker, which is in `running` until `forget` takes it out.

        Raises:
            OSError: the machine cannot start another process.
        """
        words = [*self._command, "--fire", str(claim.fire.id), "--token", str(claim.token)]
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self._log.open("ab")) if self._log else subprocess.DEVNULL
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(claim=claim, process=process, started_at=started_at)
        self.running.append(worker)
        return worker

    def any_ended(self) -> bool:
        """Whether a worker in `running` is gone."""
        return any(worker.ended for worker in self.running)

    def forget(self, worker: Worker) -> None:
        """Take out a worker whose end is written down."""
        self.running.remove(worker)

    def terminate(self) -> None:
        """Ask all to stop and give back their due times."""
        for worker in self.running:
            worker.process.terminate()

    def kill(self) -> None:
        """End all at once."""
        for worker in self.running:
            worker.process.kill()
            worker.process.wait()
