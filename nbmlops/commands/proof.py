"""The verbs of proof: slice, verify."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbmlops.commands import wording
from nbmlops.commands.executions import named_execution
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.stopping import stoppable
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.differences import Change
from nbmlops.domain.executions import Execution
from nbmlops.domain.references import StepReference
from nbmlops.domain.verifications import Cause, OutputVerdict, Verdict, Verification
from nbmlops.domain.wire import document
from nbmlops.errors import NotReproducedError, StoreError

if TYPE_CHECKING:
    from nbmlops.history.slicing import WrittenSlice
    from nbmlops.history.verification_report import VerificationReport


class _Tolerance(click.FloatRange):
    """A number of 0 or more; says so of anything else."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no relative difference: write 0 or more, such as 1e-9", param)


@click.command("slice")
@click.argument("result", metavar="THING")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; slice-THING.ipynb beside the notebook by default.",
)
@click.option("--no-prove", is_flag=True, help="Write the notebook, but do not run it.")
@click.option(
    "--in-place",
    is_flag=True,
    help="Run the cells in the notebook's own folder: what they write there is written over.",
)
@json_option
@click.pass_obj
def slice_(
    surface: Surface,
    result: str,
    target: Path | None,
    no_prove: bool,
    in_place: bool,
    as_json: bool,
) -> None:
    """Write a clean notebook that makes a recorded result again, and prove it.

    THING is a variable, a metric, a step or a version such as train@2. The notebook holds what
    was really executed and is needed, in that order, and nothing else; it is run in a clean
    kernel, on copies of the files that it needs, and its result compared with the record. Exits
    with 1 when it differs.
    """
    if in_place and not no_prove:
        _warn(result)
    workspace = surface.workspace
    notebook = workspace.notebook_key(surface.notebook) if surface.notebook else None
    progress = nullcontext() if no_prove else surface.progress(f"slice of {result}")
    with stoppable(), progress as observer:
        made = workspace.slices.write(
            result,
            notebook=notebook,
            session=surface.session,
            target=target,
            observer=observer,
            in_place=in_place,
        )
    answer(surface, _slice_view(made), as_json=as_json)
    if made.proof is not None and made.proof.verdict is Verdict.DIFFERENT:
        raise NotReproducedError(
            f"The slice of {result} does not make what was recorded.",
            cure=f"The notebook {made.path.name} is kept: run it, and look where it differs.",
        )


@click.command()
@click.argument("version")
@click.option(
    "--tolerance",
    type=_Tolerance(min=0),
    metavar="RELATIVE",
    help="How far numbers may differ, relative to the larger one, such as 1e-9; not at all by "
    "default.",
)
@click.option(
    "--in-place",
    is_flag=True,
    help="Run the cells in the notebook's own folder: what they write there is written over.",
)
@json_option
@click.pass_obj
def verify(
    surface: Surface, version: str, tolerance: float | None, in_place: bool, as_json: bool
) -> None:
    """Prove that a version can be repeated, by running it again in a clean kernel.

    VERSION is a version of a step such as train@2, or @12, an execution of any cell: see log. It
    gets its recorded inputs, modules and random state, and copies of the files that it needs; what
    was not kept is rebuilt first. Each output, metric and written file is identical, within
    the tolerance, different (where, and probably why) or not comparable. The verdict is kept with
    it. Exits with 1 when it differs.
    """
    if in_place:
        _warn(version)
    what: StepReference | Execution | None = named_execution(surface, version)
    if what is None:
        what = in_notebook(surface, StepReference.parse(version))
        surface.workspace.history.version(what)  # what there is not is said before kernels load
    with stoppable(), surface.progress(f"verify {version}") as observer:
        report = surface.workspace.verifications.verify(
            what, tolerance=tolerance, observer=observer, in_place=in_place
        )
    answer(surface, _report_view(report), as_json=as_json)
    if report.unkept is not None:
        told = f"This verdict was not kept. {report.unkept.message}"
        raise StoreError(told, cure=report.unkept.cure)
    if report.verification.verdict is Verdict.DIFFERENT:
        raise NotReproducedError(
            f"{report.repeated} does not repeat what was recorded.",
            cure=f"Look at it: nbmlops show {report.repeated}",
        )


def _warn(what: str) -> None:
    """Say beforehand, beside the answer, what is about to be written over."""
    click.echo(
        f"{what} runs in the notebook's own folder: what its cells write is written over.",
        err=True,
    )


def verification_blocks(found: Verification) -> list[Block]:
    """A verification as blocks: the verdict, and what each output showed."""
    allowed = "" if found.tolerance is None else f" (tolerance {found.tolerance:g})"
    told = f", {wording.when(found.verified_at)} by {found.author}{allowed}"
    blocks: list[Block] = [line("Verified: ", wording.verdict(found.verdict), told)]
    if found.outputs:
        blocks.append(_verdict_table(found.outputs))
    if found.reason:
        blocks.append(line(found.reason))
    return blocks


def _verdict_table(outputs: tuple[OutputVerdict, ...]) -> Block:
    rows = [
        (Span(item.name, "strong"), wording.verdict(item.verdict), item.why or "-")
        for item in outputs
    ]
    return table(("output", "verdict", "why"), rows)


def _slice_view(made: WrittenSlice) -> View:
    found = made.slice
    cells = wording.count(len(found.cells), "cell")
    share = f" of {found.executed} executed" if found.share else ""
    blocks: list[Block] = [
        line(Span(str(made.path), "strong"), f": {cells}{share}"),
        *(line(Span("Note: ", "warn"), note) for note in found.notes),
        *(
            line(Span("Missing: ", "bad"), f"{name} was made by nothing that was recorded")
            for name in found.missing
        ),
    ]
    if made.proof is not None:
        told = f": {made.proof.why}" if made.proof.why else ""
        blocks.append(line("Run in a clean kernel: ", wording.verdict(made.proof.verdict), told))
    else:
        blocks.append(line(Span("Not run: whether it makes the result is not proved.", "dim")))
    return View(
        document=document(
            "slice/1", thing=made.thing, path=str(made.path), slice=found, proof=made.proof
        ),
        blocks=tuple(blocks),
    )


def _report_view(report: VerificationReport) -> View:
    blocks: list[Block] = [line(Span(report.repeated, "strong"))]
    blocks += verification_blocks(report.verification)
    if report.rebuilt:
        blocks.append(line(f"Made again, as it was not kept: {', '.join(report.rebuilt)}"))
    edited = [path for path in report.changed if path.endswith(".py")]
    if edited and report.cause is not Cause.CODE:
        told = f"Edited since, so that the recorded source ran: {', '.join(edited)}"
        blocks.append(line(told))
    if report.not_redirected:
        told = "Whole paths in the code were not redirected: they led to the project, not the copy."
        blocks.append(line(Span("Note: ", "warn"), told))
    if report.environment:
        blocks.append(_environment_table(report.environment))
    return View(
        document=document(
            "verification/1",
            version=report.version,
            verification=report.verification,
            cause=report.cause,
            environment=report.environment,
            rebuilt=report.rebuilt,
            changed=report.changed,
            in_place=report.in_place,
            not_redirected=report.not_redirected,
        ),
        blocks=tuple(blocks),
    )


def _environment_table(changes: tuple[Change, ...]) -> Block:
    rows = [(change.name, change.before or "-", change.after or "-") for change in changes]
    return table(("environment", "recorded", "now"), rows)
