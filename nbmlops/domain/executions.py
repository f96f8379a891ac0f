"""Steps, their versions, and what happened each time one ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.environments import GitState
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.verifications import Verdict

RANDOM_STATE = "random state"
"""The name under which an execution keeps the random state after the cell; no variable's."""

REPORTED = "reported/"
"""What the names of artifacts begin with that a step reported, and did not display."""

STILL_RUNNING = "was still running at its end"
"""What the note of an execution says of a thread or a task that it started."""

STILL_CHANGING = "a thread or task of an earlier cell goes on that had changed"
"""What the note of an execution says of one that changed what it read, before the names."""


class ExecutionStatus(StrEnum):
    """How an execution ended."""

    OK = "ok"
    ERROR = "error"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A named notebook cell. ``notebook`` is its path relative to the project, POSIX style."""

    id: int
    notebook: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookCounts:
    """How much is known of a notebook: the numbers of its steps and of its pipelines."""

    notebook: str
    steps: int
    pipelines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVersion:
    """The code of a step, as far as it determines the result.

    ``digest`` hashes the normalized source and the code of one's own that it uses;
    ``source`` is the cell as it was written when the version was first seen, and
    ``definitions`` maps the name of each function or class used, and the file of each of the
    project's own modules (``lib.py``), to its source.
    """

    id: int
    step: Step
    number: int
    digest: str
    source: str
    definitions: dict[str, str] = field(default_factory=dict)
    author: str
    created_at: datetime

    @property
    def reference(self) -> str:
        """``train@2``."""
        return f"{self.step.name}@{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A scalar that a step reported; ``step`` counts within a series, 0-based."""

    name: str
    value: float
    step: int = 0
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Bytes kept with an execution or a run. ``size`` is in bytes.

    ``object`` is their hash; empty after a collection has removed them.
    """

    name: str
    media_type: str
    object: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedOutput:
    """A result that a step reported under a name; ``type`` is that of the Python value.

    ``value`` is its JSON form; ``None`` for a frame, a figure or a file, which is an ``artifact``,
    or, where it was not kept, neither, with the ``reason``.
    """

    name: str
    type: str
    value: Any = None
    artifact: Artifact | None = None
    reason: str | None = None

    @property
    def is_scalar(self) -> bool:
        """Whether it fits into a column of a listing."""
        return self.artifact is None and isinstance(self.value, bool | int | float | str)


KERNEL_ENDED = "KernelEnded"
"""The kind of failure of a cell that was running when its kernel ended."""

_OURS = {"Cancelled", "ProcessVanished", "KernelNotStarted", KERNEL_ENDED, "Timeout", "WorkerLost"}
"""Kinds of failures that nbmlops reports itself: their message says all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an execution or a run ended badly. ``line`` is 1-based within the cell."""

    kind: str
    message: str
    traceback: str = ""
    step: str | None = None
    cell_id: str | None = None
    cell_index: int | None = None
    line: int | None = None

    @property
    def reason(self) -> str:
        """What went wrong, without the place: ``KeyError: 'origin'``."""
        if self.kind in _OURS:
            return self.message
        return f"{self.kind}: {self.message}" if self.message else self.kind


@dataclass(frozen=True, slots=True)
class CellRun:
    """That a cell ran: the number of the execution, its kernel session, and the code."""

    id: int
    cell_id: str
    session: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRecord:
    """What the recorder hands to the ledger when a cell has ended.

    ``step`` is ``None`` for an unnamed cell of a tracked notebook. ``duration`` is in seconds,
    ``peak_memory`` in bytes of resident memory of the process while the cell ran. Where
    ``inputs_complete`` is false, ``inputs_note`` says what could not be known.

    ``left`` is what is kept beside the outputs to bring the whole namespace back: unchanged names
    that share parts with an output, and the random state after the cell. ``travelled_to`` is set
    where no cell ran but an earlier state was put back: the id of the execution after which the
    namespace was like that, 0 for the one before the first. ``samples`` are rows of outputs that
    were too large to be kept, by the names of these.
    """

    notebook: str
    step: str | None
    cell_id: str | None
    source: str
    digest: str
    definitions: dict[str, str] = field(default_factory=dict)
    session: str
    run_id: int | None = None
    execution_count: int | None = None
    started_at: datetime
    duration: float
    peak_memory: int | None = None
    status: ExecutionStatus
    failure: Failure | None = None
    inputs: tuple[ValueRecord, ...] = ()
    outputs: tuple[ValueRecord, ...] = ()
    deleted: tuple[str, ...] = ()
    inputs_complete: bool = True
    inputs_note: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    reported: tuple[ReportedOutput, ...] = ()
    files: tuple[FileAccess, ...] = ()
    externals: tuple[ExternalAccess, ...] = ()
    environment: str | None = None
    random_state: str | None = None
    git: GitState | None = None
    left: tuple[ValueRecord, ...] = ()
    samples: tuple[ValueRecord, ...] = ()
    travelled_to: int | None = None
    author: str

    @property
    def told(self) -> frozenset[str]:
        """The names of which it tells what they held afterwards, or that they were deleted."""
        return frozenset(value.name for value in (*self.outputs, *self.left)) | {*self.deleted}

    @property
    def was_cut_off(self) -> bool:
        """Whether the kernel ended while it ran, so that nothing is known of what it did."""
        return self.failure is not None and self.failure.kind == KERNEL_ENDED

    @property
    def took(self) -> float | None:
        """The seconds that it took; ``None`` where its kernel ended first, and nobody knows."""
        return None if self.was_cut_off else self.duration

    @property
    def restored_from(self) -> int | None:
        """The execution whose values were put back into the kernel, where no cell ran but that."""
        found = (int(item.name) for item in self.externals if item.kind == "execution")
        return next(found, None)

    @property
    def late_of(self) -> tuple[int, ...]:
        """The executions that had started what changed values, where no cell ran but that.

        It was a thread or a task that went on after its cell; of several, one or more of them.
        0 stands for cells that were not recorded.
        """
        return tuple(int(item.name) for item in self.externals if item.kind == "thread")

    @property
    def is_cell(self) -> bool:
        """Whether a cell ran: no state and no values were put back, nothing was changed late."""
        return self.travelled_to is None and self.restored_from is None and not self.late_of

    @property
    def beside_a_thread(self) -> bool:
        """Whether a thread or task went on that it had started, or that changed what it read."""
        note = self.inputs_note or ""
        return STILL_RUNNING in note or STILL_CHANGING in note


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """An execution as the ledger keeps it: the record, its id and, for a step, its version."""

    id: int
    version: StepVersion | None
    record: ExecutionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One line of ``versions``: a version with the execution that speaks for it, flat.

    ``changed`` says in a few words what differs from the version before; ``status`` and what
    follows are those of the latest execution that succeeded in the notebook, else in a pipeline
    run, else of the latest; ``None`` where there was none. ``run`` is the reference of the
    pipeline run that made it, ``None`` for an interactive one. ``duration`` is in seconds.
    ``inputs_note`` says why its inputs are not fully known, ``None`` where they are.
    ``last_status`` is that of the very latest execution; ``verified`` the verdict of the latest
    verification, ``None`` where there was none, and ``verified_why`` what that one told.
    ``tags`` are the names that people gave it.
    """

    reference: str
    step: str
    notebook: str
    number: int
    digest: str
    author: str
    created_at: datetime
    changed: str
    executions: int
    status: ExecutionStatus | None = None
    started_at: datetime | None = None
    duration: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    run: str | None = None
    inputs_note: str | None = None
    last_status: ExecutionStatus | None = None
    verified: Verdict | None = None
    verified_why: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRow:
    """One line of ``versions --executions``.

    ``duration`` is in seconds; ``None`` where the kernel ended first.
    """

    id: int
    reference: str
    notebook: str
    author: str
    status: ExecutionStatus
    started_at: datetime
    duration: float | None
    parameters: dict[str, Any]
    metrics: dict[str, float]
    run: str | None
