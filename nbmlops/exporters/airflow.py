"""A deployed pipeline as one file for Airflow 3."""

from __future__ import annotations

import pprint
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from nbmlops.domain.deployments import Deployment, Timing
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.schedules import Policies
from nbmlops.domain.triggers import (
    Cause,
    DataPinned,
    FilesChanged,
    HttpCall,
    Interval,
    MetricCrossed,
    Once,
    PipelineEnded,
    Trigger,
    Within,
)
from nbmlops.errors import UsageError
from nbmlops.exporters.orders import crons_of, first_time, fixed_order, retries_of, told_tasks
from nbmlops.pipelines.typed import templates
from nbmlops.pipelines.typed.schema import json_schema

_FIELDS = 5
_TIMES = [("format", kind) for kind in ("date-time", "time", "duration")]
_ALWAYS = Within()
_TYPES = ["string", "number", "integer", "boolean", "array", "object", "null"]


def dag_file(deployment: Deployment) -> str:
    """The source of the file with the DAG.

    Raises:
        UsageError: Airflow has nothing that starts the pipeline as its trigger says.
    """
    template = files("nbmlops.exporters").joinpath("airflow_dag.txt").read_text("utf-8")
    told = pprint.pformat(_told(deployment), width=96, sort_dicts=False)
    title = deployment.version.reference
    return template.replace("@TITLE@", title).replace("@DEPLOYED@", told)


def differences(deployment: Deployment) -> tuple[str, ...]:
    """What Airflow does not keep to as our scheduler does, in sentences."""
    return tuple(_differences(deployment.timing))


def asset_of(project: str, pipeline: str) -> str:
    """The name of the asset that stands for the results of a pipeline of a project."""
    return f"{Path(project).name}/{pipeline}"


def _told(deployment: Deployment) -> dict[str, Any]:
    version, timing, rules = deployment.version, deployment.timing, deployment.rules
    name, policies = version.spec.name, timing.policies
    pauses = retries_of(rules)
    return {
        "dag": name,
        "description": f"{version.reference}, from {version.spec.notebook}",
        "project": deployment.project,
        "python": deployment.python,
        "order": fixed_order(deployment),
        "params": {one.name: _param(one, deployment.parameters) for one in version.spec.parameters},
        "schedule": _schedule(deployment),
        "start_date": first_time(timing).isoformat(),
        "catchup": timing.missed == "all",
        "max_active_runs": policies.at_once,
        "timeout": rules.timeout,
        "retries": pauses.limit,
        "retry_delay": pauses.first,
        "pool": policies.pool or "default_pool",
        "priority": max(1, policies.priority),
        "asset": asset_of(deployment.project, name),
        "tasks": told_tasks(deployment),
    }


def _param(parameter: Parameter, given: dict[str, Any]) -> dict[str, Any]:
    """A default and a JSON Schema; where the default is a template, any text will do."""
    schema = _zoneless(json_schema([parameter])["properties"][parameter.name])
    told: dict[str, Any] = {}
    if parameter.name in given or not parameter.required:
        told["default"] = given.get(parameter.name, parameter.default)
    schema.pop("default", None)
    schema.setdefault("type", _TYPES)
    if templates.inside(told.get("default")):
        schema = {name: schema[name] for name in ("description",) if name in schema}
        schema["type"] = _TYPES
    return {**told, "schema": schema}


def _zoneless(schema: Any) -> Any:
    """A schema without the formats of times, of which we take more than Airflow.

    To it, a time needs an offset.
    """
    if isinstance(schema, list):
        return [_zoneless(found) for found in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: found for name, found in schema.items() if (name, found) not in _TIMES}
    return {
        name: found if name in ("default", "enum") else _zoneless(found)
        for name, found in kept.items()
    }


# When it starts


def _schedule(deployment: Deployment) -> dict[str, Any]:
    trigger, crons = deployment.timing.trigger, crons_of(deployment.timing)
    if trigger is None:
        return {"assets": [], "all": False}
    _check(trigger, crons)
    found: dict[str, Any] = {
        "assets": list(_assets(trigger, deployment.project)),
        "all": trigger.join == "all",
    }
    if crons:
        found["cron"] = list(crons)
    for cause in trigger.causes:
        if isinstance(cause, Interval):
            found["seconds"] = cause.seconds
        elif isinstance(cause, Once):
            found["once"] = True
    return found


def _assets(trigger: Trigger, project: str) -> Iterator[str]:
    for cause in trigger.causes:
        if isinstance(cause, PipelineEnded):
            yield asset_of(project, cause.pipeline)
        elif isinstance(cause, FilesChanged):
            yield from (f"{Path(project).name}/{pattern}" for pattern in cause.patterns)


def _check(trigger: Trigger, crons: tuple[str, ...]) -> None:
    """Refuse what Airflow has nothing for.

    Raises:
        UsageError: says what.
    """
    refused = next(filter(None, map(_refusal, trigger.causes)), None)
    kinds = {type(one) for one in trigger.times}
    if len(kinds) > 1 or (len(trigger.times) > 1 and not crons):
        refused = refused or "several clocks of different kinds at once"
    if any(len(one.split()) != _FIELDS for one in crons):
        refused = refused or "seconds in a cron expression"
    if trigger.within != _ALWAYS:
        refused = refused or "hours, days and holidays of a schedule"
    if trigger.join == "all" and trigger.times and len(trigger.causes) > 1:
        refused = refused or "waiting for a clock and something else together"
    if any(isinstance(one, Once) for one in trigger.causes) and len(trigger.causes) > 1:
        refused = refused or "one date beside other triggers"
    if refused:
        raise UsageError(
            f"Airflow has nothing for {refused}.",
            cure="Leave it out, or keep the schedule here: nbmlops schedule.",
        )


def _refusal(cause: Cause) -> str | None:
    if isinstance(cause, MetricCrossed):
        return "a metric that crosses a threshold"
    if isinstance(cause, DataPinned):
        return "a new version of a data set"
    if isinstance(cause, HttpCall):
        return "calls with a token of ours; its own API starts a DAG"
    if isinstance(cause, PipelineEnded) and cause.outcome != "succeeded":
        return f"the end {cause.outcome!r} of another pipeline: assets are updated by success"
    return None


# What is different there


def _differences(timing: Timing) -> Iterator[str]:
    policies = timing.policies
    if policies.pool:
        yield (
            f"The pool {policies.pool} must be there: airflow pools set {policies.pool} SIZE 'TEXT'"
        )
    if not policies.keeps_all:
        yield "The files of its runs stay: --keep and --keep-for are for schedules here."
    if timing.trigger is not None:
        yield from _of_times(timing, timing.trigger)
        yield from _of_policies(policies)


def _of_times(timing: Timing, trigger: Trigger) -> Iterator[str]:
    if crons_of(timing) and timing.timezone != "UTC":
        yield "At clock changes Airflow's rule holds, not ours: see docs/deploying.md."
    if timing.missed == "skip":
        yield "Airflow makes up for the latest missed time."
    if timing.policies.max_age is not None and timing.missed == "all":
        yield "Airflow makes up for missed times however long ago they were."
    if any(isinstance(one, FilesChanged) for one in trigger.causes):
        yield "Airflow does not watch files: what writes them must update their assets."


def _of_policies(policies: Policies) -> Iterator[str]:
    if policies.overlap != "queue":
        yield f"What is due while an earlier run goes on waits: Airflow has no {policies.overlap}."
    if policies.deadline:
        yield f"The deadline {policies.deadline} is not carried over."
    if policies.max_active is not None:
        yield "--max-active is not carried over: one run of a DAG goes on at a time."
