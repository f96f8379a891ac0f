"""Make the form of a pipeline that another tool can take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbmlops.config import StorePlaces
from nbmlops.domain.clock import Clock
from nbmlops.domain.deployments import DeployedTask, Deployment, Division, Pods, Timing
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import MissedPolicy, Policies, Schedule
from nbmlops.errors import NotApprovedError, UsageError
from nbmlops.execution.planning import PlanService
from nbmlops.exporters.pods import check_places
from nbmlops.exporters.tasks import tasks_of
from nbmlops.governance.approvals import ApprovalService
from nbmlops.pipelines.typed import check as typed
from nbmlops.scheduling.occasion import first_occasion
from nbmlops.scheduling.timezones import local_zone
from nbmlops.scheduling.triggers.when import When

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_NO_RULES = RunRules()
_NO_POLICIES = Policies()


class DeployService:
    """Deploys approved versions of pipelines to other tools.

    - checks what a schedule would check, so that it fails now and not there;
    - divides the steps into tasks that hand over nothing but what the store holds.

    Args:
        project: the project's folder.
        places: where its store is.
        plans: to see which steps must share a kernel.
        approvals: to find the version that may run by itself.
        clock: gives the present.
    """

    def __init__(
        self,
        *,
        project: Path,
        places: StorePlaces,
        plans: PlanService,
        approvals: ApprovalService,
        clock: Clock,
    ) -> None:
        self._project = project
        self._places = places
        self._plans = plans
        self._approvals = approvals
        self._clock = clock

    def timing(
        self,
        when: When,
        *,
        timezone: str | None = None,
        missed: MissedPolicy = "all",
        policies: Policies = _NO_POLICIES,
        start: datetime | None = None,
    ) -> Timing:
        """When a pipeline is to start that is deployed now; by hand where nothing says when.

        Args:
            when: its trigger.
            timezone: an IANA name; without one the zone of this machine.
            missed: what happens to times that passed while the other tool was down.
            policies: limits, and what else a schedule keeps to.
            start: the first time for which it may run; see `_first`.

        Raises:
            CronError: an expression or the time zone is wrong.
            UsageError: anything else about it is.
        """
        now, place = self._clock(), timezone or local_zone()
        return Timing(
            trigger=None if when.is_empty else when.trigger(now, place),
            timezone=place,
            made_at=now,
            start=start or _first(now, missed),
            missed=missed,
            policies=policies,
        )

    def timing_of(self, schedule: Schedule, start: datetime | None = None) -> Timing:
        """The same as a schedule has it, from now on; see `timing`."""
        now = self._clock()
        return Timing(
            trigger=schedule.trigger,
            timezone=schedule.timezone,
            made_at=now,
            start=start or _first(now, schedule.missed),
            missed=schedule.missed,
            policies=schedule.policies,
        )

    def deploy(
        self,
        version: PipelineVersion,
        timing: Timing,
        *,
        parameters: Mapping[str, Any],
        rules: RunRules = _NO_RULES,
        division: Division = "chains",
        python: str = "",
        pods: Pods | None = None,
    ) -> Deployment:
        """What another tool is to be told.

        Args:
            version: what runs there.
            timing: when.
            parameters: plain values by name, with their templates.
            rules: those of its runs.
            division: what a task is.
            python: the interpreter of its workers that has nbmlops; their own where empty.
            pods: the containers of its tasks, where they have nothing but the store in common.

        Raises:
            NotApprovedError: the version is not approved.
            ParameterError: a parameter is unknown, missing, of the wrong type or out of range.
            UsageError: the steps cannot be divided like this, or pods would not see what the
                pipeline needs.
        """
        if not version.approved:
            raise NotApprovedError(
                f"{version.reference} is not approved, so nothing else may start it.",
                cure=f"Review it and approve it: nbmlops approve {version.reference} "
                "--comment '…'.",
            )
        self._check(version, timing, parameters)
        if pods is not None:
            check_places(self._places)
        return Deployment(
            version=version,
            project=str(self._project) if pods is None else pods.project,
            tasks=self._tasks(version, division, files_stay=pods is None),
            timing=timing,
            parameters=dict(parameters),
            rules=rules,
            python=python,
            pods=pods,
        )

    def _check(
        self, version: PipelineVersion, timing: Timing, parameters: Mapping[str, Any]
    ) -> None:
        """What starts by itself needs all its parameters now; who starts it may give them."""
        schema = version.spec.parameters
        if timing.trigger is not None:
            occasion = first_occasion(timing.trigger, timing.timezone, timing.made_at)
            typed.check(schema, parameters, occasion)
            return
        given = {one.name for one in schema if not one.required} | set(parameters)
        known = tuple(one for one in schema if one.name in given)
        typed.check(known, parameters, Occasion.at(timing.made_at))

    def _tasks(
        self, version: PipelineVersion, division: Division, *, files_stay: bool
    ) -> tuple[DeployedTask, ...]:
        if division == "run":
            return (DeployedTask(name="run"),)
        other = [step.name for step in version.spec.steps if step.rules.on_failure != "fail"]
        if other:
            raise UsageError(
                f"The step {other[0]!r} may fail without failing the run, which tasks of its own "
                "would not know.",
                cure="Deploy the whole run as one task: --tasks run.",
            )
        lanes = self._plans.lanes(version, apart=division == "steps", files_stay=files_stay)
        return tasks_of(lanes, version.spec)


def _first(now: datetime, missed: MissedPolicy) -> datetime:
    """The first time for which a pipeline may run where nothing is said.

    Who makes up for all that was missed would make up for all since then.
    """
    return now if missed == "all" else _LONG_AGO
