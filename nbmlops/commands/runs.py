"""The verbs of runs: run, runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nbmlops.commands import wording
from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.plan import cache_options, on_option, parallel_option, part_option
from nbmlops.commands.rules import rule_options, rules_in_words
from nbmlops.commands.spelling import as_typed
from nbmlops.commands.stopping import NOTHING_RECORDED
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Content, Span, View, facts, line, table
from nbmlops.domain.drift import Drift, drifts_of, metrics_but_for_drift
from nbmlops.domain.executions import Execution, ExecutionRecord, Failure, ReportedOutput
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.rules import RunRules
from nbmlops.domain.run_steps import RunStep, StepStatus
from nbmlops.domain.runs import Attempt, CellProgress, Run, RunStatus
from nbmlops.domain.sizes import bytes_of
from nbmlops.domain.wire import document
from nbmlops.errors import NotebookChangedError, NotebookError, RunFailedError, StoppedError
from nbmlops.execution.limits import Limits

if TYPE_CHECKING:
    from nbmlops.execution.notebook_execution import Observer
    from nbmlops.execution.runs import OnStarted

    Start = Callable[[Observer, OnStarted], Run]

Command = TypeVar("Command", bound=Callable[..., Any])
_MOST_STEPS = 20
_LONGEST_SHOWN = 60
"""Characters of a reported output that a table shows."""


def kernel_options(command: Command) -> Command:
    """What a kernel may take, and where it runs, of commands that start a run."""
    for option in (
        on_option,
        parallel_option,
        click.option("--cold", is_flag=True, help="Start the kernel anew, not from one kept warm."),
        click.option(
            "--cpus", type=click.IntRange(min=1), help="Processors that the kernel may use."
        ),
        click.option(
            "--memory", metavar="SIZE", help="Kill the kernel beyond that much: 512M, 4G."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("pipeline")
@parameter_options
@click.option(
    "--logical-date",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
    help="The time that {{ logical_date }} in values stands for; now by default.",
)
@kernel_options
@rule_options
@cache_options
@part_option
@json_option
@click.pass_obj
def run(
    surface: Surface,
    /,
    pipeline: str,
    assignments: tuple[str, ...],
    params_file: Path | None,
    logical_date: datetime | None,
    memory: str | None,
    cpus: int | None,
    cold: bool,
    parallel: int | None,
    on: str | None,
    no_cache: bool,
    force: tuple[str, ...],
    to: tuple[str, ...],
    as_json: bool,
    **rules: Any,
) -> None:
    """Run a pipeline once, now: the steps whose recorded result does not hold.

    PIPELINE is a name (its latest built version) or a version such as flights@2. A run --to some
    steps is one of a part: no schedule takes it for a run of the pipeline. Exits with 1 when the
    run fails.
    """
    workspace = surface.workspace
    reference = PipelineReference.parse(pipeline)
    version = workspace.pipelines.get(reference)
    only = frozenset(workspace.plans.up_to(version, to))
    values = given(version.spec.parameters, assignments, params_file)
    occasion = Occasion.at(logical_date.astimezone()) if logical_date is not None else None
    if reference.version == "latest" and not as_json:
        try:
            workspace.pipelines.check_unchanged(version)
        except (NotebookChangedError, NotebookError) as change:
            surface.print(as_typed(f"Note: {change}", surface.prefix))
    drive(
        surface,
        version.reference,
        lambda observer, on_started: workspace.runs.run(
            version,
            values,
            occasion=occasion,
            observer=observer,
            on_started=on_started,
            cold=cold,
            limits=Limits(memory=bytes_of(memory) if memory else None, cpus=cpus),
            parallel=parallel,
            on=on,
            policy=CachePolicy(enabled=not no_cache, force=frozenset(force), only=only),
            rules=RunRules(**rules),
        ),
        as_json=as_json,
    )


def drive(surface: Surface, title: str, start: Start, *, as_json: bool) -> None:
    """Start a run, show its progress until it is closed, and then the run.

    Raises:
        RunFailedError: it did not succeed.
    """
    started: list[Run] = []
    reasons: dict[str, str] = {}
    try:
        with surface.progress(title) as observer:
            done = start(_noting(observer, reasons), started.append)
    except (KeyboardInterrupt, SystemExit) as signal:
        for stopped in started:  # it is closed and keeps its notebook
            _show_stopped(surface, stopped, as_json=as_json)
        if isinstance(signal, KeyboardInterrupt) and not started:
            raise StoppedError(NOTHING_RECORDED) from None
        raise
    answer(surface, _run_view(surface, done, reasons, as_json=as_json), as_json=as_json)
    if done.status is not RunStatus.SUCCEEDED:
        raise RunFailedError(
            failure_sentence(done),
            cure=f"Look at it: nbmlops show {done.reference}. Once it is fixed, go on from there: "
            f"nbmlops resume {done.reference}",
        )


def _noting(observer: Observer, reasons: dict[str, str]) -> Observer:
    """Note why each step runs, before its progress is shown."""

    def observe(event: CellProgress) -> None:
        if event.step is not None and event.event == "started" and event.reason:
            reasons.setdefault(event.step, event.reason)
        observer(event)

    return observe


@click.command()
@click.argument("pipeline", required=False)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many, newest first.",
)
@json_option
@click.pass_obj
def runs(surface: Surface, pipeline: str | None, limit: int, as_json: bool) -> None:
    """List runs, newest first: status, when, parameters, metrics, duration."""
    workspace = surface.workspace
    if pipeline is not None:
        pipeline = workspace.pipelines.get(PipelineReference.parse(pipeline)).spec.name
    found = workspace.runs.newest(pipeline=pipeline, limit=limit)
    answer(surface, _runs_view(surface, found), as_json=as_json)


def run_blocks(surface: Surface, done: Run) -> list[Block]:
    """A run as blocks: what it was given, what came of it, where it is kept."""
    folder, drifts = surface.workspace.runs.folder(done), drifts_of(done.outputs)
    told: list[tuple[str, Content]] = [
        ("status", wording.status(done.status)),
        ("pipeline", f"{done.pipeline}@{done.version}"),
        ("started", f"{wording.when(done.started_at)} by {done.author} ({done.trigger})"),
        ("duration", wording.duration(done.duration)),
        ("parameters", wording.parameters(done.parameters)),
        ("metrics", wording.metrics(metrics_but_for_drift(done.metrics, drifts))),
        *((name, _drift(drift, drift.sentence)) for name, drift in drifts.items()),
    ]
    told[2:2] = _of_another(done)
    limits = rules_in_words(replace(done.rules, only=None))
    if limits:
        told.append(("limits", limits))
    progress = surface.workspace.runs.files.progress(done)
    if progress is not None:
        place = f"step {progress.step}, " if progress.step else ""
        cell = f"cell {progress.cell} of {progress.cells}"
        told.append(("now in", f"{place}{cell}, for {wording.duration(progress.seconds)}"))
        if progress.line is not None:
            told.append(("prints", progress.line))
    if folder.partial.exists() and not done.status.ended:
        told.append(("notebook so far", str(folder.partial)))
    if folder.notebook.exists():
        told.append(("notebook", str(folder.notebook)))
    if folder.report.exists():
        told.append(("report", str(folder.report)))
    blocks: list[Block] = [facts(done.reference, told)]
    blocks += [line(Span("Warning: ", "warn"), warning) for warning in done.warnings]
    others = {name: item for name, item in done.outputs.items() if name not in drifts}
    if others:
        blocks.append(outputs_table(others))
    if done.attempts:
        blocks.append(_attempts_table(done.attempts))
    return blocks


def _of_another(done: Run) -> list[tuple[str, Content]]:
    """What a run is a part of, and which it goes on with."""
    found: list[tuple[str, Content]] = []
    if done.rules.only is not None:
        found.append(("part", f"only {wording.listed(done.rules.only, _MOST_STEPS)}"))
    if done.goes_on_with is not None:
        found.append(("goes on with", done.goes_on_with))
    return found


def outputs_table(outputs: Mapping[str, ReportedOutput]) -> Block:
    """What the steps of a run reported under a name."""
    rows = [(Span(item.name, "strong"), item.type, _value_of(item)) for item in outputs.values()]
    return table(("output", "type", "value"), rows, title="Outputs")


def _value_of(item: ReportedOutput) -> Content:
    if item.reason is not None:
        return Span(f"not kept: {item.reason}", "warn")
    if item.artifact is not None:
        return (
            f"{item.artifact.name} ({item.artifact.media_type}, {wording.size(item.artifact.size)})"
        )
    return _short(item.value)


def _scalars(outputs: Mapping[str, ReportedOutput]) -> str:
    """``auc=0.91, kind='best'``: those that fit into a column."""
    return ", ".join(
        f"{name}={_short(item.value)}" for name, item in outputs.items() if item.is_scalar
    )


def _drifts(found: Mapping[str, Drift]) -> Content:
    """``2 of 19 columns``: of several checks those that have found drift."""
    if not found:
        return "-"
    worst = max(found.values(), key=lambda drift: (drift.drifted, drift.drifted_columns))
    more = sum(drift.drifted for drift in found.values()) - 1
    return _drift(worst, f"{worst.brief}{f', and {more} more' if more > 0 else ''}")


def _drift(drift: Drift, said: str) -> Content:
    return Span(said, "bad") if drift.drifted else said if drift.judged else Span(said, "warn")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _attempts_table(attempts: tuple[Attempt, ...]) -> Block:
    rows = [
        (
            str(attempt.number),
            wording.when(attempt.started_at),
            wording.status(attempt.status),
            wording.duration((attempt.ended_at - attempt.started_at).total_seconds()),
            "" if attempt.failure is None else _said(attempt.failure),
        )
        for attempt in attempts
    ]
    columns = ("attempt", "started", "status", "took", "why")
    return table(columns, rows, title="Attempts", right=("took",))


def failure_sentence(done: Run) -> str:
    """Why a run ended badly, with the step, the cell and the line."""
    state = "was cancelled" if done.status is RunStatus.CANCELLED else str(done.status)
    state = "was lost" if done.status is RunStatus.LOST else state
    failure = done.failure
    if failure is None:
        return f"{done.reference} {state}."
    return sentence(f"{done.reference} {state}{_where(failure)}: {failure.reason}")


def _said(failure: Failure) -> str:
    return f"{_where(failure).removeprefix(' in ')}: {failure.reason}".removeprefix(": ")


def steps_table(steps: Sequence[RunStep], executions: Sequence[Execution]) -> Block:
    """What became of every step of a run, with what its cells reported and made."""
    by_id = {one.id: one.record for one in executions}
    rows = [_step_row(step, [by_id[key] for key in step.executions]) for step in steps]
    columns = ("step", "status", "why", "attempts", "metrics", "took", "peak memory", "made")
    return table(columns, rows, title="Steps", right=("attempts", "took", "peak memory"))


def _step_row(step: RunStep, records: Sequence[ExecutionRecord]) -> tuple[Content, ...]:
    """A step of a run; how long it took where it ran in this one."""
    drifts = drifts_of({item.name: item for record in records for item in record.reported})
    metrics = metrics_but_for_drift(
        {item.name: item.value for record in records for item in record.metrics}, drifts
    )
    made = dict.fromkeys(value.name for record in records for value in record.outputs)
    peaks = [record.peak_memory for record in records if record.peak_memory is not None]
    return (
        Span(step.version or step.name, "strong"),
        wording.status(step.status),
        _step_why(step) or "-",
        str(step.attempts) if step.attempts else "-",
        wording.metrics(metrics),
        wording.duration(None if step.status is StepStatus.CACHED else step.duration),
        wording.size(max(peaks, default=None)),
        ", ".join(made) or "-",
    )


def _step_why(step: RunStep) -> str:
    """Where the result of a cached step is from; why another did not end well, in which cell."""
    if step.origin is not None:
        return f"as in {step.origin}"
    if step.failure is None:
        return step.why
    place = _where(replace(step.failure, step=None)).removeprefix(" in ")
    return f"{place}: {next(iter(step.why.splitlines()), '')}".removeprefix(": ")


def _where(failure: Failure) -> str:
    place = []
    if failure.step:
        place.append(f"step {failure.step}")
    if failure.cell_index is not None:
        place.append(f"cell {failure.cell_index + 1}")
    if failure.line is not None:
        place.append(f"line {failure.line}")
    return f" in {', '.join(place)}" if place else ""


def sentence(text: str) -> str:
    """The text with an end that another sentence can follow."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _run_view(surface: Surface, done: Run, reasons: Mapping[str, str], *, as_json: bool) -> View:
    """A run, and why the steps ran that were not taken."""
    blocks = run_blocks(surface, done)
    if reasons:
        rows = [(Span(step, "strong"), reason) for step, reason in reasons.items()]
        blocks = [*blocks, table(("step", "why it ran"), rows)]
    # read for who asks: it takes longer than a run of which every step is cached
    steps = {"steps": surface.workspace.runs.steps(done)} if as_json else {}
    return View(document=document("run/1", run=done, **steps), blocks=tuple(blocks))


def _show_stopped(surface: Surface, started: Run, *, as_json: bool) -> None:
    closed = surface.workspace.runs.get(started.pipeline, started.number)
    if closed is not None:
        answer(surface, _run_view(surface, closed, {}, as_json=as_json), as_json=as_json)
        if not as_json:
            surface.print(failure_sentence(closed))


def _runs_view(surface: Surface, found: list[Run]) -> View:
    if not found:
        hint = line("No run yet. Start one: ", Span(f"{surface.prefix} run PIPELINE", "strong"))
        return View(document=document("runs/1", runs=[]), blocks=(hint,))
    told = [_scalars(item.outputs) for item in found]
    drifts = [drifts_of(item.outputs) for item in found]
    reported = ("outputs",) if any(told) else ()
    checked = ("drift",) if any(drifts) else ()
    columns = (
        *("run", "version", "status", "started", "trigger", "parameters", "metrics"),
        *(*checked, *reported, "took"),
    )
    rows: list[tuple[Content, ...]] = [
        (
            Span(item.reference, "strong"),
            f"@{item.version}, in part" if item.in_part else f"@{item.version}",
            wording.status(item.status),
            wording.when(item.started_at),
            item.trigger,
            wording.parameters(item.parameters),
            wording.metrics(metrics_but_for_drift(item.metrics, drift)),
            *(_drifts(drift) for _ in checked),
            *(scalars or "-" for _ in reported),
            wording.duration(item.duration),
        )
        for item, scalars, drift in zip(found, told, drifts, strict=True)
    ]
    return View(
        document=document("runs/1", runs=found), blocks=(table(columns, rows, right=("took",)),)
    )
