"""One value of the history by its name, loaded without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.references import PipelineReference, RunReference, StepReference
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import UnknownNameError, UsageError, ValueNotStoredError

if TYPE_CHECKING:
    from nbmlops.building.pipelines import PipelineService
    from nbmlops.execution.runs import RunService
    from nbmlops.history.versions import HistoryService
    from nbmlops.store.values import ValueStore

_VALUE = re.compile(r"(?P<maker>.+):(?P<name>[^\W\d]\w*)")
_RUN = re.compile(r"[^#@]+#[1-9][0-9]*(:.*)?")
_TABLES = ("DataFrame", "Series", "ndarray")
_RUNS = 200
"""The newest runs of a pipeline among which one of a version is looked for."""


def moves(text: str) -> bool:
    """Whether a name may stand for another value later: any but that of a run's.

    >>> moves("flights#3:df"), moves("load@3:df"), moves("flights@approved")
    (False, True, True)
    """
    return _RUN.fullmatch(text.strip()) is None


def stored_value(
    text: str,
    *,
    steps: HistoryService,
    pipelines: PipelineService,
    runs: RunService,
    values: ValueStore,
) -> Any:
    """The value of a name such as ``load@3:df``, ``flights#3:df`` or ``flights@approved:df``.

    Raises:
        UnknownNameError: there is no such thing.
        UsageError: there are several values, and none is named.
        ValueNotStoredError: it was not kept.
        UntrustedValueError: somebody else has recorded it.
    """
    maker, name = _parts(text.strip(), steps)
    made = _Makers(steps=steps, pipelines=pipelines, runs=runs).outputs(maker)
    record = _chosen(maker, name, made)
    if record.manifest is None:
        raise ValueNotStoredError(
            f"The value {record.name} of {maker} was not kept: {record.reason or 'not stored'}.",
            cure="Name another version or run, or give the table itself.",
        )
    return values.load(record.manifest)


class _Makers:
    """What steps, pipelines and runs have made."""

    def __init__(
        self, *, steps: HistoryService, pipelines: PipelineService, runs: RunService
    ) -> None:
        self._steps = steps
        self._pipelines = pipelines
        self._runs = runs

    def outputs(self, maker: str) -> dict[str, ValueRecord]:
        """The values by name, of several of one name the latest."""
        if RunReference.matches(maker):
            wanted = RunReference.parse(maker)
            run = self._runs.get(wanted.pipeline, wanted.number)
            if run is None:
                cure = f"List them: nbmlops runs {wanted.pipeline}."
                raise UnknownNameError("run", maker, cure=cure)
            return self._of_run(run)
        reference = StepReference.parse(maker)
        try:
            version = self._steps.version(reference)
        except UnknownNameError as unknown:
            if unknown.kind != "step" or reference.notebook is not None:
                raise
            return self._of_pipeline(maker, unknown)
        execution = self._steps.representative(version)
        if execution is None or execution.record.status is not ExecutionStatus.OK:
            raise ValueNotStoredError(
                f"{version.reference} never ran to its end, so it left no values.",
                cure="Name another version.",
            )
        return _latest([execution])

    def _of_pipeline(self, maker: str, unknown: UnknownNameError) -> dict[str, ValueRecord]:
        try:
            version = self._pipelines.get(PipelineReference.parse(maker))
        except UnknownNameError as error:
            if error.kind != "pipeline":
                raise
            name = PipelineReference.parse(maker).name
            raise UnknownNameError(
                "step or pipeline", name, [*unknown.known, *error.known]
            ) from error
        for run in self._runs.newest(pipeline=version.spec.name, limit=_RUNS):
            if run.version_id == version.id and run.status is RunStatus.SUCCEEDED:
                return self._of_run(run)
        raise ValueNotStoredError(
            f"{version.reference} has no run that succeeded, so there are no values of it.",
            cure=f"Run it: nbmlops run {version.reference}.",
        )

    def _of_run(self, run: Run) -> dict[str, ValueRecord]:
        return _latest(self._runs.executions(run))


def _latest(executions: Iterable[Execution]) -> dict[str, ValueRecord]:
    return {item.name: item for execution in executions for item in execution.record.outputs}


def _parts(text: str, steps: HistoryService) -> tuple[str, str | None]:
    """What made a value, and the name of the value if it is said.

    ``flights:load`` is the step of a notebook where there is no step ``flights``.
    """
    found = _VALUE.fullmatch(text)
    if found is None:
        return text, None
    maker, name = found["maker"], found["name"]
    if "@" in maker or "#" in maker or ":" in maker:
        return maker, name
    if "@" in text or "#" in text:
        return text, None
    known = {step.name for step in steps.steps()}
    return (maker, name) if maker in known or name not in known else (text, None)


def _chosen(maker: str, name: str | None, made: dict[str, ValueRecord]) -> ValueRecord:
    if name is not None:
        if name not in made:
            raise UnknownNameError(f"value of {maker}", name, made)
        return made[name]
    for choice in (list(made.values()), _tables(list(made.values()))):
        if len(choice) == 1:
            return choice[0]
    if not made:
        raise ValueNotStoredError(f"{maker} has made no values.", cure="Name something else.")
    names = sorted(item.name for item in _tables(list(made.values()))) or sorted(made)
    raise UsageError(
        f"{maker} has made several values: {', '.join(names[:8])}.",
        cure=f"Say which: {maker}:{names[0]}.",
    )


def _tables(made: Sequence[ValueRecord]) -> list[ValueRecord]:
    return [item for item in made if item.summary.kind.rpartition(".")[2] in _TABLES]
