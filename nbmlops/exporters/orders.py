"""What every other tool is told of a deployed pipeline, whatever it reads; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from nbmlops.domain.deployments import DeployedTask, Deployment, TaskOrder, Timing
from nbmlops.domain.rules import RunRules
from nbmlops.domain.triggers import Cron, Interval, Once
from nbmlops.domain.wire import plain
from nbmlops.exporters.tasks import earlier
from nbmlops.scheduling.cron import NICKNAMES

MARK = "Written by `nbmlops deploy`"
"""What tells a file of ours from one that somebody wrote."""

_RETRY_DELAY = 30.0
_FIXED = (
    "pipeline", "version", "digest", "cron", "timezone", "rules", "kernels", "engine",
    "memory", "cpus", "alone",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often the other tool tries a task again, with pauses in seconds that double."""

    limit: int
    first: float


def retries_of(rules: RunRules) -> Retries:
    """How often a task is tried again: the other tool does that, not the run."""
    first = _RETRY_DELAY if rules.retry_delay is None else rules.retry_delay
    return Retries(limit=rules.retries or 0, first=first)


def fixed_order(deployment: Deployment) -> dict[str, Any]:
    """What is the same in the order of each task and each run; see `TaskOrder`."""
    version, timing = deployment.version, deployment.timing
    policies, crons = timing.policies, crons_of(timing)
    order = TaskOrder(
        pipeline=version.spec.name,
        version=version.number,
        digest=version.spec.digest,
        trigger="",
        logical_date=timing.made_at,
        cron=crons[0] if len(crons) == 1 else "",
        timezone=timing.timezone,
        rules=replace(deployment.rules, retries=None, retry_delay=None).said,
        kernels=policies.kernels,
        engine=policies.engine or "",
        memory=policies.memory,
        cpus=policies.cpus,
        alone=deployment.pods is not None,
    )
    found = plain(order)
    return {name: found[name] for name in _FIXED}


def told_tasks(deployment: Deployment) -> list[dict[str, Any]]:
    """The tasks, each with the steps of those that have ended when it begins."""
    return [_task(one, deployment.tasks) for one in deployment.tasks]


def _task(task: DeployedTask, tasks: tuple[DeployedTask, ...]) -> dict[str, Any]:
    return {
        "name": task.name,
        "steps": list(task.steps),
        "after": list(task.after),
        "earlier": [list(steps) for steps in earlier(task, tasks)],
    }


def crons_of(timing: Timing) -> tuple[str, ...]:
    """The cron expressions of a trigger, nicknames written out."""
    causes = timing.trigger.causes if timing.trigger is not None else ()
    return tuple(
        NICKNAMES.get(one.expression.strip().lower(), one.expression)
        for one in causes
        if isinstance(one, Cron)
    )


def first_time(timing: Timing) -> datetime:
    """From when on; of intervals, one of their own times; of one date, that date."""
    for cause in timing.trigger.causes if timing.trigger is not None else ():
        if isinstance(cause, Once):
            return cause.at
        if isinstance(cause, Interval):
            passed = (timing.start - cause.anchor) // timedelta(seconds=cause.seconds)
            return cause.anchor + (passed + 1) * timedelta(seconds=cause.seconds)
    return timing.start
