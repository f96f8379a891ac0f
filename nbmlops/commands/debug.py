"""The verb debug: the state right before a run failed, in the running kernel."""

from __future__ import annotations

import click

from nbmlops.commands.runs import failure_sentence
from nbmlops.commands.show import find_run
from nbmlops.commands.surface import Surface, json_option
from nbmlops.commands.timetravel import dry_run_option, go_to, live_kernel, yes_option
from nbmlops.errors import UsageError
from nbmlops.history.debugging import before_failure


@click.command()
@click.argument("run", metavar="RUN")
@yes_option
@dry_run_option
@json_option
@click.pass_obj
def debug(surface: Surface, run: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Bring the state right before RUN failed (flights#3) into this kernel.

    Type it in the notebook of the pipeline. Every variable is put back as it was before the cell
    that failed, and the cell is put below, to be mended. What the run did not keep is made again
    by running its cells, which needs --yes: the list of them is shown before. Files stay as they
    are. Once the cell is mended in the notebook, resume RUN goes on from there.
    """
    live = live_kernel(surface, "debug")
    workspace = surface.workspace
    failed = find_run(surface, run)
    version = workspace.pipelines.of_run(failed)
    if version.spec.notebook != live.notebook:
        raise UsageError(
            f"{failed.reference} ran {version.spec.notebook}.",
            cure="Open that notebook, and type it there.",
        )
    scene = before_failure(failed, version, workspace.runs.executions(failed))
    if not as_json:
        surface.print(failure_sentence(failed))
    told = f"debug {failed.reference}"
    if not go_to(surface, live, scene.target, told, yes=yes, dry_run=dry_run, as_json=as_json):
        return
    given = workspace.values.load_all(scene.taken)
    surface.assign(given.values)
    surface.offer_cell(scene.cell.source)
    if as_json:
        return
    if given.values:
        surface.print(f"Results that the run had taken are here too: {', '.join(given.values)}.")
    for name, why in {**scene.missing, **given.missing}.items():
        surface.print(f"Not here: {name} ({why}).")
    surface.print(
        "The cell that failed is below. Mend it in its own place in the notebook, save, and go "
        f"on: {surface.prefix} resume {failed.reference}"
    )
