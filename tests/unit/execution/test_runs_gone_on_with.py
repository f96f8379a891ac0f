"""A run that goes on with one that failed, or forces a step, leaves what a whole run leaves."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy
from nbmlops.errors import BuildRefusedError, UnforeseenError
from tests.unit.execution.test_cached_runs import _CELL, _sources
from tests.unit.steps import step

Cells = list[tuple[bool, str]]


@settings(
    max_examples=int(os.environ.get("NBMLOPS_EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    cells=st.lists(_CELL, min_size=2, max_size=6),
    after=st.lists(_CELL, min_size=1, max_size=3),
    forced=st.integers(0, 9) | st.none(),
)
def test_whatever_shares_parts_is_as_in_a_whole_run(
    other_project: Callable[[], AbstractContextManager[Any]],
    cells: Cells,
    after: Cells,
    forced: int | None,
) -> None:
    """Values come back shared as they were, whichever cells change them below."""
    sources = _sources([*cells, (True, after[0][1]), *after[1:]])
    with other_project() as project:
        try:
            broken = list(sources)
            broken[1 + len(cells)] += "\nraise ValueError"
            before = project.build(sources if forced is not None else broken)
            version = project.build(sources)
        except BuildRefusedError:
            assume(condition=False)
        found = project.run(before)
        assume((found is None) == (forced is None))
        try:
            gone_on = project.run(version, _policy(project, version, forced))
        except UnforeseenError:
            return  # a run begins anew then
        whole = project.run(version, CachePolicy(enabled=False))
        if whole is None or gone_on is None:
            assert gone_on is whole
            return
        for at, cell in enumerate(version.spec.cells):
            assert cell.role != "step" or gone_on[at] == whole[at], cell.step


def _policy(project: Any, version: PipelineVersion, forced: int | None) -> CachePolicy:
    """What goes on with the latest run, or forces one of the steps."""
    if forced is not None:
        steps = version.spec.steps
        return CachePolicy(force=frozenset([steps[forced % len(steps)].name]))
    [run] = project.workspace.runs.newest()
    ended = project.workspace.runs.executions(run)
    return CachePolicy(
        trusted=frozenset(one.id for one in ended if one.record.status is ExecutionStatus.OK)
    )


def test_a_step_that_is_forced_runs_alone_though_others_share_its_values(project: Any) -> None:
    """What it changes in place comes back with all that looks at it."""
    version = project.build(
        [
            step("a", "x = [1]"),
            step("b", "y = [x]"),
            step("c", "x.append(2)"),
            step("d", "n = len(y[0])"),
            step("e", "y[0].append(n)"),
        ]
    )
    first = project.run(version)
    again = project.run(version, CachePolicy(force=frozenset(["e"])))
    assert project.ran == ["e"]
    assert again == first
    again = project.run(version, CachePolicy(force=frozenset(["d"])))
    assert project.ran == ["d"]
    assert again == first
