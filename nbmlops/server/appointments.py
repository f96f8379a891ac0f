"""Schedules that are made in a form: what it needs, its dry run, and what it makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CellPlan
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Policies
from nbmlops.domain.triggers import Trigger
from nbmlops.durations import seconds_of
from nbmlops.errors import NbmlopsError, UnknownNameError
from nbmlops.pipelines.typed.schema import json_schema
from nbmlops.server.dialogs import (
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


def plan(projects: Projects, notebook: str, asked: NewSchedule) -> PlanResponse:
    """What the first run of a schedule would do, with everything checked as if it were made.

    Raises:
        UsageError: something does not fit; says which field.
        NotApprovedError: no version of the pipeline may be scheduled.
    """
    from nbmlops.commands.plan import summary, why
    from nbmlops.scheduling.occasion import first_occasion
    from nbmlops.scheduling.triggers.clockwork import clockwork, upcoming

    workspace = _recorded(projects, notebook, asked.pipeline)
    checked = _checked(workspace, asked)
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
    from nbmlops.scheduling.presence import running_schedulers

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
        told = f"Schedule {made.id} of {made.pipeline}@{made.version} is made."
        if made.trigger.is_called:
            token = workspace.schedules.calls.issue(made.id)
            told += (
                f" Its token, shown only now: {token}. Call: POST "
                f"nbmlops/api/call?notebook={notebook}&schedule={made.id}, with the header "
                "Nbmlops-Token."
            )
        if not running_schedulers(workspace.store):
            told += " It waits for a scheduler: nbmlops scheduler start"
        return DoneResponse(message=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What was asked for, as it is meant."""

    version: PipelineVersion
    trigger: Trigger
    timezone: str
    rules: RunRules
    policies: Policies


def _checked(workspace: Workspace, asked: NewSchedule) -> _Checked:
    """Each field by itself, so that a refusal can be shown beside it."""
    from nbmlops.scheduling import deadlines
    from nbmlops.scheduling.timezones import local_zone, zone

    place = asked.timezone or local_zone()
    with about("timezone"):
        zone(place)
    trigger = _trigger(_all_of(asked), workspace.clock(), place)
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
