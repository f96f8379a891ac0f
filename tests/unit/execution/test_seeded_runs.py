"""Runs that leave out draws give the numbers of the straight run, and run what they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nbmlops.domain.plans import CachePolicy
from nbmlops.errors import BuildRefusedError, UnforeseenError
from tests.unit.steps import step

_WHOLE = CachePolicy(enabled=False)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that ran, the cells as they are then, and what has to run of these."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    runs: tuple[str, ...]


_TOOLS = "import random\nimport numpy as np"
_SHORT, _LONG = "y = random.random()", "y = [random.random(), random.random()]"

CASES = (
    Case(
        name="a draw below a seed that was taken under another name",
        before=(
            _TOOLS,
            step("seed", "reset = random.seed; reset(1)"),
            step("a", "x = random.random()"),
            step("b", _SHORT),
        ),
        after=(
            _TOOLS,
            step("seed", "reset = random.seed; reset(1)"),
            step("a", "x = random.random()"),
            step("b", f"{_SHORT} + 1"),
        ),
        runs=("cell 1", "b"),
    ),
    Case(
        name="a draw below a seed that was asked for by its name",
        before=(
            _TOOLS,
            step("seed", "getattr(random, 'seed')(1)"),
            step("a", "x = random.random()"),
            step("b", _SHORT),
        ),
        after=(
            _TOOLS,
            step("seed", "getattr(random, 'seed')(1)"),
            step("a", "x = random.random()"),
            step("b", f"{_SHORT} + 1"),
        ),
        runs=("cell 1", "b"),
    ),
    Case(
        name="a draw between two others draws as much as before",
        before=(
            _TOOLS,
            step("seed", "random.seed(1)"),
            step("a", "x = random.random()"),
            step("b", _SHORT),
            step("c", "z = random.random()"),
        ),
        after=(
            _TOOLS,
            step("seed", "random.seed(1)"),
            step("a", "x = random.random()"),
            step("b", f"{_SHORT} + 1"),
            step("c", "z = random.random()"),
        ),
        runs=("cell 1", "b"),
    ),
    Case(
        name="a draw between two others draws more",
        before=(
            _TOOLS,
            step("seed", "np.random.seed(1); random.seed(1)"),
            step("a", "x = np.random.rand(3)"),
            step("b", _SHORT),
            step("c", "z = random.random()"),
            step("d", "w = np.random.rand(3)"),
        ),
        after=(
            _TOOLS,
            step("seed", "np.random.seed(1); random.seed(1)"),
            step("a", "x = np.random.rand(3)"),
            step("b", _LONG),
            step("c", "z = random.random()"),
            step("d", "w = np.random.rand(3)"),
        ),
        runs=("cell 1", "b", "c"),
    ),
    Case(
        name="only the last draw changed, of a generator that is seeded twice",
        before=(
            _TOOLS,
            "np.random.seed(1)",
            step("a", "x = np.random.rand()"),
            "np.random.seed(2)",
            step("b", "y = np.random.rand()"),
        ),
        after=(
            _TOOLS,
            "np.random.seed(1)",
            step("a", "x = np.random.rand() + 1"),
            "np.random.seed(2)",
            step("b", "y = np.random.rand()"),
        ),
        runs=("cell 1", "a", "cell 4"),
    ),
    Case(
        name="a generator of its own is a value like others",
        before=(
            _TOOLS,
            step("seed", "rng = np.random.default_rng(1)"),
            step("a", "x = str(rng.normal())"),
            step("b", "y = str(rng.normal())"),
        ),
        after=(
            _TOOLS,
            step("seed", "rng = np.random.default_rng(1)"),
            step("a", "x = str(rng.normal())"),
            step("b", "y = str(rng.normal() + 1)"),
        ),
        runs=("b",),
    ),
    Case(
        name="a library draws behind the back of the code",
        before=(
            "import numpy as np\nimport pandas as pd",
            step("load", "np.random.seed(3)\nframe = pd.DataFrame({'a': range(9)})"),
            step("a", "x = frame.sample(3)"),
            step("b", "y = frame.sample(3)"),
        ),
        after=(
            "import numpy as np\nimport pandas as pd",
            step("load", "np.random.seed(3)\nframe = pd.DataFrame({'a': range(9)})"),
            step("a", "x = frame.sample(3)"),
            step("b", "y = frame.sample(4)"),
        ),
        runs=("b",),
    ),
    Case(
        name="a state that is read as it is",
        before=(
            _TOOLS,
            step("seed", "random.seed(1)"),
            step("a", "x = random.random()"),
            step("b", "y = random.getstate()"),
        ),
        after=(
            _TOOLS,
            step("seed", "random.seed(1)"),
            step("a", "x = [random.random(), random.random()]"),
            step("b", "y = random.getstate()"),
        ),
        runs=("cell 1", "a", "b"),
    ),
    Case(
        name="the seed went",
        before=(_TOOLS, "random.seed(1)", step("a", "x = random.random()")),
        after=(_TOOLS, "pass", step("a", "x = random.random()")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="the draw stands above the seed now",
        before=(_TOOLS, "random.seed(1)", step("a", "x = random.random()")),
        after=(_TOOLS, step("a", "x = random.random()"), "random.seed(1)"),
        runs=("cell 1", "a"),
    ),
    Case(
        name="a seed that sets more is set again",
        before=(
            "import random\ndef set_seed(n):\n    random.seed(n)",
            "set_seed(1)",
            step("a", "x = random.random()"),
            step("b", "y = random.random()"),
        ),
        after=(
            "import random\ndef set_seed(n):\n    random.seed(n)",
            "set_seed(1)",
            step("a", "x = random.random()"),
            step("b", "y = random.random() + 1"),
        ),
        runs=("cell 1", "cell 2", "b"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_seeded_run_executes_what_the_change_asks_for(
    case: Case, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more, no less; its numbers are those of a straight run, and the next run has nothing."""
    monkeypatch.chdir(project.workspace.project)
    project.run(project.build(case.before))
    version = project.build(case.after)
    partly = project.run(version)
    assert tuple(project.ran) == case.runs
    assert project.run(version) == partly
    assert project.ran == []
    if "seed" in "".join(case.after) and "above" not in case.name:
        assert _of_steps(version, project.run(version, _WHOLE)) == _of_steps(version, partly)


def test_a_forced_step_draws_what_it_draws_in_the_straight_run(project: Any) -> None:
    """Of five steps that draw in turn one runs, with the state that was recorded before it."""
    steps = [step(name, f"{name} = [random.random() for _ in range(3)]") for name in "abcde"]
    version = project.build(["import random\nrandom.seed(7)", *steps])
    straight = project.run(version)
    again = project.run(version, CachePolicy(force=frozenset("c")))
    assert project.ran == ["cell 1", "c"]
    assert again == straight


def test_a_draw_below_a_seed_of_a_module_of_the_project_is_that_of_the_straight_run(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function's name does not say that it seeds; what it did is in its record."""
    folder = project.workspace.project
    (folder / "beginnings.py").write_text("import random\ndef begin():\n    random.seed(5)\n")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    cells = ["import beginnings, random", step("s", "s = beginnings.begin()")]
    project.run(project.build([*cells, step("x", "k = 1\nx = random.random() * k")]))
    version = project.build([*cells, step("x", "k = 2\nx = random.random() * k")])
    partly = project.run(version)
    assert project.ran == ["cell 1", "x"]
    assert _of_steps(version, project.run(version, _WHOLE)) == _of_steps(version, partly)


def test_names_that_a_star_import_binds_are_there_when_a_step_runs(project: Any) -> None:
    """Its code does not tell which they are: it runs with whatever runs below it."""
    steps = [step("s", "seed(3)"), step("v", "v = random()"), step("w", "w = [v]")]
    version = project.build(["from random import *", *steps])
    straight = project.run(version)
    assert straight is not None
    assert project.run(version, CachePolicy(force=frozenset("w"))) == straight
    assert project.run(version) == straight
    assert project.ran == []


def test_what_keeps_something_from_call_to_call_is_called_again(project: Any) -> None:
    """A function that has to be made again is called as it was, before it is asked."""
    code = "from functools import lru_cache\n@lru_cache\ndef f(x):\n    return x"
    steps = [step("p", "p = f(1)"), step("q", "q = f(1) + f(2)")]
    version = project.build([code, *steps, step("r", "r = f.cache_info().hits")])
    straight = project.run(version, _WHOLE)
    assert project.run(version) is not None
    again = project.run(version, CachePolicy(force=frozenset("r")))
    assert again is not None
    assert straight is not None
    assert again[-1] == straight[-1]
    assert project.ran == ["cell 1", "p", "q", "r"]


_TEMPLATES = (
    "random.seed({n})",
    "np.random.seed({n})",
    "{a} = [random.random()]",
    "{a} = [np.random.rand()]",
    "{a} = [rng.random()]",
    "random.shuffle({a})",
    "{a} = {b} + [np.random.randint({n} + 1)]",
    "{a} = [random.random() for _ in {b}]",
    "{a} = [{n}]",
    "{a} = {b}",
    "{a}.append({n})",
    "{a} = [len({b})]",
    "rng = random.Random({n})",
    "def f():\n    return [random.random()]",
    "{a} = f()",
    "state = random.getstate()\n{a} = [random.random()]\nrandom.setstate(state)",
    "if len({a}) > 1:\n    random.random()",
)
_STATEMENTS = st.tuples(
    st.sampled_from(_TEMPLATES),
    st.fixed_dictionaries(
        {"a": st.sampled_from("abc"), "b": st.sampled_from("abc"), "n": st.integers(0, 3)}
    ),
).map(lambda made: made[0].format(**made[1]))
_CELL = st.tuples(st.booleans(), st.lists(_STATEMENTS, min_size=1, max_size=2).map("\n".join))
_START = (
    "import random\nimport numpy as np",
    "random.seed(0)\nnp.random.seed(0)\nrng = random.Random(0)",
    "a = [1]; b = [2]; c = [3]\ndef f():\n    return [0]",
)


def _sources(cells: Sequence[tuple[bool, str]]) -> list[str]:
    named = [step(f"s{n}", text) if is_step else text for n, (is_step, text) in enumerate(cells)]
    return [*_START, *named, step("last", "result = [a, b, c, random.random()]")]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(cells=st.lists(_CELL, min_size=2, max_size=6), at=st.integers(0, 5), change=_CELL)
def test_a_changed_seeded_notebook_leaves_what_its_straight_run_leaves(
    other_project: Callable[[], AbstractContextManager[Any]],
    cells: list[tuple[bool, str]],
    at: int,
    change: tuple[bool, str],
) -> None:
    """After any cell was changed, and once more after a run that took results of two runs."""
    edited = list(cells)
    edited[at % len(cells)] = change
    with other_project() as project:
        assert _difference(project, cells, edited) == ""


def _difference(project: Any, cells: Any, edited: Any) -> str:
    """How cached runs of the edited notebook, and of the first again, differ from straight ones."""
    try:
        versions = [project.build(_sources(one)) for one in (cells, edited, cells)]
    except BuildRefusedError:
        assume(condition=False)
        return ""
    said = ""
    for version in versions:
        try:
            cached = project.run(version)
        except UnforeseenError:
            continue  # a run begins anew then
        whole = project.run(version, _WHOLE)
        if (cached is None) != (whole is None):
            return "only one of them fails"
        if cached is not None and _of_steps(version, cached) != _of_steps(version, whole):
            said += f"{_of_steps(version, cached)} is not {_of_steps(version, whole)}\n"
    return said


def _of_steps(version: Any, found: Any) -> dict[str, Any]:
    cells = zip(version.spec.cells, found, strict=True)
    return {cell.step: left for cell, left in cells if cell.role == "step"}
