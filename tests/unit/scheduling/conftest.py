"""A real catalog with one approved pipeline, and a clock that stands still."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest

from nbmlops.domain.approvals import Approval
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.pipelines import PipelineSpec, PipelineVersion
from nbmlops.domain.runs import Run
from nbmlops.domain.schedules import Claim, Fire, FireStatus, MissedPolicy, Policies, Schedule
from nbmlops.errors import NotApprovedError, NotebookChangedError
from nbmlops.scheduling.occasion import trigger_of
from nbmlops.scheduling.schedules import ScheduleService
from nbmlops.scheduling.triggers.happenings import Happenings
from nbmlops.store.catalog.ledger import LedgerRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.store.catalog.triggers import TriggerRecords

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LEASE = timedelta(seconds=10)
_NO_POLICIES = Policies()


@dataclass
class Catalog:
    """The records, what is in them, and the time."""

    database: SqliteDatabase
    now: datetime = NOON
    changed: bool = False
    schedules: ScheduleRecords = field(init=False)
    ledger: LedgerRecords = field(init=False)
    pipelines: PipelineRecords = field(init=False)
    runs: RunRecords = field(init=False)
    happenings: Happenings = field(init=False)

    def __post_init__(self) -> None:
        self.schedules = ScheduleRecords(self.database)
        self.ledger = LedgerRecords(self.database)
        self.pipelines = PipelineRecords(self.database)
        self.runs = RunRecords(self.database)
        self.happenings = Happenings(
            TriggerRecords(self.database), self.runs, self.database.path.parent
        )
        self.version = self.build("d1")

    @property
    def log(self) -> Path:
        """Where schedulers and workers write down what they do."""
        return self.database.path.with_name("scheduler.log")

    def clock(self) -> datetime:
        """The time that the test has set."""
        return self.now

    def build(self, digest: str) -> PipelineVersion:
        """A version of the pipeline, not approved."""
        spec = PipelineSpec(
            name="flights",
            notebook="flights.ipynb",
            kernel="python3",
            digest=digest,
            cells=(),
            steps=(),
            edges=(),
            parameters=(Parameter(name="month", type="int", default=1),),
        )
        version, _ = self.pipelines.add(
            spec, notebook_object="o1", environment=None, author="me", created_at=NOON
        )
        return version

    def decide(self, decision: Literal["approved", "withdrawn"]) -> None:
        """Write a decision on the version."""
        approval = Approval(
            decision=decision,
            digest=self.version.spec.digest,
            author="the boss",
            comment="",
            decided_at=self.now,
        )
        self.version = self.pipelines.decide(self.version, approval)

    def schedulable_version(self, pipeline: str) -> PipelineVersion:
        """What the approval service answers."""
        for version in reversed(self.pipelines.versions(pipeline)):
            if version.approved:
                return version
        raise NotApprovedError("No version is approved.", cure="nbmlops approve flights")

    def check_unchanged(self, version: PipelineVersion) -> None:
        """What the pipeline service answers."""
        if self.changed:
            raise NotebookChangedError(f"{version.reference} has changed.", cure="nbmlops build")

    def schedule(
        self,
        cron: str = "0 * * * *",
        *,
        timezone: str = "UTC",
        missed: MissedPolicy = "all",
        policies: Policies = _NO_POLICIES,
        **parameters: Any,
    ) -> Schedule:
        """A schedule that counts from now."""
        return self.schedules.create(
            self.version,
            cron=cron,
            timezone=timezone,
            parameters=parameters,
            missed=missed,
            author="me",
            created_at=self.now,
            policies=policies,
        )

    def open(self, schedule: Schedule, *hours: int) -> list[Fire]:
        """Due times, in hours from noon."""
        due_times = [NOON + timedelta(hours=hour) for hour in hours]
        return self.schedules.open_fires(schedule.id, due_times)

    def claim(self, schedule: Schedule) -> Claim:
        """The first due time of a schedule, claimed."""
        for fire in self.schedules.claimable(self.now):
            if fire.schedule_id == schedule.id:
                until = self.now + LEASE
                token = self.schedules.claim(fire, owner="me", lease_until=until, now=self.now)
                claim = self.schedules.claimed(fire.id, token or 0)
                assert claim is not None
                return claim
        raise AssertionError("nothing can be claimed")

    def start_run(self, schedule: Schedule) -> Run:
        """A run that the schedule has started."""
        return self.runs.start(
            self.version,
            parameters=schedule.parameters,
            trigger=trigger_of(schedule.id),
            author="me",
            started_at=self.now,
            process=ProcessIdentity(host="here", process=os.getpid(), started_at=None),
        )

    def statuses(self, schedule: Schedule) -> list[FireStatus]:
        """How its due times stand, oldest first."""
        return [fire.status for fire in reversed(self.schedules.fires(schedule.id))]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog in a real SQLite file with an approved version in it."""
    made = Catalog(SqliteDatabase(tmp_path / "catalog.sqlite"))
    made.decide("approved")
    yield made
    made.database.close()


@pytest.fixture
def service(catalog: Catalog) -> ScheduleService:
    """Schedules over the catalog."""
    return ScheduleService(
        records=catalog.schedules,
        versions=catalog.pipelines,
        approvals=catalog,
        pipelines=catalog,
        happenings=catalog.happenings,
        clock=catalog.clock,
        author="me",
    )


@dataclass
class ZoneDatabase:
    """A time zone database in a folder, which can be updated."""

    folder: Path

    def update(self, place: str, *, rules_of: str) -> None:
        """Give a place the rules of another one, as a package manager does: whole, by renaming."""
        file = self.folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_name("new").write_bytes(self._rules_of(rules_of))
        file.with_name("new").replace(file)

    @staticmethod
    def _rules_of(place: str) -> bytes:
        for folder in map(Path, zoneinfo.TZPATH):
            if (folder / place).is_file():
                return (folder / place).read_bytes()
        return files("tzdata").joinpath("zoneinfo", place).read_bytes()


@pytest.fixture
def zones(tmp_path: Path) -> Iterator[ZoneDatabase]:
    """The time zones of this process, in a folder: one as it is, and one of our own."""
    made = ZoneDatabase(tmp_path / "zoneinfo")
    made.update("Europe/Berlin", rules_of="Europe/Berlin")
    made.update("Antarctica/Nowhere", rules_of="Asia/Tokyo")
    zoneinfo.reset_tzpath(to=[made.folder])
    zoneinfo.ZoneInfo.clear_cache()
    yield made
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()
