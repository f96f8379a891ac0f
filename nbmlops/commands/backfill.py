"""The verb ``backfill``: run a pipeline for logical times of the past."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbmlops.commands import wording
from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.policies import limit_options
from nbmlops.commands.rules import duration, rule_options
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.triggers import timezone_option
from nbmlops.commands.views import Block, Facts, Span, View, line
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import FireStatus, Policies, Schedule
from nbmlops.domain.wire import document
from nbmlops.errors import ParameterError, RunFailedError, UsageError
from nbmlops.pipelines.typed.check import parse

if TYPE_CHECKING:
    from nbmlops.scheduling.backfills import BackfillPlan, BackfillRequest, Order
    from nbmlops.scheduling.events import SchedulerEvent

_PRIORITY = -1


def _moment(context: click.Context, option: click.Parameter, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        told = f"{text!r} is no date: write 2026-01-31, or 2026-01-31T06:00."
        raise click.BadParameter(told, context, option) from None


@click.command()
@click.argument("pipeline")
@click.option("--from", "start", required=True, callback=_moment, metavar="DATE", help="The first.")
@click.option(
    "--to", "end", required=True, callback=_moment, metavar="DATE", help="The last, included."
)
@click.option("--every", callback=duration, metavar="TIME", help="How far apart: 1d, 6h.")
@click.option("--cron", help="Or when, as a cron expression.")
@timezone_option
@parameter_options
@click.option(
    "--grid",
    multiple=True,
    metavar="NAME=A,B,C",
    help="Run each time for each of these values; several are combined.",
)
@click.option(
    "--parallel",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many runs at once.",
)
@click.option(
    "--order",
    type=click.Choice(["oldest", "newest"]),
    default="oldest",
    show_default=True,
    help="Where to begin.",
)
@limit_options(priority=_PRIORITY)
@click.option("--retry-failed", is_flag=True, help="Run what has failed before again.")
@click.option("--dry-run", is_flag=True, help="Say what would run, and run nothing.")
@click.option("--detach", is_flag=True, help="Leave the runs to the scheduler, and do not wait.")
@rule_options
@json_option
@click.pass_obj
def backfill(
    surface: Surface,
    /,
    pipeline: str,
    start: datetime,
    end: datetime,
    every: float | None,
    cron: str | None,
    timezone: str | None,
    assignments: tuple[str, ...],
    params_file: Path | None,
    grid: tuple[str, ...],
    parallel: int,
    order: Order,
    policies: Policies,
    retry_failed: bool,
    dry_run: bool,
    detach: bool,
    as_json: bool,
    **rules: Any,
) -> None:
    """Run an approved pipeline for times of the past.

    Each time, with each combination of the grid, is run once: the same command again goes on
    where it was stopped, and runs nothing twice. A run's logical date is its time, and its data
    interval begins at the time before.
    """
    from dataclasses import replace

    from nbmlops.scheduling.backfills import BackfillRequest
    from nbmlops.scheduling.backfills import Span as Times
    from nbmlops.scheduling.timezones import local_zone

    if (every is None) == (cron is None):
        raise UsageError("A backfill needs --every or --cron.", cure="Give one of them: --every 1d")
    workspace = surface.workspace
    schema = workspace.approvals.schedulable_version(pipeline).spec.parameters
    request = BackfillRequest(
        pipeline=pipeline,
        span=Times(
            start=start,
            end=end,
            every=timedelta(seconds=every) if every else None,
            cron=cron,
            timezone=timezone or local_zone(),
        ),
        parameters=given(schema, assignments, params_file),
        grid=_grid(schema, grid),
        order=order,
        retry_failed=retry_failed,
        rules=RunRules(**rules),
        policies=replace(policies, at_once=parallel),
    )
    plan = workspace.backfills.plan(request)
    shown = View(document=document("backfill/1", plan=plan), blocks=(_facts(plan, request),))
    if dry_run:
        answer(surface, shown, as_json=as_json)
        return
    if not as_json:
        surface.show(shown)
    entered = workspace.backfills.enter(request)
    if not detach:
        _drive(surface, entered, parallel, quiet=as_json)
    _finish(surface, plan, request, entered.id, detach=detach, as_json=as_json)


def _grid(schema: tuple[Parameter, ...], texts: tuple[str, ...]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for text in texts:
        name, sign, values = text.partition("=")
        if not sign or name in found:
            raise ParameterError(
                f"--grid {text} {'names ' + name + ' again' if sign else 'names no values'}.",
                cure="Write each parameter once: --grid month=1,2,3",
            )
        found[name] = [parse(schema, [f"{name}={one}"])[name] for one in values.split(",")]
    return found


def _drive(surface: Surface, entered: Schedule, parallel: int, *, quiet: bool) -> None:
    counts = surface.workspace.backfills.counts
    total = sum(counts(entered.id).values())

    def say(event: SchedulerEvent) -> None:
        if quiet or event.kind in ("due", "waiting"):
            return
        ended = sum(count for status, count in counts(entered.id).items() if status.ended)
        due = f"{event.due_at.astimezone():%Y-%m-%d %H:%M} " if event.due_at else ""
        values = f"{wording.parameters(event.parameters)} " if event.parameters else ""
        surface.print(f"[{ended}/{total}] {due}{values}{event.line}")

    with surface.workspace.scheduler(on_event=say, only=entered.id, workers=parallel) as running:
        running.run()


def _finish(
    surface: Surface,
    plan: BackfillPlan,
    request: BackfillRequest,
    backfill_id: int,
    *,
    detach: bool,
    as_json: bool,
) -> None:
    found = surface.workspace.schedules.get(backfill_id)
    counts = surface.workspace.backfills.counts(backfill_id, request)
    told = ", ".join(f"{counts[status]} {status}" for status in FireStatus if status in counts)
    blocks: list[Block] = [line(f"Backfill {backfill_id}: ", Span(told, "strong"))]
    if detach:
        blocks.append(line("It runs while a scheduler does: ", Span("nbmlops scheduler", "strong")))
    by_status = {str(status): count for status, count in counts.items()}
    view = View(
        document=document("backfill/1", plan=plan, backfill=found, counts=by_status),
        blocks=tuple(blocks),
    )
    answer(surface, view, as_json=as_json)
    if found.paused:
        raise RunFailedError(
            f"The backfill is paused: {found.pause_reason}",
            cure="Once that is settled, the same command again goes on.",
        )
    if counts.get(FireStatus.FAILED):
        raise RunFailedError(
            f"{wording.count(counts[FireStatus.FAILED], 'due time')} of the backfill failed.",
            cure=f"Look at them (nbmlops schedules {backfill_id} --status failed), then repeat it "
            "with --retry-failed.",
        )


def _facts(plan: BackfillPlan, request: BackfillRequest) -> Facts:
    times = wording.count(plan.times, "time")
    to_run = plan.new + plan.open + (plan.failed if request.retry_failed else 0)
    combined = f" x {plan.combinations} combinations" if plan.combinations > 1 else ""
    return Facts(
        title=f"Backfill of {plan.pipeline}@{plan.version}",
        facts=(
            ("times", f"{times}, {plan.step} ({plan.timezone}){combined}"),
            ("from", wording.when(plan.first)),
            ("to", wording.when(plan.last)),
            ("to run", f"{to_run}, {request.policies.at_once} at once"),
            ("done before", f"{plan.done} succeeded, {plan.failed} failed or skipped"),
        ),
    )
