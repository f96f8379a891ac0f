"""What a shell is told of builds and decisions."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


@pytest.fixture
def notebook(
    mlops_workspace: Workspace, mlops_notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A notebook with one step, and one cell that looks at what it made."""
    monkeypatch.chdir(mlops_workspace.project)
    return mlops_notebook.step("load", "rows = [2]").cell("print(rows)").save("flights.ipynb")


def test_a_build_says_which_cells_it_leaves_out(notebook: Path, shell: Shell) -> None:
    told = shell("build", notebook.name).out
    assert "Left out: cell 2 (no step needs it; name a cell to keep it).\n" in told


def test_the_schema_of_a_pipeline_is_that_of_its_parameters(
    mlops_notebook: Notebook, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    monkeypatch.chdir(mlops_notebook.folder)
    mlops_notebook.parameters(month=1).step("load", "rows = [month]").save("flights.ipynb")
    shell("build", "flights.ipynb")
    schema = json.loads(shell("pipelines", "flights@1", "--schema").out)
    assert schema["title"] == "flights@1"
    assert schema["properties"] == {"month": {"type": "integer", "default": 1}}
    assert shell("pipelines", "--schema").code == 2
    assert "flights@1" in shell("pipelines", "flights").out


def test_an_approval_is_recorded_once(notebook: Path, shell: Shell) -> None:
    shell("build", notebook.name)
    first = shell("approve", "flights", "--comment", "compared with May")
    again = shell("approve", "flights", "--comment", "once more")
    assert (first.code, again.code) == (0, 0)
    assert "approved before" not in first.out
    assert again.out.startswith("flights@1 was approved before; nothing was recorded.\n")
    assert "compared with May" in again.out


def test_taking_an_approval_back_names_the_schedules_that_pause(
    notebook: Path, shell: Shell
) -> None:
    shell("build", notebook.name)
    shell("approve", "flights", "--comment", "compared with May")
    for _ in range(3):
        shell("schedule", "flights", "--cron", "@daily")
    shell("pause", "2", "--reason", "the source is down")
    told = shell("withdraw", "flights", "--comment", "a wrong month").out
    assert "Paused: schedule 1, schedule 3." in told
    shell("approve", "flights@1", "--comment", "the right month")
    shell("unschedule", "1")
    shell("unschedule", "3")
    assert "Paused" not in shell("withdraw", "flights", "--comment", "wrong after all").out


def test_what_is_to_change_is_kept_with_the_version_and_told_where_it_is_built(
    notebook: Path, shell: Shell
) -> None:
    shell("build", notebook.name)
    assert shell("request-changes", "flights").code == 2
    told = shell("request-changes", "flights", "--comment", "name the month")
    assert (told.code, "changes requested" in told.out) == (0, True)
    assert "changes requested" in shell("pipelines").out
    assert "name the month" in shell("build", notebook.name).out
    assert "asked for changes" not in shell("approve", "flights", "--comment", "right").out
    assert shell("request-changes", "flights", "--comment", "too late").code == 2


def test_a_schedule_says_what_becomes_of_missed_due_times_where_they_do_not_all_run(
    notebook: Path, shell: Shell
) -> None:
    shell("build", notebook.name)
    shell("approve", "flights", "--comment", "compared with May")
    daily = "schedule", "flights", "--cron", "@daily"
    assert "Limits" not in shell(*daily).out
    told = shell(*daily, "--missed", "latest", "--max-age", "1h").out
    assert "Limits: missed latest, max age 1h\n" in told
    assert "missed latest, max age 1h" in shell("schedules", "2").out


def test_times_to_come_are_on_the_clock_of_their_schedule_and_name_its_zone(
    notebook: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine is somewhere else."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        shell("build", notebook.name)
        shell("approve", "flights", "--comment", "compared with May")
        daily = ("--cron", "0 6 1 1 *", "--timezone", "Asia/Tokyo")
        made = shell("schedule", "flights", *daily).out
        listed = shell("schedules").out
    finally:
        monkeypatch.undo()
        time.tzset()
    assert re.search(r"Next: \d{4}-01-01 06:00:00 JST, \d{4}-01-01 06:00:00 JST", made)
    assert re.search(r"\d{4}-01-01 06:00:00 JST", listed)


def test_a_decision_on_a_cell_is_typed_and_shown(notebook: Path, shell: Shell) -> None:
    shell("build", notebook.name)
    asked = shell("request-changes", "flights", "--cell", "load", "--comment", "from the file")
    assert asked.code == 0
    assert "Decisions on cells" in asked.out
    assert "load: from the file" in asked.out
    assert "Decisions on cells" in shell("build", notebook.name).out
    refused = shell("approve", "flights", "--comment", "good")
    assert refused.code != 0
    assert "changes are requested of load" in refused.err
    told = shell("approve", "flights", "--cell", "1", "--comment", "told why", "--json")
    [cell] = json.loads(told.out)["cells"]
    assert (cell["title"], cell["decision"], cell["comment"]) == ("load", "approved", "told why")
    assert shell("approve", "flights", "--comment", "good").code == 0
    assert shell("approve", "flights", "--cell", "laod", "--comment", "x").code == 2


def test_the_format_of_the_log_is_that_of_a_verb_and_of_nothing_after_it(
    notebook: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a notebook, the process is the user's."""
    assert notebook.exists()
    monkeypatch.delenv("NBMLOPS_LOG_FORMAT", raising=False)
    assert shell("scheduler", "--log-format", "json", "status").code == 0
    assert "NBMLOPS_LOG_FORMAT" not in os.environ
    assert shell("scheduler", "--log-format", "json", "--workers", "none").code == 2
    assert shell("scheduler", "--log-format", "json", "statis").code == 2
    assert "NBMLOPS_LOG_FORMAT" not in os.environ
