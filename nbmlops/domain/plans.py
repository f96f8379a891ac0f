"""What a run would do with each cell, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from nbmlops.domain.contents import FrameDifference, ValueDifference


class CellPlan(StrEnum):
    """What becomes of a cell in a run.

    ``MAY_RUN`` waits for what a cell above will make: an equal value, and it is cached after all.
    ``SKIPPED`` is an unnamed cell that nothing needs which runs.
    """

    CACHED = "cached"
    RUNS = "runs"
    MAY_RUN = "may run"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputChange:
    """A name that a cell reads and that holds another value than when the cell ran.

    ``what`` says how much of it is another one; ``before`` and ``after`` are both in short.
    ``frame`` and ``value`` have the columns, rows and places that differ, where both values could
    be compared.
    """

    name: str
    what: str
    before: str
    after: str
    frame: FrameDifference | None = None
    value: ValueDifference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCell:
    """One cell of a plan.

    ``title`` is the step's name, or ``cell 4``, counted from 1 in the notebook that people edit.
    ``reason`` says why it runs, or what is to be known of the result that is taken.
    ``execution`` is the recorded one whose result is taken, ``origin`` the run that made it
    (``flights#3``; ``None`` where it ran in the notebook). ``changes`` are the inputs among the
    reasons.
    """

    cell_id: str
    index: int
    title: str
    step: str | None
    state: CellPlan
    reason: str = ""
    execution: int | None = None
    origin: str | None = None
    changes: tuple[InputChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLimits:
    """What the kernel may take while a step runs: ``memory`` in bytes, and processors.

    ``resources`` are what else its machine must have to spare, by name.
    """

    step: str
    memory: int | None = None
    cpus: int | None = None
    resources: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLane:
    """Cells that share a kernel, while others may run beside it.

    ``number`` counts from 1; ``after`` are the lanes that end before this one begins. ``cells``
    are titles. ``limits`` are those of its steps that have some; ``memory`` in bytes and ``cpus``
    what is set aside for its kernel: the largest of them, and so of ``resources``.
    """

    number: int
    cells: tuple[str, ...]
    after: tuple[int, ...] = ()
    memory: int | None = None
    cpus: int | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    limits: tuple[StepLimits, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedCells:
    """Two cells, by title, that share a kernel, and why."""

    one: str
    other: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSecret:
    """A parameter whose place holds no secret, so that a run is refused, and what helps."""

    parameter: str
    place: str
    message: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run of a pipeline version with these parameters would do, in notebook order.

    ``lanes`` and ``joined`` tell how the cells are divided where several kernels may run at once;
    ``missing_secrets`` why a run would be refused all the same.
    """

    pipeline: str
    parameters: dict[str, Any] = field(default_factory=dict)
    cells: tuple[PlannedCell, ...]
    lanes: tuple[PlannedLane, ...] = ()
    joined: tuple[JoinedCells, ...] = ()
    missing_secrets: tuple[MissingSecret, ...] = ()

    @property
    def steps(self) -> tuple[PlannedCell, ...]:
        """The cells that are steps."""
        return tuple(cell for cell in self.cells if cell.step is not None)

    @property
    def all_cached(self) -> bool:
        """Whether nothing has to run, so that no kernel starts."""
        return all(cell.state in (CellPlan.CACHED, CellPlan.SKIPPED) for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """How far recorded results may be taken.

    ``force`` are steps that run whatever is recorded. ``trusted`` are executions whose result is
    taken even where it came from outside, the environment is another one, the cache is off or the
    step is forced: an earlier attempt of the run made it, or the run that it resumes. ``only``
    are the steps that the run is for, with what they need and has no result; all where empty.
    ``made`` are executions of other parts of the same whole: what they left is taken, and is never
    made again.
    """

    enabled: bool = True
    force: frozenset[str] = frozenset()
    trusted: frozenset[int] = frozenset()
    only: frozenset[str] = frozenset()
    made: frozenset[int] = frozenset()

    @property
    def of_part(self) -> bool:
        """Whether the run is a part of a whole, or puts its parts together."""
        return bool(self.only or self.made)

    @property
    def plans(self) -> bool:
        """Whether a run may pass over any cell, so that it needs a plan."""
        return self.enabled or bool(self.trusted) or self.of_part
