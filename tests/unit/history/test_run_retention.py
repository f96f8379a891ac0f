"""The files of old runs go as their schedule says; what others rely on stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nbmlops.domain.executions import Artifact
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import Policies, Schedule
from nbmlops.domain.upkeep import Retention
from nbmlops.execution.process import this_process
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.testing import FixedClock, Notebook
from nbmlops.workspace import Workspace


class Site:
    """A schedule with runs, one a day."""

    def __init__(self, workspace: Workspace, clock: FixedClock) -> None:
        self.workspace = workspace
        self.clock = clock
        notebook = Notebook(workspace.project).step("train", "model = 1")
        self.version = workspace.pipelines.build(notebook.save("flights.ipynb")).version
        self.runs = RunRecords(workspace.database)

    def schedule(self, **policies: float) -> Schedule:
        return ScheduleRecords(self.workspace.database).create(
            self.version,
            cron="@daily",
            timezone="UTC",
            parameters={},
            missed="all",
            author="me",
            created_at=self.clock(),
            policies=Policies(**policies),  # type: ignore[arg-type]  # those of numbers
        )

    def ran(
        self,
        schedule: Schedule | None,
        status: RunStatus = RunStatus.SUCCEEDED,
        *,
        after: Run | None = None,
    ) -> Run:
        """A run of today, with its executed notebook; tomorrow comes."""
        run = self.runs.start(
            self.version,
            parameters={},
            trigger=f"schedule:{schedule.id}" if schedule else "manual",
            author="me",
            started_at=self.clock(),
            process=this_process(),
            goes_on_with=after.id if after else None,
        )
        folder = self.workspace.runs.folder(run)
        folder.path.mkdir(parents=True)
        folder.notebook.write_text(run.reference)
        key = self.workspace.objects.put_file(folder.notebook)
        kept = Artifact(name=folder.notebook.name, media_type="x", object=key, size=9)
        self.clock.now += timedelta(days=1)
        if status is RunStatus.RUNNING:
            return run
        return self.runs.finish(run, status=status, ended_at=self.clock(), artifacts=[kept])

    def left(self, *runs: Run) -> list[bool]:
        """Whether each still has its files."""
        removed = self.workspace.run_retention.removed([run.id for run in runs])
        there = [self.workspace.runs.folder(run).path.exists() for run in runs]
        assert there == [run.id not in removed for run in runs]
        return there


@pytest.fixture
def site(mlops_workspace: Workspace, mlops_clock: FixedClock) -> Site:
    """A pipeline, in the machine's present."""
    mlops_clock.now = datetime.now(UTC)
    return Site(mlops_workspace, mlops_clock)


def test_the_newest_runs_keep_their_files(site: Site) -> None:
    schedule = site.schedule(keep=2)
    runs = [site.ran(schedule) for _ in range(4)]
    by_hand = site.ran(None)
    gone = site.workspace.run_retention.keep_to(schedule)
    assert [run.number for run in gone] == [1, 2]
    assert site.left(*runs, by_hand) == [False, False, True, True, True]
    assert site.workspace.run_retention.keep_to(schedule) == [], "nothing goes twice"
    assert [run.status for run in site.runs.newest()] == [RunStatus.SUCCEEDED] * 5


def test_a_run_goes_when_neither_number_nor_age_keeps_it(site: Site) -> None:
    schedule = site.schedule(keep=1, keep_for=2.5 * 24 * 3600)
    runs = [site.ran(schedule) for _ in range(4)]
    site.workspace.run_retention.keep_to(schedule)
    assert site.left(*runs) == [False, False, True, True]
    site.clock.now += timedelta(days=30)
    site.workspace.run_retention.keep_to(schedule)
    assert site.left(*runs) == [False, False, False, True]


def test_what_succeeded_last_what_runs_and_what_a_run_goes_on_with_stay(site: Site) -> None:
    schedule = site.schedule(keep=1)
    runs = [
        site.ran(schedule),
        site.ran(schedule, RunStatus.FAILED),
        site.ran(schedule),
        site.ran(schedule, RunStatus.RUNNING),
        site.ran(schedule, RunStatus.FAILED),
        site.ran(schedule, RunStatus.FAILED),
    ]
    resumed = site.ran(None, after=runs[1])
    site.workspace.run_retention.keep_to(schedule)
    assert site.left(*runs, resumed) == [False, True, True, True, False, True, True]


def test_gc_does_it_too_and_frees_the_space_of_that_alone(site: Site) -> None:
    schedule, keeps_all = site.schedule(keep=1), site.schedule()
    runs = [site.ran(schedule) for _ in range(3)]
    other = [site.ran(keeps_all) for _ in range(3)]
    retention = site.workspace.run_retention
    assert [run.number for run in retention.all_old()] == [1, 2]
    retention.remove(retention.all_old())
    done = site.workspace.collection.collect(Retention())
    assert done.objects == 2
    assert site.left(*runs, *other) == [False, False, True, True, True, True]
    assert site.workspace.integrity.check(repair=False) == []
