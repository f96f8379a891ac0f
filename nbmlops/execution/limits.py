"""How much of the machine a run's kernel may take, and each of its steps."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from nbmlops.domain.pipelines import PipelineStep
from nbmlops.domain.rules import StepRules

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
        steps: the steps that the kernel may run, with what they say of themselves. It goes before
            the rest, while the step runs.
        resources: what else the kernel's machine must have to spare, by name; nothing is held
            to it.
    """

    memory: int | None = None
    cpus: int | None = None
    steps: Mapping[str, StepRules] = field(default_factory=dict)
    resources: Mapping[str, float] = field(default_factory=dict)

    def with_steps(self, steps: Iterable[PipelineStep]) -> Limits:
        """The same for a kernel that runs these steps."""
        return replace(self, steps={step.name: step.rules for step in steps})

    def of(self, step: str | None) -> Limits:
        """Those that hold while a step runs; of ``None`` and of one that says nothing, `base`."""
        rules = self.steps.get(step or "")
        if rules is None or rules.memory is rules.cpus is None:
            return self.base
        return Limits(memory=rules.memory or self.memory, cpus=rules.cpus or self.base.cpus)

    @property
    def base(self) -> Limits:
        """Those that the kernel begins with, and comes back to.

        Where all steps keep to a number of processors, cells without a name keep to the largest:
        libraries decide when they are imported how many threads they start.
        """
        asked = [rules.cpus or self.cpus for rules in self.steps.values()]
        cpus = [number for number in asked if number is not None]
        everywhere = max(cpus) if cpus and len(cpus) == len(asked) else self.cpus
        return Limits(memory=self.memory, cpus=everywhere)

    @property
    def largest(self) -> Limits:
        """What is set aside for the kernel: the largest that any of its steps asks for.

        What none of them asks for is what the run says.
        """
        asked = self.steps.values()
        memory = max((one.memory for one in asked if one.memory), default=self.memory)
        cpus = max((one.cpus for one in asked if one.cpus), default=self.cpus)
        resources = dict(self.resources)
        for one in asked:
            for name, amount in one.resources.items():
                resources[name] = max(amount, resources.get(name, 0.0))
        return Limits(memory=memory, cpus=cpus, resources=resources)

    @property
    def watches_memory(self) -> bool:
        """Whether it limits the memory of anything."""
        return self.memory is not None or any(rules.memory for rules in self.steps.values())

    @property
    def processors(self) -> tuple[int, ...] | None:
        """The processors for the kernel; ``None`` where all are or the system cannot tell."""
        if self.cpus is None or not hasattr(os, "sched_getaffinity"):
            return None
        return tuple(sorted(os.sched_getaffinity(0)))[: self.cpus]

    def environment(self) -> dict[str, str]:
        """The variables that tell libraries how many threads to start."""
        return {} if self.cpus is None else dict.fromkeys(_THREADS, str(self.cpus))


def confine(process: int, processors: tuple[int, ...] | None) -> None:
    """Let a process that has just begun run on some processors only."""
    if processors is not None:
        with suppress(OSError):
            os.sched_setaffinity(process, processors)


def confine_all(process: int, limits: Limits) -> None:
    """Let a process, its threads and what it has started run on as many processors as they may."""
    from nbmlops.execution.process import threads_of  # which knows the store

    if not hasattr(os, "sched_getaffinity"):
        return
    processors = limits.processors or tuple(os.sched_getaffinity(0))
    for thread in threads_of(process):
        confine(thread, processors)


def set_by_limits(fact: str, value: str | None, cpus: Collection[int | None]) -> bool:
    """Whether a fact of an environment is what a limit to so many processors makes it.

    Args:
        fact: its name, such as ``OMP_NUM_THREADS``.
        value: what it is.
        cpus: the limits that there may have been.
    """
    known = {str(number) for number in cpus if number is not None}
    return (fact == "cpus" or fact in _THREADS) and value in known
