"""The verb debug: the state right before a run failed, in the running kernel."""

from __future__ import annotations

from pathlib import Path

import click

from nbmlops.capture import randomness
from nbmlops.commands import wording
from nbmlops.commands.runs import failure_sentence
from nbmlops.commands.show import find_run
from nbmlops.commands.surface import Surface, json_option
from nbmlops.commands.timetravel import (
    Agreed,
    dry_run_option,
    go_to,
    in_place_option,
    live_kernel,
    yes_option,
)
from nbmlops.history.debugging import before_failure, check_place
from nbmlops.notebook.labels import label_of


@click.command()
@click.argument("run", metavar="RUN")
@yes_option
@in_place_option
@dry_run_option
@json_option
@click.pass_obj
def debug(
    surface: Surface, run: str, yes: bool, in_place: bool, dry_run: bool, as_json: bool
) -> None:
    """Bring the state right before RUN failed (flights#3) into this kernel.

    Type it in the notebook of the pipeline, or in IPython. Every variable is put back as it was
    before the cell that failed, and the cell is put below, or at the next prompt, to be mended.
    What the run did not keep is made again by running its cells, which needs --yes: the list of
    them is shown before; --in-place lets them write over files that are there. Other files stay
    as they are. Once the cell is mended in the notebook, resume
    RUN goes on from there.
    """
    live = live_kernel(surface, "debug")
    workspace = surface.workspace
    failed = find_run(surface, run)
    version = workspace.pipelines.of_run(failed)
    here = live.notebook if surface.notebook is not None else None
    check_place(failed.reference, version.spec.notebook, here=here)
    scene = before_failure(failed, version, workspace.runs.executions(failed))
    if not as_json:
        surface.print(failure_sentence(failed))
    workspace.time_travel.join(scene.target, scene.line)
    told = f"debug {failed.reference}"
    if not go_to(
        surface,
        live,
        scene.target,
        told,
        Agreed(yes=yes, in_place=in_place),
        dry_run=dry_run,
        as_json=as_json,
        tells_random=not scene.generators,
        also={"steps": workspace.runs.steps(failed)} if as_json else None,
    ):
        return
    states = workspace.values.load_all(scene.generators)
    randomness.bring_back({name: state[name] for name, state in states.values.items()})
    place = surface.offer_cell(scene.cell.source)
    if as_json:
        return
    for name, why in states.missing.items():
        surface.print(f"Not as it was: the random state of {name} ({why}).")
    folder = (workspace.project / version.spec.notebook).parent
    if here is None and Path.cwd() != folder:
        surface.print(f"Its files are in another folder: %cd {folder}")
    surface.print(
        f"The cell that failed is {place}. Mend it, save it in its own place in "
        f"{version.spec.notebook}, and go on: {surface.prefix} resume {failed.reference}"
    )
    if here is not None and scene.cell.step is not None and label_of(scene.cell.source) is not None:
        surface.print(wording.two_cells(scene.cell.step))
