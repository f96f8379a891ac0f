"""A shell changes a schedule in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


def test_a_parameter_is_given_and_taken_back(
    mlops_workspace: Workspace,
    mlops_notebook: Notebook,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(mlops_workspace.project)
    mlops_notebook.parameters(month=1).step("load", "rows = [month]").save("flights.ipynb")
    assert shell("build", "flights.ipynb").code == 0
    assert shell("approve", "flights", "--comment", "compared with May").code == 0
    words = ("--cron", "@daily", "--timeout", "30m", "--retries", "2", "-p", "month=3")
    assert shell("schedule", "flights", *words).code == 0
    (made,) = mlops_workspace.schedules.all()
    assert made.parameters == {"month": 3}

    taken = shell("schedule", "flights", "--replace", "1", "--unset", "month", "--retries", "1")
    assert taken.code == 0
    changed = mlops_workspace.schedules.get(1)
    assert (changed.parameters, changed.trigger) == ({}, made.trigger)
    assert (changed.rules.timeout, changed.rules.retries) == (1800.0, 1)

    again = shell("schedule", "flights", "--replace", "1", "--unset", "month")
    assert (again.code, "gives no parameter 'month'" in again.err) == (2, True)
    new = shell("schedule", "flights", "--cron", "@daily", "--unset", "month")
    assert (new.code, "Name it: --replace SCHEDULE" in new.err) == (2, True)
    assert len(mlops_workspace.schedules.all()) == 1
