"""Steps that set and read variables of the environment, or secrets, are taken while these hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy, CellPlan
from nbmlops.domain.runs import RunStatus
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

SECRETS = """
import os
from nbmlops import Secret
token: Secret = Secret("env:EXAMPLE_ONE")
other = os.environ["EXAMPLE_TWO"]  # secret
filed: Secret = Secret("file:secret.txt")
"""


def _ran(workspace: Workspace, version: PipelineVersion, **options: Any) -> set[str]:
    """The steps that a run executes, which has to succeed."""
    run = workspace.runs.run(version, {}, **options)
    assert run.status is RunStatus.SUCCEEDED, run.failure
    records = [found.record for found in workspace.runs.executions(run)]
    return {one.step for one in records if one.step is not None and one.run_id == run.id}


def _would_run(workspace: Workspace, version: PipelineVersion, **values: Any) -> dict[str, str]:
    """The steps that a run would execute, each with the reason."""
    steps = workspace.plans.plan(version, values).steps
    return {step.title: step.reason for step in steps if step.state is not CellPlan.CACHED}


def test_what_a_step_sets_in_the_environment_is_what_later_steps_read(
    mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the run itself sets the variable or not, and whatever it is outside of the run."""
    monkeypatch.setenv("EXAMPLE_GONE", "there")
    path = (
        Notebook(mlops_workspace.project)
        .cell("import os")
        .step("sets", "os.environ['EXAMPLE_MODE'] = 'fast'\ndel os.environ['EXAMPLE_GONE']")
        .step("reads", "mode = [os.environ['EXAMPLE_MODE'], os.getenv('EXAMPLE_GONE')]")
        .step("below", "text = mode[0] + os.environ['EXAMPLE_MODE']")
        .save("n.ipynb")
    )
    version = mlops_workspace.pipelines.build(path).version
    assert _ran(mlops_workspace, version) == {"sets", "reads", "below"}
    assert _ran(mlops_workspace, version) == set()
    monkeypatch.setenv("EXAMPLE_MODE", "of no concern")
    assert _ran(mlops_workspace, version) == set()

    forced = _ran(mlops_workspace, version, policy=CachePolicy(force=frozenset({"below"})))

    assert forced == {"sets", "below"}


def test_a_variable_that_is_set_to_another_value_counts_for_whoever_is_below(
    mlops_workspace: Workspace,
) -> None:
    """Also for cells that do not name it: a library may read it."""
    path = (
        Notebook(mlops_workspace.project)
        .cell("level = 1", "parameters")
        .step("above", "rows = [1]")
        .step("sets", "import os, locale\nos.environ['EXAMPLE_LEVEL'] = str(level)")
        .step("below", "found = dict(os.environ).get('EXAMPLE' + '_LEVEL')")
        .save("n.ipynb")
    )
    version = mlops_workspace.pipelines.build(path).version
    assert _ran(mlops_workspace, version) == {"above", "sets", "below"}
    assert _would_run(mlops_workspace, version) == {}
    assert _would_run(mlops_workspace, version, level=2).keys() == {"sets", "below"}


MODULE = """
import functools, os
KIND = os.getenv("EXAMPLE_" + "KIND", "none")

@functools.cache
def place():
    return os.getenv("EXAMPLE_" + "PLACE", "none")
"""

READERS = {
    "composed": frozenset({"EXAMPLE_NAME"}),
    "constant": frozenset({"EXAMPLE_KIND"}),
    "first": frozenset({"EXAMPLE_PLACE"}),
    "second": frozenset({"EXAMPLE_PLACE"}),
    "all": frozenset({"EXAMPLE_NAME", "EXAMPLE_KIND", "EXAMPLE_PLACE"}),
    "apart": frozenset[str](),
}
"""Steps → the variables of which their results depend."""


def test_variables_count_however_they_are_read(
    mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second step gets from a module what that had read for the first one."""
    (mlops_workspace.project / "example_places.py").write_text(MODULE, encoding="utf-8")
    path = (
        Notebook(mlops_workspace.project)
        .cell("import os, random, uuid\nimport example_places\nnew = uuid.uuid4")
        .step("composed", "name = os.environ.get('EXAMPLE_' + 'NAME')")
        .step("constant", "kind = example_places.KIND")
        .step("first", "here = example_places.place()")
        .step("second", "there = example_places.place()")
        .step("all", "found = {**os.environ}.get('EXAMPLE_' + 'NAME')")
        .step("apart", "rows = [1]")
        .step("chance", "key = str(new())")
        .step("drawn", "draw = random.random()")
        .save("n.ipynb")
    )
    version = mlops_workspace.pipelines.build(path).version
    assert _ran(mlops_workspace, version) == {*READERS, "chance", "drawn"}
    assert _would_run(mlops_workspace, version) == {
        "chance": "takes what is new in each run (uuid.uuid4)"
    }
    drawn = mlops_workspace.plans.plan(version, {}).steps[-1]
    assert (drawn.state, drawn.reason) == (
        CellPlan.CACHED,
        "it draws without a seed (random.random())",
    )
    for variable in ("EXAMPLE_NAME", "EXAMPLE_KIND", "EXAMPLE_PLACE"):
        with monkeypatch.context() as changed:
            changed.setenv(variable, "another")
            wanted = {step for step, names in READERS.items() if variable in names}
            certain = {
                step
                for step, why in _would_run(mlops_workspace, version).items()
                if "may change" not in why and step != "chance"
            }
        assert certain >= wanted
        assert "apart" not in certain


def test_a_changed_secret_runs_its_readers_and_what_is_below(
    mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is a variable, is taken where it is declared, or from a file."""
    secret = mlops_workspace.project / "secret.txt"
    secret.write_text("a-filed-one\n", encoding="utf-8")
    monkeypatch.setenv("EXAMPLE_ONE", "a-first-one")
    monkeypatch.setenv("EXAMPLE_TWO", "a-second-one")
    path = (
        Notebook(mlops_workspace.project)
        .cell(SECRETS, "parameters")
        .step("one", "length = len(token)")
        .step("two", "size = len(other)")
        .step("three", "end = filed[-1]")
        .step("below", "sum_ = length + 1")
        .step("apart", "rows = [1]")
        .save("n.ipynb")
    )
    version = mlops_workspace.pipelines.build(path).version
    assert len(_ran(mlops_workspace, version)) == 5
    assert _ran(mlops_workspace, version) == set()

    monkeypatch.setenv("EXAMPLE_ONE", "another-first-one")
    assert _ran(mlops_workspace, version) == {"one", "below"}
    assert _would_run(mlops_workspace, version) == {}
    monkeypatch.setenv("EXAMPLE_THREE", "another-first-one")
    assert _would_run(mlops_workspace, version, token="env:EXAMPLE_THREE") == {}
    monkeypatch.setenv("EXAMPLE_TWO", "another-second-one")
    assert _ran(mlops_workspace, version) == {"two"}
    secret.write_text("another-filed-on\n", encoding="utf-8")
    assert _ran(mlops_workspace, version) == {"three"}
    _no_trace(mlops_workspace, "another-first-one", "another-second-one", "another-filed-on")


def _no_trace(workspace: Workspace, *secrets: str) -> None:
    files: list[Path] = [path for path in workspace.store.rglob("*") if path.is_file()]
    kept = [*(path.read_bytes() for path in files)]
    kept += map(workspace.objects.get, workspace.objects.keys())
    assert not [text for text in secrets if any(text.encode() in content for content in kept)]
