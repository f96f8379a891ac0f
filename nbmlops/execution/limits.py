"""How much of the machine a run's kernel may take."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from nbmlops.errors import UsageError

_EVERY = 0.1
_THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS",
    "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS",
    "ARROW_NUM_THREADS",
)  # fmt: skip
_UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a kernel and the processes that it starts may take together.

    Attributes:
        memory: resident bytes; beyond them the kernel is killed, and the record says why.
        cpus: processors that they run on, and threads that numerical libraries start.
    """

    memory: int | None = None
    cpus: int | None = None

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


def bytes_of(text: str) -> int:
    """Read an amount of memory such as ``512M``, ``4G`` or ``1.5g``.

    Raises:
        UsageError: it is none.
    """
    number, unit = text.strip().upper().removesuffix("B").removesuffix("I"), 1
    if number[-1:] in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1]]
    with suppress(ValueError, OverflowError):
        found = int(float(number) * unit)
        if found > 0:
            return found
    raise UsageError(f"{text!r} is no amount of memory.", cure="Write 512M or 4G.")


def in_words(memory: int) -> str:
    """An amount of memory as it is typed: ``4G``."""
    for name, unit in reversed(_UNITS.items()):
        if memory >= unit:
            return f"{memory / unit:.4g}{name}"
    return str(memory)
