"""A run that would repeat the latest one of its version, cell for cell, executes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy, CellPlan
from tests.unit.steps import step


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that ran; ``runs`` again are those named."""

    name: str
    cells: tuple[str, ...]
    runs: tuple[str, ...] = ()


NUMPY = "import numpy as np"
COUNTER = (
    "def counter():\n    n = 0\n    def add(more):\n        nonlocal n\n        n += more\n"
    "        return n\n    return add"
)
CASES = (
    Case(
        name="a generator that steps draw on",
        cells=(
            "gen = (n for n in range(5))",
            step("b", "first = next(gen)"),
            step("c", "rest = list(gen)"),
        ),
    ),
    Case(
        name="a random state that estimators are handed, one of which may change its data",
        cells=(
            NUMPY + "\nfrom sklearn.preprocessing import StandardScaler",
            step("a", "rs = np.random.RandomState(7)\ntable = rs.rand(4, 2)"),
            step("b", "scaler = StandardScaler(copy=False).fit(table)"),
            step("c", "scaled = scaler.transform(table)\nheld = [rs]"),
            step("d", "drawn = held[0].rand() + rs.rand()"),
        ),
    ),
    Case(
        name="a function that a call has made, and that keeps something",
        cells=(COUNTER, "acc = counter()", step("b", "acc(5)"), step("c", "n = acc(7)")),
    ),
    Case(
        name="what cannot be stored, in a process with settings",
        cells=(
            "import threading",
            step("a", "import decimal\ndecimal.getcontext().prec = 6"),
            "local = threading.local()\nlocal.x = 5",
            step("c", "n = local.x"),
        ),
    ),
    Case(
        name="files that later steps write on",
        cells=(
            step("a", "with open('log.txt', 'w') as log:\n    log.write('a')\ndel log"),
            step("b", "with open('log.txt', 'a') as log:\n    log.write('b')\ndel log"),
            step("c", "with open('log.txt') as log:\n    text = log.read()\ndel log"),
        ),
    ),
    Case(
        name="another working directory",
        cells=(
            "import os\nos.makedirs('raw', exist_ok=True)",
            step("a", "os.chdir('raw')"),
            step("b", "name = os.path.basename(os.getcwd())"),
        ),
    ),
    Case(
        name="a file that was read before it was written over",
        cells=(
            step("a", "with open('n.txt') as f:\n    n = int(f.read())\ndel f"),
            step("b", "with open('n.txt', 'w') as f:\n    _ = f.write(str(n + 1))\ndel f"),
        ),
        runs=("a", "b"),
    ),
    Case(
        name="code that is not written there",
        cells=(step("a", "text = '1 + 1'"), step("b", "n = eval(text)")),
        runs=("b",),
    ),
    Case(
        name="the clock, below what cannot be compared",
        cells=(
            "import time",
            "gen = (n for n in range(5))",
            step("b", "first = next(gen)"),
            step("c", "late = time.time() > 0"),
        ),
        runs=("cell 1", "cell 2", "b", "c"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_unchanged_run_takes_all_that_the_run_before_left(
    case: Case, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever can be compared, stored or told apart; unless it would find another thing."""
    monkeypatch.chdir(project.workspace.project)
    (project.workspace.project / "n.txt").write_text("1")
    version = project.build(case.cells)
    assert project.run(version) is not None
    project.succeed()
    monkeypatch.chdir(project.workspace.project)
    cached = project.run(version)
    assert tuple(project.ran) == case.runs
    assert cached is not None


GENERATOR = CASES[0].cells


def test_only_a_run_that_succeeded_is_repeated(project: Any) -> None:
    """And a step that is forced runs, with what it needs."""
    version = project.build(GENERATOR)
    assert project.run(version) is not None
    assert CellPlan.RUNS in project.states(version).values()
    project.succeed()
    assert set(project.states(version).values()) == {CellPlan.CACHED}
    project.run(version, CachePolicy(force=frozenset(["c"])))
    assert project.ran == ["cell 1", "b", "c"]


def test_a_run_is_repeated_that_took_some_results_itself(project: Any) -> None:
    """Behind an edit, the next run has nothing to do either."""
    cells = [step("z", "y = [1]"), *GENERATOR]
    assert project.run(project.build(cells)) is not None
    project.succeed()
    edited = project.build([*cells[:-1], step("c", "rest = sum(gen)")])
    assert project.run(edited) is not None
    project.succeed()
    assert project.ran == ["cell 2", "b", "c"]
    assert project.run(edited) is not None
    assert project.ran == []


def test_a_file_that_is_not_as_the_run_left_it_makes_its_cells_run(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the notebook writes itself, and a module of the project as well."""
    monkeypatch.chdir(project.workspace.project)
    version = project.build(CASES[4].cells)
    assert project.run(version) is not None
    project.succeed()
    (project.workspace.project / "log.txt").write_text("xy")
    assert project.run(version) is not None
    assert project.ran == ["a", "b", "c"]
