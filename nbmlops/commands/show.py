"""The verb ``show``: one step version, run or pipeline, with all that was tracked."""

from __future__ import annotations

import click

from nbmlops.commands import wording
from nbmlops.commands.executions import named_execution
from nbmlops.commands.pipelines import spec_blocks
from nbmlops.commands.preview import has_inside, value_view
from nbmlops.commands.proof import verification_blocks
from nbmlops.commands.proving import proof_blocks
from nbmlops.commands.runs import failure_sentence, run_blocks, steps_table
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.tests import tests_said
from nbmlops.commands.views import Block, Code, Content, Span, View, facts, line, table
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.cell_tests import CellTestRecord
from nbmlops.domain.executions import Execution, ExecutionRecord, StepVersion
from nbmlops.domain.listings import detail_said
from nbmlops.domain.references import PipelineReference, RunReference, StepReference
from nbmlops.domain.runs import Run
from nbmlops.domain.values import REMOVED, ValueRecord
from nbmlops.domain.wire import document
from nbmlops.errors import UnknownNameError

_MOST_REMOVED = 8
"""Values that are named of which the content was removed."""

KNOWN_BY = {"open": "opened", "watch": "folder watched", "argument": "named in the code"}


@click.command()
@click.argument("thing")
@click.option(
    "--source", is_flag=True, help="A step version or an execution: print its source alone."
)
@click.option(
    "--value",
    metavar="NAME",
    help="A step version or an execution: what this value looks like, without loading it.",
)
@json_option
@click.pass_obj
def show(surface: Surface, thing: str, source: bool, value: str | None, as_json: bool) -> None:
    """Show one thing whole: train@2, flights#3 (a run), flights@1 (a pipeline), @12.

    @12 is an execution, named or not: see log. A run shows its parameters, metrics, steps,
    figures, the executed notebook and its report.
    """
    execution = named_execution(surface, thing)
    if execution is not None:
        if source:
            surface.print(execution.record.source)
            return
        if value is not None:
            view = value_view(f"@{execution.id}", execution, value)
        else:
            view = _execution_view(surface, execution)
    elif RunReference.matches(thing):
        view = _run_view(surface, thing)
    elif _is_step(surface, thing):
        version = surface.workspace.history.version(
            in_notebook(surface, StepReference.parse(thing))
        )
        if source:
            surface.print(version.source)
            return
        if value is not None:
            speaking = surface.workspace.history.representative(version)
            view = value_view(version.reference, speaking, value)
        else:
            view = _version_view(surface, version)
    else:
        view = _pipeline_view(surface, thing)
    answer(surface, view, as_json=as_json)


def find_run(surface: Surface, text: str) -> Run:
    """The run that a reference names.

    Raises:
        UnknownNameError: there is no such pipeline or run.
    """
    reference = RunReference.parse(text)
    pipelines, runs = surface.workspace.pipelines.names(), surface.workspace.runs
    if reference.pipeline not in pipelines:
        raise UnknownNameError("pipeline", reference.pipeline, pipelines)
    found = runs.get(reference.pipeline, reference.number)
    if found is None:
        known = [run.reference for run in runs.newest(pipeline=reference.pipeline, limit=8)]
        raise UnknownNameError("run", text, known)
    return found


def _is_step(surface: Surface, thing: str) -> bool:
    name = thing.partition("@")[0].rpartition(":")[2]
    steps = {step.name for step in surface.workspace.history.steps()}
    pipelines = set(surface.workspace.pipelines.names())
    if name in steps:
        return True
    if name in pipelines:
        return False
    cure = ""
    if name in surface.workspace.lineage.names():
        cure = f"{name} is a variable: {surface.prefix} why {name} tells how it came to be."
    raise UnknownNameError("step, run or pipeline", thing, steps | pipelines, cure=cure)


def _run_view(surface: Surface, text: str) -> View:
    run = surface.workspace.runs.files.made(find_run(surface, text))
    executions = surface.workspace.runs.executions(run)
    blocks = run_blocks(surface, run)
    if run.failure is not None:
        blocks.append(line(Span(failure_sentence(run), "bad")))
    steps = surface.workspace.runs.steps(run)
    if steps:
        blocks.append(steps_table(steps, executions))
    if run.artifacts:
        rows = [
            (item.name, item.media_type, wording.size(item.size), item.object[:12])
            for item in run.artifacts
        ]
        blocks.append(
            table(("artifact", "type", "size", "object"), rows, title="Artifacts", right=("size",))
        )
    if run.failure and run.failure.traceback:
        blocks.append(Code(text=run.failure.traceback, language="text", title="Traceback"))
    content = document(
        "run/1",
        run=run,
        steps=steps,
        executions=executions,
        progress=surface.workspace.runs.files.progress(run),
    )
    return View(document=content, blocks=tuple(blocks))


def _tests_of(surface: Surface, version: StepVersion) -> tuple[CellTestRecord, ...]:
    step = version.step
    return surface.workspace.tests.of_version(step.notebook, step.name, version.digest)


def _version_view(surface: Surface, version: StepVersion) -> View:
    history = surface.workspace.history
    execution = history.representative(version)
    verification = history.verification(version)
    blocks: list[Block] = [
        facts(version.reference, _version_facts(surface, version, execution)),
        Code(text=version.source),
    ]
    blocks += [Code(text=text, title=f"Uses {name}") for name, text in version.definitions.items()]
    if execution is not None:
        record = execution.record
        blocks += _values_blocks(execution)
        blocks += _inside_block(surface, version.reference, record.outputs)
        blocks += _outside_blocks(execution)
    if verification is not None:
        blocks += verification_blocks(verification)
    return View(
        document=document(
            "version/1",
            version=version,
            execution=execution,
            verification=verification,
            tests=_tests_of(surface, version),
            tags=surface.workspace.history.tags(version),
        ),
        blocks=tuple(blocks),
    )


def _ending(record: ExecutionRecord) -> tuple[tuple[str, Content], ...]:
    """How it ended, and how long it took; of what its kernel's end cut off, nobody knows."""
    ended = wording.ended(record.status, cut_off=record.was_cut_off)
    return (("status", ended), ("duration", wording.duration(record.took)))


def _execution_view(surface: Surface, execution: Execution) -> View:
    record, version = execution.record, execution.version
    verification = surface.workspace.history.verification_of(execution)
    told: list[tuple[str, Content]] = [
        ("notebook", record.notebook),
        ("step", version.reference if version else "-"),
        ("when", f"{wording.when(record.started_at)} by {record.author}"),
        *_ending(record),
        ("run", surface.workspace.history.run_reference(execution) or "interactive"),
    ]
    if not record.inputs_complete:
        told.append(("inputs", Span(f"not fully known: {record.inputs_note}", "warn")))
    told += _late_facts(surface, execution)
    blocks: list[Block] = [
        facts(f"@{execution.id}", told),
        Code(text=record.source),
        *_values_blocks(execution),
        *_outside_blocks(execution),
        *_removed_block(execution),
        *_inside_block(surface, f"@{execution.id}", record.outputs),
    ]
    if verification is not None:
        blocks += verification_blocks(verification)
    found = document("execution/1", execution=execution, verification=verification)
    return View(document=found, blocks=tuple(blocks))


def _inside_block(surface: Surface, of: str, values: tuple[ValueRecord, ...]) -> list[Block]:
    """How to look into the first value that can be."""
    inside = has_inside(values)
    if inside is None:
        return []
    command = f"{surface.prefix} show {of} --value {inside}"
    return [line(Span(f"What a value looks like: {command}", "dim"))]


def _removed_block(execution: Execution) -> list[Block]:
    """How to have again what a collection removed."""
    outputs = execution.record.outputs
    gone = [value.name for value in outputs if (value.reason or "").startswith(REMOVED)]
    if not gone or execution.record.run_id is not None:
        return []
    names = wording.listed(gone, _MOST_REMOVED)
    command = Span(f"%mlops checkout @{execution.id}", "strong")
    return [line(f"Make {names} again, in the notebook: ", command)]


def _values_blocks(execution: Execution) -> list[Block]:
    record = execution.record
    inputs = [_values_table("Inputs", record.inputs, made=False)] if record.inputs else []
    outputs = [_values_table("Outputs", record.outputs, made=True)] if record.outputs else []
    return [*inputs, *outputs]


def _outside_blocks(execution: Execution) -> list[Block]:
    """What it opened and used outside of the namespace, and why it failed."""
    record = execution.record
    blocks: list[Block] = [_files_table(record.files)] if record.files else []
    blocks += [_externals_table(record.externals)] if record.externals else []
    if record.failure is not None:
        blocks.append(Code(text=record.failure.traceback, language="text", title="Traceback"))
    return blocks


def _version_facts(
    surface: Surface, version: StepVersion, execution: Execution | None
) -> list[tuple[str, Content]]:
    told: list[tuple[str, Content]] = [
        ("notebook", version.step.notebook),
        ("made", f"{wording.when(version.created_at)} by {version.author}"),
        ("executions", str(surface.workspace.history.execution_count(version))),
    ]
    tags = surface.workspace.history.tags(version)
    told += [("tags", ", ".join(tags))] if tags else []
    tests = _tests_of(surface, version)
    told += [("tests", tests_said(tests))] if tests else []
    if execution is None:
        return told
    record = execution.record
    environment = surface.workspace.history.environment(execution)
    git = record.git
    told += [
        ("shown", wording.when(record.started_at)),
        *_ending(record),
        ("peak memory", wording.size(record.peak_memory)),
        ("parameters", wording.parameters(record.parameters)),
        ("metrics", wording.metrics({item.name: item.value for item in record.metrics})),
        ("run", surface.workspace.history.run_reference(execution) or "interactive"),
        ("git", f"{git.commit[:12]}{' (modified)' if git.dirty else ''}" if git else "-"),
        (
            "environment",
            f"Python {environment.python}, {len(environment.distributions)} distributions"
            if environment
            else "-",
        ),
    ]
    if not record.inputs_complete:
        told.append(("inputs", Span(f"not fully known: {record.inputs_note}", "warn")))
    told += _late_facts(surface, execution)
    return told


def _late_facts(surface: Surface, execution: Execution) -> list[tuple[str, Content]]:
    """What changed after it had ended, by what it had started."""
    found = surface.workspace.time_travel.late_writes(execution)
    return [("afterwards", Span(late.told, "warn")) for late in found]


def _values_table(title: str, values: tuple[ValueRecord, ...], *, made: bool) -> Block:
    """Values as they were recorded; whether they are kept, where that is with this execution."""
    columns = ["name", "type", "shape", "size", "fingerprint", "content"]
    if not (made or any(value.manifest or value.reason for value in values)):
        columns.remove("content")
    rows = [_value_row(value)[: len(columns)] for value in values]
    return table(columns, rows, title=title, right=("size",))


def _value_row(value: ValueRecord) -> tuple[Content, ...]:
    return (
        Span(value.name, "strong"),
        value.summary.kind,
        " x ".join(map(str, value.summary.shape)) if value.summary.shape else "-",
        wording.size(value.summary.size),
        (value.fingerprint or "unknown")[:12],
        "stored" if value.manifest else (value.reason or "-"),
    )


def _files_table(files: tuple[FileAccess, ...]) -> Block:
    rows = [
        (
            Span(access.path, "strong"),
            access.mode,
            wording.size(access.size),
            access.digest[:12] if access.digest else "not taken",
            KNOWN_BY[access.known_by],
        )
        for access in files
    ]
    columns = ("path", "access", "size", "SHA-256", "known by")
    return table(columns, rows, title="Files", right=("size",))


def _externals_table(externals: tuple[ExternalAccess, ...]) -> Block:
    rows = [
        (access.kind, Span(access.name, "strong"), detail_said(access) or "-")
        for access in externals
    ]
    return table(("kind", "name", "detail"), rows, title="Elsewhere")


def _pipeline_view(surface: Surface, thing: str) -> View:
    workspace = surface.workspace
    version = workspace.pipelines.get(PipelineReference.parse(thing))
    decisions = workspace.approvals.history(version)
    told = (
        ("notebook", version.spec.notebook),
        ("built", f"{wording.when(version.created_at)} by {version.author}"),
        ("kernel", version.spec.kernel),
        ("digest", version.spec.digest[:16]),
    )
    proof = workspace.proofs.of(version)
    blocks: list[Block] = [facts(version.reference, told), *spec_blocks(version.spec)]
    blocks += proof_blocks(surface, version, proof)
    blocks += [
        line(
            wording.status(decision.decision),
            f" by {decision.author}, {wording.when(decision.decided_at)}: "
            f"{decision.comment or '(no comment)'}",
        )
        for decision in decisions
    ]
    return View(
        document=document("pipeline/1", version=version, decisions=decisions, proof=proof),
        blocks=tuple(blocks),
    )
