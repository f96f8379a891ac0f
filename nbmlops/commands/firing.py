"""The verbs ``trigger`` and ``next``: fire a schedule now, and when it will by itself."""

from __future__ import annotations

import click

from nbmlops.commands import wording
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.wire import document
from nbmlops.scheduling.timezones import zone


@click.command()
@click.argument("schedule_id", metavar="SCHEDULE", type=int)
@json_option
@click.pass_obj
def trigger(surface: Surface, schedule_id: int, as_json: bool) -> None:
    """Make a schedule due now, besides its own times.

    Its logical time is the present. It waits in the queue for what runs, and is run by the
    scheduler.
    """
    service = surface.workspace.schedules
    fire = service.fire_now(schedule_id)
    found = service.get(schedule_id)
    blocks = (
        line(
            f"Schedule {found.id} ({found.pipeline}@{found.version}) is due now, ",
            f"{wording.when(fire.due_at)}. ",
            "It runs while a scheduler does: ",
            Span("nbmlops scheduler", "strong"),
        ),
    )
    view = View(document=document("fire/1", schedule=found, fire=fire), blocks=blocks)
    answer(surface, view, as_json=as_json)


@click.command(name="next")
@click.argument("schedule_id", metavar="SCHEDULE", type=int)
@click.option(
    "-n", "count", type=click.IntRange(1, 1000), default=5, show_default=True, help="How many."
)
@json_option
@click.pass_obj
def next_(surface: Surface, schedule_id: int, count: int, as_json: bool) -> None:
    """Say when a schedule is due next, on its own clock and on yours."""
    service = surface.workspace.schedules
    found = service.get(schedule_id)
    upcoming = service.next_times(found, count)
    there = zone(found.timezone)
    rows = [
        (f"{moment.astimezone(there):%a %Y-%m-%d %H:%M:%S %Z}", wording.when(moment))
        for moment in upcoming
    ]
    blocks: list[Block] = [table((found.timezone, "here"), rows)]
    if found.paused:
        blocks = [line(f"Schedule {found.id} is paused: {found.pause_reason}.")]
    elif not upcoming:
        blocks = [line(f"The clock alone does not make schedule {found.id} due again.")]
    view = View(document=document("next/1", schedule=found, next=upcoming), blocks=tuple(blocks))
    answer(surface, view, as_json=as_json)
