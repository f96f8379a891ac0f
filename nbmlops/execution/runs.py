"""Run a pipeline version and keep what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Execution, Failure
from nbmlops.domain.pages import Position, RunChoice, RunPage
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineStep, PipelineVersion
from nbmlops.domain.plans import CachePolicy, Plan
from nbmlops.domain.rules import RunRules
from nbmlops.domain.run_steps import RunStep
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import (
    UnforeseenError,
)
from nbmlops.execution import process
from nbmlops.execution.assembly import assembled
from nbmlops.execution.cancellation import Cancellation
from nbmlops.execution.closing import RunCloser
from nbmlops.execution.driving import Driver, Order, writable
from nbmlops.execution.engines.base import Cluster, OpenCluster, opened
from nbmlops.execution.folder import RunFolder, working_directory
from nbmlops.execution.limits import Limits
from nbmlops.execution.outcome import Outcome
from nbmlops.execution.papermill_run import require_kernel
from nbmlops.execution.planning import PlanService
from nbmlops.execution.resuming import policy_of
from nbmlops.execution.run_files import RunFiles
from nbmlops.execution.secrets import require_secrets
from nbmlops.execution.stopping import RunStopper, Told
from nbmlops.execution.supervision import Supervisor
from nbmlops.execution.venue import Venue, require_room
from nbmlops.pipelines.typed import check as typed
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.objects.base import ObjectStore

if TYPE_CHECKING:
    from nbmlops.execution.notebook_execution import Observer
    from nbmlops.pipelines.planner import Planner

log = logging.getLogger(__name__)

OnStarted = Callable[[Run], None]

_NEWEST = 20
"""Runs among which one is looked for that has executed something."""
_CACHE = CachePolicy()
_UNLIMITED = Limits()
_RULES = RunRules()


def _say_nothing(said: str) -> None:
    """Nobody listens."""


class RunService:
    """Executes pipeline versions with papermill.

    - checks parameters and the kernel before anything starts;
    - opens the run in the ledger, executes, closes it whatever happened;
    - takes recorded results that still hold, and starts no kernel where all of them do;
    - tries steps that fail again, where its rules say so, each time with a new kernel;
    - has the executed notebook, its page and the figures kept as artifacts of the run;
    - closes what a vanished process left open.
    """

    def __init__(
        self,
        *,
        project: Path,
        store: Path,
        records: RunRecords,
        pipelines: PipelineRecords,
        executions: ExecutionRecords,
        objects: ObjectStore,
        clock: Clock,
        author: str,
        plans: PlanService,
        reuse: ReuseRecords,
        warm_kernels: bool = False,
        rules: RunRules = _RULES,
        parallel: int = 1,
        open_cluster: OpenCluster,
    ) -> None:
        self._rules = rules
        self._open_cluster = open_cluster
        self._parallel = parallel
        self._plans = plans
        self._reuse = reuse
        self._warm_kernels = warm_kernels
        self._project = project
        self._records = records
        self._pipelines = pipelines
        self._executions = executions
        self._objects = objects
        self._clock = clock
        self._author = author
        self._driver = Driver(
            project=project, plans=plans, executions=executions, objects=objects, clock=clock
        )
        self.files = RunFiles(
            store=store,
            records=records,
            pipelines=pipelines,
            executions=executions,
            reuse=reuse,
            objects=objects,
            clock=clock,
        )
        self._closer = RunCloser(
            records=records,
            pipelines=pipelines,
            executions=executions,
            reuse=reuse,
            files=self.files,
            clock=clock,
        )

    def run(
        self,
        version: PipelineVersion,
        values: Mapping[str, Any],
        *,
        trigger: str = "manual",
        occasion: Occasion | None = None,
        observer: Observer | None = None,
        on_started: OnStarted | None = None,
        cold: bool = False,
        limits: Limits | None = None,
        parallel: int | None = None,
        on: str | None = None,
        policy: CachePolicy = _CACHE,
        rules: RunRules = _RULES,
        goes_on_with: Run | None = None,
        page: bool | None = None,
    ) -> Run:
        """Run a pipeline version once; steps whose recorded result still holds are not run.

        Args:
            version: what to run.
            values: parameters by name, as Python values or in their plain form; their templates
                are filled in, and they are checked against the schema.
            trigger: ``manual``, or ``schedule:ID``.
            occasion: what the run is for, as templates know it; by default, for now.
            observer: called at each cell's start and end.
            on_started: called with the open run before its kernel starts.
            cold: whether its kernel is a process of its own from the start, whatever is set.
            limits: what its kernel may take.
            parallel: how many kernels may run at a time, for steps that do not depend on each
                other; where nothing is said, the setting holds, or what a cluster has room for.
            on: the address of the cluster that runs its kernels; by default, this machine does.
            policy: how far recorded results may be taken.
            rules: how long it may take, how often steps are tried, what a failure stops; where
                nothing is said, the settings hold.
            goes_on_with: the run that it resumes.
            page: whether its page is made at its end, or by `RunFiles.made` once somebody asks
                for it, unless it fails; by default, at its end if anything was run.

        Returns:
            The closed run, failed ones included: look at its ``status``. SIGINT and SIGTERM
            close it as cancelled, and are then handed on to who handled them before, unless
            `cancel` sent them.

        Raises:
            ParameterError: a parameter is unknown, missing, of the wrong type or out of range.
            SecretError: a secret is not where its parameter says.
            KernelMissingError: the notebook's kernel is not installed.
            ClusterError: the cluster is not there, or cannot run kernels of this project.
            UnknownNameError: a step that is to be forced is not there.
            StoreError: the store cannot be written.
        """
        # the templates of the values that a run goes on with were filled in when it began
        occasion = occasion or (self._now() if goes_on_with is None else None)
        given = typed.check(version.spec.parameters, values, occasion)
        folder = working_directory(self._project, version)
        require_secrets(version.spec.parameters, given, folder=folder)
        planner = self._plans.planner(version, given, policy=policy) if policy.plans else None
        if planner is None or not planner.runs_nothing:
            require_kernel(version.spec.kernel)
        rules = rules.over(self._rules).for_steps(version.spec.among(policy.only))
        with self._cluster(on, version, limits or _UNLIMITED, planner) as cluster:
            run = self._records.start(
                version,
                parameters=given,
                trigger=trigger,
                author=self._author,
                started_at=self._clock(),
                process=process.this_process(),
                rules=rules,
                goes_on_with=goes_on_with.id if goes_on_with is not None else None,
            )
            cancellation, ran = Cancellation(), self.folder(run)
            try:
                with writable(ran):
                    ran.end.reserve()
                with cancellation:
                    if on_started is not None:
                        on_started(run)
                    director = (
                        self._plans.director(planner, run.id) if planner is not None else None
                    )
                    at_once = parallel or (cluster.slots if cluster else self._parallel)
                    drive = (
                        self._take if planner is not None and planner.runs_nothing else self._drive
                    )
                    run = drive(
                        Order(
                            run=run,
                            version=version,
                            given=given,
                            folder=ran,
                            working_directory=folder,
                            cancellation=cancellation,
                            policy=policy,
                            director=director,
                            at_once=at_once,
                            cluster=cluster,
                            supervisor=Supervisor(
                                version.spec, rules, partial(self._plans.dependents, version)
                            ),
                            observer=observer,
                            warm=self._warm_kernels and not cold,
                            limits=limits or _UNLIMITED,
                            page=page,
                        )
                    )
            except BaseException as error:
                self._closer.close_after(run, error)
                raise
        if run.cancelled_by is None:
            cancellation.hand_on()
        return run

    def _now(self) -> Occasion:
        return Occasion.at(self._clock().astimezone())

    @contextmanager
    def place(self, address: str | None) -> Iterator[Venue]:
        """Where a run would be, while the context is open.

        Raises:
            ClusterError: the cluster is not there, or cannot run kernels of this project.
        """
        with opened(self._open_cluster, address) as cluster:
            yield Venue(slots=cluster.slots if cluster else self._parallel, cluster=cluster)

    def plan_resume(self, run: Run, version: PipelineVersion, *, at_once: int = 1) -> Plan:
        """What `resume` would do; raises what it raises."""
        policy = policy_of(run, version, self.executions(run), self._plans.up_to)
        return self._plans.plan(version, run.parameters, policy=policy, at_once=at_once)

    def resume(
        self,
        run: Run,
        version: PipelineVersion,
        *,
        observer: Observer | None = None,
        on_started: OnStarted | None = None,
        cold: bool = False,
        limits: Limits | None = None,
        parallel: int | None = None,
        on: str | None = None,
        rules: RunRules = _RULES,
    ) -> Run:
        """Go on with a run that failed, was cancelled or lost, with its parameters.

        Args:
            run: the run; what ended well in it is taken, the rest runs.
            version: what goes on: the current build of its pipeline, or what it executed.
            observer: as for `run`, like the others.
            on_started: called with the new run.
            cold: whether its kernel is a process of its own from the start.
            limits: what its kernel may take.
            parallel: how many kernels may run at a time.
            on: the address of the cluster that runs them.
            rules: as for `run`; where nothing is said, those of the run hold.

        Returns:
            The closed new run; see `run`, whose errors are raised as well.

        Raises:
            NotResumableError: it has not ended, or ended well; or its parameters do not fit.
        """
        return self.run(
            version,
            run.parameters,
            observer=observer,
            on_started=on_started,
            cold=cold,
            limits=limits,
            parallel=parallel,
            on=on,
            policy=policy_of(run, version, self.executions(run), self._plans.up_to),
            rules=replace(rules.over(run.rules), only=None),
            goes_on_with=run,
        )

    def cancel(self, run: Run, *, force: bool = False, tell: Told = _say_nothing) -> Run:
        """Stop a run that another process drives on this machine, and wait until it is closed.

        Args:
            run: the run.
            force: whether to kill its process when it has not stopped after a while.
            tell: called with what is being done, in sentences.

        Raises:
            NotCancellableError: it has ended, is driven elsewhere or by another user, or does not
                stop.
        """
        stopper = RunStopper(self._records, clock=self._clock, author=self._author)
        return stopper.cancel(run, force=force, tell=tell)

    def ask_to_stop(self, run: Run, by: str) -> bool:
        """Ask a run to stop on somebody's behalf, and do not wait; see `RunStopper.ask`."""
        stopper = RunStopper(self._records, clock=self._clock, author=self._author)
        return stopper.ask(run, by)

    def run_version(
        self,
        *,
        version_id: int,
        parameters: Mapping[str, Any],
        trigger: str,
        occasion: Occasion,
        on_started: OnStarted,
        rules: RunRules = _RULES,
        parallel: int | None = None,
        on: str | None = None,
        memory: int | None = None,
        cpus: int | None = None,
        page: bool | None = None,
    ) -> Run:
        """Run the version with that id, as a schedule asks for it; see `run`."""
        version = self._pipelines.by_id(version_id)
        return self.run(
            version,
            parameters,
            trigger=trigger,
            occasion=occasion,
            on_started=on_started,
            policy=CachePolicy(enabled=not rules.no_cache, force=frozenset(rules.force or ())),
            rules=rules,
            parallel=parallel,
            on=on,
            limits=Limits(memory=memory, cpus=cpus),
            page=page,
        )

    def rehearse(self) -> None:
        """Ask of a newest run what each run asks of others: records, no files and no values.

        It is one that has executed something: of one that only begins, nothing else is asked. The
        statements are then compiled, also for processes that are forked from this one.

        Raises:
            StoreError: the catalog cannot be read.
        """
        for run in self._records.newest(limit=_NEWEST):
            executions = self.files.executions(run)
            if not executions:
                continue
            version = self._pipelines.by_id(run.version_id)
            self._executions.by_ids([one.id for one in executions])
            self._executions.environments_of_run(run.id)
            self._executions.without_room_in_run(run.id)
            digests = {one.record.digest for one in executions}
            self._reuse.candidates(digests, version.spec.notebook)
            self._reuse.failed(digests)
            self._reuse.ran(version.spec.notebook)
            self._reuse.states(digests)
            for one in executions[:1]:
                self._reuse.session(one.record.session)
                self._reuse.last_of_cell(run.id, str(one.record.cell_id))
            self._records.succeeded(version.id, run.parameters)
            self._records.cancelled_by(run.id)
            self._records.by_id(run.id)
            self._records.rehearse(run)
            self._executions.environment(version.environment or "")
            return

    def references(self, run_ids: Iterable[int]) -> dict[int, str]:
        """``flights#3`` for each run id."""
        return self._records.references(run_ids)

    def newest(
        self, *, pipeline: str | None = None, notebook: str | None = None, limit: int = 50
    ) -> list[Run]:
        """The newest runs first; those whose process vanished are marked before."""
        self.mark_lost()
        return self._records.newest(pipeline=pipeline, notebook=notebook, limit=limit)

    def page(
        self, choice: RunChoice, *, after: Position | None = None, skip: int = 0, limit: int = 100
    ) -> RunPage:
        """A part of a long list of runs; see `RunRecords.page` and `newest`."""
        self.mark_lost()
        return self._records.page(choice, after=after, skip=skip, limit=limit)

    def started_by(self, trigger: str) -> list[Run]:
        """The runs that one trigger has started, newest first; see `newest`."""
        self.mark_lost()
        return self._records.started_by(trigger)

    def get(self, pipeline: str, number: int | None) -> Run | None:
        """One run; the latest where ``number`` is ``None``."""
        self.mark_lost()
        return self._records.get(pipeline, number)

    def executions(self, run: Run) -> list[Execution]:
        """What the run executed, and whose results it has taken; see `RunFiles.executions`."""
        return self.files.executions(run)

    def steps(self, run: Run) -> tuple[RunStep, ...]:
        """What became of every step of a run; see `RunFiles.steps`."""
        return self.files.steps(run)

    def folder(self, run: Run) -> RunFolder:
        """Where the files of a run are."""
        return self.files.folder(run)

    def mark_lost(self) -> list[Run]:
        """Close every run whose process is certainly gone; see `RunCloser.close_vanished`."""
        return self._closer.close_vanished()

    def close_left(self, run: Run, failure: Failure) -> Run:
        """Close a run whose worker is gone; see `RunCloser.close_left`."""
        return self._closer.close_left(run, failure)

    def _take(self, order: Order) -> Run:
        """Close a run of which every step has a recorded result: no kernel starts."""
        folder, director = order.folder, order.director
        if director is None:
            return self._drive(order)
        try:
            notebook = assembled(
                self._plans.document(order.version),
                director,
                assignments=order.assignments,
                parameters=order.given,
            )
        except UnforeseenError as change:  # something was changed since the plan was made
            return self._drive(order.anew(change))
        with writable(folder):
            folder.notebook.write_text(notebook, encoding="utf-8")
        self._reuse.take(order.run.id, director.taken)
        outcome = Outcome(status=RunStatus.SUCCEEDED)
        with writable(folder):
            unreadable = self.files.write_page(order.run, outcome) if order.page else []
        return self._closer.close(order, replace(outcome, warnings=tuple(unreadable)))

    def _drive(self, order: Order) -> Run:
        """Execute the notebook of a run, and close it."""
        with writable(order.folder):
            driven = self._driver.drive(order)
            outcome, order = driven.outcome, driven.order
            if order.director is not None:
                self._reuse.take(order.run.id, order.director.taken)
            is_due = order.page is not False or outcome.status is not RunStatus.SUCCEEDED
            unreadable = self.files.write_page(order.run, outcome) if is_due else []
        warnings = (*outcome.warnings, *order.warnings, *unreadable)
        closed = self._closer.close(order, replace(outcome, warnings=warnings), driven.attempts)
        order.folder.forget_journal()
        return closed

    @contextmanager
    def _cluster(
        self, on: str | None, version: PipelineVersion, limits: Limits, planner: Planner | None
    ) -> Iterator[Cluster | None]:
        """The cluster of a run, if it has one, which has room for each step."""
        with opened(self._open_cluster, on) as cluster:
            if cluster is not None:
                require_room(cluster, _expected(version, planner), limits)
            yield cluster


def _expected(version: PipelineVersion, planner: Planner | None) -> tuple[PipelineStep, ...]:
    """The steps that may have to run."""
    if planner is None:
        return version.spec.steps
    expected = {cell.step for at, cell in enumerate(planner.cells) if planner.expects(at)}
    return tuple(step for step in version.spec.steps if step.name in expected)
