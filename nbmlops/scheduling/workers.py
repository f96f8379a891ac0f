"""The worker processes of a scheduler."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbmlops.domain.schedules import Claim
from nbmlops.execution.kernels.process import WarmProcess
from nbmlops.scheduling.warm_workers import WarmWorkers


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process that runs one claim.

    ``run`` is known once the process has opened it; ``silent`` says that its lease had to be
    renewed for it.
    """

    claim: Claim
    process: subprocess.Popen[bytes] | WarmProcess
    started_at: datetime
    run: str | None = None
    silent: bool = False
    handle: int | None = field(init=False, default=None)
    """What can be read from once the process is gone; ``None`` where the system has no such."""

    def __post_init__(self) -> None:
        if isinstance(self.process, WarmProcess):
            self.handle = self.process.fileno()
        elif sys.platform == "linux":
            with contextlib.suppress(OSError):  # there may be none left
                self.handle = os.pidfd_open(self.process.pid)

    def forget(self) -> None:
        """Give up what tells of its end."""
        if self.handle is not None and not isinstance(self.process, WarmProcess):
            os.close(self.handle)
        self.handle = None

    @property
    def began(self) -> str:
        """How it began: ``started``, or ``forked`` from a process that had imported all."""
        return "forked" if isinstance(self.process, WarmProcess) else "started"

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
        nursery: what runs a process that forks workers; ``None`` starts each on its own.
        log: the file that takes what workers print; ``None`` drops it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        nursery: Sequence[str] | None = None,
        log: Path | None = None,
    ) -> None:
        self._command = tuple(command)
        self._log = log
        self._warm = WarmWorkers(nursery, log=log)
        self.running: list[Worker] = []

    def start(self, claim: Claim, started_at: datetime) -> Worker:
        """Start a process for a claim.

        Returns:
            The worker, which is in `running` until `forget` takes it out.

        Raises:
            OSError: the machine cannot start another process.
        """
        process = self._warm.start(claim) or self._start_cold(claim)
        worker = Worker(claim=claim, process=process, started_at=started_at)
        self.running.append(worker)
        return worker

    def _start_cold(self, claim: Claim) -> subprocess.Popen[bytes]:
        words = [*self._command, "--fire", str(claim.fire.id), "--token", str(claim.token)]
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self._log.open("ab")) if self._log else subprocess.DEVNULL
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def any_ended(self) -> bool:
        """Whether a worker in `running` is gone."""
        return any(worker.ended for worker in self.running)

    def sleep(self, seconds: float) -> None:
        """Sleep, at most until one of those in `running` ends."""
        handles = [worker.handle for worker in self.running if worker.handle is not None]
        if not handles:
            time.sleep(seconds)
            return
        ends = select.poll()
        for handle in handles:
            ends.register(handle, select.POLLIN)
        ends.poll(1000 * seconds)

    def forget(self, worker: Worker) -> None:
        """Take out a worker whose end is written down."""
        self.running.remove(worker)
        worker.forget()

    def terminate(self) -> None:
        """Ask all to stop and give back their due times."""
        for worker in self.running:
            worker.process.terminate()

    def kill(self) -> None:
        """End all at once."""
        for worker in self.running:
            worker.process.kill()
            worker.process.wait()

    def close(self) -> None:
        """Fork no more; those that run go on."""
        self._warm.close()
