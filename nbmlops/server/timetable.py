"""The schedules of a notebook's pipelines: what is due, and what may be done with them."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, time, timedelta
from typing import Literal

from nbmlops.domain.schedules import Fire, Schedule
from nbmlops.domain.sentences import said, together
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.server.orders import NewWhen
from nbmlops.server.projects import Projects
from nbmlops.server.sections import (
    BackfillRow,
    DoneResponse,
    FireResult,
    ScheduleRow,
    SchedulesResponse,
)
from nbmlops.workspace import Workspace

NEWEST_BACKFILLS = 5

Action = Literal["pause", "resume", "fire"]
"""What may be done with a schedule; ``fire`` makes it due now."""


def schedules(projects: Projects, notebook: str) -> SchedulesResponse:
    """The schedules of a notebook's pipelines; none where nothing was recorded."""
    from nbmlops.scheduling.presence import running_schedulers

    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        return SchedulesResponse(project="", scheduler_runs=False, schedules=(), backfills=())
    key = workspace.notebook_key(path)
    names = {version.spec.name for version in workspace.pipelines.of_notebook(key)}
    mine = [one for one in workspace.schedules.all() if one.pipeline in names]
    filled = [one for one in workspace.backfills.all() if one.pipeline in names]
    return SchedulesResponse(
        project=projects.name(workspace),
        scheduler_runs=bool(running_schedulers(workspace.store)),
        schedules=tuple(_row(workspace, one) for one in mine),
        backfills=tuple(_backfill(workspace, one) for one in filled[: -NEWEST_BACKFILLS - 1 : -1]),
    )


def _row(workspace: Workspace, schedule: Schedule) -> ScheduleRow:
    from nbmlops.scheduling.triggers.words import in_words

    upcoming = workspace.schedules.next_times(schedule, 1)
    latest = workspace.schedules.fires(schedule, limit=1)
    return ScheduleRow(
        id=schedule.id,
        pipeline=schedule.pipeline,
        reference=f"{schedule.pipeline}@{schedule.version}",
        when=in_words(schedule.trigger, schedule.timezone),
        asked=asked_of(schedule),
        cron=schedule.cron,
        timezone=schedule.timezone,
        parameters=schedule.parameters,
        author=schedule.author,
        paused=schedule.paused,
        pause_reason=schedule.pause_reason,
        next=upcoming[0] if upcoming else None,
        last=_result(workspace, latest[0]) if latest else None,
    )


def asked_of(schedule: Schedule) -> NewWhen:
    """When a schedule fires, as it could be asked for again."""
    from nbmlops.scheduling.triggers.written import written

    found = written(schedule.trigger, schedule.timezone)
    said = {item.name: getattr(found, item.name) for item in fields(NewWhen)}
    return NewWhen(**{name: value for name, value in said.items() if value is not None})


def _result(workspace: Workspace, fire: Fire) -> FireResult:
    runs = workspace.runs.references([fire.run_id] if fire.run_id else [])
    return FireResult(
        due_at=fire.due_at, status=fire.status, run=runs.get(fire.run_id or 0), note=fire.note
    )


def _backfill(workspace: Workspace, backfill: Schedule) -> BackfillRow:
    counts = workspace.backfills.counts(backfill.id)
    return BackfillRow(
        id=backfill.id,
        reference=f"{backfill.pipeline}@{backfill.version}",
        step=backfill.cron,
        paused=backfill.paused,
        counts={str(status): count for status, count in counts.items()},
    )


def act(
    projects: Projects, notebook: str, schedule: int, action: Action, *, by: str
) -> DoneResponse:
    """Pause a schedule, let it go on, or make it due now, on somebody's behalf.

    Raises:
        UnknownNameError: there is no such schedule.
        NotApprovedError: its version is not approved any more.
        UsageError: it is to be due now, and is paused.
    """
    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("schedule", str(schedule))
        service = workspace.schedules
        if action == "pause":
            return DoneResponse(message=said("%1 is paused.", _called(service.pause(schedule))))
        if action == "resume":
            return DoneResponse(message=said("%1 fires again.", _called(service.resume(schedule))))
        service.fire_now(schedule)
        told = said("%1 is due now.", _called(service.get(schedule)))
        return DoneResponse(message=_with_scheduler(workspace, told))


def backfill(
    projects: Projects, notebook: str, schedule: int, start: str, end: str, *, by: str
) -> DoneResponse:
    """Run a schedule's pipeline for the times of the past at which it would have been due.

    By its cron expression, else once a day; on its clock and with its parameters. The newest
    approved version runs, which may be a later one than that of the schedule.

    Args:
        projects: the projects below the server's root.
        notebook: a notebook of the project.
        schedule: which schedule.
        start: the first day or time, ``2026-01-31``.
        end: the last one, included with all of its day.
        by: who asks for it.

    Raises:
        UnknownNameError: there is no such schedule.
        NotApprovedError: no version is approved, or the notebook is not what was approved.
        UsageError: there are no such times.
    """
    from nbmlops.scheduling.backfills import BackfillRequest, Span

    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("schedule", str(schedule))
        found = workspace.schedules.get(schedule)
        span = Span(
            start=_moment(start),
            end=_to_the_end(_moment(end)),
            every=None if found.cron else timedelta(days=1),
            cron=found.cron or None,
            timezone=found.timezone,
        )
        request = BackfillRequest(pipeline=found.pipeline, span=span, parameters=found.parameters)
        plan = workspace.backfills.plan(request)
        entered = workspace.backfills.enter(request)
        told = said(
            "Backfill %1 of %2: %3 of %4 times are to run.",
            str(entered.id),
            found.pipeline,
            str(plan.new + plan.open),
            str(plan.times),
        )
        return DoneResponse(message=_with_scheduler(workspace, told))


def start_scheduler(projects: Projects, notebook: str) -> DoneResponse:
    """Start a scheduler of the notebook's project, unless one runs; it outlives the server.

    Raises:
        UnknownNameError: nothing has been recorded there.
        StoreError: it has not begun.
    """
    from nbmlops.scheduling import background
    from nbmlops.scheduling.presence import running_schedulers

    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("notebook", notebook)
    if running_schedulers(workspace.store):
        return DoneResponse(message=said("A scheduler of this project runs already."))
    background.start_apart(workspace.project, workspace.scheduler_log)
    return DoneResponse(
        message=said("A scheduler of this project runs: what is due fires from now on.")
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no date.", cure="Write 2026-01-31, or 2026-01-31T06:00."
        ) from None


def _to_the_end(moment: datetime) -> datetime:
    """A day stands for all its times."""
    whole = moment.timetz().replace(tzinfo=None) == time.min
    return moment + timedelta(days=1, microseconds=-1) if whole else moment


def _called(schedule: Schedule) -> str:
    return said("Schedule %1 (%2)", str(schedule.id), schedule.pipeline)


def _with_scheduler(workspace: Workspace, told: str) -> str:
    from nbmlops.scheduling.presence import running_schedulers

    if running_schedulers(workspace.store):
        return told
    return together(told, said("It waits for a scheduler: %1", "nbmlops scheduler start"))
