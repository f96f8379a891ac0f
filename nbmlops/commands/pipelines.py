"""The verbs of pipelines: build, pipelines, approve, request-changes, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click

from nbmlops.commands import proving, wording
from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.rules import step_rules_in_words
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.tests import tests_said
from nbmlops.commands.views import Block, Content, Drawing, Facts, Span, View, line, table
from nbmlops.domain.approvals import CellDecision, CellReview
from nbmlops.domain.cell_tests import CellTestRecord
from nbmlops.domain.pipelines import BuildResult, PipelineSpec, PipelineVersion, StepsFrom
from nbmlops.domain.proofs import Proof
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.schedules import Schedule
from nbmlops.domain.wire import document, pretty
from nbmlops.errors import UsageError
from nbmlops.pipelines import draw
from nbmlops.pipelines.typed import describe
from nbmlops.pipelines.typed.schema import json_schema


@click.command()
@click.argument("notebook", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="The pipeline's name; the notebook's file name by default.")
@click.option(
    "--steps",
    "steps_from",
    type=click.Choice(get_args(StepsFrom)),
    default="named",
    show_default=True,
    help="What is a step: each named cell, each section of the notebook, each cell that does more "
    "than import and define, or each cell.",
)
@click.option("--mermaid", is_flag=True, help="Print the DAG as a Mermaid flowchart, no more.")
@click.option(
    "--prove",
    is_flag=True,
    help="Run the notebook straight and as the pipeline, and compare all that they leave.",
)
@click.option(
    "--prove-each",
    is_flag=True,
    help="As --prove, and run every step once more with recorded results for the others; --prove "
    "does so for the first 12.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    metavar="RELATIVE",
    help="With --prove: how far numbers may differ, such as 1e-9; not at all by default.",
)
@parameter_options
@json_option
@click.pass_obj
def build(
    surface: Surface,
    notebook: Path | None,
    name: str | None,
    steps_from: StepsFrom,
    mermaid: bool,
    prove: bool,
    prove_each: bool,
    tolerance: float | None,
    assignments: tuple[str, ...],
    params_file: Path | None,
    as_json: bool,
) -> None:
    """Turn a notebook into a pipeline: its DAG, its parameters, what is left out.

    In a notebook, NOTEBOOK is the notebook itself. It may be a .pipeline file of Elyra or a
    pipeline.yaml of Ploomber, too: each of their nodes is a step in a process of its own. --prove
    runs it straight, from top to bottom, and as the pipeline, each in a copy of the project, and
    keeps what the comparison showed with the version. Exits with 1 when the proof fails.
    """
    prove = prove or prove_each
    if tolerance is not None and not prove:
        raise UsageError("--tolerance is that of a proof.", cure="Add --prove.")
    if (assignments or params_file is not None) and not prove:
        raise UsageError("Parameters are those of a proof: a build has none.", cure="Add --prove.")
    path = notebook if notebook is not None else surface.save_session(name)
    workspace = surface.workspace
    workspace.renames.adopt(workspace.notebook_key(path))
    result = workspace.pipelines.build(path, name=name, steps_from=steps_from)
    version = result.version
    if prove:
        values = given(version.spec.parameters, assignments, params_file)
        proof: Proof | None = proving.prove(surface, version, values, tolerance, each=prove_each)
    else:
        proof = workspace.proofs.of(version)
    if mermaid and not as_json:
        surface.print(draw.mermaid(version.spec).rstrip("\n"))
    else:
        answer(surface, _build_view(surface, result, proof), as_json=as_json)
    if prove and proof is not None:
        proving.require(version, proof)


@click.command()
@click.argument("pipeline", required=False)
@click.option("--schema", "as_schema", is_flag=True, help="Print its parameters as JSON Schema.")
@json_option
@click.pass_obj
def pipelines(surface: Surface, pipeline: str | None, as_schema: bool, as_json: bool) -> None:
    """List the pipelines with their latest version, its proof and its approval.

    With PIPELINE, the versions of that one. --schema prints the parameters that a run of it
    takes, from which a form can be made.
    """
    service = surface.workspace.pipelines
    if as_schema:
        if pipeline is None:
            raise UsageError(
                "A schema is that of one pipeline.", cure="Name it: nbmlops pipelines NAME --schema"
            )
        version = service.get(PipelineReference.parse(pipeline))
        surface.print(pretty(json_schema(version.spec.parameters, title=version.reference)))
        return
    latest = [service.get(PipelineReference(name=name)) for name in service.names()]
    last: PipelineVersion | None = None
    if pipeline is not None:
        reference = PipelineReference.parse(pipeline)
        one = service.get(reference)
        latest = service.versions(one.spec.name) if reference.version == "latest" else [one]
        last = one if latest[-1].id != one.id else None
    proofs = surface.workspace.proofs.latest(latest)
    rows = [
        (
            Span(version.reference, "strong"),
            version.spec.notebook,
            str(len(version.spec.steps)),
            proving.verdict(proofs.get(version.id)),
            wording.status(_decision(version)),
            version.author,
            wording.when(version.created_at),
        )
        for version in latest
    ]
    columns = ("pipeline", "notebook", "steps", "proof", "approval", "built by", "when")
    listing: Block = table(columns, rows, right=("steps",))
    if not rows:
        listing = line("No pipeline yet. Build one: ", Span(f"{surface.prefix} build", "strong"))
    verdicts = {one.reference: proofs[one.id].verdict for one in latest if one.id in proofs}
    content = document("pipelines/1", pipelines=latest, proofs=verdicts)
    blocks = [listing]
    if last is not None:
        blocks.append(line(Span(last.reference, "strong"), " was built last: it is the latest."))
    answer(surface, View(document=content, blocks=tuple(blocks)), as_json=as_json)


cell_option = click.option(
    "--cell", metavar="CELL", help="Decide on this cell alone: a step, or a number such as 4."
)
"""``--cell``, of the verbs that decide on a version."""


@click.command()
@click.argument("pipeline")
@click.option("--comment", default="", help="Why: required, and kept with the decision.")
@cell_option
@click.option(
    "--require-verified",
    is_flag=True,
    help="Refuse unless each step's version was verified and reproduced.",
)
@click.option(
    "--require-proof", is_flag=True, help="Refuse unless build --prove has proved the version."
)
@json_option
@click.pass_obj
def approve(
    surface: Surface,
    pipeline: str,
    comment: str,
    cell: str | None,
    require_verified: bool,
    require_proof: bool,
    as_json: bool,
) -> None:
    """Approve a pipeline version, so that it can be scheduled.

    PIPELINE is a name, for the version that was built last, or a version such as flights@2. The
    former must be that of the notebook as it is now; an edited notebook needs a new build first,
    and so does one that went back to what it was. The settings require_proof
    and require_verified ask of every approval what the options ask of one.

    With --cell the decision is on that cell alone: it answers a request of changes, and lets
    nothing be scheduled.
    """
    workspace = surface.workspace
    reference = PipelineReference.parse(pipeline)
    version = workspace.pipelines.get(reference)
    if reference.version == "latest":
        workspace.pipelines.check_unchanged(version)
    if cell is not None:
        _decide_on_cell(surface, version, cell, "approved", comment, as_json=as_json)
        return
    if require_verified:
        workspace.approvals.require_verified(version)
    if require_proof:
        workspace.approvals.require_proof(version)
    approved = workspace.approvals.approve(version, comment=comment)
    tests = _tests_of(surface, approved)
    view = _decision_view(surface, approved, before=version, tests=tests)
    view = replace(view, blocks=(*view.blocks, *_still_paused(surface, approved)))
    answer(surface, view, as_json=as_json)


@click.command(name="request-changes")
@click.argument("pipeline")
@click.option("--comment", default="", help="What is to change: required, and kept.")
@cell_option
@json_option
@click.pass_obj
def request_changes(
    surface: Surface, pipeline: str, comment: str, cell: str | None, as_json: bool
) -> None:
    """Say what is to change before a version is approved.

    It waits for a decision no more, until it is approved after all or another one is built. What
    is requested of one --cell stands until a version changes it, or the cell is approved.
    PIPELINE is a name, for the version that was built last, or a version such as flights@2. An
    approval is taken back with withdraw instead.
    """
    workspace = surface.workspace
    version = workspace.pipelines.get(PipelineReference.parse(pipeline))
    if cell is not None:
        _decide_on_cell(surface, version, cell, "changes requested", comment, as_json=as_json)
        return
    stops = workspace.schedules.firing(version)
    returned = workspace.approvals.request_changes(version, comment=comment)
    view = _decision_view(surface, returned, before=version)
    view = replace(view, blocks=(*view.blocks, *_paused(surface, stops)))
    answer(surface, view, as_json=as_json)


@click.command()
@click.argument("pipeline")
@click.option("--comment", default="", help="Why: required, and kept with the decision.")
@json_option
@click.pass_obj
def withdraw(surface: Surface, pipeline: str, comment: str, as_json: bool) -> None:
    """Take an approval back; its schedules and backfills pause at once.

    What they have begun goes on. Approve the version again, then: nbmlops resume.
    """
    workspace = surface.workspace
    reference = PipelineReference.parse(pipeline)
    version = (
        workspace.approvals.approved_version(reference.name)
        if "@" not in pipeline
        else workspace.pipelines.get(reference)
    )
    stops = workspace.schedules.firing(version)
    withdrawn = workspace.approvals.withdraw(version, comment=comment)
    view = _decision_view(surface, withdrawn, before=version)
    view = replace(view, blocks=(*view.blocks, *_paused(surface, stops)))
    answer(surface, view, as_json=as_json)


def _decide_on_cell(
    surface: Surface,
    version: PipelineVersion,
    cell: str,
    decision: CellDecision,
    comment: str,
    *,
    as_json: bool,
) -> None:
    workspace = surface.workspace
    stops = workspace.schedules.firing(version) if decision != "approved" else []
    name = f"cell {cell}" if cell.isdecimal() else cell
    workspace.approvals.review_cell(version, name, decision=decision, comment=comment)
    decided = workspace.pipelines.get(PipelineReference.parse(version.reference))
    view = _decision_view(surface, decided, before=version, of_cell=True)
    answer(
        surface,
        replace(view, blocks=(*view.blocks, *_paused(surface, stops))),
        as_json=as_json,
    )


def _cells_decided(reviews: Sequence[CellReview]) -> list[Block]:
    """The decisions on cells that hold for a version."""
    rows: list[tuple[Content, ...]] = [
        (
            Span(one.title, "strong"),
            wording.status(one.decision),
            one.author,
            wording.when(one.decided_at),
            one.comment,
            one.reference,
        )
        for one in reviews
    ]
    columns = ("cell", "decision", "by", "when", "comment", "on")
    return [table(columns, rows, title="Decisions on cells")] if rows else []


def _paused(surface: Surface, stopped: Sequence[Schedule]) -> list[Block]:
    """The schedules and backfills that fire a version no more."""
    stopped = [each for each in stopped if _goes_on(surface, each)]
    if not stopped:
        return []
    names = [f"{'backfill' if each.backfill else 'schedule'} {each.id}" for each in stopped]
    # the list is of schedules; a backfill is shown by its number
    number = next((f" {each.id}" for each in stopped if each.backfill), "")
    see = Span(f"{surface.prefix} schedules{number}", "strong")
    return [line(f"Paused: {', '.join(names)}. See why: ", see)]


def _still_paused(surface: Surface, approved: PipelineVersion) -> list[Block]:
    """What runs a version that may fire again, and does not of itself."""
    return [
        line(
            f"{'Backfill' if each.backfill else 'Schedule'} {each.id} is still paused"
            f"{f' ({each.pause_reason})' if each.pause_reason else ''}. Let it go on: ",
            Span(f"{surface.prefix} resume {each.id}", "strong"),
        )
        for each in surface.workspace.schedules.paused(approved)
        if _goes_on(surface, each)
    ]


def _goes_on(surface: Surface, one: Schedule) -> bool:
    """Whether it would fire: of a backfill, whether anything is left to run."""
    return not one.backfill or surface.workspace.backfills.is_open(one.id)


def spec_blocks(spec: PipelineSpec) -> list[Block]:
    """The DAG and the parameters of a pipeline."""
    blocks: list[Block] = [Drawing(svg=draw.svg(spec), text=draw.text(spec))]
    if spec.parameters:
        rows = [
            (
                Span(parameter.name, "strong"),
                describe.kind(parameter),
                describe.allowed(parameter),
                "required" if parameter.required else repr(parameter.default),
                parameter.help,
            )
            for parameter in spec.parameters
        ]
        blocks.append(table(("parameter", "type", "allowed", "default", "help"), rows))
    limited = [
        (step.name, said) for step in spec.steps if (said := step_rules_in_words(step.rules))
    ]
    if limited:
        blocks.append(table(("step", "limits"), limited))
    support = sum(cell.role == "support" for cell in spec.cells)
    blocks.append(
        line(
            f"{wording.count(len(spec.steps), 'step')}; ",
            f"{wording.count(support, 'unnamed cell')} with imports, functions and constants.",
        )
    )
    blocks += [line(Span("Warning: ", "warn"), warning) for warning in spec.warnings]
    return blocks


def _build_view(surface: Surface, result: BuildResult, proof: Proof | None) -> View:
    version = result.version
    state = "built" if result.created else "unchanged since it was built"
    if result.went_back:
        state = "as it was before, and the latest version again"
    blocks: list[Block] = [
        line(Span(version.reference, "strong"), f" from {version.spec.notebook}: {state}"),
        *spec_blocks(version.spec),
        *_left_out(result),
        *(line(Span("Warning: ", "warn"), warning) for warning in result.warnings),
        *proving.proof_blocks(surface, version, proof),
        *_cells_decided(surface.workspace.approvals.cell_reviews(version)),
        _next_line(surface, version),
    ]
    content = document(
        "build/1",
        version=version,
        created=result.created,
        left_out=result.left_out,
        skipped=result.skipped,
        proof=proof,
    )
    return View(document=content, blocks=tuple(blocks))


def _left_out(result: BuildResult) -> list[Block]:
    """The cells that do not go along, and why: nothing needs them, or their tags say so."""
    blocks: list[Block] = []
    if result.left_out:
        them = "it" if len(result.left_out) == 1 else "them"
        cure = f"no step needs {them}; name a cell to keep it"
        blocks.append(line(f"Left out: {_cells(result.left_out)} ({cure})."))
    if result.skipped:
        cure = "remove the tag skip or skip-execution to keep it"
        blocks.append(line(f"Left out by a tag: {_cells(result.skipped)} ({cure})."))
    return blocks


def _cells(numbers: Sequence[int]) -> str:
    return f"{'cell' if len(numbers) == 1 else 'cells'} {', '.join(map(str, numbers))}"


def _next_line(surface: Surface, version: PipelineVersion) -> Block:
    if version.approved:
        return line(Span("Approved", "good"), f": it can be scheduled as {version.reference}.")
    if version.approval is not None and version.approval.decision == "changes requested":
        asked = f" by {version.approval.author}: {version.approval.comment}"
        return line(wording.status(version.approval.decision), asked)
    return line(
        "Not approved yet. Try it: ",
        Span(f"{surface.prefix} run {version.spec.name}", "strong"),
        ". Approve it: ",
        Span(f"{surface.prefix} approve {version.spec.name} --comment '…'", "strong"),
    )


def _decision(version: PipelineVersion) -> str | None:
    return version.approval.decision if version.approval else None


def _tests_of(surface: Surface, version: PipelineVersion) -> tuple[CellTestRecord, ...]:
    """The latest result of each test of the steps of a version."""
    found = {
        record.name: record
        for step in version.spec.steps
        for digest in step.parts or (step.digest,)
        for record in surface.workspace.tests.of_version(version.spec.notebook, step.name, digest)
    }
    return tuple(found.values())


def _decision_view(
    surface: Surface,
    version: PipelineVersion,
    *,
    before: PipelineVersion,
    tests: tuple[CellTestRecord, ...] | None = None,
    of_cell: bool = False,
) -> View:
    approval = version.approval
    cells = surface.workspace.approvals.cell_reviews(version)
    proof = surface.workspace.proofs.of(version)
    recorded = of_cell or approval != before.approval
    facts = Facts(
        title=version.reference,
        facts=(
            ("decision", wording.status(_decision(version))),
            ("by", approval.author if approval else "-"),
            ("when", wording.when(approval.decided_at if approval else None)),
            ("comment", (approval.comment if approval else "") or "-"),
            ("digest", version.spec.digest[:16]),
            ("proof", proving.verdict(proof)),
            *([("tests", tests_said(tests))] if tests else []),
        ),
    )
    content = document(
        "approval/1",
        version=version,
        recorded=recorded,
        tests=tests or (),
        proof=proof.verdict if proof else None,
        cells=cells,
    )
    already = line(f"{version.reference} was approved before; nothing was recorded.")
    shown: list[Block] = [facts, *_cells_decided(cells)]
    return View(document=content, blocks=tuple(shown if recorded else [already, *shown]))
