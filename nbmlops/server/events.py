"""What the server tells through Jupyter's event system, as ``schemas/`` describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbmlops.domain.runs import RunStatus

RUN_PROGRESS = "nbmlops:run-progress/v1"
"""The schema of a `RunEvent`."""

SCHEMAS = {RUN_PROGRESS: Path(__file__).parent / "schemas" / "run-progress" / "v1.yaml"}
"""The file of each schema, as JSON Schema in YAML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Where a run stands; ``run`` is its reference, ``notebook`` relative to the server's root.

    ``step``, ``cell`` of ``cells`` (1-based) and the last ``line`` that it printed are those of
    the cell that runs; ``None`` before the first one, and once the run has ended. ``done`` cells
    have ended. ``seconds`` is how long the run has taken so far.
    """

    run: str
    notebook: str
    pipeline: str
    number: int
    state: RunStatus
    seconds: float
    step: str | None = None
    cell: int | None = None
    cells: int | None = None
    done: int = 0
    line: str | None = None
