"""``gc`` and ``fsck`` as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


@pytest.fixture
def key(mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> str:
    """An object that no record names, in the project of the current folder."""
    monkeypatch.chdir(mlops_workspace.project)
    mlops_workspace.history.steps()
    return mlops_workspace.objects.put(b"content" * 100)


def test_a_young_object_is_kept(key: str, shell: Shell, mlops_workspace: Workspace) -> None:
    answer = shell("gc", "--younger-than", "0h")
    assert answer.code == 0
    assert "Freed 0 B: 0 objects" in answer.out
    assert mlops_workspace.objects.exists(key)


def test_a_dry_run_says_how_to_do_it(key: str, shell: Shell) -> None:
    assert key
    answer = shell("gc", "--dry-run")
    assert "Would free" in answer.out
    assert "the same without --dry-run" in answer.out


@pytest.mark.parametrize("age", ["soon", "3", "-1d", "99999999999d"])
def test_an_age_that_is_none_is_refused(age: str, key: str, shell: Shell) -> None:
    assert key
    answer = shell("gc", "--younger-than", age)
    assert answer.code == 2
    assert repr(age) in answer.err


def test_a_store_in_order_exits_with_0(key: str, shell: Shell) -> None:
    assert key
    answer = shell("fsck")
    assert (answer.code, answer.out) == (0, "The store is in order.\n")


def test_damage_exits_with_1_until_it_is_repaired(
    shell: Shell, key: str, mlops_workspace: Workspace
) -> None:
    assert key
    stray = mlops_workspace.store / "runs" / "flights" / "3"
    stray.mkdir(parents=True)
    answer = shell("fsck")
    assert answer.code == 1
    assert "belongs to no run" in answer.out
    assert "nbmlops fsck --repair" in answer.err
    (damage,) = json.loads(shell("fsck", "--json").out)["damages"]
    assert damage["kind"] == "run folder"
    assert shell("fsck", "--repair").code == 0
    assert shell("fsck").code == 0
    assert not stray.exists()
