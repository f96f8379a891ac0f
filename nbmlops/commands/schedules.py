"""The verbs of schedules: schedule, schedules, pause, unschedule."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from nbmlops.commands import wording
from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.policies import policies_in_words, policy_options
from nbmlops.commands.rules import (
    cache_rule_options,
    require_steps,
    rule_options,
    rules_in_words,
)
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.triggers import missed_option, timezone_option, trigger_options
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Fire, FireStatus, MissedPolicy, Policies, Schedule
from nbmlops.domain.triggers import MetricCrossed
from nbmlops.domain.wire import document
from nbmlops.errors import UsageError
from nbmlops.scheduling.timezones import zone

if TYPE_CHECKING:
    from nbmlops.scheduling.triggers.when import When


@click.command()
@click.argument("pipeline")
@trigger_options
@timezone_option
@parameter_options
@missed_option("no scheduler ran")
@rule_options
@cache_rule_options
@policy_options
@click.option(
    "--replace",
    type=int,
    metavar="SCHEDULE",
    help="Change this schedule: it runs what is approved now; what is not given stays as it was.",
)
@click.option(
    "--unset",
    multiple=True,
    metavar="NAME",
    help="With --replace: give this parameter no more, so that the notebook's own value holds.",
)
@json_option
@click.pass_obj
def schedule(
    surface: Surface,
    /,
    pipeline: str,
    when: When,
    timezone: str | None,
    assignments: tuple[str, ...],
    params_file: Path | None,
    missed: MissedPolicy,
    policies: Policies,
    replace: int | None,
    unset: tuple[str, ...],
    as_json: bool,
    **rules: Any,
) -> None:
    """Schedule an approved pipeline: by the clock, or by what happens.

    What fires is the version that is approved now; a notebook that was edited since needs a new
    build and a new approval, and the schedule --replace.
    """
    if unset and replace is None:
        raise UsageError(
            "--unset is about a schedule that is changed.",
            cure="Name it: --replace SCHEDULE. A new one gives only what -p says.",
        )
    workspace = surface.workspace
    approved = workspace.approvals.schedulable_version(pipeline)
    require_steps(approved, rules["force"])
    given_values = given(approved.spec.parameters, assignments, params_file)
    needs_token = when.http
    if replace is None:
        made = workspace.schedules.create(
            pipeline,
            when=when,
            timezone=timezone,
            parameters=given_values,
            missed=missed,
            rules=RunRules(**rules),
            policies=policies,
        )
    else:
        needs_token = when.http and not workspace.schedules.get(replace).trigger.is_called
        made = workspace.schedules.change(
            replace,
            pipeline,
            when=when if when.said else None,
            timezone=timezone,
            parameters=given_values,
            unset=unset,
            missed=missed if _is_given("missed") else None,
            rules=RunRules(**rules).said,
            policies={name: value for name, value in _by_name(policies) if _is_given(name)},
        )
    answer(surface, _made_view(surface, made, with_token=needs_token), as_json=as_json)


def _is_given(name: str) -> bool:
    """Whether an option of the command was typed."""
    return click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _by_name(policies: Policies) -> list[tuple[str, Any]]:
    """The policies that a command may set."""
    typed = {param.name for param in click.get_current_context().command.params}
    return [
        (one.name, getattr(policies, one.name)) for one in fields(policies) if one.name in typed
    ]


def _made_view(surface: Surface, made: Schedule, *, with_token: bool) -> View:
    workspace = surface.workspace
    limits = _limits(made)
    upcoming = workspace.schedules.next_times(made, 3)
    blocks: list[Block] = [
        line(
            "Schedule ",
            Span(str(made.id), "strong"),
            f": {made.pipeline}@{made.version}, {_when(made)} ({made.timezone}).",
        ),
        *([line("That is: ", words)] if (words := _words(made)) else []),
        *([line("Limits: ", limits)] if limits else []),
        *([line("Next: ", ", ".join(_on_its_clock(made, upcoming)))] if upcoming else []),
        *_without_files(surface, made),
        *_unreported(surface, made),
        _when_it_fires(surface, made),
    ]
    token = workspace.schedules.calls.issue(made.id) if with_token else None
    if token is not None:
        blocks += [
            line("Token, shown only now: ", Span(token, "strong")),
            line(
                f"Call: POST /call/{made.id} of a scheduler that listens (nbmlops scheduler "
                f"--listen), or nbmlops/api/call?notebook=…&schedule={made.id} of Jupyter."
            ),
        ]
    found = document("schedule/1", schedule=made, next=upcoming, token=token)
    return View(document=found, blocks=tuple(blocks))


def _without_files(surface: Surface, made: Schedule) -> list[Block]:
    """A word on patterns that fit nothing: they may be for files to come, or wrong."""
    from nbmlops.scheduling.triggers.files import without_files

    found = without_files(surface.workspace.project, made.trigger)
    if not found:
        return []
    named = ", ".join(repr(pattern) for pattern in found)
    told = f"No file is there now for {named}; it fires when one is."
    return [line(Span(told, "warn"))]


def _unreported(surface: Surface, made: Schedule) -> list[Block]:
    """A word on metrics that no run has reported: they may be of runs to come, or wrong."""
    return [
        line(
            Span(
                f"No run of {cause.pipeline} has reported a metric {cause.metric!r} so far.", "warn"
            )
        )
        for cause in made.trigger.causes
        if isinstance(cause, MetricCrossed)
        and not any(
            cause.metric in run.metrics
            for run in surface.workspace.runs.newest(pipeline=cause.pipeline)
        )
    ]


def _when_it_fires(surface: Surface, made: Schedule) -> Block:
    if not made.paused:
        return line("It fires while a scheduler runs: ", Span("nbmlops scheduler", "strong"))
    reason = f"It is still paused: {(made.pause_reason or '').rstrip('.')}. Let it go on: "
    return line(Span(reason, "warn"), Span(f"{surface.prefix} resume {made.id}", "strong"))


def _backfills(surface: Surface) -> list[Block]:
    """The backfills that are not done, which have no times to come and are in no list."""
    workspace = surface.workspace
    blocks: list[Block] = []
    for one in workspace.backfills.all():
        counts = workspace.backfills.counts(one.id)
        left = counts.get(FireStatus.DUE, 0) + counts.get(FireStatus.CLAIMED, 0)
        if left:
            said = f"{left} of {sum(counts.values())} to run{', paused' if one.paused else ''}"
            see = Span(f"{surface.prefix} schedules {one.id}", "strong")
            blocks.append(
                line(f"Backfill {one.id} of {one.pipeline}@{one.version}: {said}. See it: ", see)
            )
    return blocks


@click.command()
@click.argument("schedule_id", metavar="[SCHEDULE]", type=int, required=False)
@click.option("--fires", "with_fires", is_flag=True, help="List the latest due times as well.")
@click.option(
    "--status",
    type=click.Choice([str(one) for one in FireStatus]),
    help="List those due times alone that stand so.",
)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many due times of each, newest first.",
)
@json_option
@click.pass_obj
def schedules(
    surface: Surface,
    schedule_id: int | None,
    with_fires: bool,
    status: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List schedules: what, when, next due time, last result; or show one of them."""
    service = surface.workspace.schedules
    found = service.all() if schedule_id is None else [service.get(schedule_id)]
    asked = FireStatus(status) if status else None
    with_fires = with_fires or asked is not None or schedule_id is not None
    ledger = {item.id: service.fires(item, limit=limit, status=asked) for item in found}
    latest = {item.id: service.fires(item, limit=1) for item in found} if asked else ledger
    upcoming = {item.id: service.next_times(item, 1) for item in found}
    blocks: list[Block] = [_schedules_table(found, latest, upcoming)]
    if with_fires:
        blocks += [
            _fires_table(surface, item, ledger[item.id]) for item in found if ledger[item.id]
        ]
    if schedule_id is not None:
        blocks += _rest(surface, found[0], ledger[schedule_id], asked)
    if not found:
        blocks = [
            line(
                "No schedule yet. Make one: ",
                Span(f"{surface.prefix} schedule PIPELINE --cron '0 6 * * *'", "strong"),
            )
        ]
    if schedule_id is None:
        blocks += _backfills(surface)
    listing = [
        {
            "schedule": item,
            "next": upcoming[item.id],
            "fires": ledger[item.id],
            "removed": _removed(surface, ledger[item.id]),
        }
        for item in found
    ]
    view = View(document=document("schedules/1", schedules=listing), blocks=tuple(blocks))
    answer(surface, view, as_json=as_json)


def _rest(
    surface: Surface, item: Schedule, listed: list[Fire], asked: FireStatus | None
) -> list[Block]:
    """What there is besides the due times that are listed of one schedule."""
    counts = surface.workspace.backfills.counts(item.id)
    total = counts.get(asked, 0) if asked else sum(counts.values())
    if not total:
        what = f"{asked}" if asked else "due"
        told = f"Nothing of it is {what}." if asked else "It has had no due time yet."
        return [line(told)]
    if total <= len(listed):
        return []
    more = f"{surface.prefix} schedules {item.id}{f' --status {asked}' if asked else ''} -n {total}"
    said = f"The latest {len(listed)} of {total} due times: "
    return [line(said, Span(more, "strong"), " lists more.")]


@click.command()
@click.argument("schedule_id", metavar="SCHEDULE", type=int)
@click.option("--reason", default="", help="Why; kept with the schedule. Who paused it by default.")
@click.pass_obj
def pause(surface: Surface, schedule_id: int, reason: str) -> None:
    """Let a schedule fire no more, until `resume`."""
    paused = surface.workspace.schedules.pause(schedule_id, reason)
    confirm(surface, paused, f"Schedule {paused.id} ({paused.pipeline}) is paused.")


@click.command()
@click.argument("schedule_id", metavar="SCHEDULE", type=int)
@click.pass_obj
def unschedule(surface: Surface, schedule_id: int) -> None:
    """Remove a schedule; its runs stay."""
    gone = surface.workspace.schedules.get(schedule_id)
    surface.workspace.schedules.delete(schedule_id)
    confirm(surface, gone, f"Schedule {gone.id} ({gone.pipeline}) is removed; its runs stay.")


@click.command(name="scheduler-worker", hidden=True)
@click.option("--fire", "fire_id", type=int, required=True)
@click.option("--token", type=int, required=True)
@click.pass_obj
def scheduler_worker(surface: Surface, fire_id: int, token: int) -> None:
    """Run one claimed due time; the scheduler starts this."""
    surface.workspace.run_fire(fire_id, token)


@click.command(name="scheduler-nursery", hidden=True)
@click.pass_obj
def scheduler_nursery(surface: Surface) -> None:
    """Fork a worker for each due time; the scheduler starts this."""
    from nbmlops.scheduling.nursery import nursed

    hatched = nursed(surface.workspace.prepare_workers)
    if hatched is not None:
        surface.workspace.go_on_forked()
        surface.workspace.run_fire(hatched.fire, hatched.token)
        hatched.departure.allow(hatched.inherited)


def confirm(surface: Surface, item: Schedule, message: str, *, as_json: bool = False) -> None:
    """Say what became of a schedule."""
    view = View(document=document("schedule/1", schedule=item), blocks=(line(message),))
    answer(surface, view, as_json=as_json)


def _schedules_table(
    found: list[Schedule], ledger: dict[int, list[Fire]], upcoming: dict[int, list[datetime]]
) -> Block:
    rows = []
    for item in found:
        last = ledger[item.id][0] if ledger[item.id] else None
        rows.append(
            (
                Span(str(item.id), "strong"),
                f"{item.pipeline}@{item.version}",
                _when(item),
                item.timezone,
                wording.parameters(item.parameters),
                _limits(item) or "-",
                _next(item, upcoming[item.id]),
                wording.status(last.status if last else None),
            )
        )
    columns = ("id", "pipeline", "when", "time zone", "parameters", "limits", "next", "last")
    return table(columns, rows)


def _when(item: Schedule) -> str:
    from nbmlops.scheduling.triggers.words import in_words

    return in_words(item.trigger, item.timezone)


def _words(item: Schedule) -> str:
    """A cron expression as a phrase; empty where it is none, or more than one."""
    from nbmlops.scheduling.cron import CronTrigger

    return CronTrigger(item.cron, item.timezone).in_words() if item.cron else ""


def _limits(item: Schedule) -> str:
    missed = "" if item.missed == "all" else f"missed {item.missed}"
    said = (rules_in_words(item.rules), missed, policies_in_words(item.policies))
    return ", ".join(filter(None, said))


def _next(item: Schedule, upcoming: list[datetime]) -> Span | str:
    if item.paused:
        return Span(f"paused: {item.pause_reason}", "warn")
    if upcoming:
        return _on_its_clock(item, upcoming)[0]
    return "on its event" if item.trigger.watched else "-"


def _on_its_clock(item: Schedule, moments: list[datetime]) -> list[str]:
    place = zone(item.timezone)
    return [wording.when_there(moment, place) for moment in moments]


def _removed(surface: Surface, fires: list[Fire]) -> list[int]:
    """The due times of whose runs the files were removed."""
    gone = surface.workspace.run_retention.removed([fire.run_id for fire in fires if fire.run_id])
    return [fire.id for fire in fires if fire.run_id in gone]


def _note(fire: Fire, *, is_gone: bool) -> str:
    removed = "report, outputs and log removed" if is_gone else ""
    return "; ".join(filter(None, [fire.note, removed]))


def _fires_table(surface: Surface, item: Schedule, fires: list[Fire]) -> Block:
    runs = surface.workspace.runs.references([fire.run_id for fire in fires if fire.run_id])
    gone = surface.workspace.run_retention.removed(list(runs))
    with_values = any(fire.parameters for fire in fires)
    rows: list[tuple[Span | str, ...]] = [
        (
            wording.when(fire.due_at),
            *((wording.parameters(fire.parameters),) if with_values else ()),
            wording.status(fire.status),
            runs.get(fire.run_id or 0, "-"),
            str(fire.attempts),
            fire.cause or "",
            _note(fire, is_gone=fire.run_id in gone),
        )
        for fire in fires
    ]
    values = ("parameters",) if with_values else ()
    columns = ("due", *values, "status", "run", "attempts", "cause", "note")
    return table(columns, rows, title=f"Schedule {item.id}", right=("attempts",))
