"""A deployed pipeline as a Workflow or CronWorkflow of Argo."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from nbmlops.domain.deployments import DeployedTask, Deployment
from nbmlops.domain.parameters import Parameter
from nbmlops.errors import UsageError
from nbmlops.exporters.orders import MARK, crons_of, retries_of, told_tasks
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
    task_names,
    text_of,
)
from nbmlops.exporters.recipe import REFUSED

_WHOLE = "pipeline"
_VOLUME = "nbmlops-keys"
_POOLS = "nbmlops-pools"
_ALL_OF = 24 * 3600.0
"""Seconds for which `all` makes up here where nothing is said."""
_ALWAYS = 10 * 366 * 24 * 3600.0
_POLICY = {"queue": "Allow", "skip": "Forbid", "cancel": "Replace"}


def manifest(deployment: Deployment) -> str:
    """The manifest as YAML.

    Raises:
        UsageError: Argo has nothing that starts the pipeline as its trigger says, or its pods
            would not have what it needs.
    """
    import yaml

    head = f"# {MARK} from {deployment.version.reference}: deploy again, do not edit.\n"
    found = json.loads(json.dumps(resource(deployment)))  # each part by itself: no anchors
    return head + yaml.safe_dump(found, sort_keys=False, width=96, allow_unicode=True)


def resource(deployment: Deployment) -> dict[str, Any]:
    """The manifest as plain values; see `manifest`."""
    check_trigger(deployment, "Argo", intervals=False, crons=None)
    name, crons = kubernetes_name(deployment.version.spec.name), crons_of(deployment.timing)
    about = {
        "labels": {"app.kubernetes.io/managed-by": "nbmlops"},
        "annotations": {"nbmlops/version": deployment.version.reference},
    }
    if not crons:
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"generateName": f"{name}-", **about},
            "spec": _workflow(deployment, name),
        }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": name, **about},
        "spec": {
            "schedules": list(crons),
            "timezone": deployment.timing.timezone,
            "concurrencyPolicy": _POLICY[deployment.timing.policies.overlap],
            "startingDeadlineSeconds": _late(deployment),
            "workflowMetadata": about,
            "workflowSpec": _workflow(deployment, name),
        },
    }


def differences(deployment: Deployment) -> tuple[str, ...]:
    """What Argo does not keep to as our scheduler does, in sentences."""
    return tuple(_differences(deployment))


def _late(deployment: Deployment) -> int:
    """How many seconds late the latest missed time may still be made up for."""
    timing = deployment.timing
    if timing.missed == "skip":
        return 0
    age = timing.policies.max_age
    if age is None:
        age = _ALL_OF if timing.missed == "all" else _ALWAYS
    return math.ceil(age)


def _workflow(deployment: Deployment, name: str) -> dict[str, Any]:
    policies, rules = deployment.timing.policies, deployment.rules
    given, names = given_to(deployment), task_names(deployment.tasks)
    spec: dict[str, Any] = {
        "entrypoint": _WHOLE,
        "arguments": {"parameters": list(_parameters(deployment, given))},
        "volumes": [
            {
                "name": _VOLUME,
                "secret": {
                    "secretName": pods_of(deployment).secret,
                    "items": [{"key": KEY, "path": KEY}],
                },
            }
        ],
        "templates": [
            {"name": _WHOLE, "dag": {"tasks": _dag(deployment, names)}},
            *_templates(deployment, given, names),
        ],
    }
    if rules.timeout is not None:
        spec["activeDeadlineSeconds"] = math.ceil(rules.timeout)
    if policies.priority:
        spec["priority"] = policies.priority
    held: dict[str, Any] = {}
    if policies.overlap == "queue":
        held["mutexes"] = [{"name": f"nbmlops-{name}"}]
    if policies.pool:
        held["semaphores"] = [{"configMapKeyRef": {"name": _POOLS, "key": policies.pool}}]
    return {**spec, "synchronization": held} if held else spec


def _dag(deployment: Deployment, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": names[task.name],
            "template": _template_name(names[task.name]),
            **({"dependencies": [names[one] for one in task.after]} if task.after else {}),
        }
        for task in deployment.tasks
    ]


def _template_name(task: str) -> str:
    return f"task-{task}"  # else a step could have the name of the whole


def _templates(
    deployment: Deployment, given: Given, names: dict[str, str]
) -> Iterator[dict[str, Any]]:
    retries = retries_of(deployment.rules)
    for task, told in zip(deployment.tasks, told_tasks(deployment), strict=True):
        found: dict[str, Any] = {"name": _template_name(names[task.name])}
        if retries.limit:
            found["retryStrategy"] = {
                "limit": retries.limit,
                "retryPolicy": "Always",
                "expression": f"lastRetry.exitCode != '{REFUSED}'",
                "backoff": {"duration": f"{math.ceil(retries.first)}s", "factor": 2},
            }
        found["container"] = _container(
            deployment, task, order_text(deployment, told, given.fixed), given
        )
        yield found


def _container(
    deployment: Deployment, task: DeployedTask, order: str, given: Given
) -> dict[str, Any]:
    pods, crons = pods_of(deployment), crons_of(deployment.timing)
    at = "workflow.scheduledTime" if crons else "workflow.creationTimestamp"
    values = [
        word
        for name in (*given.open, *given.asked)
        for word in ("-p", f"{name}={{{{workflow.parameters.{name}}}}}")
    ]
    found: dict[str, Any] = {
        "image": pods.image,
        "command": [deployment.python or "python", "-m", "nbmlops"],
        "args": [
            *("--project", pods.project, "deployed-task", "--order", order),
            *("--trigger", "argo:{{workflow.namespace}}/{{workflow.name}}"),
            *("--at", f"{{{{{at}}}}}", *(["--scheduled"] if crons else []), *values),
        ],
        "env": [
            {"name": "NBMLOPS_SIGNING_KEY_FILE", "value": f"{KEYS}/{KEY}"},
            {"name": "NBMLOPS_WARM_KERNELS", "value": "0"},
            *_variables(deployment, given),
        ],
        "volumeMounts": [{"name": _VOLUME, "mountPath": KEYS, "readOnly": True}],
    }
    asked = resources_of(deployment, task)
    return {**found, "resources": {"requests": asked, "limits": asked}} if asked else found


def _variables(deployment: Deployment, given: Given) -> Iterator[dict[str, Any]]:
    """What the Kubernetes secret has: for the store where it is there, for the pipeline always."""
    secret = pods_of(deployment).secret
    needed = pipeline_variables(deployment, given.fixed)
    for name in dict.fromkeys((*STORE_VARIABLES, *needed)):
        place: dict[str, Any] = {"name": secret, "key": name}
        if name not in needed:
            place["optional"] = True
        yield {"name": name, "valueFrom": {"secretKeyRef": place}}


def _parameters(deployment: Deployment, given: Given) -> Iterator[dict[str, Any]]:
    for parameter in deployment.version.spec.parameters:
        name = parameter.name
        if name not in given.asked and name not in given.open:
            continue
        if not name.isascii():
            raise UsageError(
                f"Argo has no parameters with a name such as {name}.",
                cure="Rename it in the notebook, with Latin letters.",
            )
        found: dict[str, Any] = {"name": name}
        if parameter.help:
            found["description"] = parameter.help
        if parameter.choices:
            found["enum"] = _choices(parameter)
        if name in given.open:
            found["value"] = text_of(parameter, given.open[name])
        yield found


def _choices(parameter: Parameter) -> list[str]:
    values = [*parameter.choices, *([None] if parameter.optional else [])]
    return list(dict.fromkeys(text_of(parameter, value) for value in values))


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
    if policies.pool:
        yield (
            f"The pool {policies.pool} must be there: kubectl create configmap {_POOLS} "
            f"--from-literal={policies.pool}=SIZE"
        )
    if not policies.keeps_all:
        yield "The files of its runs stay: --keep and --keep-for are for schedules here."
    if timing.trigger is not None:
        yield from _of_times(deployment)


def _of_times(deployment: Deployment) -> Iterator[str]:
    timing = deployment.timing
    policies = timing.policies
    if timing.timezone != "UTC":
        yield "At clock changes Argo's rule holds, not ours."
    if timing.missed == "all":
        yield "Argo makes up for the latest missed time only."
    if policies.deadline:
        yield f"The deadline {policies.deadline} is not carried over."
    if policies.max_active is not None:
        yield "--max-active is not carried over: one run of the workflow goes on at a time."
