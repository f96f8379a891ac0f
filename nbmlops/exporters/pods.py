"""What the pods of Kubernetes are told and need, whichever tool starts them; pure.

Pods have nothing in common but the store: values go through it, and files do not.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbmlops.config import StorePlaces
from nbmlops.domain.deployments import DeployedTask, Deployment, Pods
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.resources import GPU
from nbmlops.domain.rules import StepRules
from nbmlops.domain.triggers import Cron, Interval, Trigger, Within
from nbmlops.errors import ParameterError, UsageError
from nbmlops.exporters.orders import crons_of, fixed_order
from nbmlops.pipelines.typed import templates
from nbmlops.pipelines.typed.check import parse

KEYS = "/run/nbmlops"
"""The folder of a pod that has the key with which a team signs its values."""

KEY = "signing-key"
"""The name of that key in the folder, and in the Kubernetes secret."""

STORE_VARIABLES = (
    "PGPASSWORD",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
)
"""What the store of a team may ask for, where the Kubernetes secret has it."""

_MEBIBYTE = 1024 * 1024
_OWN_MEMORY = 512
"""Mebibytes for nbmlops itself, beside the kernels."""

_EXTENDED = {GPU: "nvidia.com/gpu"}
"""What Kubernetes calls resources that have no domain in their name."""

_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 52
"""Characters of a CronWorkflow's name, which those of its runs are made from."""

_ALWAYS = Within()
_FIELDS = 5
_CRON_FIELD = re.compile(r"[A-Za-z0-9*,/-]+")


def check_places(places: StorePlaces) -> None:
    """Refuse a store that is on this machine.

    Raises:
        UsageError: says what pods would not see.
    """
    if not places.catalog:
        missing, said = "catalog", 'catalog = "postgresql://…"'
    elif not places.objects.startswith("s3://"):
        missing, said = "objects", 'objects = "s3://bucket/prefix"'
    else:
        return
    raise UsageError(
        f"Pods do not see the {missing} of this project, which this machine's disk has.",
        cure=f"Let the team have the store first: [store] {said} in .nbmlops/config.toml.",
    )


def pods_of(deployment: Deployment) -> Pods:
    """The containers of a deployment that has some.

    Raises:
        UsageError: it has none.
    """
    if deployment.pods is None:
        raise UsageError("Kubernetes needs an image.", cure="Name it with --image.")
    return deployment.pods


def kubernetes_name(name: str) -> str:
    """A name as Kubernetes takes it: ``my_flights`` is ``my-flights``.

    Raises:
        UsageError: nothing of it is left.
    """
    found = _NAME.sub("-", name.lower())[:_LONGEST_NAME].strip("-")
    if not found:
        raise UsageError(
            f"Kubernetes takes no name such as {name!r}.",
            cure="Build the notebook under a name with Latin letters.",
        )
    return found


def task_names(tasks: Iterable[DeployedTask]) -> dict[str, str]:
    """The names of tasks as Kubernetes takes them, no two the same."""
    found: dict[str, str] = {}
    for task in tasks:
        wanted = _NAME.sub("-", task.name.lower())[:_LONGEST_NAME].strip("-") or "task"
        name, number = wanted, 1
        while name in found.values():
            number += 1
            name = f"{wanted}-{number}"
        found[task.name] = name
    return found


# What a task is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The parameters: those that who starts a run may give, and those that stand.

    Attributes:
        open: values by name.
        fixed: the places of secrets, and templates, which the tool would take for its own.
        asked: the names of those that have no value yet.
    """

    open: dict[str, Any]
    fixed: dict[str, Any]
    asked: frozenset[str]


def given_to(deployment: Deployment) -> Given:
    """Divide the parameters of a deployment.

    Raises:
        UsageError: a secret is where no pod could look.
    """
    standing: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    asked = set()
    for parameter in deployment.version.spec.parameters:
        name = parameter.name
        said = name in deployment.parameters
        value = deployment.parameters.get(name, parameter.default)
        if parameter.required and not said:
            _check_asked(parameter)
            asked.add(name)
        elif parameter.type == "secret" or (said and templates.inside(value)):
            fixed[name] = value
        elif not templates.inside(value):  # else a default, which would become a template
            standing[name] = value
    return Given(open=standing, fixed=fixed, asked=frozenset(asked))


def _check_asked(parameter: Parameter) -> None:
    if parameter.type == "secret":
        raise UsageError(
            f"The secret {parameter.name} has no place yet, so no pod can be given it.",
            cure=f"Say which variable has it: -p {parameter.name}=env:NAME.",
        )


def order_text(deployment: Deployment, task: Mapping[str, Any], fixed: Mapping[str, Any]) -> str:
    """What is the same in each run of a task, as JSON in which no tool finds a template."""
    order = fixed_order(deployment)
    told = {**order, "steps": task["steps"], "earlier": task["earlier"], "parameters": dict(fixed)}
    text = json.dumps(told, separators=(",", ":"))
    return text.replace("{{", "\\u007b\\u007b")  # only texts can hold two in a row


def text_of(parameter: Parameter, value: Any) -> str:
    """A value as ``-p`` reads it, so that a tool which knows texts alone gives it back.

    Raises:
        UsageError: no text stands for it.
    """
    texts = [value] if isinstance(value, str) else []
    for text in (*texts, json.dumps(value, ensure_ascii=False)):
        try:
            read = parse([parameter], [f"{parameter.name}={text}"])[parameter.name]
        except ParameterError:
            continue
        if read == value and type(read) is type(value):
            return text
    raise UsageError(
        f"No text stands for the value of {parameter.name}, and the manifest has only texts.",
        cure=f"Give another one: -p {parameter.name}=VALUE.",
    )


# What a pod needs


def pipeline_variables(deployment: Deployment, fixed: Mapping[str, Any]) -> tuple[str, ...]:
    """The environment variables in which the secrets of a pipeline are.

    Raises:
        UsageError: a secret is in a keyring or a file, which pods have not.
    """
    found = []
    for parameter in deployment.version.spec.parameters:
        place = fixed.get(parameter.name) if parameter.type == "secret" else None
        if not isinstance(place, str):
            continue
        kind, _, name = place.partition(":")
        if kind != "env":
            raise UsageError(
                f"The secret {parameter.name} is in a {kind} of this machine, which pods have not.",
                cure=f"Put it into a variable: -p {parameter.name}=env:NAME.",
            )
        found.append(name)
    return tuple(dict.fromkeys(found))


def resources_of(deployment: Deployment, task: DeployedTask) -> dict[str, str]:
    """Processors, memory and GPUs that the steps of a task ask for, as Kubernetes writes them.

    Each kernel may take what the largest of its steps asks for. What is put together from the
    results of others asks for nothing, and a pod whose kernels are on a cluster for no GPUs.

    Raises:
        UsageError: a step asks for what Kubernetes has no name for.
    """
    whole = len(deployment.tasks) == 1
    steps = [
        step.rules for step in deployment.version.spec.steps if whole or step.name in task.steps
    ]
    policies = deployment.timing.policies
    kernels = (policies.kernels or 1) if whole else 1
    cpus = max((one.cpus or policies.cpus or 0 for one in steps), default=0) * kernels
    memory = max((one.memory or policies.memory or 0 for one in steps), default=0) * kernels
    found = {"cpu": str(cpus)} if cpus else {}
    if memory:
        found["memory"] = f"{-(-memory // _MEBIBYTE) + _OWN_MEMORY}Mi"
    return found if policies.engine else {**found, **_extended(steps, kernels)}


def _extended(steps: Sequence[StepRules], kernels: int) -> dict[str, str]:
    """What else so many kernels at once may need, in whole units: Kubernetes divides none."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(name for one in steps for name in one.resources):
        known = _EXTENDED.get(name, name)
        if "/" not in known:
            raise UsageError(
                f"Kubernetes has no resource {name}, for which a step asks.",
                cure=f"Write it with its domain, as in --resources example.com/{name}=1.",
            )
        asked = sorted((math.ceil(one.resources.get(name, 0)) for one in steps), reverse=True)
        found[known] = str(sum(asked[:kernels]))
    return found


# When it starts


def check_trigger(deployment: Deployment, tool: str, *, intervals: bool, crons: int | None) -> None:
    """Refuse what a tool's clock has nothing for, and everything that is no clock.

    Args:
        deployment: whose trigger it is.
        tool: its name.
        intervals: whether it has intervals.
        crons: how many cron expressions it takes at once; any number where ``None``.

    Raises:
        UsageError: says what.
    """
    trigger = deployment.timing.trigger
    if trigger is None:
        return
    kinds = (Cron, Interval) if intervals else (Cron,)
    refused = next(filter(None, _refusals(deployment, trigger, kinds, crons)), None)
    if refused is not None:
        raise UsageError(
            f"{tool} has nothing for {refused}.",
            cure="Leave it out, or keep the schedule here: nbmlops schedule.",
        )


_OTHERS = {
    "interval": "intervals",
    "once": "one date",
    "after": "the end of another pipeline",
    "files": "files that change",
    "metric": "a metric that crosses a threshold",
    "data": "a new version of a data set",
    "http": "calls with a token of ours",
}


def _refusals(
    deployment: Deployment, trigger: Trigger, kinds: tuple[type, ...], crons: int | None
) -> Iterator[str | None]:
    for cause in trigger.causes:
        yield None if isinstance(cause, kinds) else _OTHERS[cause.kind]
    found = crons_of(deployment.timing)
    yield "hours, days and holidays of a schedule" if trigger.within != _ALWAYS else None
    clocks = len(trigger.causes)
    several = clocks > 1 and (len(found) < clocks or (crons is not None and clocks > crons))
    yield "several clocks at once" if several else None
    yield "waiting for several clocks together" if clocks > 1 and trigger.join == "all" else None
    yield from map(_cron_refusal, found)


def _cron_refusal(expression: str) -> str | None:
    """What is different in the cron of Go, which both tools use."""
    fields = expression.split()
    if len(fields) != _FIELDS:
        return "seconds in a cron expression"
    day, weekday = fields[2], fields[4]
    unknown = next((one for one in fields if _CRON_FIELD.fullmatch(one) is None), None)
    letters = [one for one in fields[:3] if re.search("[A-Za-z]", one)]
    if unknown or letters:
        return f"{unknown or letters[0]!r} in a cron expression"
    if re.search(r"(?<![0-9])7(?![0-9])", weekday.partition("/")[0]):
        return "7 as a weekday (Sunday is 0)"
    if day != "*" and weekday != "*" and "*" in day + weekday:
        return f"the days {day!r} and weekdays {weekday!r} of one cron expression"
    return None
