"""Whether a step gives the same where recorded results stand for the other steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy, CellPlan
from nbmlops.domain.proofs import ComparedResult, TriedStep
from nbmlops.domain.runs import CellProgress, RunStatus
from nbmlops.domain.verifications import Verdict
from nbmlops.execution.planning import PlanService
from nbmlops.execution.runs import RunService
from nbmlops.history.differing import Difference, said, worst
from nbmlops.history.side_by_side import RecordedRun
from nbmlops.notebook.document import parse
from nbmlops.store.values import ValueStore

Watch = Callable[[str], AbstractContextManager[Callable[[CellProgress], None]]]
"""Shows the progress of the run of a step while the context is open."""


class Trial(Protocol):
    """The workspace in which the pipeline has run."""

    @property
    def runs(self) -> RunService:
        """Its runs."""

    @property
    def plans(self) -> PlanService:
        """What they would do."""

    @property
    def values(self) -> ValueStore:
        """The values that it keeps."""


def tried(
    trial: Trial,
    version: PipelineVersion,
    whole: RecordedRun,
    difference: Difference,
    *,
    equal_files: Collection[str],
    parameters: Mapping[str, Any],
    occasion: Occasion,
    most: int | None,
    watch: Watch,
) -> tuple[tuple[TriedStep, ...], tuple[str, ...]]:
    """Run steps again, each with recorded results for the others, and compare.

    A step with which all others run as well is not tried: that is the run of all steps.

    Args:
        trial: where the pipeline has run.
        version: the pipeline.
        whole: its run there.
        difference: how runs are compared.
        equal_files: those that the straight run has written byte for byte as the pipeline did.
        parameters: those of the run.
        occasion: what the run was for.
        most: how many steps are tried; all where it is ``None``.
        watch: shows the progress of each.

    Returns:
        What was found of each step, and the steps that were left out.
    """
    whole = replace(whole, values=trial.values)
    found: list[TriedStep] = []
    left_out: list[str] = []
    for step in version.spec.steps:
        policy = CachePolicy(force=frozenset([step.name]))
        plan = trial.plans.plan(version, parameters, policy=policy, occasion=occasion)
        if not any(cell.state in (CellPlan.CACHED, CellPlan.MAY_RUN) for cell in plan.cells):
            continue
        if most is not None and len(found) >= most:
            left_out.append(step.name)
            continue
        with watch(step.name) as observer:
            run = trial.runs.run(
                version,
                parameters,
                occasion=occasion,
                observer=observer,
                policy=policy,
            )
        again = _recorded(trial, whole, run)
        one = _compared(step.name, version, whole, again, difference)
        rewritten = _rewritten(whole, again, equal_files)
        if rewritten and one.verdict is not Verdict.DIFFERENT:
            one = replace(one, verdict=Verdict.DIFFERENT, why=rewritten)
        found.append(one)
    return tuple(found), tuple(left_out)


def told(step: TriedStep) -> str:
    """Why a proof does not hold in which this was found."""
    return (
        f"{step.step} differs where recorded results stand for other steps: {step.why}. Probable "
        "cause: cache; it takes something from them that no record shows, so that it must be run "
        "with --no-cache"
    )


def _recorded(trial: Trial, whole: RecordedRun, run: Any) -> RecordedRun:
    notebook = parse(trial.runs.folder(run).notebook.read_text("utf-8"))
    executions = tuple(trial.runs.executions(run))
    return RecordedRun(run, executions, notebook, whole.copy, trial.values)


def _compared(
    step: str,
    version: PipelineVersion,
    whole: RecordedRun,
    again: RecordedRun,
    difference: Difference,
) -> TriedStep:
    """What ran beside what ran then, but for files."""
    cells = tuple(cell for cell in version.spec.cells if cell.cell_id in again.ran)
    ran = tuple(dict.fromkeys(cell.step or f"cell {cell.index + 1}" for cell in cells))
    if again.run.status is not RunStatus.SUCCEEDED:
        why = f"it did not succeed: {said(again.run)}"
        return TriedStep(step=step, ran=ran, verdict=Verdict.DIFFERENT, why=why)
    same = replace(difference, pipeline=replace(version.spec, cells=cells))
    results = [item for item in same.results(whole, again) if item.kind != "file"]
    verdict = worst(results)
    first = next((item for item in results if item.verdict is Verdict.DIFFERENT), None)
    return TriedStep(step=step, ran=ran, verdict=verdict, why=_said(first) if first else "")


def _rewritten(whole: RecordedRun, again: RecordedRun, among: Collection[str]) -> str:
    """The file that a cell wrote with another content than in the run of all steps."""
    for cell_id in again.ran:
        one, other = whole.by_cell.get(cell_id), again.by_cell.get(cell_id)
        if one is None or other is None:
            continue
        then = {file.path: file.digest for file in one.files if file.mode == "write"}
        now = {file.path: file.digest for file in other.files if file.mode == "write"}
        for path in sorted((then.keys() | now.keys()) & set(among)):
            if then.get(path) != now.get(path):
                return f"it wrote {path} with another content"
    return ""


def _said(item: ComparedResult) -> str:
    what = "what it displayed" if item.kind == "display" else f"{item.kind} {item.name}"
    return f"{item.title}, {what}{': ' if item.why else ''}{item.why.rstrip('.')}"
