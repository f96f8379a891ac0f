"""The verb that lets other tools start pipelines: deploy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.policies import policy_options
from nbmlops.commands.rules import cache_rule_options, require_steps, rule_options
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.triggers import missed_option, timezone_option, trigger_options
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.deployments import Deployment, Division, Pods, Tool
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import MissedPolicy, Policies, Schedule
from nbmlops.domain.wire import document
from nbmlops.errors import UsageError

if TYPE_CHECKING:
    from nbmlops.exporters.tools import Written
    from nbmlops.scheduling.triggers.when import When


@click.command()
@click.argument("pipeline")
@click.option(
    "--to",
    "tool",
    type=click.Choice(["airflow", "kubeflow", "argo"]),
    required=True,
    help="What starts it.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default="the current folder",
    help="Where files are written; for Airflow, the DAGs folder.",
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
@timezone_option
@parameter_options
@missed_option("the other tool was down")
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
@click.option(
    "--image",
    help="That of the pods of Kubernetes; NAME:VERSION of the pipeline if not.",
)
@click.option(
    "--secret",
    help="The Kubernetes secret with what the pods ask for; nbmlops if not.",
)
@json_option
@click.pass_obj
def deploy(
    surface: Surface,
    /,
    pipeline: str,
    tool: Tool,
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
    image: str | None,
    secret: str | None,
    as_json: bool,
    **rules: Any,
) -> None:
    """Let another tool start an approved pipeline: writes a file that it takes.

    PIPELINE is a name (its newest approved version) or a version such as flights@2. Airflow gets
    a DAG, whose workers need nbmlops and the project's folder; Kubeflow Pipelines a program for
    its compiler, and Argo Workflows a manifest, with a recipe for the image of their pods. Each
    task checks the approval when it runs.
    """
    from nbmlops.exporters.tools import written

    service = surface.workspace.deployments
    version = _version(surface, pipeline)
    pods = _pods(tool, version, image, secret, start)
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
        version,
        timing,
        parameters=values,
        rules=asked,
        division=division,
        python=python,
        pods=pods,
    )
    _answer(surface, made, tool, written(made, tool), output, schedule_id, as_json=as_json)


def _pods(
    tool: Tool,
    version: PipelineVersion,
    image: str | None,
    secret: str | None,
    start: datetime | None,
) -> Pods | None:
    """The containers of the tool's tasks, if it has some."""
    if tool == "airflow":
        if image is not None or secret is not None:
            raise UsageError(
                "Airflow's workers run no image of ours.", cure="Leave out --image and --secret."
            )
        return None
    if tool == "argo" and start is not None:
        raise UsageError(
            "Argo has nothing for --start: it counts from when the manifest is applied.",
            cure="Leave it out.",
        )
    default = f"{version.spec.name.lower()}:{version.number}"
    return Pods(image=image or default, secret=secret or "nbmlops")


def _answer(
    surface: Surface,
    made: Deployment,
    tool: Tool,
    found: Written,
    output: Path,
    schedule_id: int | None,
    *,
    as_json: bool,
) -> None:
    """Write the files, and say which."""
    from nbmlops.exporters.files import write
    from nbmlops.exporters.tools import TITLES

    path = write(output, found.name, found.text)
    recipe = _recipe(surface, made, tool, output) if made.pods is not None else []
    notes = [*found.notes]
    if schedule_id is not None and not surface.workspace.schedules.get(schedule_id).paused:
        notes.append(f"It still fires here as well: {surface.prefix} pause {schedule_id}")
    told = document(
        "deployment/1",
        pipeline=made.version.reference,
        path=str(path),
        recipe=[str(one) for one in recipe],
        tasks=made.tasks,
        notes=notes,
    )
    blocks = _blocks(made, path, TITLES[tool], recipe, notes)
    answer(surface, View(document=told, blocks=blocks), as_json=as_json)


def _recipe(surface: Surface, made: Deployment, tool: Tool, output: Path) -> list[Path]:
    """Write how the image of the pods is made, where nobody has written that."""
    from nbmlops.exporters.files import write_new
    from nbmlops.exporters.recipe import recipe
    from nbmlops.history.environments import lock

    built = surface.workspace.environments.of_pipeline(made.version)
    wanted = {
        **recipe(made, built.environment, tool),
        f"{made.version.spec.name}.requirements.txt": lock(built),
    }
    return [path for name, text in wanted.items() if (path := write_new(output, name, text))]


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


def _blocks(
    made: Deployment, path: Path, title: str, recipe: Sequence[Path], notes: Sequence[str]
) -> tuple[Block, ...]:
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
        line("Wrote ", Span(str(path), "strong"), f": {made.version.reference} for {title}."),
        table(("task", "steps", "after"), rows),
        *(line("Image: ", str(one)) for one in recipe),
        *(line("Together: ", reason) for task in made.tasks for reason in task.joined),
        *(line(Span("Note: ", "warn"), note) for note in notes),
    )
