"""How much of the machine a run's kernel may take."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

from nbmlops.domain.rules import StepRules

_EVERY = 0.1
_THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS",
    "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS",
    "ARROW_NUM_THREADS",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a kernel and the processes that it starts may take together.

    Attributes:
        memory: resident bytes; beyond them the kernel is killed, and the record says why.
        cpus: processors that they run on, and threads that numerical libraries start.
    """

    memory: int | None = None
    cpus: int | None = None

    def for_steps(self, steps: Iterable[StepRules]) -> Limits:
        """Those of a kernel that runs these steps: the largest that any of them asks for.

        What none of them asks for is as here.
        """
        asked = list(steps)
        memory = max((one.memory for one in asked if one.memory), default=self.memory)
        return Limits(
            memory=memory, cpus=max((one.cpus for one in asked if one.cpus), default=self.cpus)
        )

    @property
    def processors(self) -> tuple[int, ...] | None:
        """The processors for the kernel; ``None`` where all are or the system cannot tell."""
        if self.cpus is None or not hasattr(os, "sched_getaffinity"):
            return None
        return tuple(sorted(os.sched_getaffinity(0)))[: self.cpus]

    def environment(self) -> dict[str, str]:
        """The variables that tell libraries how many threads to start."""
        return {} if self.cpus is None else dict.fromkeys(_THREADS, str(self.cpus))

    async def watch(self, process: int, kill: Callable[[], object]) -> None:
        """Kill a kernel when it takes more memory than it may; returns when it has.

        Memory that is shared, as by forked processes, counts for each of them.
        """
        from nbmlops.execution.process import resident_memory  # which knows the store

        while self.memory is not None:
            if await asyncio.to_thread(resident_memory, process) > self.memory:
                kill()
                return
            await asyncio.sleep(_EVERY)


def confine(process: int, processors: tuple[int, ...] | None) -> None:
    """Let a process that has just begun run on some processors only."""
    if processors is not None:
        with suppress(OSError):
            os.sched_setaffinity(process, processors)


def set_by_limits(fact: str, value: str | None, cpus: Collection[int | None]) -> bool:
    """Whether a fact of an environment is what a limit to so many processors makes it.

    Args:
        fact: its name, such as ``OMP_NUM_THREADS``.
        value: what it is.
        cpus: the limits that there may have been.
    """
    known = {str(number) for number in cpus if number is not None}
    return (fact == "cpus" or fact in _THREADS) and value in known
