"""What a run of a pipeline version would do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nbmlops.capture.modules import ModuleSources
from nbmlops.domain.executions import Execution
from nbmlops.domain.parameters import Occasion, Parameter, Shape
from nbmlops.domain.pipelines import PipelineSpec, PipelineStep, PipelineVersion
from nbmlops.domain.plans import (
    CachePolicy,
    CellPlan,
    JoinedCells,
    Plan,
    PlannedCell,
    PlannedLane,
    StepLimits,
)
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import NotFingerprintableError, NotHandedOverError, UnknownNameError
from nbmlops.execution.caching import CacheDirector
from nbmlops.execution.evidence import StoreEvidence
from nbmlops.execution.folder import working_directory
from nbmlops.execution.input_changes import InputChanges
from nbmlops.execution.lanes import LaneOrder
from nbmlops.execution.limits import Limits
from nbmlops.execution.recorded_outputs import RecordedOutputs
from nbmlops.execution.secrets import digest_of, missing_secrets
from nbmlops.notebook.dataflow.graph import Edge
from nbmlops.notebook.dataflow.graph import build as build_graph
from nbmlops.notebook.dataflow.seen import Observed
from nbmlops.notebook.document import Cell, Document, parse
from nbmlops.pipelines.dependents import dependents
from nbmlops.pipelines.evidence import Evidence
from nbmlops.pipelines.forecast import Forecast
from nbmlops.pipelines.judgement import Held, Overlay
from nbmlops.pipelines.kinds import always_still
from nbmlops.pipelines.lanes import Lane, Lanes, joined, lanes_of, steps_before
from nbmlops.pipelines.observed import observed
from nbmlops.pipelines.plan import NO_CACHE, PlanCell, kinds_foreseen
from nbmlops.pipelines.planner import Planner
from nbmlops.pipelines.typed import check as typed
from nbmlops.pipelines.typed import source
from nbmlops.pipelines.unseeded import GENERATORS, said_without_seed, seeded_in
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.comparison import StoredComparison
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
        self._changes = InputChanges(records, StoredComparison(values))

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
            cells=tuple(
                self._planned(cell, found, origins, why)
                for (cell, found), why in zip(cells, _without_seed(planner), strict=True)
            ),
            lanes=_planned_lanes(lanes, planner.cells, version.spec) if lanes is not None else (),
            joined=_joined(lanes, planner.cells) if lanes is not None else (),
            missing_secrets=missing_secrets(
                version.spec.parameters, given, folder=working_directory(self._project, version)
            ),
        )

    def _planned(
        self, cell: PlanCell, found: Forecast, origins: Mapping[int, str], although: str
    ) -> PlannedCell:
        taken = found.execution
        run_id = taken.record.run_id if taken is not None else None
        reason, changes = self._changes.told(found)
        return PlannedCell(
            cell_id=cell.flow.cell.id,
            index=cell.flow.cell.index,
            title=cell.title,
            step=cell.step,
            state=found.state,
            reason=reason or although,
            execution=taken.id if taken is not None else None,
            origin=origins.get(run_id) if run_id is not None else None,
            changes=changes,
        )

    def lanes(
        self, version: PipelineVersion, *, apart: bool = False, files_stay: bool = True
    ) -> Lanes:
        """How the cells of a version are divided among kernels that may run at once.

        ``apart`` gives steps that follow on each other lanes of their own, where that can be.
        Unless ``files_stay``, those that hand over files share one.
        """
        spec = version.spec
        seen = observed(self._executions.latest_by_cell(spec.notebook).values())
        cells, edges = self._followed(version, seen)
        evidence = self._evidence(version, cells)
        cells = [_with_past(cell, evidence) for cell in cells]

        def unstorable(position: int, name: str) -> str | None:
            for found in evidence.executions(cells[position].flow.digest)[:1]:
                for value in found.record.outputs:
                    if value.name == name:
                        return evidence.cannot_be_handed_over(value)
            return None

        return lanes_of(
            cells, edges, spec, unstorable=unstorable, apart=apart, files_stay=files_stay
        )

    def up_to(self, version: PipelineVersion, names: Collection[str]) -> tuple[str, ...]:
        """The steps of a run that is for some steps: these, and all that they need.

        Raises:
            UnknownNameError: one of them is not there.
        """
        steps = [step.name for step in version.spec.steps]
        for name in names:
            if name not in steps:
                raise UnknownNameError("step", name, steps)
        seen = observed(self._executions.latest_by_cell(version.spec.notebook).values())
        cells, edges = self._followed(version, seen)
        evidence = self._evidence(version, cells)
        cells = [_with_past(cell, evidence) for cell in cells]
        return steps_before(cells, edges, version.spec, names)

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
                lane.number: limits.with_steps(_steps_of(lane, cells, version.spec))
                for lane in lanes.lanes
            },
        )

    def _lanes(self, version: PipelineVersion, at_once: int) -> Lanes | None:
        """How the cells are divided; in one lane if need be, where its steps have limits."""
        if at_once > 1:
            return self.lanes(version)
        asked = [step.rules for step in version.spec.steps]
        if not any(one.memory or one.cpus or one.resources for one in asked):
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
        still = _read_in_passing(cells, evidence)
        if still:
            cells, _ = self._followed(version, still=still)
        planner = Planner(
            cells,
            evidence,
            policy=policy,
            overlay=Overlay(
                position=position,
                values=_given(
                    spec.parameters, given, position, (self._project / spec.notebook).parent
                ),
            ),
            still=still,
            before=partial(self._before, version, given, policy),
        )
        for title, reason in planner.made_again.items():
            raise NotHandedOverError(title, reason)
        return planner

    def _before(
        self, version: PipelineVersion, given: Mapping[str, Any], policy: CachePolicy
    ) -> list[Execution | None]:
        """What the latest run like this one has executed or taken of each cell."""
        if policy != _PLAIN or any(one.type == "secret" for one in version.spec.parameters):
            return []
        run = self._runs.succeeded(version.id, given)
        if run is None:
            return []
        ids = self.records.executed_or_taken(run.id)
        found = self._executions.by_ids(ids)
        mine = [found[one] for one in ids if found[one].record.notebook == version.spec.notebook]
        by_cell = {one.record.cell_id: one for one in mine}
        return [by_cell.get(cell.cell_id) for cell in version.spec.cells]

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
        self,
        version: PipelineVersion,
        seen: Mapping[str, Observed] | None = None,
        still: Collection[str] = (),
    ) -> tuple[list[PlanCell], tuple[Edge, ...]]:
        """The cells of a version with what they do, and what they need from each other.

        ``still`` are names that only hold what no reading changes.
        """
        spec = version.spec
        cells = self._notebook_cells(version)
        folder = (self._project / spec.notebook).parent
        modules = ModuleSources(str(self._project), str(folder)).used
        graph = build_graph(cells, seen, modules, still)
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


def _without_seed(planner: Planner) -> Iterator[str]:
    """What each recorded result that is taken drew although nothing had set its seed, in words."""
    seeded: set[str] = set()
    for cell, found in zip(planner.cells, planner.forecast, strict=True):
        taken = found.execution if found.state is CellPlan.CACHED else None
        yield "" if taken is None or cell.flow.seeds else said_without_seed(taken.record, seeded)
        if cell.flow.seeds:
            seeded |= GENERATORS if taken is None else seeded_in(taken.record)


def _read_in_passing(cells: Sequence[PlanCell], evidence: Evidence) -> frozenset[str]:
    """The names that hold what no reading changes, by records, where cells might change them."""
    flows = [cell.flow for cell in cells]
    still = always_still(flows, [kinds_foreseen(cell, evidence) for cell in cells])
    touched = any(still & flow.in_place - flow.writes for flow in flows)
    return still if touched else frozenset()


def _with_past(cell: PlanCell, evidence: Evidence) -> PlanCell:
    seen = bool(evidence.executions(cell.flow.digest))
    return replace(cell, seen=seen, kinds=kinds_foreseen(cell, evidence))


def _steps_of(lane: Lane, cells: Sequence[PlanCell], spec: PipelineSpec) -> list[PipelineStep]:
    names = {cells[at].step for at in lane.cells}
    return [step for step in spec.steps if step.name in names]


def _planned_lanes(
    lanes: Lanes, cells: Sequence[PlanCell], spec: PipelineSpec
) -> tuple[PlannedLane, ...]:
    asked = [_UNLIMITED.with_steps(_steps_of(lane, cells, spec)) for lane in lanes.lanes]
    return tuple(
        PlannedLane(
            number=lane.number + 1,
            cells=tuple(dict.fromkeys(cells[at].title for at in lane.cells)),
            after=tuple(sorted(number + 1 for number in lane.after)),
            memory=limits.largest.memory,
            cpus=limits.largest.cpus,
            resources=limits.largest.resources,
            limits=tuple(
                StepLimits(
                    step=name, memory=rules.memory, cpus=rules.cpus, resources=rules.resources
                )
                for name, rules in limits.steps.items()
                if rules.memory or rules.cpus or rules.resources
            ),
        )
        for lane, limits in zip(lanes.lanes, asked, strict=True)
    )


def _joined(lanes: Lanes, cells: Sequence[PlanCell]) -> tuple[JoinedCells, ...]:
    return tuple(
        JoinedCells(one=one, other=other, reason=reason)
        for (one, other), reason in joined(lanes.ties, cells).items()
    )


def _made_by_notebook(shape: Shape) -> bool:
    """Whether a value of it is, or holds, one that only the notebook can make."""
    inner = (shape.items, shape.keys, *shape.members)
    return shape.type in _UNTOLD or any(one and _made_by_notebook(one) for one in inner)


def _given(
    schema: tuple[Parameter, ...], given: Mapping[str, Any], position: int | None, folder: Path
) -> dict[str, Held]:
    """What the parameters stand for that a run gives another value than the notebook's."""
    if position is None:
        return {}
    differing = typed.differing(schema, given)
    held = partial(Held, provider=position)
    found = {name: held(known=False) for name in differing}
    for parameter in schema:
        if parameter.type == "secret" and isinstance(differing.get(parameter.name), str):
            digest = digest_of(differing[parameter.name], folder=folder)
            if digest is not None:
                found[parameter.name] = held(fingerprint=digest)
    told = tuple(shape for shape in schema if not _made_by_notebook(shape))
    namespace: dict[str, Any] = {}
    # literals of checked values, written by us: the cell that the run itself executes
    exec(source.assignments(told, differing), namespace)  # noqa: S102
    for name in differing.keys() & namespace.keys():
        value = namespace[name]
        try:
            digest = fingerprint(value)
        except NotFingerprintableError:
            continue
        record = ValueRecord(name=name, fingerprint=digest, summary=summarize(value))
        found[name] = held(fingerprint=digest, value=record)
    return found
