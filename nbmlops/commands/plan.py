"""The verb plan: what a run would do, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from nbmlops.commands import pictures, wording
from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.pictures import picture_option
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Content, Drawing, Span, Tone, View, line, table
from nbmlops.domain import resources
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.plans import (
    CachePolicy,
    CellPlan,
    MissingSecret,
    Plan,
    PlannedCell,
    PlannedLane,
)
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.sizes import in_words
from nbmlops.domain.wire import document

Command = TypeVar("Command", bound=Callable[..., Any])

_TONES: dict[CellPlan, Tone] = {
    CellPlan.CACHED: "good",
    CellPlan.RUNS: "warn",
    CellPlan.MAY_RUN: "warn",
    CellPlan.SKIPPED: "dim",
}


def occasion_option(command: Command) -> Command:
    """``--logical-date``, of every command that fills in the templates of parameters."""
    return click.option(
        "--logical-date",
        type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
        help="The time that {{ logical_date }} in values stands for; now by default.",
    )(command)


def cache_options(command: Command) -> Command:
    """``--no-cache`` and ``--force``, of every command that plans a run."""
    command = click.option(
        "--force",
        multiple=True,
        metavar="STEP",
        help="Run this step whatever is recorded; may be given several times.",
    )(command)
    return click.option("--no-cache", is_flag=True, help="Run every step, whatever is recorded.")(
        command
    )


def part_option(command: Command) -> Command:
    """``--to``, of every command that plans or starts a run of its own."""
    return click.option(
        "--to",
        multiple=True,
        metavar="STEP",
        help="Only what this step needs, and the step; may be given several times.",
    )(command)


def parallel_option(command: Command) -> Command:
    """``--parallel``, of every command that plans or starts a run."""
    return click.option(
        "--parallel",
        type=click.IntRange(min=1),
        metavar="N",
        help="Run independent steps at once, in up to N kernels.",
    )(command)


def on_option(command: Command) -> Command:
    """``--on``, of every command that plans or starts a run."""
    return click.option(
        "--on",
        metavar="ADDRESS",
        help="Run the kernels on a Dask cluster: dask://host:port.",
    )(command)


@click.command()
@click.argument("pipeline")
@parameter_options
@occasion_option
@cache_options
@part_option
@parallel_option
@on_option
@click.option("--mermaid", is_flag=True, help="Print the DAG as a Mermaid flowchart, no more.")
@picture_option
@json_option
@click.pass_obj
def plan(
    surface: Surface,
    pipeline: str,
    assignments: tuple[str, ...],
    params_file: Path | None,
    logical_date: datetime | None,
    no_cache: bool,
    force: tuple[str, ...],
    to: tuple[str, ...],
    parallel: int | None,
    on: str | None,
    mermaid: bool,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Show what a run would do: which steps run and why, which are cached.

    PIPELINE is a name or a version such as flights@2. Nothing runs, and nothing is written.
    """
    workspace = surface.workspace
    version = workspace.pipelines.get(PipelineReference.parse(pipeline))
    with workspace.runs.place(on) as venue:
        found = workspace.plans.plan(
            version,
            given(version.spec.parameters, assignments, params_file),
            policy=CachePolicy(
                enabled=not no_cache,
                force=frozenset(force),
                only=frozenset(workspace.plans.up_to(version, to)),
            ),
            occasion=Occasion.at((logical_date or workspace.clock()).astimezone()),
            at_once=parallel or venue.slots,
        )
        venue.require(found, version.spec)
    if picture is not None:
        told = not (as_json or mermaid)
        pictures.save(surface, picture, _picture(found, version.spec), told=told)
    if mermaid and not as_json:
        from nbmlops.pipelines import draw

        surface.print(draw.mermaid(version.spec, _states(found)).rstrip("\n"))
        return
    answer(surface, plan_view(found, version.spec, venue.description), as_json=as_json)


def plan_view(found: Plan, spec: PipelineSpec, where: str) -> View:
    """A plan, and where it would be run."""
    return View(
        document=document("plan/1", plan=found, where=where),
        blocks=(*plan_blocks(found, spec), line(f"Runs on {where}.")),
    )


def plan_blocks(found: Plan, spec: PipelineSpec) -> list[Block]:
    """A plan as a drawn DAG, a table of its steps, and one sentence."""
    shown = [
        cell
        for cell in found.cells
        if cell.step is not None or cell.state in (CellPlan.RUNS, CellPlan.MAY_RUN)
    ]
    rows = [
        (
            Span(cell.title, "strong" if cell.step else "plain"),
            Span(str(cell.state), _TONES[cell.state]),
            why(cell),
        )
        for cell in shown
    ]
    beside = wording.no_steps(cell.title for cell in shown if cell.step is None)
    return [
        Drawing(svg=_picture(found, spec), text=""),
        table(("step", "plan", "why"), rows, title=f"{found.pipeline}"),
        *([line(Span(beside, "dim"))] if beside else []),
        line(summary(found)),
        *(line(Span(_refused(one), "bad"), f" {one.cure}") for one in found.missing_secrets),
        *_lane_blocks(found),
    ]


def _refused(secret: MissingSecret) -> str:
    """Why a run is refused for want of a secret."""
    why = secret.message[:1].lower() + secret.message[1:].rstrip(".")
    return f"A run would be refused: {why} ({secret.parameter})."


def _lane_blocks(found: Plan) -> list[Block]:
    """How the cells are divided among kernels, and why some are not."""
    if not found.lanes:
        return []
    lanes: list[tuple[Content, ...]] = [
        (
            str(lane.number),
            Span(", ".join(lane.cells), "strong"),
            ", ".join(map(str, lane.after)) or "-",
            _limits(lane),
        )
        for lane in found.lanes
    ]
    joined: list[tuple[Content, ...]] = [
        (f"{pair.one}, {pair.other}", pair.reason) for pair in found.joined
    ]
    blocks: list[Block] = [
        table(("kernel", "runs", "after", "may take"), lanes, title="Kernels"),
    ]
    if joined:
        blocks.append(table(("share a kernel", "because"), joined, title="Joined"))
    return blocks


def _limits(lane: PlannedLane) -> str:
    """What each step of a lane may take that has limits; of a lane of one step without its name."""
    alone = len(lane.cells) == 1
    said = [
        ("" if alone else f"{one.step} ")
        + ", ".join(
            [
                *([in_words(one.memory)] if one.memory else []),
                *([wording.count(one.cpus, "CPU")] if one.cpus else []),
                *([resources.in_words(one.resources)] if one.resources else []),
            ]
        )
        for one in lane.limits
    ]
    return "; ".join(said) or "-"


def summary(found: Plan) -> str:
    """How many steps run, in a sentence."""
    counts = {state: sum(step.state is state for step in found.steps) for state in CellPlan}
    beside = counts[CellPlan.SKIPPED]
    steps = [step for step in found.steps if step.state is not CellPlan.SKIPPED]
    rest = f" {wording.count(beside, 'step')} no part of it." if beside else ""
    if found.all_cached:
        count = wording.count(len(steps), "step")
        return f"All {count} cached: nothing runs, no kernel starts.{rest}"
    said = [f"{counts[CellPlan.RUNS]} of {wording.count(len(steps), 'step')} will run"]
    if counts[CellPlan.MAY_RUN]:
        said.append(f"{counts[CellPlan.MAY_RUN]} may run")
    if counts[CellPlan.CACHED]:
        said.append(f"{counts[CellPlan.CACHED]} cached")
    return f"{', '.join(said)}.{rest}"


def _picture(found: Plan, spec: PipelineSpec) -> str:
    """The DAG, coloured by what becomes of each step; pointing at one tells why."""
    from nbmlops.pipelines import draw

    return draw.svg(spec, _states(found), {step.title: why(step) for step in found.steps})


def why(cell: PlannedCell) -> str:
    """Why a cell runs, or whose result is taken for it."""
    if cell.state is CellPlan.CACHED:
        taken = f"as in {cell.origin}" if cell.origin else "as run in the notebook"
        return f"{taken}, although: {cell.reason}" if cell.reason else taken
    return cell.reason


def _states(found: Plan) -> dict[str, str]:
    """What becomes of each step, by name."""
    return {step.title: str(step.state) for step in found.steps}
