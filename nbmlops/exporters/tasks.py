"""Tasks of another tool from the lanes of a pipeline; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from nbmlops.domain.deployments import DeployedTask
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.pipelines.lanes import Lane, Lanes

WHOLE = "whole-run"
_LONGEST = 120
"""Characters of a name; Airflow takes 250."""


def tasks_of(lanes: Lanes, spec: PipelineSpec) -> tuple[DeployedTask, ...]:
    """A task for each lane that has steps, and one that puts the run together.

    Each waits for those whose lanes come before its own, and the last one for all that nothing
    else waits for.
    """
    steps = {lane.number: _steps(lane, spec) for lane in lanes.lanes}
    taken: set[str] = set()
    names: dict[int, str] = {}
    for number, found in steps.items():
        if found:
            names[number] = _name("-".join(found), taken)
    if len(names) < 2:  # noqa: PLR2004 (nothing to put together)
        return (DeployedTask(name="run"),)
    after = {number: _nearest(lanes, lanes.lanes[number], names) for number in names}
    made = [
        DeployedTask(
            name=name,
            steps=steps[number],
            after=tuple(names[one] for one in sorted(after[number])),
            joined=tuple(_reasons(lanes, lanes.lanes[number])),
        )
        for number, name in names.items()
    ]
    waited = {one for found in after.values() for one in found}
    ends = tuple(name for number, name in names.items() if number not in waited)
    return (*made, DeployedTask(name=_name(WHOLE, taken), after=ends))


def earlier(task: DeployedTask, tasks: Sequence[DeployedTask]) -> tuple[tuple[str, ...], ...]:
    """The steps of each task that has ended when this one begins."""
    known = {one.name: one for one in tasks}
    found: dict[str, DeployedTask] = {}
    waiting = list(task.after)
    while waiting:
        one = known[waiting.pop()]
        if one.name not in found:
            found[one.name] = one
            waiting += one.after
    return tuple(one.steps for one in tasks if one.name in found)


def _steps(lane: Lane, spec: PipelineSpec) -> tuple[str, ...]:
    found = (spec.cells[at].step for at in lane.cells)
    return tuple(dict.fromkeys(step for step in found if step is not None))


def _name(wanted: str, taken: set[str]) -> str:
    """The name, or with a number behind where another task has it."""
    name, number = wanted[:_LONGEST], 1
    while name in taken:
        number += 1
        name = f"{wanted[:_LONGEST]}-{number}"
    taken.add(name)
    return name


def _nearest(lanes: Lanes, lane: Lane, named: Collection[int]) -> set[int]:
    """The lanes with steps right before a lane; those without are passed through."""
    above = {one for one in lanes.above(lane) if one in named}
    further = {other for one in above for other in lanes.above(lanes.lanes[one])}
    return above - further


def _reasons(lanes: Lanes, lane: Lane) -> Iterator[str]:
    inside = set(lane.cells)
    yield from dict.fromkeys(
        tie.reason for tie in lanes.ties if tie.source in inside and tie.target in inside
    )
