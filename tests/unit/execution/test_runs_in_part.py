"""A run of some steps leaves what a run of the whole leaves of them, and touches no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy, CellPlan
from nbmlops.errors import UnknownNameError
from tests.unit.steps import step


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells, the step that a run is for, and the steps that it runs."""

    name: str
    cells: tuple[str, ...]
    to: str
    runs: tuple[str, ...]


CASES = (
    Case(
        name="what it needs, directly or not, and not what it does not",
        cells=(
            step("load", "data = [3, 1, 2]"),
            step("look", "print(len(data))"),
            step("clean", "rows = sorted(data)"),
            step("train", "model = sum(rows)"),
            step("score", "auc = model / 2"),
        ),
        to="train",
        runs=("load", "clean", "train"),
    ),
    Case(
        name="through an unnamed cell",
        cells=(
            step("load", "data = [1]"),
            step("other", "x = 5"),
            "rows = data + [2]",
            step("train", "model = sum(rows)"),
        ),
        to="train",
        runs=("load", "train"),
    ),
    Case(
        name="a change in place belongs to the value",
        cells=(
            step("load", "data = [1]"),
            step("grow", "data.append(2)"),
            step("look", "n = len(data)"),
            step("train", "model = sum(data)"),
        ),
        to="train",
        runs=("load", "grow", "train"),
    ),
    Case(
        name="a change through another name as well",
        cells=(
            step("load", "data = [1]"),
            step("alias", "same = data"),
            step("grow", "same.append(2)"),
            step("train", "model = sum(data)"),
        ),
        to="train",
        runs=("load", "alias", "grow", "train"),
    ),
    Case(
        name="who draws before it from the same generator",
        cells=(
            "import random\nrandom.seed(7)",
            step("first", "x = random.random()"),
            step("other", "z = [4]"),
            step("second", "y = random.random()"),
            step("third", "w = random.random()"),
        ),
        to="second",
        runs=("first", "second"),
    ),
    Case(
        name="what is set in the process",
        cells=(
            "import os",
            step("set", "os.environ['NBMLOPS_IN_PART'] = '1'\nx = 1"),
            step("other", "z = 5"),
            step("get", "y = os.environ.get('NBMLOPS_IN_PART')"),
        ),
        to="other",
        runs=("set", "other"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_run_to_a_step_runs_what_it_needs(project: Any, case: Case) -> None:
    """Those steps run, the others are no part of it; a whole run then takes what it has left."""
    version = project.build(case.cells)
    only = project.workspace.plans.up_to(version, [case.to])
    assert only == case.runs

    plan = project.workspace.plans.plan(version, {}, policy=CachePolicy(only=frozenset(only)))
    beside = [one for one in plan.steps if one.title not in only]
    assert {one.state for one in beside} <= {CellPlan.SKIPPED}
    assert {one.reason for one in beside} <= {"no part of this run"}
    assert all(one.state is CellPlan.RUNS for one in plan.steps if one.title in only)

    assert project.run(version, CachePolicy(only=frozenset(only))) is not None
    assert tuple(dict.fromkeys(name for name in project.ran if name in only)) == only
    assert not [name for name in project.ran if name in {one.title for one in beside}]


def test_a_step_that_is_not_there_is_refused(project: Any) -> None:
    """With the nearest that is."""
    version = project.build([step("load", "x = 1")])
    with pytest.raises(UnknownNameError, match="load"):
        project.workspace.plans.up_to(version, ["laod"])
