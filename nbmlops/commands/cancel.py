"""The verb ``cancel``: stop a run that another process drives."""

from __future__ import annotations

import click

from nbmlops.commands.runs import failure_sentence
from nbmlops.commands.show import find_run
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Span, View, line
from nbmlops.domain.runs import Run
from nbmlops.domain.wire import document


@click.command()
@click.argument("run_reference", metavar="RUN")
@click.option("--force", is_flag=True, help="Kill its process if it has not stopped in 20 seconds.")
@json_option
@click.pass_obj
def cancel(surface: Surface, run_reference: str, force: bool, as_json: bool) -> None:
    """Stop a run (flights#3) that goes on in another process of this machine.

    Its cell is interrupted and the run closed as cancelled, with its notebook. A due time of a
    schedule is not tried again. --force kills the process that drives it, also where that is a
    notebook's kernel.
    """

    def tell(said: str) -> None:
        if not as_json:
            surface.print(said)

    run = find_run(surface, run_reference)
    done = surface.workspace.runs.cancel(run, force=force, tell=tell)
    view = View(
        document=document("run/1", run=done),
        blocks=(line(Span(failure_sentence(done) if done.failure else _ended(done), "strong")),),
    )
    answer(surface, view, as_json=as_json)


def _ended(done: Run) -> str:
    return f"{done.reference} had ended before: {done.status}."
