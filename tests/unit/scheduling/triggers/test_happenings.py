"""Events that make schedules fire, through a real catalog, each of them once."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.datasets import DatasetVersion, Member, NewDatasetVersion
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import Fire, Policies, Schedule
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.scheduling.occasion import occasion_of
from nbmlops.scheduling.schedules import ScheduleService
from nbmlops.scheduling.triggers import digests
from nbmlops.scheduling.triggers.happenings import Happenings
from nbmlops.scheduling.triggers.when import When
from nbmlops.scheduling.triggers.words import in_words
from nbmlops.store.catalog.datasets import DatasetRecords
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.runs import ProcessIdentity
from nbmlops.store.catalog.triggers import TriggerRecords

if TYPE_CHECKING:
    from conftest import Catalog

HERE = ProcessIdentity(host="here", process=os.getpid(), started_at=None)


class World:
    """Schedules over the catalog, another pipeline, and files that have been left alone."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.project = catalog.database.path.parent
        self.clean = self._other_pipeline()
        self.service = ScheduleService(
            records=catalog.schedules,
            versions=catalog.pipelines,
            approvals=catalog,
            pipelines=catalog,
            happenings=catalog.happenings,
            clock=catalog.clock,
            author="me",
        )

    def _other_pipeline(self) -> PipelineVersion:
        from dataclasses import replace

        spec = replace(self.catalog.version.spec, name="clean", digest="c1")
        version, _ = self.catalog.pipelines.add(
            spec, notebook_object="o2", environment=None, author="me", created_at=self.catalog.now
        )
        return version

    def schedule(self, **when: Any) -> Schedule:
        """A schedule of the approved pipeline."""
        return self.service.create("flights", when=When(**when), timezone="UTC")

    def pin(self, content: str) -> DatasetVersion:
        """A version of a data set of one file, a minute later."""
        self.catalog.now += timedelta(minutes=1)
        member = Member(kind="file", name="arrivals.csv", digest=content, size=3, object="o3")
        new = NewDatasetVersion(
            name="arrivals",
            members=(member,),
            comment="",
            author="me",
            created_at=self.catalog.now,
        )
        return DatasetRecords(self.catalog.database).add(new).version

    def begin(self) -> Run:
        """A run of the other pipeline that begins now."""
        return self.catalog.runs.start(
            self.clean,
            parameters={},
            trigger="manual",
            author="me",
            started_at=self.catalog.now,
            process=HERE,
        )

    def end(self, run: Run, status: RunStatus = RunStatus.SUCCEEDED) -> None:
        """Let it end, a minute later."""
        self.catalog.now += timedelta(minutes=1)
        self.catalog.runs.finish(run, status=status, ended_at=self.catalog.now)

    def report(self, value: float) -> None:
        """A run of the other pipeline that reports a metric."""
        run = self.begin()
        metric = Metric(name="auc", value=value, recorded_at=self.catalog.now)
        ExecutionRecords(self.catalog.database).add(
            ExecutionRecord(
                notebook="clean.ipynb",
                step="train",
                cell_id="c",
                source="1",
                digest="1",
                session="s",
                run_id=run.id,
                started_at=self.catalog.now,
                duration=1,
                status=ExecutionStatus.OK,
                metrics=(metric,),
                author="me",
            )
        )
        self.end(run)

    def write(self, name: str, text: str) -> Path:
        """A file that counts as left alone long ago, for the next look."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def look(self, happenings: Happenings | None = None) -> list[Fire]:
        """What a scheduler finds now."""
        return [
            fire for _, fire in (happenings or self.catalog.happenings).take(self.catalog.now).fires
        ]

    def another(self) -> Happenings:
        """Those of another scheduler, whose files have been left alone for a minute."""
        found = Happenings(TriggerRecords(self.catalog.database), self.catalog.runs, self.project)
        found._files._wall_clock = lambda: time.time() + 90
        return found


@pytest.fixture
def world(catalog: Catalog) -> World:
    """A world in which nothing has happened yet."""
    made = World(catalog)
    catalog.happenings._files._wall_clock = lambda: time.time() + 90
    return made


def test_a_run_of_another_pipeline_that_succeeds_is_a_fire(world: World) -> None:
    before = world.begin()
    made = world.schedule(after=("clean",))
    assert in_words(made.trigger, "UTC") == "after clean succeeded"
    assert world.look() == []
    world.end(before)
    (fire,) = world.look()
    assert (fire.key, fire.source, fire.cause) == ("run clean#1", "event", "clean#1 succeeded")
    assert fire.due_at == world.catalog.now
    assert world.look() == []


def test_runs_that_end_in_another_order_than_they_began_are_all_seen(world: World) -> None:
    world.schedule(after=("clean:any",))
    runs = [world.begin() for _ in range(4)]
    seen = []
    for number in (2, 0, 3, 1):
        world.end(runs[number], RunStatus.FAILED if number % 2 else RunStatus.SUCCEEDED)
        seen += [fire.key for fire in world.look()]
    assert seen == [f"run clean#{number}" for number in (3, 1, 4, 2)]


def test_only_the_outcome_that_was_asked_for_counts(world: World) -> None:
    world.schedule(after=("clean:failed",))
    for status in (RunStatus.SUCCEEDED, RunStatus.CANCELLED, RunStatus.LOST, RunStatus.FAILED):
        world.end(world.begin(), status)
    assert [fire.cause for fire in world.look()] == ["clean#3 lost", "clean#4 failed"]


def test_two_schedulers_write_each_event_once(world: World) -> None:
    world.schedule(after=("clean",))
    world.end(world.begin())
    records = TriggerRecords(world.catalog.database)
    (stale,) = records.watched()
    (fire,) = world.look(world.another())
    assert records.advance(stale, stale.progress, []) is None, "its revision is of the past"
    assert world.look() == []
    assert [one.id for one in world.catalog.schedules.fires(stale.schedule.id)] == [fire.id]


def test_a_circle_is_refused(world: World) -> None:
    with pytest.raises(UsageError, match="round in a circle"):
        world.schedule(after=("flights",))


def test_a_pipeline_that_there_is_not_is_named(world: World) -> None:
    with pytest.raises(UnknownNameError, match="no pipeline 'claen'"):
        world.schedule(after=("claen",))


def test_a_metric_fires_when_it_crosses_the_threshold_and_not_while_it_stays(world: World) -> None:
    world.report(0.7)
    world.schedule(metric=("clean.auc < 0.8",))
    fired = []
    for value in (0.75, 0.9, 0.79, 0.5, 0.8, 0.1):
        world.report(value)
        fired += [fire.cause for fire in world.look()]
    assert fired == ["auc of clean#4 is 0.79", "auc of clean#7 is 0.1"]


def test_an_infinite_metric_crosses_a_threshold_and_nan_does_not(world: World) -> None:
    world.schedule(metric=("clean.auc > 0.8",))
    fired = []
    for value in (float("nan"), float("inf"), float("-inf"), 0.9):
        world.report(value)
        fired += [fire.cause for fire in world.look()]
    assert fired == ["auc of clean#2 is inf", "auc of clean#4 is 0.9"]


def test_a_data_set_fires_when_it_gets_a_version_and_not_when_that_is_pinned_again(
    world: World,
) -> None:
    world.pin("old")
    world.schedule(on_data=("arrivals",))
    assert world.look() == []
    fired = []
    for content in ("new", "new", "newer", "old"):
        world.pin(content)
        fired += [fire.cause for fire in world.look()]
    assert fired == ["arrivals@2 was pinned", "arrivals@3 was pinned"]


def test_a_data_set_whose_newest_version_was_deleted_fires_at_the_next_one(world: World) -> None:
    world.pin("old")
    world.schedule(on_data=("arrivals",))
    DatasetRecords(world.catalog.database).delete([world.pin("new")])
    assert world.look() == []
    world.pin("new")
    assert [fire.cause for fire in world.look()] == ["arrivals@3 was pinned"]


def test_a_data_set_that_there_is_not_is_named(world: World) -> None:
    with pytest.raises(UnknownNameError, match="no data set 'arivals'"):
        world.schedule(on_data=("arivals",))
    with pytest.raises(UsageError, match="one version of a data set") as refusal:
        world.schedule(on_data=("arrivals@2",))
    assert refusal.value.cure == "Write its name: --on-data arrivals."


@pytest.mark.parametrize("text", ["auc < 1", "clean.auc", "clean.auc < x", "clean.auc < nan"])
def test_what_is_no_condition_is_refused(world: World, text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        world.schedule(metric=(text,))
    assert refusal.value.cure


def test_a_file_with_another_content_is_a_fire_and_names_it(world: World) -> None:
    world.write("data/a.csv", "1")
    world.schedule(on_change=("data/*.csv",))
    assert world.look() == []
    world.write("data/a.csv", "2")
    world.write("data/b.csv", "1")
    world.write("data/c.txt", "1")
    (fire,) = world.look(world.another())
    assert fire.files == ("data/a.csv", "data/b.csv")
    assert fire.cause == "data/a.csv, data/b.csv changed"
    assert world.look(world.another()) == []


def test_the_same_content_again_and_a_file_that_goes_are_no_fire(world: World) -> None:
    world.write("data/a.csv", "1")
    gone = world.write("data/b.csv", "1")
    world.schedule(on_change=("data",))
    world.write("data/a.csv", "1")
    gone.unlink()
    assert world.look(world.another()) == []
    gone.write_text("1")
    assert [fire.files for fire in world.look(world.another())] == [("data/b.csv",)]


def test_a_large_file_is_read_beside_the_loop(world: World) -> None:
    world.write("a.csv", "0")
    world.schedule(on_change=("a.csv",))
    scheduler = world.another()
    assert world.look(scheduler) == []
    world.write("a.csv", "1" * digests.LARGE)
    scheduler._files._stirs._stirred.set()
    assert world.look(scheduler) == [], "its digest is pending"
    found: list[Fire] = []
    end = time.monotonic() + 10
    while not found and time.monotonic() < end:
        world.catalog.now += timedelta(seconds=1)
        found = world.look(scheduler)
    assert [fire.files for fire in found] == [("a.csv",)]
    assert world.look(scheduler) == []


def test_what_events_make_due_has_a_deadline_too(world: World) -> None:
    world.service.create(
        "flights",
        when=When(after=("clean",)),
        timezone="UTC",
        policies=Policies(deadline="45m"),
    )
    world.end(world.begin())
    (fire,) = world.look()
    assert fire.deadline_at == fire.due_at + timedelta(minutes=45)
    assert world.catalog.ledger.judge(fire.due_at + timedelta(minutes=46)) == [fire.id]


def test_a_content_that_comes_back_is_a_fire_of_its_own(world: World) -> None:
    world.write("a.csv", "0")
    made = world.schedule(on_change=("a.csv",))
    for text in ("1", "0", "1"):
        world.write("a.csv", text)
        assert len(world.look(world.another())) == 1
    assert len({fire.key for fire in world.catalog.schedules.fires(made.id)}) == 3


def test_a_file_that_is_still_being_written_waits_and_so_do_those_beside_it(world: World) -> None:
    world.schedule(on_change=("*.csv",))
    watcher = world.another()
    watcher._files._wall_clock = time.time
    world.write("a.csv", "1")
    taken = watcher.take(world.catalog.now)
    assert taken.fires == []
    assert taken.again_at is not None
    assert taken.again_at - world.catalog.now < timedelta(seconds=1)


def test_what_changed_while_it_was_paused_does_not_count(world: World) -> None:
    made = world.schedule(on_change=("*.csv",), after=("clean",))
    world.service.pause(made.id)
    world.write("a.csv", "1")
    world.end(world.begin())
    assert world.look(world.another()) == []
    world.service.resume(made.id)
    assert world.look(world.another()) == []
    world.write("a.csv", "2")
    assert len(world.look(world.another())) == 1


def test_a_file_that_changes_before_and_after_a_pause_is_a_fire_each_time(world: World) -> None:
    schedule = world.schedule(on_change=("data.csv",))
    for text in ("1", "2"):
        world.catalog.now += timedelta(minutes=1)
        world.write("data.csv", text)
        assert len(world.look(world.another())) == 1
        world.service.pause(schedule.id)
        world.service.resume(schedule.id)


def test_the_run_gets_the_files_and_the_time_since_the_fire_before(world: World) -> None:
    made = world.service.create(
        "flights",
        when=When(on_change=("*.csv",)),
        parameters={"month": "{{ changed_files | length }}"},
        timezone="UTC",
    )
    began = world.catalog.now
    world.catalog.now += timedelta(hours=1)
    world.write("a.csv", "1")
    (fire,) = world.look(world.another())
    occasion = occasion_of(made, fire)
    assert occasion.changed_files == ("a.csv",)
    assert (occasion.interval_start, occasion.interval_end) == (began, world.catalog.now)


def test_what_happens_outside_of_the_hours_waits_for_them(world: World) -> None:
    made = world.schedule(after=("clean",), between="14:00-15:00")
    world.end(world.begin())
    taken = world.catalog.happenings.take(world.catalog.now)
    assert taken.fires == []
    assert taken.again_at == datetime(2026, 5, 4, 14, tzinfo=UTC)
    world.catalog.now = taken.again_at
    (fire,) = world.look()
    assert (fire.schedule_id, fire.key) == (made.id, "run clean#1")


def test_all_waits_for_the_clock_and_the_event(world: World) -> None:
    world.schedule(cron=("0 * * * *",), after=("clean",), join="all")
    world.end(world.begin())
    assert world.look() == []
    world.catalog.now += timedelta(hours=2)
    (fire,) = world.look()
    assert fire.due_at == datetime(2026, 5, 4, 13, tzinfo=UTC)
    assert fire.cause == "clean#1 succeeded and due 13:00 UTC"
    world.catalog.now += timedelta(hours=2)
    assert world.look() == [], "the run does not count twice"


def test_any_leaves_the_clock_to_the_ledger_of_due_times(world: World) -> None:
    made = world.schedule(cron=("0 * * * *",), after=("clean",))
    world.end(world.begin())
    (fire,) = world.look()
    ((schedule, horizon),) = world.catalog.schedules.horizons()
    assert schedule == made
    assert horizon == made.created_at, "an event does not move the clock on"
    assert fire.source == "event"


def test_a_clock_that_is_put_back_repeats_nothing(world: World) -> None:
    world.schedule(every=("1h",), after=("clean",), join="all")
    world.end(world.begin())
    world.catalog.now += timedelta(hours=1)
    assert len(world.look()) == 1
    world.catalog.now -= timedelta(hours=3)
    world.end(world.begin())
    assert world.look() == []
    world.catalog.now += timedelta(hours=3)
    assert world.look() == []
    world.catalog.now += timedelta(hours=1)
    assert len(world.look()) == 1


def test_the_store_keeps_a_trigger_as_it_was_made(world: World) -> None:
    made = world.schedule(
        cron=("0 6 * * *",),
        every=("15m",),
        at=("2026-12-24T18:00",),
        after=("clean:any",),
        on_change=("data/*.csv", "/data"),
        metric=("clean.auc >= 0.5",),
        days="mon-fri",
        between="08:00-18:00",
        holidays="DE-BE",
    )
    assert world.service.get(made.id) == made
    assert in_words(made.trigger, "UTC") == (
        "0 6 * * * or every 15m or at 2026-12-24 18:00 or after clean ended or "
        "data/*.csv or /data changes or when clean.auc >= 0.5, 08:00-18:00, "
        "mon tue wed thu fri, not on holidays of DE-BE"
    )


def test_nothing_at_all_is_refused_with_what_there_is(world: World) -> None:
    with pytest.raises(UsageError, match="Nothing says when"):
        world.schedule()
    with pytest.raises(UsageError, match="never fires"):
        world.schedule(cron=("0 3 * * *",), between="08:00-18:00")


def test_a_call_with_the_token_is_a_fire_and_one_with_the_same_key_is_the_same(
    world: World,
) -> None:
    made = world.schedule(http=True)
    calls = world.service.calls
    token = calls.issue(made.id)
    assert calls.take(made.id, token, "k1").status == HTTPStatus.ACCEPTED
    assert calls.take(made.id, token, "k1").status == HTTPStatus.OK
    assert calls.take(made.id, token).status == HTTPStatus.ACCEPTED
    fires = world.look()
    assert len(fires) == 2
    assert fires[0].key == "call k1"
    assert calls.take(made.id, token, "k1").status == HTTPStatus.OK
    assert world.look() == []


def test_a_call_is_refused_without_the_token_or_while_it_is_paused(world: World) -> None:
    made, silent = world.schedule(http=True), world.schedule(every=("1h",))
    calls = world.service.calls
    first = calls.issue(made.id)
    token = calls.issue(made.id)
    refused = [calls.take(made.id, guess) for guess in (first, "ä", "")]
    assert {answer.status for answer in refused} == {HTTPStatus.UNAUTHORIZED}
    unknown = [calls.take(number, token) for number in (silent.id, 99)]
    assert {answer.status for answer in unknown} == {HTTPStatus.NOT_FOUND}
    assert calls.take(made.id, token, "k" * 201).status == HTTPStatus.BAD_REQUEST
    world.service.pause(made.id, "holidays")
    assert calls.take(made.id, token).status == HTTPStatus.CONFLICT
    assert world.look() == []


def test_a_caller_may_give_parameters_that_fit(world: World) -> None:
    made = world.schedule(http=True)
    calls = world.service.calls
    token = calls.issue(made.id)
    for wrong in ({"moth": 3}, {"month": "May"}, {"month": float("nan")}):
        answer = calls.take(made.id, token, "k1", wrong)
        assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
        assert next(iter(wrong)) in answer.message
    assert calls.take(made.id, token, "k1", {"month": 3}).status == HTTPStatus.ACCEPTED
    assert calls.take(made.id, token, "k1", {"month": 4}).status == HTTPStatus.OK
    assert [fire.parameters for fire in world.look()] == [{"month": 3}]


def test_all_waits_for_a_call_as_for_anything_else(world: World) -> None:
    made = world.schedule(http=True, after=("clean",), join="all")
    calls = world.service.calls
    token = calls.issue(made.id)
    calls.take(made.id, token)
    calls.take(made.id, token)
    assert world.look() == []
    world.end(world.begin())
    assert [fire.cause for fire in world.look()] == ["called and clean#1 succeeded"]
