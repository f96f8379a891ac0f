"""Between the models of jupyter-scheduler and the nouns of nbmlops."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, get_args

from jupyter_scheduler.models import (
    DescribeJob,
    DescribeJobDefinition,
    ListJobsQuery,
    SortDirection,
    SortField,
    Status,
)

from nbmlops.domain.jobs import Job, JobDefinition, JobQuery, JobState, Label
from nbmlops.domain.jobs import SortField as Field
from nbmlops.errors import UsageError
from nbmlops.pipelines.typed.fit import plain
from nbmlops.server.jobs.environments import NAME

STATUSES = {
    JobState.QUEUED: Status.QUEUED,
    JobState.RUNNING: Status.IN_PROGRESS,
    JobState.STOPPING: Status.STOPPING,
    JobState.STOPPED: Status.STOPPED,
    JobState.SUCCEEDED: Status.COMPLETED,
    JobState.FAILED: Status.FAILED,
}
"""The status that a job is shown with. ``CREATED`` is no state of ours: no job is in it."""

_KEPT = (
    "runtime_environment_parameters",
    "output_filename_template",
    "compute_type",
    "idempotency_token",
)
_FIELDS = frozenset(get_args(Field))


def label_of(model: Any) -> Label:
    """What a request calls a job or a definition."""
    asked = {name: getattr(model, name, None) for name in _KEPT}
    return Label(
        name=model.name or "",
        tags=tuple(model.tags or ()),
        formats=tuple(model.output_formats or ()),
        options={name: value for name, value in asked.items() if value is not None},
    )


def label_over(model: Any, before: Label) -> Label:
    """As `label_of`, of a change: what it does not say stays."""
    told = label_of(model)
    return Label(
        name=told.name or before.name,
        tags=before.tags if model.tags is None else told.tags,
        formats=before.formats if model.output_formats is None else told.formats,
        options={**before.options, **told.options},
    )


def query_of(query: ListJobsQuery, definition: int | None) -> JobQuery:
    """Which jobs a request asks for.

    Raises:
        UsageError: it asks for an order, or a page, that there is not.
    """
    return JobQuery(
        definition=definition,
        state=state_of(query.status) if query.status else None,
        name=query.name or "",
        since=moment_of(query.start_time) if query.start_time else None,
        tags=tuple(query.tags or ()),
        order=order_of(query.sort_by),
        limit=query.max_items or 1000,
        offset=page_of(query.next_token),
    )


def state_of(status: Status) -> JobState | None:
    """The state behind a status; ``None`` for one that no job has."""
    return next((state for state, known in STATUSES.items() if known == status), None)


def order_of(fields: Sequence[SortField]) -> tuple[tuple[Field, bool], ...]:
    """The order that a request asks for.

    Raises:
        UsageError: there is no such field.
    """
    for one in fields:
        if one.name not in _FIELDS:
            raise UsageError(
                f"Jobs have no order by {one.name!r}.", cure=f"Known: {', '.join(sorted(_FIELDS))}."
            )
    return tuple((one.name, one.direction == SortDirection.desc) for one in fields)


def page_of(token: str | None) -> int:
    """How many jobs came before a page.

    Raises:
        UsageError: it is no token of ours.
    """
    if token and not token.isdecimal():
        raise UsageError(f"{token!r} names no page.", cure="Ask without next_token for the first.")
    return int(token or 0)


def moment_of(milliseconds: int) -> datetime:
    """The moment that a model gives in milliseconds since the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds_of(moment: datetime | None) -> int | None:
    """The inverse of `moment_of`."""
    return None if moment is None else int(moment.timestamp() * 1000)


def job_model(job: Job, *, name: str, definition: str | None) -> DescribeJob:
    """A job as jupyter-scheduler shows it, without its files."""
    created = milliseconds_of(job.created_at)
    return DescribeJob(
        **_shown(job.label, job.notebook, job.parameters),
        job_id=name,
        job_definition_id=definition,
        url=f"/jobs/{name}",
        create_time=created,
        update_time=milliseconds_of(job.ended_at or job.started_at) or created,
        start_time=milliseconds_of(job.started_at),
        end_time=milliseconds_of(job.ended_at),
        status=STATUSES[job.state],
        status_message=job.note,
    )


def definition_model(definition: JobDefinition, *, name: str) -> DescribeJobDefinition:
    """A definition as jupyter-scheduler shows it."""
    schedule = definition.schedule
    return DescribeJobDefinition(
        **_shown(definition.label, definition.notebook, schedule.parameters),
        job_definition_id=name,
        schedule=schedule.cron or None,
        timezone=schedule.timezone,
        create_time=milliseconds_of(schedule.created_at),
        update_time=milliseconds_of(definition.changed_at),
        active=not schedule.paused,
    )


def _shown(label: Label, notebook: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: label.options[name] for name in _KEPT if name in label.options}
    return {
        "runtime_environment_parameters": None,
        **kept,
        "input_filename": PurePosixPath(notebook).name,
        "runtime_environment_name": NAME,
        "output_formats": list(label.formats),
        "parameters": {name: _text(value) for name, value in parameters.items()},
        "tags": list(label.tags),
        "name": label.name,
    }


def _text(value: Any) -> str:
    """A parameter as it could be typed."""
    return value if isinstance(value, str) else json.dumps(plain(value))
