"""Schedules of approved pipelines."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Protocol

from nbmlops.domain.clock import Clock
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Due, Fire, FireStatus, MissedPolicy, Policies, Schedule
from nbmlops.domain.triggers import Cron, MetricCrossed, PipelineEnded, Trigger
from nbmlops.errors import ParameterError, UnknownNameError, UsageError
from nbmlops.pipelines.typed import check as typed
from nbmlops.pipelines.typed.fit import plain
from nbmlops.scheduling import deadlines
from nbmlops.scheduling.gate import Versions, check_approved
from nbmlops.scheduling.occasion import first_occasion
from nbmlops.scheduling.timezones import local_zone
from nbmlops.scheduling.triggers.clockwork import clockwork_of, upcoming
from nbmlops.scheduling.triggers.happenings import Happenings
from nbmlops.scheduling.triggers.when import When
from nbmlops.store.catalog.schedules import ScheduleRecords

_NO_RULES = RunRules()
_NO_POLICIES = Policies()


class Approvals(Protocol):
    """Knows what may be scheduled."""

    def schedulable_version(self, pipeline: str) -> PipelineVersion:
        """The newest version of a pipeline that may fire by itself: approved, where that is asked.

        Raises:
            NotApprovedError: there is none.
        """


class Pipelines(Protocol):
    """Knows whether a notebook is still what was approved."""

    def check_unchanged(self, version: PipelineVersion) -> None:
        """Compare the notebook with what a version was built from.

        Raises:
            NotebookChangedError: it differs.
        """


class ScheduleService:
    """Says when approved pipelines run by themselves, and shows what came of it.

    Args:
        records: where schedules and their ledger are kept.
        versions: to ask for the latest decision on a version that is resumed.
        approvals: to find the version that may be scheduled.
        pipelines: to make sure that its notebook has not changed since.
        happenings: to begin to follow the events that a schedule waits for.
        clock: gives the present.
        author: who acts.
        approval_required: whether only approved versions may go on.

    Attributes:
        calls: calls over HTTP that make schedules fire.
    """

    def __init__(
        self,
        *,
        records: ScheduleRecords,
        versions: Versions,
        approvals: Approvals,
        pipelines: Pipelines,
        happenings: Happenings,
        clock: Clock,
        author: str,
        approval_required: bool = True,
    ) -> None:
        self._records = records
        self._versions = versions
        self._approvals = approvals
        self._pipelines = pipelines
        self._happenings = happenings
        self.calls = happenings.calls(clock, self._checked)
        self._clock = clock
        self._author = author
        self._approval_required = approval_required

    def create(
        self,
        pipeline: str,
        *,
        cron: str | None = None,
        when: When | None = None,
        timezone: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        missed: MissedPolicy = "all",
        rules: RunRules = _NO_RULES,
        policies: Policies = _NO_POLICIES,
    ) -> Schedule:
        """Schedule the newest approved version of a pipeline.

        Args:
            pipeline: its name.
            cron: five fields, a sixth in front for seconds, or a nickname such as ``@daily``.
            when: when it fires, where that is not one cron expression.
            timezone: an IANA name; without one the zone of this machine, or ``UTC`` where that
                cannot be known. The schedule keeps the name, wherever it is read later.
            parameters: plain values by name, kept as they are; their templates are filled in for
                each due time, and they are checked as for the next one.
            missed: what happens to due times that pass while no scheduler runs: ``all`` of the
                last 24 hours are run, only the ``latest`` is, or ``skip``. What is passed over is
                in the ledger with a note.
            rules: those of its runs; where nothing is said, the settings hold at the time.
            policies: limits, priority, overlaps and a deadline.

        Raises:
            NotApprovedError: no version is approved.
            NotebookChangedError: the notebook is not what was approved.
            CronError: the expression or the time zone is wrong.
            UsageError: something else about when it is to fire is wrong, or it would go round
                in a circle.
            UnknownNameError: it waits for a pipeline that there is not.
            ParameterError: a parameter is unknown, missing, of the wrong type or not plain.
        """
        now, place = self._clock(), timezone or local_zone()
        asked = when or When(cron=(cron,) if cron is not None else ())
        trigger = asked.trigger(now, place)
        self.check_causes(pipeline, trigger)
        if policies.deadline is not None:
            deadlines.read(policies.deadline)
        version = self._approvals.schedulable_version(pipeline)
        self._pipelines.check_unchanged(version)
        given = {name: _plain(name, value) for name, value in (parameters or {}).items()}
        typed.check(version.spec.parameters, given, first_occasion(trigger, place, now))
        expression = _expression(trigger)
        return self._records.create(
            version,
            cron=expression or "",
            trigger=None if expression else trigger,
            progress=self._happenings.begin(trigger, place, now),
            timezone=place,
            parameters=given,
            missed=missed,
            author=self._author,
            created_at=now,
            rules=rules,
            policies=policies,
        )

    def change(
        self,
        schedule_id: int,
        pipeline: str,
        *,
        when: When | None = None,
        timezone: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        unset: Collection[str] = (),
        missed: MissedPolicy | None = None,
        rules: Mapping[str, Any] | None = None,
        policies: Mapping[str, Any] | None = None,
    ) -> Schedule:
        """Let a schedule run the version that is approved now, and change what is given.

        What is not given stays as it was; so do its number, its token and its due times. Where it
        is to fire otherwise, that counts from now on.

        Args:
            schedule_id: which schedule.
            pipeline: its pipeline.
            when: when it fires, with all that it waits for.
            timezone: an IANA name.
            parameters: those that differ from now on.
            unset: parameters that it gives no more, so that the notebook's own values hold.
            missed: as for `create`.
            rules: those of its runs that differ, by name.
            policies: those that differ, by name.

        Raises:
            UnknownNameError: there is no such schedule.
            UsageError: it is of another pipeline, or a backfill, or does not give a parameter
                that is to be given no more; or as `create` says.
        """
        before, now = self._of_pipeline(schedule_id, pipeline), self._clock()
        place = timezone or before.timezone
        trigger = when.trigger(now, place) if when else before.trigger
        told = dict(policies or {})
        if told.get("deadline") is not None:
            deadlines.read(told["deadline"])
        self.check_causes(pipeline, trigger)
        version = self._approvals.schedulable_version(pipeline)
        self._pipelines.check_unchanged(version)
        given = {name: _plain(name, value) for name, value in (parameters or {}).items()}
        known = {one.name for one in version.spec.parameters}
        # What a new version does not take any more has nothing to stay for.
        stay = {name: value for name, value in before.parameters.items() if name in known}
        values = _without(stay, unset) | given
        typed.check(version.spec.parameters, values, first_occasion(trigger, place, now))
        moved = (trigger, place) != (before.trigger, before.timezone)
        changed = replace(
            before,
            version_id=version.id,
            cron=_expression(trigger) or "",
            trigger=trigger,
            timezone=place,
            parameters=values,
            missed=missed or before.missed,
            rules=replace(before.rules, **(rules or {})),
            policies=replace(before.policies, **told),
        )
        progress = self._happenings.begin(trigger, place, now) if moved else None
        return self._records.change(changed, since=now if moved else None, progress=progress)

    def _check_approved(self, schedule: Schedule) -> None:
        check_approved(self._versions, schedule, required=self._approval_required)

    def _of_pipeline(self, schedule_id: int, pipeline: str) -> Schedule:
        found = self.get(schedule_id)
        if found.backfill or found.pipeline != pipeline:
            what = "a backfill" if found.backfill else f"a schedule of {found.pipeline}"
            raise UsageError(
                f"{schedule_id} is {what}.", cure="See which there are: nbmlops schedules."
            )
        return found

    def _checked(self, schedule: Schedule, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The plain form of parameters for a run of a schedule, over its own.

        Raises:
            ParameterError: one is unknown, of the wrong type, not plain, or a secret.
        """
        versions = self._versions.versions(schedule.pipeline)
        schema = next(one for one in versions if one.id == schedule.version_id).spec.parameters
        secret = [one.name for one in schema if one.type == "secret" and one.name in parameters]
        if secret:
            raise ParameterError(
                f"The parameter {secret[0]!r} is a secret, which no call may set.",
                cure="Say where it is when the schedule is made.",
            )
        given = {name: _plain(name, value) for name, value in parameters.items()}
        occasion = first_occasion(schedule.trigger, schedule.timezone, self._clock())
        typed.check(schema, schedule.parameters | given, occasion)
        return given

    def check_causes(self, pipeline: str, trigger: Trigger) -> None:
        """Refuse to wait for what cannot happen, or for what only this brings about.

        Raises:
            UnknownNameError: there is no such pipeline.
            UsageError: it would go round in a circle.
        """
        for cause in trigger.causes:
            if isinstance(cause, PipelineEnded | MetricCrossed) and not self._versions.versions(
                cause.pipeline
            ):
                raise UnknownNameError(
                    "pipeline", cause.pipeline, cure="Those that there are: nbmlops pipelines."
                )
        ends = {
            (cause.pipeline, schedule.pipeline)
            for schedule in self._records.all()
            for cause in _ends(schedule.trigger)
        }
        for cause in _ends(trigger):
            if cause.pipeline in _reached(pipeline, ends):
                raise UsageError(
                    f"{pipeline} would go round in a circle: {cause.pipeline} runs after it.",
                    cure="Leave one of the --after out.",
                )

    def all(self) -> list[Schedule]:
        """Every schedule, oldest first; without backfills."""
        return [schedule for schedule in self._records.all() if not schedule.backfill]

    def get(self, schedule_id: int) -> Schedule:
        """One schedule.

        Raises:
            UnknownNameError: there is none with that id.
        """
        found = self._records.get(schedule_id)
        if found is None:
            known = [str(schedule.id) for schedule in self._records.all()]
            raise UnknownNameError("schedule", str(schedule_id), known)
        return found

    def firing(self, version: PipelineVersion) -> list[Schedule]:
        """The schedules and backfills that run a version and are not paused."""
        return self._records.of_version(version.id)

    def paused(self, version: PipelineVersion) -> list[Schedule]:
        """The schedules and backfills that run a version and are paused."""
        return [one for one in self._records.all() if one.version_id == version.id and one.paused]

    def pause(self, schedule_id: int, reason: str = "") -> Schedule:
        """Let no more due times begin; what runs goes on.

        Args:
            schedule_id: which schedule.
            reason: why; who paused it, where nothing is given.

        Raises:
            UnknownNameError: there is no such schedule.
        """
        self.get(schedule_id)
        self._records.pause(schedule_id, reason or f"by {self._author}")
        return self.get(schedule_id)

    def resume(self, schedule_id: int) -> Schedule:
        """Go on from now; due times that passed during the pause are not made up for.

        One that is not paused is left as it is, with all that it has missed.

        Raises:
            UnknownNameError: there is no such schedule.
            NotApprovedError: its version is not approved any more.
        """
        now, paused = self._clock(), self.get(schedule_id)
        self._check_approved(paused)
        if not paused.paused:
            return paused
        progress = self._happenings.begin(paused.trigger, paused.timezone, now)
        self._records.resume(schedule_id, now, progress)
        return self.get(schedule_id)

    def fire_now(
        self, schedule_id: int, parameters: Mapping[str, Any] = MappingProxyType({})
    ) -> Fire:
        """Make a schedule due now, besides its own times; the logical time is the present.

        It waits for what runs, whatever the schedule says of overlaps.

        Args:
            schedule_id: which schedule.
            parameters: those that differ from the schedule's, for this once.

        Raises:
            UnknownNameError: there is no such schedule.
            ParameterError: a parameter does not fit.
            NotApprovedError: its version is not approved any more.
            UsageError: it is paused, or a backfill.
        """
        schedule = self.get(schedule_id)
        self._check_approved(schedule)
        if schedule.paused or schedule.backfill:
            what = f"is paused: {schedule.pause_reason}" if schedule.paused else "is a backfill"
            raise UsageError(
                f"{schedule_id} {what}.", cure=f"Let it go on first: nbmlops resume {schedule_id}."
            )
        given = self._checked(schedule, parameters)
        now, made = self._clock(), list[Fire]()
        while not made:
            due = Due(
                due_at=now,
                parameters=given,
                key=f"by hand {now.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
                source="hand",
                cause=f"triggered by {self._author}",
                deadline_at=deadlines.deadline_of(schedule, now),
            )
            made = self._records.enter(schedule_id, [due], forced=True)
            now += timedelta(microseconds=1)
        return made[0]

    def delete(self, schedule_id: int) -> None:
        """Remove a schedule; the runs that it made stay, its ledger until a collection.

        Raises:
            UnknownNameError: there is no such schedule.
        """
        self.get(schedule_id)
        self._records.delete(schedule_id)

    def next_times(self, schedule: Schedule, count: int = 1) -> list[datetime]:
        """When it is due next by the clock, in UTC; nothing while it is paused.

        A backfill has all its due times in the ledger: nothing is to come.
        """
        if schedule.paused or schedule.backfill:
            return []
        times = clockwork_of(schedule)
        return upcoming(times, count, self._clock()) if times else []

    def fires(
        self, schedule: Schedule, *, limit: int = 50, status: FireStatus | None = None
    ) -> list[Fire]:
        """Its ledger, newest due time first; or what of it stands so."""
        return self._records.fires(schedule.id, limit=limit, status=status)


def _expression(trigger: Trigger) -> str | None:
    """The cron expression that a trigger is; ``None`` where there is more to it."""
    first = trigger.causes[0]
    is_all = isinstance(first, Cron) and trigger == Trigger(causes=(first,), join=trigger.join)
    return first.expression if is_all and isinstance(first, Cron) else None


def _ends(trigger: Trigger) -> list[PipelineEnded]:
    return [cause for cause in trigger.causes if isinstance(cause, PipelineEnded)]


def _reached(pipeline: str, ends: Collection[tuple[str, str]]) -> set[str]:
    """The pipelines that run after one, directly or not, with itself."""
    found, more = {pipeline}, {pipeline}
    while more:
        more = {after for before, after in ends if before in more} - found
        found |= more
    return found


def _without(parameters: Mapping[str, Any], unset: Collection[str]) -> dict[str, Any]:
    """Parameters that go on being given."""
    for name in unset:
        if name not in parameters:
            raise UsageError(
                f"The schedule gives no parameter {name!r}.",
                cure="Those that it gives: nbmlops schedules.",
            )
    return {name: value for name, value in parameters.items() if name not in unset}


def _plain(name: str, value: Any) -> Any:
    _check_plain(name, value)
    return plain(value)


def _check_plain(name: str, value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(
            f"The parameter {name!r} holds {value}, which a schedule cannot keep.",
            cure="Write a finite number.",
        )
    if isinstance(value, list | tuple):
        for item in value:
            _check_plain(name, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_plain(name, key)
            _check_plain(name, item)
    elif value is not None and not isinstance(value, bool | int | float | str | date | PurePath):
        raise ParameterError(
            f"The parameter {name!r} holds a {type(value).__name__}, which a schedule cannot keep.",
            cure="Write text, numbers, true or false, dates, paths, and lists or dicts of those.",
        )
