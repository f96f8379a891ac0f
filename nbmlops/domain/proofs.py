"""The proof that a pipeline does what its notebook does, run straight from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from nbmlops.domain.executions import Artifact
from nbmlops.domain.verifications import Verdict

ComparedKind = Literal["cell", "value", "metric", "display", "file"]


class ProofCause(StrEnum):
    """Why, probably, the pipeline and the straight run differ, or could not be compared."""

    RANDOMNESS = "randomness"
    TIME = "time"
    CONVERSION = "conversion"
    CACHE = "cache"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedResult:
    """One result of the pipeline beside that of the straight run.

    ``step`` is ``None`` for an unnamed cell, ``cell`` its number in the notebook, counted from 1,
    ``None`` for a file that no cell is known to have written. ``name`` is that of the value, the
    metric or the file. ``why`` says what differs, or why it cannot be compared.
    """

    step: str | None
    cell: int | None
    kind: ComparedKind
    name: str
    verdict: Verdict
    why: str = ""

    @property
    def title(self) -> str:
        """The step's name, or ``cell 4``."""
        return self.step or (f"cell {self.cell}" if self.cell is not None else "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedStep:
    """A step that was run again while recorded results stood for the others.

    ``ran`` are the titles of the cells that ran, the step's own among them; ``why`` says what
    differed first from the run of all steps.
    """

    step: str
    ran: tuple[str, ...]
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Both runs of a pipeline version side by side.

    ``reason`` says in one sentence why the verdict is not ``identical``; ``first`` is the step, or
    cell, that differed first. ``tolerance`` is the relative difference that was allowed for
    numbers, ``None`` for none; ``parameters`` are those that both runs were given, apart from the
    defaults. ``duration`` is that of all runs, in seconds; ``notebooks`` are the executed ones.
    ``tried`` are the steps that were run again, each with recorded results for the others;
    ``not_tried`` those that could have been, had the proof been asked for each.
    """

    verdict: Verdict
    results: tuple[ComparedResult, ...] = ()
    reason: str = ""
    cause: ProofCause | None = None
    first: str | None = None
    tolerance: float | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    duration: float
    notebooks: tuple[Artifact, ...] = ()
    tried: tuple[TriedStep, ...] = ()
    not_tried: tuple[str, ...] = ()
    author: str
    proved_at: datetime

    @property
    def holds(self) -> bool:
        """Whether the pipeline did what the notebook does."""
        return self.verdict.reproduced
