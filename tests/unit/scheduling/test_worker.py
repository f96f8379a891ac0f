"""One claimed due time, run in this process."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.executions import Failure
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import Claim, FireStatus, Policies
from nbmlops.errors import ClusterAwayError, KernelMissingError
from nbmlops.scheduling.journal import FORMAT_VARIABLE, Journal
from nbmlops.scheduling.worker import run_fire

if TYPE_CHECKING:
    from conftest import Catalog

FAILURE = Failure(kind="KeyError", message="'carrier'", step="train", line=3)


@dataclass
class Runner:
    """A `RunPipeline` that keeps a real run around the work of a test."""

    catalog: Catalog
    claim: Claim
    work: Callable[[], RunStatus]
    given: dict[str, Any] | None = None

    def __call__(
        self,
        *,
        version_id: int,
        parameters: dict[str, Any],
        trigger: str,
        occasion: Occasion,
        on_started: Callable[[Run], None],
        rules: RunRules,
        parallel: int | None,
        on: str | None,
        memory: int | None,
        cpus: int | None,
    ) -> Run:
        self.given = {"version_id": version_id, "parameters": parameters, "trigger": trigger}
        assert rules == self.claim.schedule.rules
        assert parallel == self.claim.schedule.policies.kernels
        assert on == self.claim.schedule.policies.engine
        assert memory == self.claim.schedule.policies.memory
        assert cpus == self.claim.schedule.policies.cpus
        assert occasion.logical_date == self.claim.fire.due_at
        assert occasion.trigger == trigger
        run = self.catalog.start_run(self.claim.schedule)
        on_started(run)
        status = self.work()
        failure = FAILURE if status is RunStatus.FAILED else None
        return self.catalog.runs.finish(
            run, status=status, ended_at=self.catalog.now, failure=failure
        )


def _run(
    catalog: Catalog,
    work: Callable[[], RunStatus],
    *,
    claim: Claim | None = None,
    lease: timedelta = timedelta(seconds=10),
    defaults: RunRules | None = None,
) -> tuple[FireStatus | None, Runner, Claim]:
    claim = claim or _claimed(catalog)
    runner = Runner(catalog, claim, work)
    status = run_fire(
        catalog.schedules,
        claim.fire.id,
        claim.token,
        run_pipeline=runner,
        clock=catalog.clock,
        journal=Journal(catalog.log, who="worker", clock=catalog.clock),
        lease=lease,
        defaults=defaults or RunRules(),
    )
    return status, runner, claim


def _claimed(catalog: Catalog) -> Claim:
    policies = Policies(kernels=2, memory=4 * 1024**3, cpus=3)
    schedule = catalog.schedule(month=3, policies=policies)
    catalog.open(schedule, 0)
    return catalog.claim(schedule)


def test_a_run_that_succeeds_ends_its_due_time(catalog: Catalog) -> None:
    status, runner, claim = _run(catalog, lambda: RunStatus.SUCCEEDED)
    assert status is FireStatus.SUCCEEDED
    assert runner.given == {
        "version_id": catalog.version.id,
        "parameters": {"month": 3},
        "trigger": f"schedule:{claim.schedule.id}",
    }
    fire = catalog.schedules.fire(claim.fire.id)
    assert fire is not None
    assert (fire.status, fire.run_id, fire.note) == (FireStatus.SUCCEEDED, 1, None)


def test_its_lines_in_the_log_say_what_they_are_about_as_those_of_the_scheduler_do(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FORMAT_VARIABLE, "json")
    _, _, claim = _run(catalog, lambda: RunStatus.SUCCEEDED)
    lines = [json.loads(line) for line in catalog.log.read_text().splitlines()]
    assert [line["message"].rpartition(": ")[2] for line in lines] == [
        "holds the lease",
        "succeeded",
    ]
    for line in lines:
        assert line["schedule"] == claim.schedule.id
        assert line["pipeline"] == "flights@1"
        assert line["due_at"] == claim.fire.due_at.isoformat()
    assert [line["run_id"] for line in lines] == [None, 1], "it begins between the two"


def test_a_failed_run_leaves_its_failure_in_one_sentence(catalog: Catalog) -> None:
    status, _, claim = _run(catalog, lambda: RunStatus.FAILED)
    assert status is FireStatus.FAILED
    fire = catalog.schedules.fire(claim.fire.id)
    assert fire is not None
    assert fire.note == "flights#1 failed in step 'train', line 3: KeyError: 'carrier'"


def test_a_run_that_cannot_start_fails_with_its_cure(catalog: Catalog) -> None:
    def work() -> RunStatus:
        raise KernelMissingError("ir", ["python3"])

    status, _, claim = _run(catalog, work)
    assert status is FireStatus.FAILED
    fire = catalog.schedules.fire(claim.fire.id)
    assert fire is not None
    assert "choose one of: python3" in (fire.note or "")


@pytest.mark.parametrize("said", [None, 2])
def test_a_cluster_that_is_away_is_asked_again_as_the_rules_say(
    catalog: Catalog, said: int | None
) -> None:
    """What the project says holds where the schedule says nothing."""
    asked = 0

    def work() -> RunStatus:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise ClusterAwayError("No Dask scheduler answers.", cure="Start one.")
        return RunStatus.SUCCEEDED

    claim = _claimed(catalog)
    rules = RunRules(retries=said, retry_delay=0.01)
    claim = replace(claim, schedule=replace(claim.schedule, rules=rules))
    catalog.schedules.change(claim.schedule, since=None, progress=None)
    status, _, _ = _run(catalog, work, claim=claim, defaults=RunRules(retries=2))
    assert (status, asked) == (FireStatus.SUCCEEDED, 3)
    assert catalog.log.read_text().count("No Dask scheduler answers. It is tried again in") == 2


def test_a_cluster_that_stays_away_ends_the_due_time_with_its_cure(catalog: Catalog) -> None:
    asked = []

    def work() -> RunStatus:
        asked.append(1)
        raise ClusterAwayError("No Dask scheduler answers.", cure="Start one.")

    status, _, claim = _run(catalog, work, defaults=RunRules(retries=1))
    assert (status, len(asked)) == (FireStatus.FAILED, 2)
    fire = catalog.schedules.fire(claim.fire.id)
    assert fire is not None
    assert fire.note == "No Dask scheduler answers. Start one."


def test_a_defect_is_written_down_and_raised(catalog: Catalog) -> None:
    def work() -> RunStatus:
        raise ZeroDivisionError("never\nmind")

    claim = _claimed(catalog)
    with pytest.raises(ZeroDivisionError):
        _run(catalog, work, claim=claim)
    fire = catalog.schedules.fire(claim.fire.id)
    assert fire is not None
    assert (fire.status, fire.note) == (FireStatus.FAILED, "ZeroDivisionError: never")


def test_a_stale_token_runs_nothing(catalog: Catalog) -> None:
    claim = _claimed(catalog)
    catalog.now += timedelta(seconds=11)
    catalog.claim(claim.schedule)
    status, runner, _ = _run(catalog, lambda: RunStatus.SUCCEEDED, claim=claim)
    assert status is None
    assert runner.given is None


@pytest.mark.parametrize("swallowed", [False, True], ids=["raised", "answered as cancelled"])
def test_sigterm_gives_the_due_time_back(catalog: Catalog, swallowed: bool) -> None:  # noqa: FBT001
    def work() -> RunStatus:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except KeyboardInterrupt:
            if not swallowed:
                raise
            return RunStatus.CANCELLED
        raise AssertionError("the signal was not seen")

    before = signal.getsignal(signal.SIGTERM)
    status, _, claim = _run(catalog, work)
    assert status is None
    assert catalog.statuses(claim.schedule) == [FireStatus.DUE]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_that_a_person_cancelled_is_not_tried_again(catalog: Catalog) -> None:
    status, _, claim = _run(catalog, lambda: RunStatus.CANCELLED)
    assert status is FireStatus.FAILED
    fire = catalog.schedules.fire(claim.fire.id)
    assert fire is not None
    assert fire.note == "flights#1 was cancelled."


def test_the_lease_is_renewed_while_the_run_goes_on(catalog: Catalog) -> None:
    claim = _claimed(catalog)
    renewed = threading.Event()

    def work() -> RunStatus:
        catalog.now += timedelta(minutes=1)
        for _ in range(500):
            fire = catalog.schedules.fire(claim.fire.id)
            if fire and fire.lease_until and fire.lease_until > catalog.now:
                renewed.set()
                return RunStatus.SUCCEEDED
            time.sleep(0.01)
        return RunStatus.FAILED

    status, _, _ = _run(catalog, work, claim=claim, lease=timedelta(seconds=0.2))
    assert renewed.is_set()
    assert status is FireStatus.SUCCEEDED


def test_a_worker_that_lost_its_lease_stops_and_leaves_the_row_alone(catalog: Catalog) -> None:
    claim = _claimed(catalog)

    def work() -> RunStatus:
        taken = catalog.schedules.claim(
            claim.fire,
            owner="another",
            lease_until=catalog.now + timedelta(hours=2),
            now=catalog.now + timedelta(hours=1),
        )
        assert taken == claim.token + 1
        time.sleep(5)
        raise AssertionError("the loss was not noticed")

    status, _, _ = _run(catalog, work, claim=claim, lease=timedelta(seconds=0.2))
    assert status is None
    fire = catalog.schedules.fire(claim.fire.id)
    assert fire is not None
    assert (fire.status, fire.owner, fire.attempts) == (FireStatus.CLAIMED, "another", 1)
