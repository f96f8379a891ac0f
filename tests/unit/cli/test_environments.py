"""``env show``, ``env diff`` and ``env lock`` as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nbmlops.capture.environment import describe
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


@pytest.fixture(autouse=True)
def project(mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ``train`` ran once, with another pandas."""
    monkeypatch.chdir(mlops_workspace.project)
    now = describe()
    then = replace(now, digest="then", distributions={**now.distributions, "pandas": "2.0"})
    mlops_workspace.executions.add_environment(then)
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step="train",
        cell_id="cell",
        source="a = 1",
        digest="a",
        session="session",
        started_at=NOON,
        duration=1.5,
        status=ExecutionStatus.OK,
        environment="then",
        author="tester",
    )
    mlops_workspace.executions.add(record)
    return mlops_workspace.project


def test_it_is_shown_whole(shell: Shell) -> None:
    answer = shell("env", "show", "train")
    assert answer.code == 0
    assert "pytest" in answer.out
    document = json.loads(shell("env", "show", "train@1", "--json").out)
    assert (document["schema"], document["name"]) == ("nbmlops.environment/1", "train@1")
    assert set(document["environment"]) == {
        *("digest", "python", "implementation", "platform", "machine", "executable"),
        *("distributions", "direct", "cpus", "gpus", "threads"),
    }


def test_only_what_changed_is_compared(shell: Shell) -> None:
    document = json.loads(shell("env", "diff", "train", "--json").out)
    assert document["schema"] == "nbmlops.environment-diff/1"
    assert (document["before"], document["after"]) == ("train@1", "now")
    (change,) = document["changes"]
    assert (change["name"], change["before"]) == ("pandas", "2.0")
    assert "pandas" in shell("env", "diff", "now", "train").out
    assert shell("env", "diff", "now", "now").out == "now and now: no difference.\n"
    assert "with itself" in shell("env", "diff", "now").err


def test_without_a_name_it_is_what_was_recorded_last(shell: Shell) -> None:
    document = json.loads(shell("env", "diff", "--json").out)
    assert (document["before"], document["after"]) == ("@1 (train@1)", "now")
    assert [change["name"] for change in document["changes"]] == ["pandas"]
    assert json.loads(shell("env", "show", "--json").out)["name"] == "@1 (train@1)"
    assert shell("env", "lock").out == shell("env", "lock", "latest").out
    assert shell("env", "lock", "@1").out == shell("env", "lock").out
    assert "no execution '@9'" in shell("env", "show", "@9").err


@pytest.mark.parametrize("verb", ["show", "diff", "lock"])
def test_the_help_says_what_can_be_named(verb: str, shell: Shell) -> None:
    said = " ".join(shell("env", verb, "--help").out.split())
    assert "REF is a step version (train@2), a run ('flights#3'), an execution (@12)" in said


def test_a_lock_is_printed_or_written(shell: Shell, project: Path) -> None:
    assert "pandas==2.0\n" in shell("env", "lock", "train").out
    answer = shell("env", "lock", "train", "--to", "requirements.txt")
    assert answer.out == "Wrote the environment of train@1 to requirements.txt.\n"
    assert "pandas==2.0\n" in (project / "requirements.txt").read_text()
    assert shell("env", "lock", "train", "--to", "no/such/folder.txt").code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sow", "train"), "Did you mean 'show'?"),
        (("show", "trian"), "Did you mean 'train'?"),
        (("show", "flights#1"), "There is no run 'flights#1'"),
    ],
)
def test_a_mistake_is_told_with_its_cure(words: tuple[str, ...], said: str, shell: Shell) -> None:
    answer = shell("env", *words)
    assert answer.code == 2
    assert said in answer.err
