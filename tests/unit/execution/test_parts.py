"""Parts of a pipeline that run one after the other, each by itself, equal the straight run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.plans import CachePolicy
from nbmlops.exporters.tasks import earlier, tasks_of
from tests.unit.steps import step


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells, and the steps of each task that chains and single steps make of them."""

    name: str
    cells: tuple[str, ...]
    chains: tuple[tuple[str, ...], ...]
    steps: tuple[tuple[str, ...], ...]


DIAMOND = (
    step("load", "data = [3, 1, 2]"),
    step("left", "low = min(data)"),
    step("right", "high = max(data)"),
    step("join", "both = [low, high]"),
)
FOUR = (("load",), ("left",), ("right",), ("join",))
CASES = (
    Case(name="branches", cells=DIAMOND, chains=FOUR, steps=FOUR),
    Case(
        name="one chain is one task, or one for each step",
        cells=(step("a", "x = [1]"), step("b", "y = x + [2]"), step("c", "z = len(y)")),
        chains=((),),
        steps=(("a",), ("b",), ("c",)),
    ),
    Case(
        name="functions and imports that all need",
        cells=(
            "import math\ndef half(v):\n    return math.floor(v / 2)",
            step("a", "x = half(9)"),
            step("b", "y = half(11)"),
        ),
        chains=(("a",), ("b",)),
        steps=(("a",), ("b",)),
    ),
    Case(
        name="what is changed in place goes on changed",
        cells=(
            step("a", "x = [1]"),
            step("b", "x.append(2)"),
            step("c", "y = list(x)"),
            step("d", "z = 5"),
        ),
        chains=(("a", "b", "c"), ("d",)),
        steps=(("a", "b"), ("c",), ("d",)),
    ),
    Case(
        name="draws from one generator stay together",
        cells=(
            "import random\nrandom.seed(7)",
            step("a", "x = random.random()"),
            step("b", "y = random.random()"),
            step("c", "z = [4]"),
        ),
        chains=(("a", "b"), ("c",)),
        steps=(("a", "b"), ("c",)),
    ),
    Case(
        name="what is set in the process is set for all below",
        cells=(
            "import os",
            step("a", "w = 0"),
            step("b", "os.environ['NBMLOPS_PART'] = '1'\nx = 1"),
            step("c", "y = os.environ.get('NBMLOPS_PART')"),
        ),
        chains=(("a",), ("b", "c")),
        steps=(("a",), ("b", "c")),
    ),
    Case(
        name="a file that a later step writes over",
        cells=(
            "from pathlib import Path",
            step("a", "w = len(Path('part.txt').read_text())"),
            step("b", "x = Path('part.txt').write_text('55' * w)"),
            step("c", "y = [w]"),
        ),
        chains=((),),
        steps=(("a", "b"), ("c",)),
    ),
    Case(
        name="a file that another task writes over, who needs nothing but a number",
        cells=(
            "from pathlib import Path",
            step("a", "w = len(Path('part.txt').read_text())"),
            step("b", "x = Path('part.txt').write_text('5' * (w + 1))"),
            step("c", "y = [w]"),
        ),
        chains=(("a",), ("b",), ("c",)),
        steps=(("a",), ("b",), ("c",)),
    ),
    Case(
        name="what cannot be made again is made once",
        cells=(
            "import time",
            step("a", "w = time.time_ns()"),
            step("b", "x = [w, 1]"),
            step("c", "y = [w, 2]"),
        ),
        chains=(("a",), ("b",), ("c",)),
        steps=(("a",), ("b",), ("c",)),
    ),
    Case(
        name="a file that another step writes",
        cells=(
            "from pathlib import Path",
            step("a", "w = Path('part.txt').write_text('5')"),
            step("b", "x = Path('part.txt').read_text()"),
            step("c", "y = 2"),
        ),
        chains=(("a", "b"), ("c",)),
        steps=(("a",), ("b",), ("c",)),
    ),
)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, project: Any) -> None:
    monkeypatch.chdir(project.workspace.project)
    monkeypatch.delenv("NBMLOPS_PART", raising=False)


def _well(project: Any) -> frozenset[int]:
    """What the newest run has executed well."""
    (run,) = project.workspace.runs.newest(limit=1)
    made = project.workspace.executions.of_run(run.id)
    return frozenset(one.id for one in made if one.record.status is ExecutionStatus.OK)


@pytest.mark.parametrize("apart", [False, True], ids=["chains", "steps"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tasks_that_trust_only_those_before_them_leave_what_the_straight_run_leaves(
    case: Case, *, apart: bool, project: Any
) -> None:
    """With the cache off, so that nothing but what is handed over is taken."""
    version = project.build(case.cells)
    tasks = tasks_of(project.workspace.plans.lanes(version, apart=apart), version.spec)
    assert tuple(task.steps for task in tasks if task.steps or len(tasks) == 1) == (
        case.steps if apart else case.chains
    )
    folder = project.workspace.project
    (folder / "part.txt").write_text("1")
    straight = project.run(version, CachePolicy(enabled=False))
    (folder / "part.txt").write_text("1")
    assert straight is not None
    left: dict[tuple[str, ...], frozenset[int]] = {}
    for task in tasks:
        os.environ.pop("NBMLOPS_PART", None)
        made = frozenset().union(*(left[steps] for steps in earlier(task, tasks)))
        policy = CachePolicy(enabled=False, made=made, only=frozenset(task.steps))
        found = project.run(version, policy)
        named = [name for name in project.ran if not name.startswith("cell ")]
        if len(tasks) > 1:
            assert named == list(task.steps)
        left[task.steps] = _well(project)
    steps = [at for at, cell in enumerate(version.spec.cells) if cell.step is not None]
    if "time_ns" not in "".join(case.cells):
        assert [found[at] for at in steps] == [straight[at] for at in steps]


def test_a_part_runs_what_it_needs_and_nothing_has_left(project: Any) -> None:
    """A task alone is as right as one behind others."""
    version = project.build(DIAMOND)
    assert project.run(version, CachePolicy(enabled=False, only=frozenset(["right"]))) is not None
    assert project.ran == ["load", "right"]
