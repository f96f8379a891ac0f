"""The verb that lets other tools start pipelines: deploy."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.policies import policy_options
from nbmlops.commands.rules import cache_rule_options, require_steps, rule_options
from nbmlops.commands.runs import drive, failure_sentence
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.triggers import trigger_options
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.deployments import Deployment, Division, TaskOrder
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import MissedPolicy, Policies, Schedule
from nbmlops.domain.wire import document, structured
from nbmlops.errors import NbmlopsError, NotApprovedError, UsageError

if TYPE_CHECKING:
    from nbmlops.scheduling.triggers.when import When


@click.command()
@click.argument("pipeline")
@click.option("--to", "tool", type=click.Choice(["airflow"]), required=True, help="What starts it.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default="the current folder",
    help="Where the file is written: the DAGs folder.",
)
@click.option(
    "--tasks",
    "division",
    type=click.Choice(["chains", "steps", "run"]),
    default="chains",
    show_default=True,
    help="A task for steps that share a kernel, for each step that can be alone, or for all.",
)
@click.option("--schedule", "schedule_id", type=int, help="When and how as a schedule here says.")
@trigger_options
@click.option("--timezone", help="An IANA time zone, such as Europe/Berlin; this machine's if not.")
@parameter_options
@click.option(
    "--missed",
    type=click.Choice(["all", "latest", "skip"]),
    default="all",
    show_default=True,
    help="What to do with due times that passed while Airflow was down.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="The first time to run for: all since are made up for, and backfills reach no further "
    "back. Now if not given; with --missed latest or skip, 2000.",
)
@rule_options
@cache_rule_options
@policy_options
@click.option(
    "--python",
    default="",
    help="The interpreter on the workers that has nbmlops; their own if not.",
)
@json_option
@click.pass_obj
def deploy(
    surface: Surface,
    /,
    pipeline: str,
    tool: str,
    output: Path,
    division: Division,
    schedule_id: int | None,
    when: When,
    timezone: str | None,
    assignments: tuple[str, ...],
    params_file: Path | None,
    missed: MissedPolicy,
    start: datetime | None,
    policies: Policies,
    python: str,
    as_json: bool,
    **rules: Any,
) -> None:
    """Let Airflow start an approved pipeline: writes one file with its DAG.

    PIPELINE is a name (its newest approved version) or a version such as flights@2. Airflow's
    workers need nbmlops and the project's folder. Each task checks the approval when it runs.
    """
    del tool
    from nbmlops.exporters.airflow import dag_file, differences
    from nbmlops.exporters.files import write

    service = surface.workspace.deployments
    version = _version(surface, pipeline)
    require_steps(version, rules["force"])
    values, asked = given(version.spec.parameters, assignments, params_file), RunRules(**rules)
    first = start.astimezone() if start is not None else None
    if schedule_id is None:
        timing = service.timing(
            when, timezone=timezone, missed=missed, policies=policies, start=first
        )
    else:
        scheduled = _schedule(surface, schedule_id, when, version)
        timing = service.timing_of(scheduled, first)
        values, asked = scheduled.parameters | values, asked.over(scheduled.rules)
    made = service.deploy(
        version, timing, parameters=values, rules=asked, division=division, python=python
    )
    path = write(output, made, dag_file(made))
    notes = [*differences(made)]
    if schedule_id is not None and not surface.workspace.schedules.get(schedule_id).paused:
        notes.append(f"It still fires here as well: {surface.prefix} pause {schedule_id}")
    found = document(
        "deployment/1", pipeline=version.reference, path=str(path), tasks=made.tasks, notes=notes
    )
    answer(surface, View(document=found, blocks=_blocks(made, path, notes)), as_json=as_json)


def _version(surface: Surface, pipeline: str) -> PipelineVersion:
    """The version that is named, else the newest that is approved."""
    reference = PipelineReference.parse(pipeline)
    if "@" in pipeline:
        return surface.workspace.pipelines.get(reference)
    return surface.workspace.approvals.approved_version(reference.name)


def _schedule(surface: Surface, schedule_id: int, when: When, version: PipelineVersion) -> Schedule:
    """The schedule that says when a version starts, and nothing else does."""
    if not when.is_empty:
        raise UsageError(
            "--schedule says when it starts, and so does another option.",
            cure="Leave one of them out.",
        )
    found = surface.workspace.schedules.get(schedule_id)
    if found.version_id != version.id:
        named = f"{found.pipeline}@{found.version}"
        raise UsageError(
            f"Schedule {schedule_id} runs {named}, not {version.reference}.",
            cure=f"Deploy what it runs: {surface.prefix} deploy {named} --schedule {schedule_id}.",
        )
    return found


def _blocks(made: Deployment, path: Path, notes: Sequence[str]) -> tuple[Block, ...]:
    rows = [
        (
            Span(task.name, "strong"),
            ", ".join(task.steps) or "all, from what the others have left",
            ", ".join(task.after) or "-",
        )
        for task in made.tasks
    ]
    if len(made.tasks) == 1:
        rows = [(Span(made.tasks[0].name, "strong"), "all", "-")]
    return (
        line("Wrote ", Span(str(path), "strong"), f": {made.version.reference} for Airflow 3."),
        table(("task", "steps", "after"), rows),
        *(line("Together: ", reason) for task in made.tasks for reason in task.joined),
        *(line(Span("Note: ", "warn"), note) for note in notes),
    )


@click.command(name="deployed-task", hidden=True)
@click.option("--result", type=click.Path(path_type=Path), required=True)
@click.pass_obj
def deployed_task(surface: Surface, result: Path) -> None:
    """Run what a task of another tool asks for on standard input; its file starts this."""
    performer = surface.workspace.performer
    order = structured(json.load(sys.stdin), TaskOrder)
    try:
        version = performer.version(order)
        drive(
            surface,
            version.reference,
            lambda observer, on_started: _noted(
                performer.perform(order, version, observer=observer, on_started=on_started), result
            ),
            as_json=False,
        )
    except NbmlopsError as error:
        if not result.exists():
            again = not isinstance(error, NotApprovedError | UsageError)
            told = {"status": "refused", "failure": str(error), "again": again}
            result.write_text(json.dumps(told), encoding="utf-8")
        raise


def _noted(done: Run, result: Path) -> Run:
    """Write down for the task how its run has ended."""
    told = {
        "run": done.reference,
        "status": str(done.status),
        "metrics": done.metrics,
        "failure": None if done.status is RunStatus.SUCCEEDED else failure_sentence(done),
    }
    result.write_text(json.dumps(told), encoding="utf-8")
    return done
