"""The server knows what schedulers tell people, and folds it as channels are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from nbmlops.domain.drift import DRIFT, ColumnDrift, Drift
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, ReportedOutput
from nbmlops.domain.notices import NoticeKind
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus, Schedule
from nbmlops.domain.wire import plain
from nbmlops.execution.process import this_process
from nbmlops.notifying.channels import channel_of
from nbmlops.server.alerts import Alerts
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

FAILED, RECOVERED, SUCCEEDED = NoticeKind.FAILED, NoticeKind.RECOVERED, NoticeKind.SUCCEEDED


class Project:
    """A workspace with an hourly schedule, and a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.workspace = Workspace(folder, clock=lambda: self.now, author="ada")
        path = Notebook(folder).step("load", "rows = [1]").save("flights.ipynb")
        version = self.workspace.pipelines.build(path).version
        self.workspace.approvals.approve(version, comment="Looked at it.")
        self.schedule: Schedule = self.workspace.schedules.create(
            "flights", cron="0 * * * *", timezone="UTC"
        )
        self.fires = 0

    def end(self, status: FireStatus, note: str | None = None) -> None:
        """Let a due time end now, and a scheduler look at it."""
        self.fires += 1
        records = self.workspace._schedule_records
        due = NOON + timedelta(hours=self.fires)
        fire = records.open_fires(self.schedule.id, [due])[0]
        lease = self.now + timedelta(minutes=1)
        token = records.claim(fire, owner="me", lease_until=lease, now=self.now)
        assert token is not None
        assert records.finish(fire.id, token, status, note)
        self.scheduler_looks()

    def scheduler_looks(self) -> None:
        notifier = self.workspace.notifier()
        notifier.look()
        assert notifier.outbox.wait(10)

    def find(self, *, drifted: bool, trigger: str) -> None:
        """Let a run end that has looked for drift, and a scheduler look at it."""
        column = ColumnDrift(name="delay", kind="number", psi=0.4 * drifted, drifted=drifted)
        found = Drift(
            limit=0.2,
            columns=(column,),
            checked=1,
            drifted_columns=int(drifted),
            furthest=column.psi,
            rows=9,
            reference_rows=9,
            looked_at=9,
            reference_looked_at=9,
        )
        records = self.workspace._run_records
        run = records.start(
            self.workspace.pipelines.versions("flights")[0],
            parameters={},
            trigger=trigger,
            author="ada",
            started_at=self.now,
            process=this_process(),
        )
        self.workspace.executions.add(
            ExecutionRecord(
                notebook="flights.ipynb",
                step="load",
                cell_id="cell",
                source="rows = [1]",
                digest="d",
                session="s",
                run_id=run.id,
                started_at=self.now,
                duration=0.1,
                status=ExecutionStatus.OK,
                reported=(ReportedOutput(name="drift", type=DRIFT, value=plain(found)),),
                author="ada",
            )
        )
        records.finish(run, status=RunStatus.SUCCEEDED, ended_at=self.now)
        self.scheduler_looks()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.workspace.close()


@pytest.fixture
def alerts(project: Project) -> Alerts:
    return Alerts(project.workspace, relative_to(project.workspace.project))


def relative_to(root: Path) -> Callable[[Path], str | None]:
    def place(path: Path) -> str | None:
        return str(path.relative_to(root)) if path.is_relative_to(root) else None

    return place


def test_a_failure_and_the_success_after_it_are_told_once_each_without_a_channel(
    project: Project, alerts: Alerts
) -> None:
    project.end(FireStatus.FAILED, note="flights#1 failed: no data.")
    (event,) = alerts.look()
    assert (event.kind, event.pipeline, event.version) == (FAILED, "flights", 1)
    assert (event.notebook, event.message) == ("flights.ipynb", "flights#1 failed: no data.")
    assert (event.schedule, event.count) == (project.schedule.id, 1)
    project.scheduler_looks()
    assert alerts.look() == []
    project.end(FireStatus.SUCCEEDED)
    project.end(FireStatus.SUCCEEDED)
    assert [event.kind for event in alerts.look()] == [RECOVERED, SUCCEEDED]
    assert alerts.look() == []


@pytest.mark.parametrize("with_channel", [False, True])
def test_a_schedule_that_goes_on_failing_is_told_of_after_ten_minutes_and_then_twenty(
    project: Project, alerts: Alerts, *, with_channel: bool
) -> None:
    """With a channel or without: schedulers fold failures only where a channel has told one."""
    if with_channel:
        hook = {"type": "webhook", "url": "http://127.0.0.1:9/hook"}
        project.workspace.notify.add(channel_of("ops", hook))
    told: list[tuple[int, int]] = []
    for minute in range(0, 45, 5):
        project.now = NOON + timedelta(minutes=minute)
        project.end(FireStatus.FAILED)
        told += [(minute, event.count) for event in alerts.look()]
    assert told == [(0, 1), (10, 3), (30, 7)]


def test_the_first_failure_after_a_success_is_told_at_once(
    project: Project, alerts: Alerts
) -> None:
    for status in (FireStatus.FAILED, FireStatus.SUCCEEDED, FireStatus.FAILED):
        project.end(status)
    assert [event.kind for event in alerts.look()] == [FAILED, RECOVERED, FAILED]


def test_a_schedule_that_is_paused_is_told_of(project: Project, alerts: Alerts) -> None:
    project.workspace.schedules.pause(project.schedule.id)
    project.scheduler_looks()
    (event,) = alerts.look()
    assert (event.kind, event.run, event.due_at) == (NoticeKind.PAUSED, None, None)


def test_what_was_before_is_not_told(project: Project) -> None:
    project.end(FireStatus.FAILED)
    place = relative_to(project.workspace.project)
    assert Alerts(project.workspace, place).look() == []


def test_what_happened_while_nobody_listened_is_not_told(project: Project, alerts: Alerts) -> None:
    project.end(FireStatus.FAILED)
    project.now += timedelta(hours=8)
    alerts.pass_over()
    assert alerts.look() == []
    project.end(FireStatus.FAILED)
    assert [event.count for event in alerts.look()] == [2]


def test_of_a_notebook_outside_the_root_of_the_server_nothing_is_told(
    project: Project, tmp_path: Path
) -> None:
    alerts = Alerts(project.workspace, relative_to(tmp_path / "elsewhere"))
    project.end(FireStatus.FAILED)
    assert alerts.look() == []


@pytest.mark.parametrize("trigger", ["manual", "schedule:1"])
def test_drift_is_told_when_it_begins_folded_and_when_it_is_over(
    project: Project, alerts: Alerts, trigger: str
) -> None:
    told: list[tuple[int, str, int]] = []
    for minute, drifted in ((0, True), (5, True), (10, True), (15, False), (20, False)):
        project.now = NOON + timedelta(minutes=minute)
        project.find(drifted=drifted, trigger=trigger)
        events = alerts.look()
        told += [(minute, event.kind, event.count) for event in events]
        assert all(event.schedule == (1 if ":" in trigger else None) for event in events)
        if minute == 0:
            assert events[0].run == "flights#1"
            assert events[0].message == ("load: 1 of 1 column has drifted beyond 0.2: delay 0.40.")
    assert told == [(0, "drift", 1), (10, "drift", 3), (15, "drift-over", 3)]
