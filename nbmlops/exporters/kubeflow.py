"""A deployed pipeline as a program that the compiler of Kubeflow Pipelines makes a manifest of."""

from __future__ import annotations

import math
import pprint
import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from importlib.resources import files
from typing import Any

from nbmlops.domain.deployments import DeployedTask, Deployment
from nbmlops.domain.parameters import Parameter, ParameterType
from nbmlops.domain.triggers import Interval
from nbmlops.errors import UsageError
from nbmlops.exporters.orders import crons_of, first_time, retries_of, told_tasks
from nbmlops.exporters.pods import (
    KEY,
    KEYS,
    STORE_VARIABLES,
    Given,
    check_trigger,
    given_to,
    kubernetes_name,
    order_text,
    pipeline_variables,
    pods_of,
    resources_of,
    text_of,
)
from nbmlops.pipelines.typed import templates

_DUE = "[[ScheduledTime.2006-01-02T15:04:05Z]]"
"""What Kubeflow puts the due time of a recurring run in place of, in UTC."""

_ALWAYS = 30 * 24 * 3600
"""Seconds for which a task may be tried again, far beyond what one takes."""

_LOGICAL_DATE = "nbmlops_logical_date: str"

_TYPES: dict[ParameterType, str] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "list": "list",
    "tuple": "list",
    "set": "list",
    "frozenset": "list",
    "dict": "dict",
}

_USED = {"str", "isinstance", "Optional", "ValueError", "RuntimeError", *_TYPES.values()}
"""Names of Python that the program uses."""


def file_name(deployment: Deployment) -> str:
    """The name of the file with the program."""
    return f"{deployment.version.spec.name}_kubeflow.py"


def program(deployment: Deployment) -> str:
    """The source of the file.

    Raises:
        UsageError: Kubeflow has nothing that starts the pipeline as its trigger says, or its pods
            would not have what it needs.
    """
    check_trigger(deployment, "Kubeflow", intervals=True, crons=1)
    text = files("nbmlops.exporters").joinpath("kubeflow_pipeline.txt").read_text("utf-8")
    told = _told(deployment)
    return re.sub("@([A-Z]+)@", lambda mark: told[mark[1]], text)


def differences(deployment: Deployment) -> tuple[str, ...]:
    """What Kubeflow does not keep to as our scheduler does, in sentences."""
    return tuple(_differences(deployment))


def _told(deployment: Deployment) -> dict[str, str]:
    """What stands in place of each mark of the template."""
    version, pods, given = deployment.version, pods_of(deployment), given_to(deployment)
    name = kubernetes_name(version.spec.name)
    needed = pipeline_variables(deployment, given.fixed)
    return {
        "TITLE": version.reference,
        "FILE": file_name(deployment),
        "PACKAGE": _package(deployment),
        "HINT": _hint(deployment, name),
        "IMAGE": repr(pods.image),
        "SECRET": repr(pods.secret),
        "VARIABLES": repr([one for one in STORE_VARIABLES if one not in needed]),
        "NEEDED": repr(list(needed)),
        "RETRIES": repr(_retries(deployment)),
        "TASKS": _literal(_tasks(deployment, given)),
        "RECURRING": _literal(_recurring(deployment)),
        "PYTHON": repr(deployment.python),
        "PROJECT": repr(pods.project),
        "NAME": repr(name),
        "DESCRIPTION": repr(f"{version.reference}, from {version.spec.notebook}"),
        "KEYS": repr(KEYS),
        **_signatures(deployment, given),
    }


def _signatures(deployment: Deployment, given: Given) -> dict[str, str]:
    """The parameters in the program: those that must be given come first."""
    schema = deployment.version.spec.parameters
    shown = [one for one in schema if one.name in {*given.open, *given.asked}]
    _check_names(shown)
    must = [f"{one.name}: {_type(one)}" for one in shown if not one.optional]
    may = [f"{one.name}: {_type(one)} = None" for one in shown if one.optional]
    asked = [f"{one.name}: {_type(one)}" for one in shown if one.name in given.asked]
    standing = [
        f"{one.name}: {_type(one)} = {_value(one, given.open[one.name])!r}"
        for one in shown
        if one.name in given.open
    ]
    if any(map(templates.inside, given.fixed.values())):  # all tasks must know the same time
        asked.append(_LOGICAL_DATE)
    else:
        standing.append(f"{_LOGICAL_DATE} = ''")
    pairs = [f'"{one.name}": {one.name}' for one in shown]
    return {
        "SIGNATURE": "".join(f",\n    {one}" for one in (*must, *may)),
        "VALUES": ", ".join(pairs),
        "PARAMETERS": ", ".join((*asked, *standing)),
        "GIVEN": "".join(f"{pair}, " for pair in pairs),
    }


def _check_names(shown: Sequence[Parameter]) -> None:
    for name in (one.name for one in shown):
        if name in _USED or not name.isascii() or name != name.lower():
            raise UsageError(
                f"Kubeflow does not take a parameter with the name {name}.",
                cure="Rename it in the notebook: small Latin letters, and no name of Python's own.",
            )


def _type(parameter: Parameter) -> str:
    name = _TYPES.get(parameter.type, "str")
    return f"Optional[{name}]" if parameter.optional else name


def _value(parameter: Parameter, value: Any) -> Any:
    text = text_of(parameter, value)  # which the task reads
    return value if value is None or parameter.type in _TYPES else text


def _tasks(deployment: Deployment, given: Given) -> list[dict[str, Any]]:
    return [
        {
            "name": told["name"],
            "after": told["after"],
            "resources": _resources(deployment, task),
            "order": order_text(deployment, told, given.fixed),
        }
        for task, told in zip(deployment.tasks, told_tasks(deployment), strict=True)
    ]


def _resources(deployment: Deployment, task: DeployedTask) -> dict[str, str]:
    found = resources_of(deployment, task)
    kinds = [name for name in found if "/" in name]
    if len(kinds) > 1:
        raise UsageError(
            f"Kubeflow gives a pod one kind of device, and steps ask for {' and '.join(kinds)}.",
            cure="Ask for one of them.",
        )
    return found


def _retries(deployment: Deployment) -> dict[str, Any]:
    retries = retries_of(deployment.rules)
    if not retries.limit:
        return {}
    return {
        "num_retries": retries.limit,
        "backoff_duration": f"{math.ceil(retries.first)}s",
        "backoff_factor": 2,
        "backoff_max_duration": f"{_ALWAYS}s",  # counted from the first try on
    }


def _recurring(deployment: Deployment) -> dict[str, Any]:
    """What `create_recurring_run` is told of the schedule; empty where nothing says when."""
    timing = deployment.timing
    if timing.trigger is None:
        return {}
    found: dict[str, Any] = {
        "params": {"nbmlops_logical_date": _DUE},
        "max_concurrency": timing.policies.at_once,
        "no_catchup": timing.missed != "all",
        "start_time": first_time(timing).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    for cause in timing.trigger.causes:
        if isinstance(cause, Interval):
            found["interval_second"] = _whole(cause.seconds)
    for cron in crons_of(timing):
        found["cron_expression"] = f"0 {cron}"
    return found


def _whole(seconds: float) -> int:
    if seconds != int(seconds):
        raise UsageError(
            f"Kubeflow has nothing for an interval of {seconds:g} seconds.",
            cure="Take whole seconds.",
        )
    return int(seconds)


def _hint(deployment: Deployment, name: str) -> str:
    package = _package(deployment)
    if deployment.timing.trigger is None:
        return f"Then start it: kfp.Client().create_run_from_pipeline_package({package!r})"
    return (
        "Then let it recur; params are added to those of the pipeline:\n\n"
        "    kfp.Client().create_recurring_run(\n"
        f"        EXPERIMENT_ID, {name!r}, pipeline_package_path={package!r}, **RECURRING\n"
        "    )"
    )


def _package(deployment: Deployment) -> str:
    return file_name(deployment).removesuffix(".py") + ".yaml"


def _literal(value: Any) -> str:
    return pprint.pformat(value, width=96, sort_dicts=False)


# What is different there


def _differences(deployment: Deployment) -> Iterator[str]:
    timing, given = deployment.timing, given_to(deployment)
    policies = timing.policies
    yield (
        f"The secret {pods_of(deployment).secret} must be there, with {KEY}, what the store asks "
        "for, and the variables of the pipeline: see docs/deploying.md."
    )
    if given.fixed:
        yield f"{', '.join(given.fixed)}: filled in for each run, so nobody can give another value."
    if any(map(templates.inside, given.fixed.values())):
        yield "Who starts it by hand must give nbmlops_logical_date, for which it is filled in."
    for name, said in (("pool", policies.pool), ("priority", policies.priority)):
        if said:
            yield f"The {name} {said} is not carried over."
    if deployment.rules.retries:
        yield "What is not approved is asked for again as often as what fails."
    if deployment.rules.timeout:
        yield "The timeout holds for each task, not for the run of all."
    if not policies.keeps_all:
        yield "The files of its runs stay: --keep and --keep-for are for schedules here."
    if timing.trigger is not None:
        yield from _of_times(deployment)


def _of_times(deployment: Deployment) -> Iterator[str]:
    timing = deployment.timing
    policies = timing.policies
    if crons_of(timing) and timing.timezone != "UTC":
        yield (
            "Kubeflow has one clock for all recurring runs, UTC unless its CRON_SCHEDULE_TIMEZONE "
            f"says otherwise: {timing.timezone} must be that."
        )
    if timing.missed == "skip":
        yield "Kubeflow makes up for the latest missed time."
    if policies.max_age is not None:
        yield "Kubeflow makes up for missed times however long ago they were."
    if policies.overlap != "queue":
        yield f"What is due while an earlier run goes on waits: Kubeflow has no {policies.overlap}."
    if policies.deadline:
        yield f"The deadline {policies.deadline} is not carried over."
    if policies.max_active is not None:
        yield "--max-active is not carried over: one run goes on at a time."
