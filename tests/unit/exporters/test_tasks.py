"""Tasks of another tool: which steps each has, and what it waits for."""

from __future__ import annotations

from nbmlops.domain.deployments import DeployedTask
from nbmlops.exporters.tasks import earlier, tasks_of
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines import convert
from nbmlops.pipelines.lanes import Lane, Lanes
from tests.unit.steps import step

SPEC = convert.build(
    from_sources(
        [
            (step("whole-run", "a = 1"), []),
            (step("left", "b = a"), []),
            ("c = a", []),
            (step("right", "d = c"), []),
            (step("join", "e = b + d"), []),
        ]
    ),
    name="n",
    notebook="n.ipynb",
)


def _lanes(*lanes: tuple[tuple[int, ...], frozenset[int]]) -> Lanes:
    return Lanes(
        lanes=tuple(
            Lane(number=number, cells=cells, after=after, before=())
            for number, (cells, after) in enumerate(lanes)
        )
    )


def test_lanes_without_steps_are_passed_through_and_the_last_task_puts_the_run_together() -> None:
    """Its name makes way for a step that has it."""
    lanes = _lanes(
        ((0,), frozenset()),
        ((1,), frozenset([0])),
        ((2,), frozenset([0])),
        ((3,), frozenset([2])),
        ((4,), frozenset([1, 3])),
    )
    tasks = tasks_of(lanes, SPEC)
    assert tasks == (
        DeployedTask(name="whole-run", steps=("whole-run",)),
        DeployedTask(name="left", steps=("left",), after=("whole-run",)),
        DeployedTask(name="right", steps=("right",), after=("whole-run",)),
        DeployedTask(name="join", steps=("join",), after=("left", "right")),
        DeployedTask(name="whole-run-2", after=("join",)),
    )
    assert earlier(tasks[3], tasks) == (("whole-run",), ("left",), ("right",))


def test_the_last_task_waits_for_all_that_nothing_else_waits_for() -> None:
    tasks = tasks_of(
        _lanes(((0, 1), frozenset()), ((2, 3), frozenset([0])), ((4,), frozenset())), SPEC
    )
    assert [(task.name, task.after) for task in tasks] == [
        ("whole-run-left", ()),
        ("right", ("whole-run-left",)),
        ("join", ()),
        ("whole-run", ("right", "join")),
    ]


def test_one_lane_is_one_task() -> None:
    assert tasks_of(_lanes(((0, 1, 2, 3, 4), frozenset())), SPEC) == (DeployedTask(name="run"),)
