"""A pipeline that another tool starts: what that tool is told, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import MissedPolicy, Policies
from nbmlops.domain.triggers import Trigger

Division = Literal["chains", "steps", "run"]
"""What a task is: steps that share a kernel, one step where that can be, or the whole run."""

Tool = Literal["airflow", "kubeflow", "argo"]
"""What starts a deployed pipeline."""

_NO_RULES = RunRules()
_NO_POLICIES = Policies()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedTask:
    """One task of the other tool: ``steps`` in a kernel of their own; all where empty.

    ``after`` are the names of the tasks right before it. ``joined`` says why steps share it that
    would have tasks of their own.
    """

    name: str
    steps: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the other tool starts a pipeline, and what it keeps to.

    Attributes:
        trigger: when; ``None`` where only people start it.
        timezone: an IANA name, on whose clock the trigger is.
        made_at: when it was asked for.
        start: the first time for which the other tool may run it.
        missed: what happens to times that passed while the other tool was down.
        policies: limits, and what else a schedule keeps to.
    """

    trigger: Trigger | None
    timezone: str
    made_at: datetime
    start: datetime
    missed: MissedPolicy = "all"
    policies: Policies = _NO_POLICIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """Where tasks run that have a container of Kubernetes each, and no disk in common.

    Attributes:
        image: that of the containers, with nbmlops, the packages and the project's folder.
        secret: the name of the Kubernetes secret with what the store and the pipeline ask for.
        project: the folder of the project in the image.
    """

    image: str
    secret: str = "nbmlops"  # noqa: S105 (the name of one)
    project: str = "/project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A pipeline version in the form that another tool can take.

    Attributes:
        version: what runs, and nothing else.
        project: the folder of the project, as the other tool's workers see it.
        tasks: in an order in which they could run; the last of several puts the run together.
        timing: when it starts by itself.
        parameters: plain values that differ from the defaults of the pipeline.
        rules: those of its runs.
        python: the interpreter of its workers that has nbmlops; their own where empty.
        pods: the containers of its tasks; ``None`` where workers see the project's folder.
    """

    version: PipelineVersion
    project: str
    tasks: tuple[DeployedTask, ...]
    timing: Timing
    parameters: dict[str, Any] = field(default_factory=dict)
    rules: RunRules = _NO_RULES
    python: str = ""
    pods: Pods | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOrder:
    """What a task of another tool asks for when it runs.

    Attributes:
        pipeline: its name.
        version: the number of the version.
        digest: what that version was when it was deployed.
        trigger: names the run of the other tool: ``airflow:DAG/RUN``.
        logical_date: the time that the run is for.
        scheduled: whether the other tool's clock started it, so that it is for the time since
            the due time before.
        cron: the expression by which that is found, on the clock of ``timezone``; or empty.
        parameters: plain values by name.
        steps: those of the task; all where empty.
        earlier: the steps of each task that comes before it.
        rules: those of the run.
        kernels: how many kernels it may have at once, where the task is the whole run.
        engine: the address of the cluster that runs them; or empty.
        memory: bytes that each of them may take, where a step says nothing else.
        cpus: processors that each may use, likewise.
        alone: whether earlier tries of the task have ended when it begins, because the tool sees
            to that: one that the catalog knows as running is lost.
    """

    pipeline: str
    version: int
    digest: str
    trigger: str
    logical_date: datetime
    scheduled: bool = False
    cron: str = ""
    timezone: str = "UTC"
    parameters: dict[str, Any] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    earlier: tuple[tuple[str, ...], ...] = ()
    rules: dict[str, Any] = field(default_factory=dict)
    kernels: int | None = None
    engine: str = ""
    memory: int | None = None
    cpus: int | None = None
    alone: bool = False
