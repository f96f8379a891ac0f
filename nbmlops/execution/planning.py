"""What a run of a pipeline version would do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nbmlops.capture.modules import ModuleSources
from nbmlops.domain.parameters import Occasion, Parameter
from nbmlops.domain.pipelines import PipelineSpec, PipelineVersion
from nbmlops.domain.plans import CachePolicy, JoinedCells, Plan, PlannedCell, PlannedLane
from nbmlops.domain.rules import StepRules
from nbmlops.errors import NotFingerprintableError, NotHandedOverError, UnknownNameError
from nbmlops.execution.caching import CacheDirector
from nbmlops.execution.evidence import StoreEvidence
from nbmlops.execution.lanes import LaneOrder
from nbmlops.execution.limits import Limits
from nbmlops.execution.recorded_outputs import RecordedOutputs
from nbmlops.notebook.dataflow.graph import Edge
from nbmlops.notebook.dataflow.graph import build as build_graph
from nbmlops.notebook.dataflow.seen import Observed
from nbmlops.notebook.document import Cell, Document, parse
from nbmlops.pipelines.dependents import dependents
from nbmlops.pipelines.lanes import Lane, Lanes, joined, lanes_of
from nbmlops.pipelines.observed import observed
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
_UNLIMITED = Limits()
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
        at_once: int = 1,
    ) -> Plan:
        """What a run would do.

        Args:
            version: what would run.
            values: parameters by name; checked as for a run.
            policy: how far recorded results may be taken.
            occasion: what the run is for.
            at_once: how many kernels may run at a time; with more than one, the plan tells how
                the cells are divided.

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
        lanes = self._lanes(version, at_once)
        return Plan(
            pipeline=version.reference,
            parameters=given,
            cells=tuple(_planned(cell, found, origins) for cell, found in cells),
            lanes=_planned_lanes(lanes, planner.cells, version.spec) if lanes is not None else (),
            joined=_joined(lanes, planner.cells) if lanes is not None else (),
        )

    def lanes(self, version: PipelineVersion, *, apart: bool = False) -> Lanes:
        """How the cells of a version are divided among kernels that may run at once.

        ``apart`` gives steps that follow on each other lanes of their own, where that can be.
        """
        spec = version.spec
        seen = observed(self._executions.latest_by_cell(spec.notebook).values())
        cells, edges = self._followed(version, seen)
        evidence = self._evidence(version, cells)
        cells = [replace(cell, seen=bool(evidence.executions(cell.flow.digest))) for cell in cells]

        def unstorable(position: int, name: str) -> str | None:
            for found in evidence.executions(cells[position].flow.digest)[:1]:
                for value in found.record.outputs:
                    if value.name == name:
                        return evidence.cannot_be_handed_over(value)
            return None

        return lanes_of(cells, edges, spec, unstorable=unstorable, apart=apart)

    def lane_order(
        self,
        version: PipelineVersion,
        given: Mapping[str, Any],
        run_id: int,
        *,
        director: CacheDirector | None,
        at_once: int,
        limits: Limits = _UNLIMITED,
    ) -> LaneOrder | None:
        """How a run is divided among kernels; ``None`` where it needs one only.

        Args:
            version: what runs.
            given: the checked parameters.
            run_id: the run.
            director: that of the run; without one, every cell runs.
            at_once: how many kernels may run at a time.
            limits: what each may take whose steps ask for nothing.
        """
        if at_once == 1:
            return None
        lanes = self.lanes(version)
        if director is None:
            planner = self.planner(version, given, policy=CachePolicy(enabled=False))
            director = self.director(planner.for_all(), run_id)
        expects = director.planner.expects
        wanted = [lane for lane in lanes.lanes if any(map(expects, lane.cells))]
        if not lanes.runs_beside or len(wanted) < 2:  # noqa: PLR2004 (one needs no other)
            return None
        cells = director.planner.cells
        return LaneOrder(
            lanes=lanes,
            director=director,
            at_once=at_once,
            limits={
                lane.number: limits.for_steps(_rules_of(lane, cells, version.spec))
                for lane in lanes.lanes
            },
        )

    def _lanes(self, version: PipelineVersion, at_once: int) -> Lanes | None:
        """How the cells are divided; in one lane if need be, where its steps have limits."""
        if at_once > 1:
            return self.lanes(version)
        if all(step.rules.memory is step.rules.cpus is None for step in version.spec.steps):
            return None
        every = tuple(at for at, cell in enumerate(version.spec.cells) if cell.step is not None)
        return Lanes(lanes=(Lane(number=0, cells=every, after=frozenset(), before=()),))

    def planner(
        self, version: PipelineVersion, given: Mapping[str, Any], *, policy: CachePolicy
    ) -> Planner:
        """The planner of a run with these checked parameters.

        Raises:
            UnknownNameError: a step that is to be forced is not there.
            NotHandedOverError: a step of another part would have to run again.
        """
        spec = version.spec
        steps = [step.name for step in spec.steps]
        for name in sorted(policy.force):
            if name not in steps:
                raise UnknownNameError("step", name, steps)
        cells, _ = self._followed(version)
        position = next((at for at, cell in enumerate(cells) if cell.role == "parameters"), None)
        evidence = self._evidence(version, cells, policy.made | policy.trusted)
        planner = Planner(
            cells,
            evidence,
            policy=policy,
            overlay=Overlay(position=position, values=_given(spec.parameters, given, position)),
        )
        for title, reason in planner.made_again.items():
            raise NotHandedOverError(title, reason)
        return planner

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

    def _evidence(
        self,
        version: PipelineVersion,
        cells: Sequence[PlanCell],
        trusted: Collection[int] = (),
    ) -> StoreEvidence:
        return StoreEvidence(
            notebook=version.spec.notebook,
            digests={cell.flow.digest for cell in cells},
            project=self._project,
            trusted=trusted,
            processors={step.rules.cpus for step in version.spec.steps if step.rules.cpus},
            executions=self._executions,
            records=self.records,
            values=self._values,
        )

    def _followed(
        self, version: PipelineVersion, seen: Mapping[str, Observed] | None = None
    ) -> tuple[list[PlanCell], tuple[Edge, ...]]:
        """The cells of a version with what they do, and what they need from each other."""
        spec = version.spec
        cells = self._notebook_cells(version)
        folder = (self._project / spec.notebook).parent
        modules = ModuleSources(str(self._project), str(folder)).used
        graph = build_graph(cells, seen, modules)
        states = self.records.states({flow.digest for flow in graph.flows})
        return [
            PlanCell(flow=flow, role=cell.role, step=cell.step, state=states.get(flow.digest, ""))
            for flow, cell in zip(graph.flows, spec.cells, strict=True)
        ], graph.edges

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


def _rules_of(lane: Lane, cells: Sequence[PlanCell], spec: PipelineSpec) -> list[StepRules]:
    names = {cells[at].step for at in lane.cells}
    return [step.rules for step in spec.steps if step.name in names]


def _planned_lanes(
    lanes: Lanes, cells: Sequence[PlanCell], spec: PipelineSpec
) -> tuple[PlannedLane, ...]:
    asked = [_UNLIMITED.for_steps(_rules_of(lane, cells, spec)) for lane in lanes.lanes]
    return tuple(
        PlannedLane(
            number=lane.number + 1,
            cells=tuple(dict.fromkeys(cells[at].title for at in lane.cells)),
            after=tuple(sorted(number + 1 for number in lane.after)),
            memory=limits.memory,
            cpus=limits.cpus,
        )
        for lane, limits in zip(lanes.lanes, asked, strict=True)
    )


def _joined(lanes: Lanes, cells: Sequence[PlanCell]) -> tuple[JoinedCells, ...]:
    return tuple(
        JoinedCells(one=one, other=other, reason=reason)
        for (one, other), reason in joined(lanes.ties, cells).items()
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
