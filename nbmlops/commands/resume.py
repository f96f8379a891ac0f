"""The verb ``resume``: of a run that did not reach its end, and of a paused schedule."""

from __future__ import annotations

from typing import Any

import click

from nbmlops.commands.plan import plan_view
from nbmlops.commands.rules import rule_options
from nbmlops.commands.runs import drive, kernel_options
from nbmlops.commands.schedules import confirm
from nbmlops.commands.show import find_run
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.references import RunReference
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Run
from nbmlops.domain.sizes import bytes_of
from nbmlops.errors import UsageError
from nbmlops.execution.limits import Limits


@click.command()
@click.argument("run", metavar="RUN|SCHEDULE")
@click.option("--plan", "as_plan", is_flag=True, help="Show what would run, and run nothing.")
@click.option(
    "--as-built", is_flag=True, help="Go on with the version that RUN ran, not with the notebook."
)
@kernel_options
@rule_options
@json_option
@click.pass_obj
def resume(
    surface: Surface,
    /,
    run: str,
    as_plan: bool,
    as_built: bool,
    memory: str | None,
    cpus: int | None,
    cold: bool,
    parallel: int | None,
    on: str | None,
    as_json: bool,
    **rules: Any,
) -> None:
    """Go on with a run where it failed (flights#3), or with a paused schedule (3).

    A run that failed, was cancelled or lost goes on as a new run, with the same parameters, on the
    notebook as it is now, which is built before. Steps that ended well are not run again, unless
    their code or what they read has changed; the one that failed and those that need it are.

    A number alone is a schedule, which fires again from now on.
    """
    if run.isdecimal():
        if (
            as_plan
            or as_built
            or memory
            or cpus
            or cold
            or parallel
            or on
            or RunRules(**rules).said
        ):
            raise UsageError(
                f"{run} is a schedule, which takes no such option.",
                cure="Name a run to go on with: flights#3.",
            )
        _resume_schedule(surface, int(run), as_json=as_json)
        return
    ended = find_run(surface, _run_reference(run))
    version = _version(surface, ended, as_built=as_built, quiet=as_json)
    runs = surface.workspace.runs
    if as_plan:
        with runs.place(on) as venue:
            found = runs.plan_resume(ended, version, at_once=parallel or venue.slots)
            venue.require(found, version.spec)
        answer(surface, plan_view(found, version.spec, venue.description), as_json=as_json)
        return
    limits = Limits(memory=bytes_of(memory) if memory else None, cpus=cpus)
    drive(
        surface,
        f"{version.reference}, going on with {ended.reference}",
        lambda observer, on_started: runs.resume(
            ended,
            version,
            observer=observer,
            on_started=on_started,
            cold=cold,
            limits=limits,
            parallel=parallel,
            on=on,
            rules=RunRules(**rules),
        ),
        as_json=as_json,
    )


def _run_reference(text: str) -> str:
    if RunReference.matches(text):
        return text
    raise UsageError(
        f"{text!r} names neither a run nor a schedule.",
        cure="Write a run, such as flights#3 or flights#latest, or the number of a schedule.",
    )


def _version(surface: Surface, run: Run, *, as_built: bool, quiet: bool) -> PipelineVersion:
    """The version to go on with; built from the notebook as it is now, if it is to be that."""
    pipelines = surface.workspace.pipelines
    ran = pipelines.of_run(run)
    if as_built:
        return ran
    built = pipelines.rebuild(ran)
    if not quiet:
        for warning in built.warnings:
            surface.print(f"Warning: {warning}")
        if built.version.id != ran.id:
            surface.print(
                f"{run.reference} ran {ran.reference}; it goes on as {built.version.reference}."
            )
    return built.version


def _resume_schedule(surface: Surface, schedule_id: int, *, as_json: bool) -> None:
    was_paused = surface.workspace.schedules.get(schedule_id).paused
    resumed = surface.workspace.schedules.resume(schedule_id)
    done = "fires again" if was_paused else "is not paused"
    said = f"Schedule {resumed.id} ({resumed.pipeline}) {done}."
    confirm(surface, resumed, said, as_json=as_json)
