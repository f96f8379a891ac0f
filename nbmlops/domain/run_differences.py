"""What differs between two runs of pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nbmlops.domain.contents import FrameDifference, PictureDifference, ValueDifference
from nbmlops.domain.differences import Change

Outcome = Literal[
    "ran", "cached", "failed", "interrupted", "lost", "skipped", "not run", "running", "waiting"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInRun:
    """What became of a step in a run.

    ``outcome`` is ``ran``, ``cached`` (its recorded result was taken, from ``origin``: a run, or
    the notebook), ``failed``, ``interrupted``, ``lost`` (the process of the run vanished),
    ``skipped`` (a step that it depends on failed), ``not run``; of a run that goes on, ``running``
    or ``waiting``. ``why`` tells of one that did not run to its end. ``duration`` is in seconds, of
    the execution itself, which for a cached step was an earlier one. ``attempts`` is how often it
    began in the run.
    """

    version: str | None = None
    outcome: Outcome
    why: str = ""
    attempts: int = 0
    origin: str | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPair:
    """A step in two runs; ``None`` where the pipeline had no such step."""

    name: str
    before: StepInRun | None
    after: StepInRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """A metric with another last value; ``None`` where it was not reported."""

    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDifference:
    """A cell of two executed notebooks that is not the same in both.

    ``before`` and ``after`` are its numbers there, counted from 1; ``None`` where there is no such
    cell. ``source`` and ``displayed`` are unified diffs, of its code and of the text that it
    displayed; ``why`` says in words how its displays differ, or that it ran in one of both only.
    """

    title: str
    before: int | None
    after: int | None
    source: str = ""
    displayed: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContents:
    """The frames, other values and figures of a cell that differ inside."""

    title: str
    frames: tuple[FrameDifference, ...] = ()
    others: tuple[ValueDifference, ...] = ()
    pictures: tuple[PictureDifference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiff:
    """Two runs side by side: every step of both, and of all else what differs.

    ``facts`` are those of the runs themselves: pipeline version, status, why one failed.
    ``reported`` are the results that steps reported under a name. Outputs, files and accesses are
    named by the cell that they are of: ``train.model``. ``cells`` are those
    of the executed notebooks; ``notes`` say what could not be compared.
    """

    before: str
    after: str
    facts: tuple[Change, ...] = ()
    parameters: tuple[Change, ...] = ()
    steps: tuple[StepPair, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    reported: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()
    files: tuple[Change, ...] = ()
    externals: tuple[Change, ...] = ()
    environment: tuple[Change, ...] = ()
    contents: tuple[StepContents, ...] = ()
    cells: tuple[CellDifference, ...] = ()
    notes: tuple[str, ...] = ()
