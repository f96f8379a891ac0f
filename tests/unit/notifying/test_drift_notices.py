"""What runs have found of drift is told: when it begins, when it is over, and once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nbmlops.domain.drift import DRIFT, ColumnDrift, Drift
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, ReportedOutput
from nbmlops.domain.notices import NoticeKind, Streak
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.wire import plain
from nbmlops.execution.process import this_process
from nbmlops.notifying.channels import channel_of
from nbmlops.notifying.judging import judge_drift
from nbmlops.store.catalog.drift import DriftFinding
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.testing import NOON

if TYPE_CHECKING:
    from conftest import MailServer, Project, Receiver

    from nbmlops.domain.runs import Run

DELAY = ColumnDrift(name="delay", kind="number", psi=0.41, drifted=True)
CARRIER = ColumnDrift(name="carrier", kind="category", drifted=True, note="is gone")
AS_BEFORE = ColumnDrift(name="day", kind="date", psi=0.01)


def finding(*columns: ColumnDrift, name: str = "drift", rows: int = 10) -> ReportedOutput:
    """What a step reports that has compared these columns."""
    indexes = [column.psi for column in columns if column.psi is not None]
    drift = Drift(
        name=name,
        limit=0.2,
        columns=columns,
        checked=len(columns),
        drifted_columns=sum(column.drifted for column in columns),
        furthest=max(indexes, default=None),
        rows=rows,
        reference_rows=10,
        looked_at=rows,
        reference_looked_at=10,
    )
    return ReportedOutput(name=name, type=DRIFT, value=plain(drift))


def run(
    project: Project,
    *reported: ReportedOutput,
    trigger: str | None = None,
    status: RunStatus = RunStatus.SUCCEEDED,
    taken: tuple[int, ...] = (),
) -> tuple[Run, int]:
    """A run whose step has reported that; returns it with its execution."""
    workspace = project.workspace
    records = workspace._run_records
    made = records.start(
        workspace.pipelines.versions("flights")[0],
        parameters={},
        trigger=trigger or f"schedule:{project.schedule.id}",
        author="me",
        started_at=project.now,
        process=this_process(),
    )
    execution = 0
    if reported:
        record = ExecutionRecord(
            notebook="flights.ipynb",
            step="check",
            cell_id="cell",
            source="nbmlops.check_drift(df, before)",
            digest="d",
            session="session",
            run_id=made.id,
            started_at=project.now,
            duration=0.1,
            status=ExecutionStatus.OK,
            reported=reported,
            author="me",
        )
        execution = workspace.executions.add(record).id
    if taken:
        ReuseRecords(workspace.database).take(made.id, taken)
    return records.finish(made, status=status, ended_at=project.now), execution


def data(receiver: Receiver) -> list[dict[str, object]]:
    return [call.json["data"] for call in receiver.calls]


def test_drift_is_told_when_it_begins_and_when_it_is_over(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url, on=["drift"])
    for reported in (
        finding(AS_BEFORE),
        finding(DELAY, CARRIER, AS_BEFORE),
        finding(DELAY),
        finding(AS_BEFORE),
        finding(AS_BEFORE),
    ):
        run(project, reported)
        for _ in range(2):
            project.look()
    assert receiver.told == ["drift", "drift-over"]
    begun, over = data(receiver)
    assert begun["message"] == (
        "check: 2 of 3 columns have drifted beyond 0.2: carrier is gone, delay 0.41."
    )
    assert (begun["run"], begun["schedule"], begun["count"]) == ("flights#2", 1, 1)
    assert begun["headline"] == "flights@1 finds drift"
    assert begun["look"] == "nbmlops show flights#2"
    assert (over["run"], over["count"]) == ("flights#4", 2)
    assert str(over["headline"]).startswith(
        "flights@1 finds no drift any more after 2 runs with drift since "
    )
    assert receiver.calls[0].json["type"] == "nbmlops.schedule.drift"


def test_drift_that_goes_on_is_told_again_as_failures_are(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    for minute in range(0, 45, 5):
        project.now = NOON + timedelta(minutes=minute)
        run(project, finding(DELAY))
        project.look()
    assert [one["count"] for one in data(receiver)] == [1, 3, 7]
    assert str(data(receiver)[1]["headline"]).startswith("flights@1 still finds drift: 3 times")


def test_a_run_by_hand_tells_as_well_and_apart_from_the_schedule(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    run(project, finding(DELAY), trigger="manual")
    run(project, finding(DELAY))
    run(project, finding(AS_BEFORE), trigger="manual")
    project.look()
    assert receiver.told == ["drift", "drift", "drift-over"]
    assert [one["schedule"] for one in data(receiver)] == [None, 1, None]


def test_what_was_taken_from_the_cache_neither_tells_again_nor_ends_a_drift(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    _, made = run(project, finding(DELAY))
    project.look()
    for minute in (20, 40, 60):
        project.now = NOON + timedelta(minutes=minute)
        run(project, taken=(made,))
        project.look()
    assert receiver.told == ["drift"]
    run(project)  # a run that has looked at nothing says nothing
    project.look()
    assert receiver.told == ["drift"]
    run(project, finding(AS_BEFORE))
    project.look()
    assert receiver.told == ["drift", "drift-over"]
    run(project, taken=(made,))  # the data that had drifted are back
    project.look()
    assert receiver.told == ["drift", "drift-over", "drift"]


def test_an_empty_table_does_not_end_a_drift(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    run(project, finding(DELAY))
    run(project, finding(replace(AS_BEFORE, psi=None, note="no rows"), rows=0))
    project.look()
    assert receiver.told == ["drift"]


def test_one_check_of_several_that_has_drifted_is_enough(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    run(project, finding(DELAY), finding(AS_BEFORE, name="drift-2"))
    project.look()
    assert receiver.told == ["drift"]
    assert data(receiver)[0]["message"] == (
        "check: 1 of 1 column has drifted beyond 0.2: delay 0.41."
    )


def test_a_run_that_fails_over_its_drift_tells_of_both(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    run(project, finding(DELAY), status=RunStatus.FAILED)
    project.look()
    assert receiver.told == ["drift"]


def test_two_schedulers_tell_of_drift_once(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    for number in range(20):
        run(project, finding(AS_BEFORE if number % 2 else DELAY))
    both = [project.workspace.notifier() for _ in range(2)]
    start = threading.Barrier(2)

    def look(notifier: object) -> None:
        start.wait()
        notifier.look()  # type: ignore[attr-defined]
        notifier.outbox.wait(10)  # type: ignore[attr-defined]

    threads = [threading.Thread(target=look, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    project.look()
    assert sorted(receiver.told) == ["drift"] * 10 + ["drift-over"] * 10
    assert len({call.json["id"] for call in receiver.calls}) == 20


def test_a_channel_that_is_made_later_hears_of_a_drift_that_goes_on(
    project: Project, receiver: Receiver
) -> None:
    run(project, finding(DELAY))
    project.look()
    project.add(type="webhook", url=receiver.url)
    project.look()
    assert receiver.told == []
    run(project, finding(DELAY))
    run(project, finding(DELAY))
    project.look()
    assert [one["count"] for one in data(receiver)] == [2]


def test_a_channel_that_did_not_ask_for_drift_is_not_told_of_it(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url, on=["failed", "recovered"])
    run(project, finding(DELAY))
    run(project, finding(AS_BEFORE))
    project.look()
    assert receiver.told == []


def test_what_was_found_days_ago_is_no_news(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    run(project, finding(DELAY), trigger="manual")
    project.now = NOON + timedelta(days=2)
    project.look()
    assert receiver.told == []
    run(project, finding(DELAY), trigger="manual")
    project.look()
    assert receiver.told == ["drift"]


def test_a_mail_says_which_columns_and_where_to_look(
    project: Project, mail_server: MailServer
) -> None:
    mail = {"to": ["a@example.org"], "sender": "nb@example.org", "host": "127.0.0.1"}
    project.add(type="email", port=mail_server.port, security="none", **mail)
    run(project, finding(DELAY, AS_BEFORE))
    project.look()
    (told,) = mail_server.mails
    assert told["Subject"] == "flights@1 finds drift"
    text = told.get_content()
    assert "Drift: check: 1 of 2 columns has drifted beyond 0.2: delay 0.41." in text
    assert "Look: nbmlops show flights#1" in text


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_a_chat_says_which_columns(
    project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("CHAT_URL", receiver.url)
    project.add(type=kind, url="env:CHAT_URL", link="https://hub.example.org/{run}")
    run(project, finding(DELAY))
    project.look()
    (call,) = receiver.calls
    said = call.body.decode()
    assert "flights@1 finds drift" in said
    assert "delay 0.41" in said
    assert "https://hub.example.org/flights%231" in said


def test_with_a_drift_a_channel_is_told_that_it_is_over() -> None:
    channel = channel_of("ops", {"type": "webhook", "url": "http://127.0.0.1/"})
    assert "drift" in channel.on


def test_drift_is_judged_by_what_was_found() -> None:
    fresh = DriftFinding(drifted=True, fresh=True, at=NOON)
    kind, streak = judge_drift(fresh, None, NOON)
    assert (kind, streak) == (
        NoticeKind.DRIFT,
        Streak(count=1, since=NOON, told=1, told_at=NOON),
    )
    assert judge_drift(replace(fresh, fresh=False), streak, NOON + timedelta(days=1)) == (
        None,
        streak,
    )
    over = replace(fresh, drifted=False, fresh=False)
    assert judge_drift(over, streak, NOON) == (NoticeKind.DRIFT_OVER, None)
    assert judge_drift(over, None, NOON) == (None, None)
