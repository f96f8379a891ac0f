"""Schedules that are made and changed in a form: what it needs, its dry run, what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CellPlan
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Policies, Schedule
from nbmlops.domain.sentences import said, together
from nbmlops.domain.triggers import Trigger
from nbmlops.durations import as_written, seconds_of
from nbmlops.errors import NbmlopsError, UnknownNameError
from nbmlops.pipelines.typed.schema import json_schema
from nbmlops.server.dialogs import (
    AskedScheduleResponse,
    PlannedStep,
    PlanResponse,
    Schedulable,
    SchedulablesResponse,
    TimesResponse,
)
from nbmlops.server.fields import about
from nbmlops.server.orders import NewSchedule, NewWhen
from nbmlops.server.projects import Projects
from nbmlops.server.sections import DoneResponse
from nbmlops.server.timetable import asked_of
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from nbmlops.scheduling.triggers.when import When

SHOWN_TIMES = 5
_EACH_MINUTE = "* * * * *"


def times(cron: str, timezone: str, now: datetime) -> TimesResponse:
    """A cron expression in words, and when it is due next.

    Raises:
        CronError: the expression or the time zone is wrong; says which.
    """
    from nbmlops.scheduling.cron import CronTrigger
    from nbmlops.scheduling.timezones import local_zone, zone

    place = timezone or local_zone()
    with about("timezone"):
        zone(place)
    with about("cron"):
        trigger = CronTrigger(cron, place)
    return TimesResponse(
        words=trigger.in_words(),
        timezone=place,
        next=tuple(trigger.upcoming(SHOWN_TIMES, now)),
    )


def when_due(asked: NewWhen, timezone: str, now: datetime) -> TimesResponse:
    """What makes a schedule fire in words, and when it is due next by the clock.

    Raises:
        CronError: an expression or the time zone is wrong, or it never fires; says which field.
        UsageError: something else cannot be read.
    """
    from nbmlops.scheduling.cron import CronTrigger
    from nbmlops.scheduling.timezones import local_zone, zone
    from nbmlops.scheduling.triggers.clockwork import clockwork, upcoming
    from nbmlops.scheduling.triggers.words import in_words

    place = timezone or local_zone()
    with about("timezone"):
        zone(place)
    trigger = _trigger(asked, now, place)
    clock = clockwork(trigger, place)
    alone = asked == NewWhen(cron=asked.cron[:1])
    return TimesResponse(
        words=CronTrigger(asked.cron[0], place).in_words() if alone else in_words(trigger, place),
        timezone=place,
        next=tuple(upcoming(clock, SHOWN_TIMES, now)) if clock else (),
    )


def _trigger(asked: NewWhen, now: datetime, place: str) -> Trigger:
    """Each kind by itself before the whole, so that a refusal can be shown beside its field."""
    for name in ("cron", "every", "at", "after", "on_change", "metric", "on_data"):
        texts = getattr(asked, name)
        if texts:
            with about(name):
                _when(NewWhen(**{name: texts})).trigger(now, place)
    for name in ("between", "days", "holidays"):
        text = getattr(asked, name)
        if text:
            with about(name):
                _when(NewWhen(**{"cron": (_EACH_MINUTE,), name: text})).trigger(now, place)
    with about("when"):
        return _when(asked).trigger(now, place)


def _when(asked: NewWhen) -> When:
    """What was asked for, with what is empty as not said."""
    from nbmlops.scheduling.triggers.when import When

    return When(
        cron=asked.cron,
        every=asked.every,
        at=asked.at,
        after=asked.after,
        on_change=asked.on_change,
        metric=asked.metric,
        on_data=asked.on_data,
        http=asked.http,
        join=asked.join,
        between=asked.between or None,
        days=asked.days or None,
        business_days=asked.business_days,
        holidays=asked.holidays or None,
    )


def schedulables(projects: Projects, notebook: str) -> SchedulablesResponse:
    """The pipelines of a notebook, each with the version that would be scheduled."""
    from nbmlops.scheduling.presence import running_schedulers
    from nbmlops.scheduling.timezones import local_zone

    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        return SchedulablesResponse(
            project="", timezone=local_zone(), scheduler_runs=False, pipelines=()
        )
    found = workspace.pipelines.of_notebook(workspace.notebook_key(path))
    return SchedulablesResponse(
        project=projects.name(workspace),
        timezone=local_zone(),
        scheduler_runs=bool(running_schedulers(workspace.store)),
        pipelines=tuple(_schedulable(workspace, latest) for latest in found),
    )


def _schedulable(workspace: Workspace, latest: PipelineVersion) -> Schedulable:
    version, problem, cure = latest, None, None
    try:
        version = workspace.approvals.schedulable_version(latest.spec.name)
        workspace.pipelines.check_unchanged(version)
    except NbmlopsError as error:
        problem, cure = error.message, error.cure
    return Schedulable(
        name=latest.spec.name,
        latest=latest.reference,
        reference=version.reference if problem is None else None,
        problem=problem,
        cure=cure,
        parameters=json_schema(version.spec.parameters, title=version.reference),
    )


def asked(projects: Projects, notebook: str, schedule: int) -> AskedScheduleResponse:
    """A schedule as it could be asked for again.

    Raises:
        UnknownNameError: there is no such schedule.
    """
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("schedule", str(schedule))
    found = workspace.schedules.get(schedule)
    rules, policies = found.rules, found.policies
    return AskedScheduleResponse(
        id=found.id,
        reference=f"{found.pipeline}@{found.version}",
        asked=NewSchedule(
            pipeline=found.pipeline,
            when=asked_of(found),
            timezone=found.timezone,
            parameters=found.parameters,
            missed=found.missed,
            max_age=_written(policies.max_age),
            overlap=policies.overlap,
            retries=rules.retries,
            timeout=_written(rules.timeout),
            deadline=policies.deadline or "",
        ),
    )


def _written(seconds: float | None) -> str:
    return "" if seconds is None else as_written(seconds)


def plan(
    projects: Projects, notebook: str, asked: NewSchedule, *, schedule: int | None = None
) -> PlanResponse:
    """What the next run of a schedule would do, with everything checked as if it were made.

    Args:
        projects: the projects below the server's root.
        notebook: a notebook of the project.
        asked: the schedule that is to be made.
        schedule: the one that is to become so, where there is one already.

    Raises:
        UsageError: something does not fit; says which field.
        NotApprovedError: no version of the pipeline may be scheduled.
        UnknownNameError: there is no such schedule.
    """
    from nbmlops.commands.plan import summary, why
    from nbmlops.scheduling.occasion import first_occasion
    from nbmlops.scheduling.triggers.clockwork import clockwork, upcoming

    workspace = _recorded(projects, notebook, asked.pipeline)
    before = workspace.schedules.get(schedule) if schedule is not None else None
    checked = _checked(workspace, asked, before)
    now = workspace.clock()
    clock = clockwork(checked.trigger, checked.timezone)
    with about("parameters"):
        found = workspace.plans.plan(
            checked.version,
            asked.parameters,
            occasion=first_occasion(checked.trigger, checked.timezone, now),
        )
    return PlanResponse(
        reference=checked.version.reference,
        summary=summary(found),
        next=tuple(upcoming(clock, SHOWN_TIMES, now)) if clock else (),
        parameters=found.parameters,
        steps=tuple(
            PlannedStep(title=cell.title, state=cell.state, why=why(cell))
            for cell in found.cells
            if cell.step is not None or cell.state in (CellPlan.RUNS, CellPlan.MAY_RUN)
        ),
    )


def create(projects: Projects, notebook: str, asked: NewSchedule, *, by: str) -> DoneResponse:
    """Make a schedule, on somebody's behalf.

    Raises:
        UsageError: something does not fit; says which field.
        NotApprovedError: no version of the pipeline may be scheduled.
    """
    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("pipeline", asked.pipeline)
        checked = _checked(workspace, asked)
        with about("parameters"):
            made = workspace.schedules.create(
                asked.pipeline,
                when=_when(_all_of(asked)),
                timezone=checked.timezone,
                parameters=asked.parameters,
                missed=asked.missed,
                rules=checked.rules,
                policies=checked.policies,
            )
        told = said("Schedule %1 of %2 is made.", str(made.id), f"{made.pipeline}@{made.version}")
        return _done(workspace, notebook, made, told, with_token=made.trigger.is_called)


def change(
    projects: Projects, notebook: str, schedule: int, asked: NewSchedule, *, by: str
) -> DoneResponse:
    """Change a schedule, on somebody's behalf: it runs what is approved now.

    What it fires on counts from now where that is another one; else it goes on as it did.

    Raises:
        UnknownNameError: there is no such schedule.
        UsageError: something does not fit; says which field.
        NotApprovedError: no version of the pipeline may be scheduled.
    """
    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("schedule", str(schedule))
        before = workspace.schedules.get(schedule)
        checked = _checked(workspace, asked, before)
        with about("parameters"):
            made = workspace.schedules.change(
                schedule,
                asked.pipeline,
                when=None if checked.goes_on else _when(_all_of(asked)),
                timezone=checked.timezone,
                parameters=asked.parameters,
                unset=_left_out(checked.version, before, asked),
                missed=asked.missed,
                rules={name: getattr(checked.rules, name) for name in _RULES},
                policies={name: getattr(checked.policies, name) for name in _POLICIES},
            )
        version = f"{made.pipeline}@{made.version}"
        told = said("Schedule %1 of %2 is changed.", str(made.id), version)
        is_called = made.trigger.is_called and not before.trigger.is_called
        return _done(workspace, notebook, made, told, with_token=is_called)


_RULES = ("timeout", "retries")
_POLICIES = ("overlap", "deadline", "max_age")
"""What the form says of a schedule; other rules and policies stay as they are."""


def _left_out(version: PipelineVersion, before: Schedule, asked: NewSchedule) -> set[str]:
    """The parameters that the schedule has given so far, and gives no more."""
    known = {one.name for one in version.spec.parameters}
    return (set(before.parameters) & known) - set(asked.parameters)


def _done(
    workspace: Workspace, notebook: str, made: Schedule, told: str, *, with_token: bool
) -> DoneResponse:
    from nbmlops.scheduling.presence import running_schedulers

    if with_token:
        token = workspace.schedules.calls.issue(made.id)
        address = f"nbmlops/api/call?notebook={notebook}&schedule={made.id}"
        shown = said("Its token, shown only now: %1.", token)
        call = said("Call: POST %1, with the header Nbmlops-Token.", address)
        told = together(told, shown, call)
    if not running_schedulers(workspace.store):
        told = together(told, said("It waits for a scheduler: %1", "nbmlops scheduler start"))
    return DoneResponse(message=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What was asked for, as it is meant; ``goes_on`` where it fires as it did before."""

    version: PipelineVersion
    trigger: Trigger
    goes_on: bool
    timezone: str
    rules: RunRules
    policies: Policies


def _checked(workspace: Workspace, asked: NewSchedule, before: Schedule | None = None) -> _Checked:
    """Each field by itself, so that a refusal can be shown beside it.

    When a schedule fires that there is already is looked at only where it is to fire otherwise: a
    point in time of it may have passed, and an interval would be counted anew.
    """
    from nbmlops.scheduling import deadlines
    from nbmlops.scheduling.timezones import local_zone, zone

    place = asked.timezone or (before.timezone if before else local_zone())
    with about("timezone"):
        zone(place)
    when = _all_of(asked)
    goes_on = before is not None and (when, place) == (asked_of(before), before.timezone)
    trigger = before.trigger if before and goes_on else _trigger(when, workspace.clock(), place)
    with about("when"):
        workspace.schedules.check_causes(asked.pipeline, trigger)
    with about("timeout"):
        timeout = seconds_of(asked.timeout) if asked.timeout else None
    with about("max_age"):
        max_age = seconds_of(asked.max_age) if asked.max_age else None
    with about("deadline"):
        if asked.deadline:
            deadlines.read(asked.deadline)
    with about("pipeline"):
        version = workspace.approvals.schedulable_version(asked.pipeline)
        workspace.pipelines.check_unchanged(version)
    return _Checked(
        version=version,
        trigger=trigger,
        goes_on=goes_on,
        timezone=place,
        rules=RunRules(timeout=timeout, retries=asked.retries),
        policies=Policies(overlap=asked.overlap, deadline=asked.deadline or None, max_age=max_age),
    )


def _all_of(asked: NewSchedule) -> NewWhen:
    """When it is to fire, with the expression that stands by itself."""
    cron = (*asked.when.cron, *([asked.cron] if asked.cron else ()))
    return replace(asked.when, cron=cron)


def _recorded(projects: Projects, notebook: str, pipeline: str) -> Workspace:
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("pipeline", pipeline)
    return workspace
