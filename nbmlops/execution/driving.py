"""Execute the notebook of a run, in as many attempts as it may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.config import RunContext
from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import ExecutionStatus, Failure
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.runs import Attempt, Run, RunStatus
from nbmlops.errors import (
    NotHandedOverError,
    PartRefusedError,
    StoreUnwritableError,
    UnforeseenError,
)
from nbmlops.execution.caching import CacheDirector
from nbmlops.execution.cancellation import Cancellation
from nbmlops.execution.engines.base import Cluster
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.lanes import LaneOrder
from nbmlops.execution.limits import Limits
from nbmlops.execution.outcome import NOT_STARTED, WORKER_LOST, Outcome, stopped
from nbmlops.execution.papermill_run import execute
from nbmlops.execution.planning import PlanService
from nbmlops.execution.supervision import Supervisor
from nbmlops.pipelines.typed import check as typed
from nbmlops.pipelines.typed import source
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.objects.base import ObjectStore

if TYPE_CHECKING:
    from nbmlops.execution.notebook_execution import Observer


_KERNEL_ENDED = Outcome(
    status=RunStatus.FAILED,
    failure=Failure(kind="KernelEnded", message="its kernel ended before all that could run had"),
)
"""How an attempt ended whose failure the run can do without, but for its kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One run that is being driven; ``page`` as for `RunService.run`."""

    run: Run
    version: PipelineVersion
    given: Mapping[str, Any]
    folder: RunFolder
    working_directory: Path
    cancellation: Cancellation
    policy: CachePolicy
    director: CacheDirector | None
    supervisor: Supervisor
    observer: Observer | None
    warm: bool
    limits: Limits
    at_once: int = 1
    lanes: LaneOrder | None = None
    cluster: Cluster | None = None
    page: bool | None = None
    warnings: tuple[str, ...] = ()

    @property
    def assignments(self) -> str:
        """The source that gives the parameters those values that are not the defaults."""
        schema = self.version.spec.parameters
        differing = typed.differing(schema, self.given)
        return source.assignments(schema, differing) if differing else ""

    def anew(self, change: UnforeseenError) -> Order:
        """The same in one kernel, without a plan: every cell runs, and the run says so.

        Raises:
            NotHandedOverError: it is a part of a whole, of which other parts have run.
            PartRefusedError: it is a part of a pipeline that cannot be run by itself.
        """
        name, why = self.version.spec.name, change.message.rstrip(".")
        if self.policy.made:
            raise NotHandedOverError(name, why)
        director = None
        if self.policy.only and self.director is not None:
            if self.director.planner.runs_all:
                raise PartRefusedError(name, why)
            director = self.director.anew()
        where = " in one kernel" if self.lanes is not None else ""
        said = f"It began anew and ran every step{where}: {why}."
        return replace(
            self, director=director, at_once=1, lanes=None, warnings=(*self.warnings, said)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What came of a run: how it ended, with all its attempts, as its last one was ordered."""

    outcome: Outcome
    order: Order
    attempts: tuple[Attempt, ...]


class Driver:
    """Executes the notebooks of runs.

    - begins anew without a plan where the plan was too good;
    - lets the supervisor of the run say whether another attempt follows, and waits for it;
    - gives each further attempt a kernel of its own, and what the earlier ones have done well.
    """

    def __init__(
        self,
        *,
        project: Path,
        plans: PlanService,
        executions: ExecutionRecords,
        objects: ObjectStore,
        clock: Clock,
    ) -> None:
        self._project = project
        self._plans = plans
        self._executions = executions
        self._objects = objects
        self._clock = clock

    def drive(self, order: Order) -> Driven:
        """Execute the notebook of a run to its end.

        Raises:
            OSError: the run's folder cannot be written.
        """
        attempts: list[Attempt] = []
        order.folder.path.mkdir(parents=True, exist_ok=True)
        order = self._divided(order)
        while True:
            started = self._clock()
            outcome, order = self._attempt(order)
            ended = _KERNEL_ENDED if order.supervisor.begins_anew else outcome
            attempts.append(
                Attempt(
                    number=len(attempts) + 1,
                    started_at=started,
                    ended_at=self._clock(),
                    status=_status(ended),
                    failure=named_as_in_source(ended.failure, order.version),
                )
            )
            last = _last(order, outcome)
            if last is not None:
                return Driven(outcome=last, order=order, attempts=tuple(attempts))
            order = self._once_more(order, len(attempts))

    def _attempt(self, order: Order) -> tuple[Outcome, Order]:
        """Execute the notebook once; all of it, where the plan turns out too good."""
        version = order.version
        order.supervisor.attempt(order.director)
        order.folder.source.write_bytes(self._objects.get(version.notebook_object))
        try:
            outcome = execute(
                order.folder,
                kernel=version.spec.kernel,
                parameters=order.given,
                assignments=order.assignments,
                working_directory=order.working_directory,
                context=RunContext(
                    project=self._project,
                    run_id=order.run.id,
                    notebook=version.spec.notebook,
                    hands_over=order.lanes.lanes.handed_over if order.lanes else frozenset(),
                ),
                cancellation=order.cancellation,
                supervisor=order.supervisor,
                warm=order.warm,
                limits=order.limits.with_steps(version.spec.steps),
                lanes=order.lanes,
                cluster=order.cluster,
                observer=order.observer,
                page=order.page is not False,
            )
        except UnforeseenError as change:
            return self._attempt(order.anew(change))
        return outcome, order

    def _once_more(self, order: Order, number: int) -> Order:
        """The next attempt: what the earlier ones have done well is taken, the rest runs."""
        folder, notebook = order.folder, None
        if folder.notebook.exists():
            folder.notebook.replace(folder.attempt(number))
            notebook = folder.attempt(number).read_text("utf-8")
        made = self._executions.of_run(order.run.id)
        well = {one.id for one in made if one.record.status is ExecutionStatus.OK}
        policy = replace(order.policy, trusted=order.policy.trusted | well)
        planner = self._plans.planner(order.version, order.given, policy=policy)
        director = self._plans.director(planner, order.run.id, notebook=notebook)
        return self._divided(replace(order, director=director))

    def _divided(self, order: Order) -> Order:
        """The same in several kernels, where the order allows it and the cells do."""
        lanes = self._plans.lane_order(
            order.version,
            order.given,
            order.run.id,
            director=order.director,
            at_once=order.at_once,
            limits=order.limits,
        )
        return replace(order, lanes=lanes)


def _status(ended: Outcome) -> RunStatus:
    """How an attempt ended: one whose worker went away is lost."""
    lost = ended.failure is not None and ended.failure.kind == WORKER_LOST
    return RunStatus.LOST if lost else ended.status


def _last(order: Order, outcome: Outcome) -> Outcome | None:
    """How the run has ended; ``None``, after the pause, where another attempt follows."""
    supervisor = order.supervisor
    if outcome.failure is not None and outcome.failure.kind == NOT_STARTED:
        supervisor.kernel_failed()
    if outcome.status is RunStatus.CANCELLED or order.cancellation.signal is not None:
        return outcome
    if supervisor.pause is None:
        return None if supervisor.begins_anew else outcome
    signal = order.cancellation.wait(supervisor.pause.seconds)
    return None if signal is None else stopped(signal.name)


@contextmanager
def writable(folder: RunFolder) -> Iterator[None]:
    """Turn what the disk refuses into one clear sentence.

    Raises:
        StoreUnwritableError: the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise StoreUnwritableError(
            f"The run folder {folder.path} cannot be written: {error.strerror or error}.",
            cure="Make it writable or free some space, then run again.",
        ) from error


def named_as_in_source(failure: Failure | None, version: PipelineVersion) -> Failure | None:
    """Give the cell's position in the notebook that people edit, not in the one that ran."""
    if failure is None:
        return None
    for cell in version.spec.cells:
        if cell.cell_id == failure.cell_id:
            return replace(failure, cell_index=cell.index)
    return failure
