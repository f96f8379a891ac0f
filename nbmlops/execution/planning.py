"""What a run of a pipeline version would do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nbmlops.capture.modules import ModuleSources
from nbmlops.domain.parameters import Occasion, Parameter
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy, Plan, PlannedCell
from nbmlops.errors import NotFingerprintableError, UnknownNameError
from nbmlops.execution.caching import CacheDirector
from nbmlops.execution.evidence import StoreEvidence
from nbmlops.execution.recorded_outputs import RecordedOutputs
from nbmlops.notebook.dataflow.graph import build as build_graph
from nbmlops.notebook.document import Cell, Document, parse
from nbmlops.pipelines.dependents import dependents
from nbmlops.pipelines.plan import NO_CACHE, Held, Overlay, PlanCell
from nbmlops.pipelines.planner import Forecast, Planner
from nbmlops.pipelines.typed import check as typed
from nbmlops.pipelines.typed import source
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.summary import summarize

_PLAIN = CachePolicy()
_UNTOLD = ("enum", "secret")
"""Types of parameters whose values only the notebook can make."""


class PlanService:
    """Plans runs: which steps have a recorded result that still holds, and why others run.

    - reads the pipeline version, not the notebook file as it is now;
    - gives a run the planner that it follows.
    """

    def __init__(
        self,
        *,
        project: Path,
        executions: ExecutionRecords,
        records: ReuseRecords,
        runs: RunRecords,
        objects: ObjectStore,
        values: ValueStore,
    ) -> None:
        self._project = project
        self._executions = executions
        self.records = records
        self._runs = runs
        self._objects = objects
        self._values = values

    def plan(
        self,
        version: PipelineVersion,
        values: Mapping[str, Any],
        *,
        policy: CachePolicy = _PLAIN,
        occasion: Occasion | None = None,
    ) -> Plan:
        """What a run would do.

        Args:
            version: what would run.
            values: parameters by name; checked as for a run.
            policy: how far recorded results may be taken.
            occasion: what the run is for.

        Raises:
            ParameterError: a parameter is unknown, missing or of the wrong type.
            UnknownNameError: a step that is to be forced is not there.
        """
        given = typed.check(version.spec.parameters, values, occasion)
        planner = self.planner(version, given, policy=policy)
        made_by = {
            found.execution.record.run_id
            for found in planner.forecast
            if found.execution is not None and found.execution.record.run_id is not None
        }
        origins = self._runs.references(made_by)
        cells = zip(planner.cells, planner.forecast, strict=True)
        return Plan(
            pipeline=version.reference,
            parameters=given,
            cells=tuple(_planned(cell, found, origins) for cell, found in cells),
        )

    def planner(
        self, version: PipelineVersion, given: Mapping[str, Any], *, policy: CachePolicy
    ) -> Planner:
        """The planner of a run with these checked parameters.

        Raises:
            UnknownNameError: a step that is to be forced is not there.
        """
        spec = version.spec
        steps = [step.name for step in spec.steps]
        for name in sorted(policy.force):
            if name not in steps:
                raise UnknownNameError("step", name, steps)
        cells = self._cells(version)
        position = next((at for at, cell in enumerate(cells) if cell.role == "parameters"), None)
        evidence = StoreEvidence(
            notebook=spec.notebook,
            digests={cell.flow.digest for cell in cells},
            project=self._project,
            trusted=policy.trusted,
            executions=self._executions,
            records=self.records,
            values=self._values,
        )
        return Planner(
            cells,
            evidence,
            policy=policy,
            overlay=Overlay(position=position, values=_given(spec.parameters, given, position)),
        )

    def director(
        self, planner: Planner, run_id: int, *, notebook: str | None = None
    ) -> CacheDirector:
        """What follows a plan through the notebook of a run.

        Args:
            planner: made for the run, or for a further attempt at it.
            run_id: the run.
            notebook: what the attempt before has executed, as JSON.
        """
        outputs = RecordedOutputs(self._runs, self._objects)
        if notebook is not None:
            outputs.remember(run_id, notebook)
        return CacheDirector(
            planner,
            run_id,
            executions=self._executions,
            reuse=self.records,
            runs=self._runs,
            outputs=outputs,
        )

    def document(self, version: PipelineVersion) -> Document:
        """The notebook that a run of the version executes."""
        return parse(self._objects.get(version.notebook_object).decode())

    def dependents(self, version: PipelineVersion) -> dict[str, frozenset[str]]:
        """For each cell id the cells that depend on it, directly or not; a step is one whole."""
        return dependents(version.spec, build_graph(self._notebook_cells(version)).edges)

    def _cells(self, version: PipelineVersion) -> list[PlanCell]:
        spec = version.spec
        cells = self._notebook_cells(version)
        folder = (self._project / spec.notebook).parent
        modules = ModuleSources(str(self._project), str(folder)).used
        flows = build_graph(cells, None, modules).flows
        return [
            PlanCell(flow=flow, role=cell.role, step=cell.step)
            for flow, cell in zip(flows, spec.cells, strict=True)
        ]

    def _notebook_cells(self, version: PipelineVersion) -> list[Cell]:
        tags = {cell.id: cell.tags for cell in self.document(version).cells}
        impure = {step.name for step in version.spec.steps if not step.rules.cache}
        return [
            Cell(
                id=cell.cell_id,
                index=cell.index,
                kind="code",
                source=cell.source,
                tags=(*tags.get(cell.cell_id, ()), *([NO_CACHE] if cell.step in impure else ())),
            )
            for cell in version.spec.cells
        ]


def _planned(cell: PlanCell, found: Forecast, origins: Mapping[int, str]) -> PlannedCell:
    taken = found.execution
    run_id = taken.record.run_id if taken is not None else None
    return PlannedCell(
        cell_id=cell.flow.cell.id,
        index=cell.flow.cell.index,
        title=cell.title,
        step=cell.step,
        state=found.state,
        reason=found.reason,
        execution=taken.id if taken is not None else None,
        origin=origins.get(run_id) if run_id is not None else None,
    )


def _given(
    schema: tuple[Parameter, ...], given: Mapping[str, Any], position: int | None
) -> dict[str, Held]:
    """What the parameters stand for that a run gives another value than the notebook's."""
    if position is None:
        return {}
    differing = typed.differing(schema, given)
    held = partial(Held, provider=position)
    found = {name: held(known=False) for name in differing}
    told = tuple(shape for shape in schema if shape.type not in _UNTOLD)
    namespace: dict[str, Any] = {}
    # literals of checked values, written by us: the cell that the run itself executes
    exec(source.assignments(told, differing), namespace)  # noqa: S102
    for name in differing.keys() & namespace.keys():
        value = namespace[name]
        try:
            found[name] = held(fingerprint=fingerprint(value), text=summarize(value).text)
        except NotFingerprintableError:
            continue
    return found
