"""What a shell is told of schedules, backfills and schedulers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmlops.domain.schedules import FireStatus
from nbmlops.scheduling.presence import present
from nbmlops.scheduling.triggers.words import in_words
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]

PAST = ("--from", "2026-05-01", "--to", "2026-05-03")


@pytest.fixture
def approved(
    mlops_workspace: Workspace,
    mlops_notebook: Notebook,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
) -> Workspace:
    """A project with an approved pipeline of one step."""
    monkeypatch.chdir(mlops_workspace.project)
    mlops_notebook.parameters(month=1).step("load", "rows = [month]").save("flights.ipynb")
    assert shell("build", "flights.ipynb").code == 0
    assert shell("approve", "flights", "--comment", "compared with May").code == 0
    return mlops_workspace


@pytest.mark.parametrize("times", [("--every", "1d"), ("--cron", "@daily")])
def test_a_backfill_is_shown_by_its_number_and_has_no_time_to_come(
    approved: Workspace, shell: Shell, times: tuple[str, str]
) -> None:
    assert shell("backfill", "flights", *PAST, *times, "--detach").code == 0
    [made] = approved.backfills.all()
    shown = shell("schedules", str(made.id))
    assert (shown.code, shown.out.count("2026-05-0")) == (0, 3)
    coming = shell("next", str(made.id))
    assert (coming.code, "20" in coming.out.partition("\n")[2]) == (0, False)


def test_the_list_names_backfills_that_have_something_to_run(
    approved: Workspace, shell: Shell
) -> None:
    shell("backfill", "flights", *PAST, "--every", "1d", "--detach")
    [made] = approved.backfills.all()
    told = f"Backfill {made.id} of flights@1: 3 of 3 to run. See it: nbmlops schedules {made.id}"
    assert told in shell("schedules").out
    withdrawn = shell("withdraw", "flights", "--comment", "a wrong month").out
    assert f"Paused: backfill {made.id}. See why: nbmlops schedules {made.id}" in withdrawn
    again = shell("approve", "flights@1", "--comment", "the right month").out
    assert f"Backfill {made.id} is still paused" in again
    assert f"Let it go on: nbmlops resume {made.id}" in again
    assert shell("resume", str(made.id)).code == 0
    assert "still paused" not in shell("approve", "flights@1", "--comment", "so").out
    with approved.database.write() as connection:
        connection.execute(sa.update(schema.fires).values(status=FireStatus.SUCCEEDED))
    assert "Paused" not in shell("withdraw", "flights", "--comment", "wrong after all").out
    assert "still paused" not in shell("approve", "flights@1", "--comment", "right").out


def test_the_due_times_of_a_grid_say_for_which_values_they_are(
    approved: Workspace, shell: Shell
) -> None:
    span = ("--from", "2026-05-01", "--to", "2026-05-06", "--every", "1d")
    shell("backfill", "flights", *span, "--grid", "month=1,2", "--detach")
    [made] = approved.backfills.all()
    shown = shell("schedules", str(made.id)).out
    assert (shown.count("month=1"), shown.count("month=2")) == (5, 5)
    assert f"The latest 10 of 12 due times: nbmlops schedules {made.id} -n 12 lists more." in shown
    whole = shell("schedules", str(made.id), "-n", "12").out
    assert (whole.count("month=1"), "lists more" in whole) == (6, False)


def test_due_times_that_failed_are_found_behind_any_number_of_others(
    approved: Workspace, shell: Shell
) -> None:
    span = ("--from", "2026-05-01", "--to", "2026-05-12", "--every", "1d")
    shell("backfill", "flights", *span, "--detach")
    [made] = approved.backfills.all()
    records = ScheduleRecords(approved.database)
    oldest = records.fires(made.id)[-1]
    token = records.claim(oldest, owner="me", lease_until=oldest.due_at, now=oldest.due_at)
    records.finish(oldest.id, token or 0, FireStatus.FAILED, "no data")
    assert "no data" not in shell("schedules", str(made.id)).out
    failed = shell("schedules", str(made.id), "--status", "failed").out
    assert (failed.count("2026-05-"), "no data" in failed) == (1, True)
    assert "Schedule" not in shell("schedules", "--status", "skipped").out


def test_a_schedule_that_is_changed_while_it_is_paused_is_said_to_be(
    approved: Workspace, shell: Shell
) -> None:
    shell("schedule", "flights", "--cron", "@daily")
    [made] = approved.schedules.all()
    assert "is not paused" in shell("resume", str(made.id)).out
    shell("pause", str(made.id), "--reason", "the source is down")
    told = shell("schedule", "flights", "--replace", str(made.id), "--cron", "@hourly").out
    assert f"paused: the source is down. Let it go on: nbmlops resume {made.id}" in told
    assert "It fires while" not in told
    assert "fires again" in shell("resume", str(made.id)).out


def test_a_list_has_no_empty_tables_of_due_times(approved: Workspace, shell: Shell) -> None:
    shell("schedule", "flights", "--cron", "@daily")
    [made] = approved.schedules.all()
    assert "attempts" not in shell("schedules", "--fires").out
    assert "has had no due time yet" in shell("schedules", str(made.id)).out


def test_a_metric_that_no_run_has_reported_is_told(approved: Workspace, shell: Shell) -> None:
    shell("build", "flights.ipynb", "--name", "report")
    told = shell("schedule", "flights", "--when", "report.auc < 0.8").out
    assert "No run of report has reported a metric 'auc' so far" in told
    assert len(approved.schedules.all()) == 1


def test_a_value_of_a_grid_that_is_given_twice_is_one_run(
    approved: Workspace, shell: Shell
) -> None:
    assert approved.project.is_dir()
    told = shell(
        "backfill", "flights", *PAST, "--every", "1d", "--grid", "month=1,2,1", "--dry-run"
    ).out
    assert "x 2 combinations" in told
    assert "6, 1 at once" in told


def test_times_to_come_are_no_backfill(approved: Workspace, shell: Shell) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    span = ("--from", "2026-05-01", "--to", f"{tomorrow:%Y-%m-%dT%H:%M}", "--timezone", "UTC")
    refused = shell("backfill", "flights", *span, "--every", "1d", "--dry-run")
    assert refused.code == 2
    assert "still to come, from" in refused.err
    assert "what is to come is for a schedule" in refused.err
    assert approved.backfills.all() == []


def test_a_pattern_that_no_file_fits_is_told_and_one_that_fits_is_not(
    approved: Workspace, shell: Shell
) -> None:
    watched = ("schedule", "flights", "--on-change", "data/*.csv")
    assert "No file is there now for 'data/*.csv'" in shell(*watched).out
    (approved.project / "data").mkdir()
    (approved.project / "data" / "may.csv").write_text("1")
    assert "No file is there" not in shell(*watched).out


def test_a_date_is_told_to_the_second_where_it_has_some(approved: Workspace, shell: Shell) -> None:
    shell("schedule", "flights", "--at", "2126-12-24T18:00:38", "--timezone", "UTC")
    shell("schedule", "flights", "--at", "2126-12-24T18:00", "--timezone", "UTC")
    assert [in_words(one.trigger, "UTC") for one in approved.schedules.all()] == [
        "at 2126-12-24 18:00:38",
        "at 2126-12-24 18:00",
    ]


def test_a_nickname_that_is_none_is_answered_with_those_there_are(
    approved: Workspace, shell: Shell
) -> None:
    refused = shell("schedule", "flights", "--cron", "@reboot")
    assert refused.code == 2
    assert "'@reboot' is no nickname" in refused.err
    assert "@daily" in refused.err
    assert approved.schedules.all() == []


def test_options_of_a_start_that_starts_nothing_are_said_to_have_no_effect(
    approved: Workspace, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a variable of the environment, which nobody typed now, it is not said."""
    with present(approved.store, approved.clock()):
        told = shell("scheduler", "start", "--workers", "9", "--log-format", "json").out
        assert "runs already" in told
        assert "--workers and --log-format did not take effect" in told
        assert "did not take" not in shell("scheduler", "start").out
        monkeypatch.setenv("NBMLOPS_LOG_FORMAT", "json")
        assert "did not take" not in shell("scheduler", "start").out
        typed = shell("scheduler", "--log-format", "text", "start").out
        assert "--log-format did not take effect" in typed
        assert shell("scheduler", "start", "--listen", "nonsense").code == 2


def test_a_wrong_address_is_refused_before_a_scheduler_is_said_to_run(
    approved: Workspace, shell: Shell
) -> None:
    refused = shell("scheduler", "--listen", "nonsense")
    assert (refused.code, "Stop it with" in refused.out) == (2, False)
    assert Path(approved.store).is_dir()
