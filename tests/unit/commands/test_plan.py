"""What ``nbmlops plan`` draws and says."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from nbmlops.commands.html import to_html
from nbmlops.commands.plan import plan_view
from nbmlops.domain.references import PipelineReference
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Any) -> Path:
    """A project with a pipeline of two steps."""
    monkeypatch.chdir(tmp_path)
    Notebook(tmp_path).step("load", "rows = [1]").step("train", "n = len(rows)").save("p.ipynb")
    assert shell("build", "p.ipynb").code == 0
    return tmp_path


def test_the_picture_is_written_and_the_plan_still_shown(built: Path, shell: Any) -> None:
    answer = shell("plan", "p", "--svg", "plan.svg")
    assert (answer.code, "2 of 2 steps will run" in answer.out) == (0, True)
    assert "Wrote the picture to plan.svg." in answer.out
    json.loads(shell("plan", "p", "--svg", "plan.svg", "--json").out)
    picture = ET.parse(built / "plan.svg").getroot()  # noqa: S314 (our own)
    said = [node.text for node in picture.iter() if node.get("class") in ("name", "below")]
    assert said == ["load", "runs", "train", "runs"]


def test_cells_that_are_no_steps_are_said_to_be_none(built: Path, shell: Any) -> None:
    Notebook(built).parameters(n=1).cell("g = (i for i in range(n))").cell("list(g)").save(
        "q.ipynb"
    )
    assert shell("build", "q.ipynb", "--steps", "all").code == 0
    said = shell("plan", "q").out
    assert "cell 2: no steps of their own, run whenever a step needs them." in said
    assert "no steps of their own" not in shell("plan", "p").out


def test_build_and_plan_say_what_a_step_asks_of_its_worker(built: Path, shell: Any) -> None:
    asked = "%mlops track train --cpus 1 --gpus 2 --resources licence=1\nm = 1"
    Notebook(built).cell(asked).step("other", "x = 1").save("g.ipynb")
    assert "cpus 1, 2 GPUs, licence=1" in shell("build", "g.ipynb").out
    assert "1 CPU, 2 GPUs, licence=1" in shell("plan", "g", "--parallel", "2").out
    (lane, _) = json.loads(shell("plan", "g", "--parallel", "2", "--json").out)["plan"]["lanes"]
    assert lane["resources"] == lane["limits"][0]["resources"] == {"GPU": 2.0, "licence": 1.0}


def test_a_picture_that_cannot_be_written_is_said_in_a_sentence(built: Path, shell: Any) -> None:
    answer = shell("plan", "p", "--svg", str(built / "no" / "plan.svg"))
    assert answer.code != 0
    assert "cannot be written" in answer.err
    assert "Name another file with --svg." in answer.err


def test_the_flowchart_says_what_becomes_of_each_step(built: Path, shell: Any) -> None:
    del built
    assert 's0["load<br/>runs"]' in shell("plan", "p", "--mermaid", "--force", "load").out
    unknown = shell("plan", "p", "--mermaid", "--force", "laod")
    assert unknown.code != 0
    assert "load" in unknown.err


def test_a_notebook_shows_the_plan_as_a_picture(built: Path) -> None:
    workspace = Workspace.at(built)
    assert workspace is not None
    version = workspace.pipelines.get(PipelineReference.parse("p"))
    view = plan_view(workspace.plans.plan(version, {}), version.spec, "this machine")
    assert 'class="state-runs"' in to_html(view)


def test_a_plan_says_which_secrets_are_not_where_they_are_said_to_be(
    built: Path, shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run would be refused; the plan is told all the same."""
    monkeypatch.delenv("NBMLOPS_TEST_TOKEN", raising=False)
    cell = "from nbmlops import Secret\ntoken = Secret('env:NBMLOPS_TEST_TOKEN')"
    Notebook(built).cell(cell, "parameters").step("use", "n = len(token)").save("s.ipynb")
    assert shell("build", "s.ipynb").code == 0
    found = shell("plan", "s")
    assert (found.code, "1 of 1 step will run" in found.out) == (0, True)
    assert "A run would be refused: there is no secret at env:NBMLOPS_TEST_TOKEN (token)." in (
        " ".join(found.out.split())
    )
    [said] = json.loads(shell("plan", "s", "--json").out)["plan"]["missing_secrets"]
    assert (said["parameter"], said["place"]) == ("token", "env:NBMLOPS_TEST_TOKEN")
    assert "NBMLOPS_TEST_TOKEN" in said["cure"]
    assert "no secret at env:NBMLOPS_TEST_TOKEN" in shell("run", "s").err
    empty = built / "token.txt"
    empty.write_text("", encoding="utf-8")
    [said] = json.loads(shell("plan", "s", "-p", "token=file:token.txt", "--json").out)["plan"][
        "missing_secrets"
    ]
    assert said["place"] == "file:token.txt"
    empty.write_text("s3cret-in-file", encoding="utf-8")
    there = shell("plan", "s", "-p", "token=file:token.txt", "--json")
    assert json.loads(there.out)["plan"]["missing_secrets"] == []
    assert "s3cret" not in there.out
