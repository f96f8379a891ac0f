"""The verb that the tasks of other tools call: deployed-task."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from nbmlops.commands.assignments import given
from nbmlops.commands.runs import drive, failure_sentence
from nbmlops.commands.surface import Surface
from nbmlops.domain.deployments import TaskOrder
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.wire import spelled, structured
from nbmlops.errors import NbmlopsError, NotApprovedError, UsageError


@click.command(name="deployed-task", hidden=True)
@click.option("--result", type=click.Path(path_type=Path), help="Write here how it ended.")
@click.option("--order", "text", help="What is asked for, as JSON; on standard input if not.")
@click.option("--trigger", default="", help="Names the run of the other tool.")
@click.option("--at", default="", help="The time that the run is for.")
@click.option("--scheduled", is_flag=True, help="The other tool's clock started it.")
@click.option("-p", "--parameter", "assignments", multiple=True, metavar="NAME=VALUE")
@click.pass_obj
def deployed_task(
    surface: Surface,
    /,
    result: Path | None,
    text: str | None,
    trigger: str,
    at: str,
    scheduled: bool,
    assignments: tuple[str, ...],
) -> None:
    """Run what a task of another tool asks for; the file of that tool starts this.

    Exits with 2 where another try would be refused as well.
    """
    performer = surface.workspace.performer
    try:
        order = _order(text, trigger=trigger, at=at, scheduled=scheduled)
        version = performer.version(order)
        values = given(version.spec.parameters, assignments, None)
        asked = replace(order, parameters=order.parameters | values)
        drive(
            surface,
            version.reference,
            lambda observer, on_started: _noted(
                performer.perform(asked, version, observer=observer, on_started=on_started), result
            ),
            as_json=False,
        )
    except NbmlopsError as error:
        again = not isinstance(error, NotApprovedError | UsageError)
        if result is not None and not result.exists():
            told = {"status": "refused", "failure": str(error), "again": again}
            result.write_text(json.dumps(told), encoding="utf-8")
        if isinstance(error, NotApprovedError):
            raise UsageError(error.message, cure=error.cure) from error
        raise


def _order(text: str | None, *, trigger: str, at: str, scheduled: bool) -> TaskOrder:
    """What a task asks for; the other tool fills in what differs from run to run."""
    found = json.load(sys.stdin) if text is None else json.loads(text)
    if trigger:
        found |= {"trigger": trigger, "scheduled": scheduled}
    if at:
        found["logical_date"] = _moment(at).isoformat()
    order: TaskOrder = structured(found, TaskOrder)
    return order


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no time.", cure="Write it with its offset: 2026-11-01T06:00:00Z."
        ) from error
    if found.tzinfo is None:
        raise UsageError(f"{text!r} has no offset.", cure="Write it: 2026-11-01T06:00:00Z.")
    return found


def _noted(done: Run, result: Path | None) -> Run:
    """Write down for the task how its run has ended."""
    told = {
        "run": done.reference,
        "status": str(done.status),
        "metrics": spelled(done.metrics),
        "failure": None if done.status is RunStatus.SUCCEEDED else failure_sentence(done),
    }
    if result is not None:
        result.write_text(json.dumps(told), encoding="utf-8")
    return done
