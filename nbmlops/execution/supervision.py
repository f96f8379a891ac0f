"""What a run keeps to while its cells execute: how long, how often, and what a failure stops."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.rules import RunRules, StepRules, back_off
from nbmlops.durations import as_written
from nbmlops.execution.direction import Direction, Director
from nbmlops.execution.journal import FAILED, NOT_RUN

LOSSES = 3
"""How many workers a run may lose, and go on."""

_RUN, _KERNEL, _WORKER = "the run", "the kernel", "the worker"

Dependents = Callable[[], Mapping[str, frozenset[str]]]
"""Gives for each cell id the ids of the cells that depend on it, directly or not."""

_DEFAULT = StepRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many seconds a cell has left, and what is said when it takes longer."""

    seconds: float
    said: str
    whole_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """That a step is to be tried again, after so many seconds."""

    step: str
    seconds: float


class Supervisor:
    """Watches the cells of one run, over all its attempts.

    - says how long a cell may take;
    - decides at a failure: try again, go on without what depends on it, or end;
    - keeps what failed for good, and what is not run because of it, out of further attempts;
    - hands everything else on to the director of the attempt.

    Args:
        spec: the pipeline.
        rules: those of the run, settings and defaults included.
        dependents: asked once, when a cell has failed for good.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        spec: PipelineSpec,
        rules: RunRules,
        dependents: Dependents,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._step_of = {cell.cell_id: cell.step for cell in spec.cells}
        self._titles = {cell.cell_id: cell.step or f"cell {cell.index + 1}" for cell in spec.cells}
        self._rules_of = {step.name: step.rules for step in spec.steps}
        self._rules = rules
        self._dependents = dependents
        self._clock = clock
        self._deadline = None if rules.timeout is None else clock() + rules.timeout
        self._settled: dict[str, Direction] = {}
        self._failures: dict[str, int] = {}
        self._spent: dict[str, float] = {}
        self._began = 0.0
        self._director: Director | None = None
        self.pause: Pause | None = None
        self.begins_anew = False

    def attempt(self, director: Director | None) -> None:
        """Begin an attempt."""
        self._director = director
        self._spent = {}
        self.pause = None
        self.begins_anew = False

    @property
    def time_left(self) -> float | None:
        """Seconds until the run has to end; ``None`` where it may take as long as it takes."""
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())

    @property
    def time_is_up(self) -> str:
        """What is said when the run has taken too long; empty until then."""
        return _said(_RUN, self._rules.timeout, "timeout") if self.time_left == 0 else ""

    def allowance(self, cell: Any) -> Allowance | None:
        """How long a cell that begins now may take; ``None`` for as long as it takes."""
        found: list[Allowance] = []
        if self._deadline is not None:
            said = _said(_RUN, self._rules.timeout, "timeout")
            found.append(Allowance(seconds=self.time_left or 0.0, said=said, whole_run=True))
        if self._rules.cell_timeout is not None:
            said = _said("the cell", self._rules.cell_timeout, "cell timeout")
            found.append(Allowance(seconds=self._rules.cell_timeout, said=said))
        step = self._step_of.get(cell.get("id"))
        limit = self._step_timeout(step)
        if step is not None and limit is not None:
            left = max(0.0, limit - self._spent.get(step, 0.0))
            said = _said(f"step {step}", limit, "step timeout")
            found.append(Allowance(seconds=left, said=said))
        return min(found, key=lambda one: one.seconds, default=None)

    def step_of(self, cell: Any) -> str | None:
        """The step that a cell belongs to, if it belongs to one."""
        return self._step_of.get(cell.get("id"))

    def direct(self, cell: Any) -> Direction:
        """What to do with a cell whose turn has come; see `Director`."""
        self._began = self._clock()
        settled = self._settled.get(cell.get("id"))
        if settled is None:
            return self._director.direct(cell) if self._director is not None else Direction()
        if self._director is not None:
            self._director.passed_over(cell)
        return settled

    def ended(self, cell: Any, status: str) -> None:
        """A cell that ran has ended."""
        step = self._step_of.get(cell.get("id"))
        if step is not None:
            self._spent[step] = self._spent.get(step, 0.0) + self._clock() - self._began
        if self._director is not None:
            self._director.ended(cell, status)

    def goes_on(self, cell: Any, *, alive: bool) -> bool:
        """Whether the next cell follows in this kernel, after one has failed.

        Args:
            cell: the node that failed, with its outputs.
            alive: whether the kernel can take another cell.
        """
        unit = self._titles.get(cell["id"])
        if unit is None or self.time_left == 0:  # the cell that sets the parameters is in no plan
            return False
        self._failures[unit] = self._failures.get(unit, 0) + 1
        self.pause = self._next_pause(unit)
        if self.pause is not None:
            return False
        on_failure = self._step_rules(unit).on_failure
        if on_failure == "fail" and not self._rules.keep_going:
            return False
        self._settle(cell, unit, keeps_on=on_failure == "continue" and alive)
        ids = list(self._titles)
        left = ids[ids.index(cell["id"]) + 1 :]
        self.begins_anew = not alive and any(other not in self._settled for other in left)
        return alive

    def beside(self, director: Director) -> Supervisor:
        """A supervisor of another kernel of the same attempt: what it settles is settled here."""
        other = copy.copy(self)
        other.attempt_of(director)
        return other

    def attempt_of(self, director: Director) -> None:
        """Ask another director from now on."""
        self._director = director
        self.pause = None
        self.begins_anew = False

    def join(self, other: Supervisor) -> None:
        """A supervisor beside this one has come to its end."""
        self.pause = self.pause or other.pause
        self.begins_anew = self.begins_anew or other.begins_anew

    def settled(self, cell_id: str) -> Direction | None:
        """What a cell shows that is not run any more; ``None`` for one that may run."""
        return self._settled.get(cell_id)

    def worker_lost(self, cell: Any) -> bool:
        """The worker went away on which a cell ran; whether the cell is tried again elsewhere.

        That is no failure of the step, and does not count as one.
        """
        self._failures[_WORKER] = self._failures.get(_WORKER, 0) + 1
        if self._failures[_WORKER] > LOSSES or self.time_left == 0:
            return False
        self.pause = Pause(step=self._titles.get(cell["id"], _WORKER), seconds=0.0)
        return True

    def kernel_failed(self) -> None:
        """The kernel did not start: that counts as a failure of its own."""
        self._failures[_KERNEL] = self._failures.get(_KERNEL, 0) + 1
        self.pause = self._next_pause(_KERNEL)

    def _next_pause(self, unit: str) -> Pause | None:
        rules, failures = self._step_rules(unit), self._failures[unit]
        retries = self._rules.retries or 0 if rules.retries is None else rules.retries
        if failures > retries:
            return None
        delay = rules.retry_delay if rules.retry_delay is not None else self._rules.retry_delay
        seconds = back_off(delay, failures)
        if self._deadline is not None and seconds >= (self.time_left or 0.0):
            return None
        return Pause(step=unit, seconds=seconds)

    def _settle(self, cell: Any, unit: str, *, keeps_on: bool) -> None:
        mark = {"failed": unit, "on_failure": self._step_rules(unit).on_failure}
        cell.metadata["nbmlops"] = mark
        if keeps_on:  # in a further attempt, what goes on with it needs what it leaves
            return
        self._settled[cell["id"]] = Direction(state=FAILED, outputs=list(cell.outputs), mark=mark)
        for other in self._dependents()[cell["id"]]:
            self._settled.setdefault(other, _not_run(f"depends on {unit}"))

    def _step_rules(self, unit: str) -> StepRules:
        return self._rules_of.get(unit, _DEFAULT)

    def _step_timeout(self, step: str | None) -> float | None:
        own = self._step_rules(step or "").timeout
        return self._rules.step_timeout if own is None else own


def _said(what: str, seconds: float | None, rule: str) -> str:
    return f"{what} took longer than {as_written(seconds or 0.0)} ({rule})"


def _not_run(reason: str) -> Direction:
    shown = {"output_type": "stream", "name": "stderr", "text": f"not run: {reason}\n"}
    return Direction(state=NOT_RUN, outputs=[shown], mark={"not_run": reason})
