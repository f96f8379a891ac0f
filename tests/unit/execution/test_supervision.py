"""A supervisor says how long cells may take, and what follows a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_output

from nbmlops.domain.pipelines import PipelineCell, PipelineEdge, PipelineSpec, PipelineStep
from nbmlops.domain.rules import LONGEST_PAUSE, OnFailure, RunRules, StepRules
from nbmlops.execution.journal import COMPLETED, FAILED, NOT_RUN
from nbmlops.execution.supervision import Supervisor
from nbmlops.pipelines.dependents import dependents

STEPS = ("load", "fetch", "clean", "report")
NEEDS = {"clean": ("load",), "report": ("fetch", "clean")}


@dataclass
class Clock:
    """Seconds that a test moves."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def spec(**rules: StepRules) -> PipelineSpec:
    """Four steps: a report needs what was fetched, and what was loaded and cleaned."""
    return PipelineSpec(
        name="p",
        notebook="p.ipynb",
        kernel="python3",
        digest="d",
        cells=tuple(
            PipelineCell(cell_id=f"{name}-id", index=at, role="step", step=name, source="")
            for at, name in enumerate(STEPS)
        ),
        steps=tuple(
            PipelineStep(
                name=name, digest=name, reads=(), writes=(), rules=rules.get(name, StepRules())
            )
            for name in STEPS
        ),
        edges=tuple(
            PipelineEdge(source=source, target=target, names=("x",), known_by="static")
            for target, sources in NEEDS.items()
            for source in sources
        ),
    )


def supervisor(clock: Clock, rules: RunRules | None = None, **steps: StepRules) -> Supervisor:
    """A supervisor whose first attempt has begun."""
    pipeline = spec(**steps)
    made = Supervisor(pipeline, rules or RunRules(), lambda: dependents(pipeline, ()), clock=clock)
    made.attempt(None)
    return made


def cell(step: str) -> Any:
    """The node of a step's cell, with an error among its outputs."""
    node = new_code_cell(id=f"{step}-id")
    node.outputs = [new_output("error", ename="ValueError", evalue="no", traceback=[])]
    return node


def fail(of: Supervisor, step: str, *, alive: bool = True) -> bool:
    """Let a step fail; whether the next cell follows."""
    node = cell(step)
    of.direct(node)
    of.ended(node, FAILED)
    return of.goes_on(node, alive=alive)


def states(of: Supervisor) -> dict[str, str]:
    """What becomes of each step when its turn comes; empty for one that runs."""
    return {step: of.direct(cell(step)).state for step in STEPS}


def test_a_failure_ends_the_run_unless_something_else_was_said() -> None:
    """Fail-fast is the default, and there is no second attempt."""
    made = supervisor(Clock())
    assert not fail(made, "fetch")
    assert made.pause is None
    assert not made.begins_anew


def test_pauses_double_up_to_a_maximum_and_end_with_the_retries() -> None:
    """Each step has its own count."""
    made = supervisor(Clock(), RunRules(retries=9, retry_delay=10.0))
    pauses = []
    for _ in range(9):
        assert not fail(made, "fetch")
        assert made.pause is not None
        pauses.append(made.pause.seconds)
        made.attempt(None)
    assert pauses[:4] == [10, 20, 40, 80]
    assert pauses[-1] == LONGEST_PAUSE
    fail(made, "fetch")
    assert made.pause is None
    fail(made, "load")
    assert made.pause is not None


def test_what_a_label_says_goes_before_what_the_run_says() -> None:
    """Retries, the pause and the time limit."""
    own = StepRules(retries=1, retry_delay=3.0, timeout=7.0)
    made = supervisor(Clock(), RunRules(step_timeout=60.0), fetch=own)
    allowance = made.allowance(cell("fetch"))
    assert allowance is not None
    assert allowance.seconds == 7
    fail(made, "fetch")
    assert made.pause is not None
    assert made.pause.seconds == 3


def test_no_attempt_follows_that_the_time_of_the_run_does_not_allow() -> None:
    """A pause that is longer than what is left is not begun."""
    clock = Clock()
    made = supervisor(clock, RunRules(timeout=60.0, retries=5, retry_delay=10.0))
    clock.now += 55
    fail(made, "fetch")
    assert made.pause is None
    clock.now += 5
    assert made.time_is_up == "the run took longer than 1m (timeout)"


def test_the_limit_that_ends_first_is_the_one_that_is_named() -> None:
    """Of the run, the step and the cell; the cells of a step share its time."""
    clock = Clock()
    made = supervisor(clock, RunRules(timeout=60.0, step_timeout=30.0, cell_timeout=20.0))
    for took, expected in (
        (15, "the cell took longer than 20s (cell timeout)"),
        (14, "step load took longer than 30s (step timeout)"),
    ):
        node = cell("load")
        made.direct(node)
        allowance = made.allowance(node)
        assert allowance is not None
        assert allowance.said == expected
        clock.now += took
        made.ended(node, COMPLETED)
    clock.now += 20
    allowance = made.allowance(cell("report"))
    assert allowance is not None
    assert allowance.whole_run
    assert supervisor(clock).allowance(cell("load")) is None


def test_keep_going_runs_what_does_not_depend_on_the_failure() -> None:
    """What does says why it is not run, in this attempt and in later ones."""
    made = supervisor(Clock(), RunRules(keep_going=True))
    assert fail(made, "fetch")
    expected = {"load": "", "fetch": FAILED, "clean": "", "report": NOT_RUN}
    assert states(made) == expected
    assert made.direct(cell("report")).mark == {"not_run": "depends on fetch"}
    assert made.direct(cell("fetch")).outputs[0]["ename"] == "ValueError"
    made.attempt(None)
    assert states(made) == expected


def test_a_dead_kernel_is_followed_by_another_for_what_is_left() -> None:
    """Unless nothing is left."""
    made = supervisor(Clock(), RunRules(keep_going=True))
    assert not fail(made, "fetch", alive=False)
    assert made.begins_anew
    made.attempt(None)
    assert not fail(made, "clean", alive=False)
    assert not made.begins_anew


@pytest.mark.parametrize(
    ("rule", "goes_on", "expected"),
    [
        ("fail", 0, {}),
        ("skip", 1, {"fetch": FAILED, "report": NOT_RUN}),
        ("continue", 1, {}),
    ],
)
def test_a_label_says_what_its_failure_stops(
    rule: OnFailure,
    goes_on: int,
    expected: dict[str, str],
) -> None:
    """Everything, what depends on it, or nothing."""
    made = supervisor(Clock(), fetch=StepRules(on_failure=rule))
    assert fail(made, "fetch") == goes_on
    assert {step: state for step, state in states(made).items() if state} == expected


def test_the_cells_of_a_step_belong_together() -> None:
    """Where one of them depends on a failure, none of the step is run, nor what needs it."""
    base = spec()
    more = PipelineCell(cell_id="clean-2", index=9, role="step", step="clean", source="")
    pipeline = PipelineSpec(
        name="p",
        notebook="p.ipynb",
        kernel="python3",
        digest="d",
        cells=(*base.cells, more),
        steps=base.steps,
        edges=base.edges,
    )
    found = dependents(pipeline, ())
    assert found["clean-2"] == {"clean-id", "report-id"}
    assert found["load-id"] == {"clean-id", "clean-2", "report-id"}
    assert found["report-id"] == frozenset()
