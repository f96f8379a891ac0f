"""Run what a task of another tool asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nbmlops.building.pipelines import PipelineService
from nbmlops.domain.deployments import TaskOrder
from nbmlops.domain.executions import ExecutionStatus, Failure
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import NotApprovedError, NotResumableError
from nbmlops.execution.limits import Limits
from nbmlops.execution.runs import OnStarted, RunService
from nbmlops.governance.approvals import check_approved
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.timezones import zone

if TYPE_CHECKING:
    from nbmlops.execution.notebook_execution import Observer

_POD_GONE = Failure(kind="PodGone", message="The container in which this run went on is gone.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What earlier tasks, and earlier tries of this one, have left."""

    made: frozenset[int]
    trusted: frozenset[int]
    failed: Run | None


class Performer:
    """Runs tasks of deployed pipelines.

    - refuses a version that is not approved now, or is not the one that was deployed;
    - gives each task what the tasks before it have left in the store, whatever the cache says;
    - goes on where an earlier try of the same task has failed.

    Args:
        pipelines: to find versions.
        runs: to run them, and to find what other tasks have run.
    """

    def __init__(self, *, pipelines: PipelineService, runs: RunService) -> None:
        self._pipelines = pipelines
        self._runs = runs

    def version(self, order: TaskOrder) -> PipelineVersion:
        """The version that a task is to run.

        Raises:
            UnknownNameError: there is no such pipeline or version.
            NotApprovedError: it is not approved, or not the one that was deployed.
        """
        name = f"{order.pipeline}@{order.version}"
        version = self._pipelines.get(PipelineReference.parse(name))
        if version.spec.digest != order.digest:
            raise NotApprovedError(
                f"{name} is not the version that was deployed.",
                cure=f"Deploy it again: nbmlops deploy {name}.",
            )
        check_approved(version, name)
        return version

    def perform(
        self,
        order: TaskOrder,
        version: PipelineVersion,
        *,
        observer: Observer | None = None,
        on_started: OnStarted | None = None,
    ) -> Run:
        """Run a task, and close its run whatever happens.

        Args:
            order: what it asks for.
            version: what runs; see `version`.
            observer: called at each cell's start and end.
            on_started: called with the open run.

        Raises:
            NotResumableError: an earlier try of the task is still running.
        """
        rules = RunRules.kept({**order.rules, "only": order.steps or None})
        before = self._before(order, version)
        return self._runs.run(
            version,
            order.parameters,
            trigger=order.trigger,
            occasion=occasion_of(order),
            observer=observer,
            on_started=on_started,
            parallel=1 if order.steps else order.kernels,
            on=order.engine or None,
            limits=Limits(memory=order.memory, cpus=order.cpus),
            policy=CachePolicy(
                enabled=not rules.no_cache,
                force=frozenset(rules.force or ()),
                trusted=before.trusted,
                made=before.made,
                only=frozenset(order.steps),
            ),
            rules=rules,
            goes_on_with=before.failed,
        )

    def _before(self, order: TaskOrder, version: PipelineVersion) -> _Before:
        found = [run for run in self._runs.started_by(order.trigger) if _is_of(run, version)]
        mine = _latest(found, order.steps)
        if order.alone and mine is not None and mine.status is RunStatus.RUNNING:
            mine = self._runs.close_left(mine, _POD_GONE)
        if mine is not None and mine.status is RunStatus.RUNNING:
            raise NotResumableError(
                f"{mine.reference}, an earlier try of this task, is still running.",
                cure=f"Wait until it has ended, or cancel it: nbmlops cancel {mine.reference}",
            )
        failed = mine if mine is not None and mine.status is not RunStatus.SUCCEEDED else None
        made = [self._well(_latest(found, steps), steps) for steps in order.earlier]
        return _Before(
            made=frozenset().union(*made), trusted=self._well(failed, order.steps), failed=failed
        )

    def _well(self, run: Run | None, steps: Sequence[str]) -> frozenset[int]:
        """What a run has executed well, or taken, of these steps; of all where there are none."""
        if run is None:
            return frozenset()
        return frozenset(
            one.id
            for one in self._runs.executions(run)
            if one.record.status is ExecutionStatus.OK
            and (not steps or one.record.step is None or one.record.step in steps)
        )


def occasion_of(order: TaskOrder) -> Occasion:
    """What the run of a task is for; times in the zone of its deployment.

    One that a clock started is for the time since the due time before it.
    """
    place = zone(order.timezone)
    moment = order.logical_date.astimezone(place)
    start: datetime | None = None
    if order.scheduled and order.cron:
        start = CronTrigger(order.cron, order.timezone).last_before(moment)
    return Occasion(
        logical_date=moment,
        interval_start=start.astimezone(place) if start is not None else moment,
        interval_end=moment,
        trigger=order.trigger,
    )


def _is_of(run: Run, version: PipelineVersion) -> bool:
    return run.version_id == version.id


def _latest(runs: Sequence[Run], steps: Sequence[str]) -> Run | None:
    """The newest run of exactly these steps; ``runs`` are newest first."""
    wanted = tuple(steps) or None
    return next((run for run in runs if run.rules.only == wanted), None)
