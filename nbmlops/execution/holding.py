"""Hold a kernel to what each of its steps may take, while that step runs."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from nbmlops.domain.sizes import in_words
from nbmlops.execution.limits import Limits, confine_all
from nbmlops.execution.process import resident_memory

_EVERY = 0.1
OUT_OF_MEMORY = "out of memory"


class Holding:
    """Holds one kernel to its limits, which change from step to step.

    - memory: what the kernel and all that it started hold, that which earlier steps left included;
      beyond the limit of the step that runs, they are killed;
    - processors: those of all threads and processes of the kernel;
    - on a cluster, the worker does both, and is told of each change.

    Args:
        limits: of the kernel, with those of its steps.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._now = limits.base
        self._step: str | None = None
        self._in_use = 0
        self._killed = False

    async def begin(self, step: str | None, provisioner: Any) -> None:
        """A cell is about to run.

        Args:
            step: which step it belongs to, if to any.
            provisioner: that of the kernel.
        """
        limits, self._step = self._limits.of(step), step
        if limits == self._now:
            return
        self._now = limits
        keeps = getattr(provisioner, "keep_to", None)
        if keeps is not None:
            self._in_use = await keeps(limits)
        else:
            self._in_use = await asyncio.to_thread(keep_to, provisioner.pid, limits)

    async def watch(self, provisioner: Any) -> None:
        """Kill a kernel of this machine when it takes more than it may; returns when it has.

        Memory that is shared, as by forked processes, counts for each of them.
        """
        while self._limits.watches_memory:
            limits = self._now
            if limits.memory is not None:
                found = await asyncio.to_thread(resident_memory, provisioner.pid)
                if found > limits.memory and limits is self._now:
                    self._killed = True
                    os.killpg(provisioner.pgid, signal.SIGKILL)
                    return
            await asyncio.sleep(_EVERY)

    def why(self, said: str) -> str:
        """Why the kernel was killed; empty where it was not for what it took.

        Args:
            said: what a cluster tells of it, if there is one.
        """
        memory = self._now.memory
        if memory is None or not (self._killed or said.startswith(OUT_OF_MEMORY)):
            return ""
        rules = self._limits.steps.get(self._step or "")
        if rules is None or rules.memory is None:
            return f"{OUT_OF_MEMORY}: limit {in_words(memory)}"
        before = f"; {in_words(self._in_use)} were in use when it began" if self._in_use else ""
        return (
            f"{OUT_OF_MEMORY}: step {self._step} was over its limit of {in_words(memory)}{before}"
        )


def keep_to(process: int, limits: Limits) -> int:
    """Let a kernel have as many processors as it may from now on; the bytes that it holds."""
    confine_all(process, limits)
    return resident_memory(process) if limits.memory is not None else 0
