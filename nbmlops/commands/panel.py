"""The verb ``panel``: the panel in the output of a cell."""

from __future__ import annotations

import click

from nbmlops.commands.steps import in_notebook
from nbmlops.commands.surface import Surface
from nbmlops.domain.references import StepReference


@click.command()
@click.argument("step", required=False)
@click.pass_obj
def panel(surface: Surface, step: str | None) -> None:
    """Show steps, pipeline, runs, schedules and approvals below the cell.

    Works in every notebook front end that shows widgets. With STEP, its versions come first.
    """
    if step is not None:
        reference = in_notebook(surface, StepReference.parse(step))
        found = surface.workspace.history.step(reference.name, reference.notebook)
        step = f"{found.notebook}:{found.name}"
    surface.open_panel(step)
