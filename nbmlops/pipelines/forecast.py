"""What is expected of a cell before a run, and what to do with it when its turn has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbmlops.domain.executions import Execution
from nbmlops.domain.plans import CellPlan
from nbmlops.pipelines.judgement import Objection

NO_PART = "no part of this run"
"""Why a step is passed over that the run is not for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of one cell before the run.

    ``objections`` are what ``reason`` puts together, where it is about a recorded execution.
    """

    state: CellPlan
    reason: str = ""
    execution: Execution | None = None
    objections: tuple[Objection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What to do with a cell now.

    Where ``execution`` is given its result is taken; else the cell runs, and ``needs`` are the
    stored values to bring back before: name → manifest; ``random`` are the states of global
    generators, likewise; ``binds`` is the code that binds imports and functions: name → code.
    ``skip`` is for an unnamed cell that nothing needs. ``although`` is what speaks against a
    result that is taken all the same.
    """

    execution: Execution | None = None
    although: str = ""
    skip: bool = False
    needs: dict[str, str] | None = None
    random: dict[str, str] = field(default_factory=dict)
    binds: dict[str, str] = field(default_factory=dict)
