"""Whether a run can be gone on with, and what of it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import NotResumableError, ParameterError
from nbmlops.pipelines.typed import check as typed

UpTo = Callable[[PipelineVersion, Sequence[str]], tuple[str, ...]]
"""The steps of a run that is for some steps: these, and all that they need."""


def policy_of(
    run: Run, version: PipelineVersion, executions: Iterable[Execution], up_to: UpTo
) -> CachePolicy:
    """How a version goes on with a run: what ended well in it is taken, even from outside.

    Args:
        run: one that failed, was cancelled or lost.
        version: what goes on: the current build of its pipeline, or what it executed.
        executions: those that the run made or took.
        up_to: says what a run in part is for, as the version is.

    Raises:
        NotResumableError: the run has not ended, or ended well; or its parameters do not fit.
    """
    if run.status is RunStatus.RUNNING:
        raise NotResumableError(
            f"{run.reference} is still running.",
            cure=f"Wait until it has ended, or cancel it: nbmlops cancel {run.reference}",
        )
    if run.status is RunStatus.SUCCEEDED:
        raise NotResumableError(
            f"{run.reference} succeeded: there is nothing to go on with.",
            cure=f"Run it again: nbmlops run {run.pipeline}",
        )
    try:
        typed.check(version.spec.parameters, run.parameters)
    except ParameterError as error:
        raise NotResumableError(
            f"The parameters of {run.reference} do not fit {version.reference}: {error.message}",
            cure=f"Start a new run: nbmlops run {run.pipeline}",
        ) from error
    ended_well = (one.id for one in executions if one.record.status is ExecutionStatus.OK)
    return CachePolicy(trusted=frozenset(ended_well), only=_part(run, version, up_to))


def _part(run: Run, version: PipelineVersion, up_to: UpTo) -> frozenset[str]:
    """The steps of a run in part that the version has, with what they need in it."""
    if run.rules.only is None:
        return frozenset()
    steps = {step.name for step in version.spec.steps}
    left = [name for name in run.rules.only if name in steps]
    if not left:
        raise NotResumableError(
            f"{run.reference} was for steps that {version.reference} does not have.",
            cure=f"Start a new run: nbmlops run {run.pipeline}",
        )
    return frozenset(up_to(version, left))
