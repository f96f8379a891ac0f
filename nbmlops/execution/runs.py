"""Run a pipeline version and keep what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Execution, Failure
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy, Plan
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Attempt, Run, RunStatus
from nbmlops.errors import (
    NotebookFormatError,
    StoreBusyError,
    StoreUnwritableError,
    UnforeseenError,
)
from nbmlops.execution import process
from nbmlops.execution.assembly import assembled
from nbmlops.execution.cancellation import Cancellation
from nbmlops.execution.driving import Driver, Order, named_as_in_source, writable
from nbmlops.execution.engines.base import OpenCluster, opened
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.limits import Limits, set_by_limits
from nbmlops.execution.outcome import Outcome
from nbmlops.execution.papermill_run import require_kernel
from nbmlops.execution.planning import PlanService
from nbmlops.execution.rescue import rescue
from nbmlops.execution.resuming import policy_of
from nbmlops.execution.run_files import RunFiles
from nbmlops.execution.secrets import require_secrets
from nbmlops.execution.stopping import RunStopper, Told
from nbmlops.execution.supervision import Supervisor
from nbmlops.pipelines.typed import check as typed
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.objects.base import ObjectStore

if TYPE_CHECKING:
    from nbmlops.execution.notebook_execution import Observer

log = logging.getLogger(__name__)

OnStarted = Callable[[Run], None]

_UNRECORDED = (
    "No step was recorded: nbmlops is not installed where the kernel runs, "
    "or could not record (the executed notebook says why)."
)


_HERE = "this machine"
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
    - marks as lost what a vanished process left open.
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
        occasion = occasion or Occasion.at(self._clock().astimezone())
        given = typed.check(version.spec.parameters, values, occasion)
        folder = self._working_directory(version)
        require_secrets(version.spec.parameters, given, folder=folder)
        planner = self._plans.planner(version, given, policy=policy) if policy.plans else None
        if planner is None or not planner.runs_nothing:
            require_kernel(version.spec.kernel)
        rules = rules.over(self._rules)
        with opened(self._open_cluster, on) as cluster:
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
            cancellation = Cancellation()
            try:
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
                            folder=self.folder(run),
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
                        )
                    )
            except BaseException as error:
                self._close_after(run, error)
                raise
        if run.cancelled_by is None:
            cancellation.hand_on()
        return run

    def place(self, address: str | None) -> tuple[int, str]:
        """How many kernels a run could have at once where it would run, and where that is.

        Raises:
            ClusterError: the cluster is not there, or cannot run kernels of this project.
        """
        with opened(self._open_cluster, address) as cluster:
            return (cluster.slots, cluster.description) if cluster else (self._parallel, _HERE)

    def plan_resume(self, run: Run, version: PipelineVersion, *, at_once: int = 1) -> Plan:
        """What `resume` would do; raises what it raises."""
        policy = policy_of(run, version, self.executions(run))
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
            policy=policy_of(run, version, self.executions(run)),
            rules=rules.over(run.rules),
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
        )

    def references(self, run_ids: Iterable[int]) -> dict[int, str]:
        """``flights#3`` for each run id."""
        return self._records.references(run_ids)

    def newest(
        self, *, pipeline: str | None = None, notebook: str | None = None, limit: int = 50
    ) -> list[Run]:
        """The newest runs first; those whose process vanished are marked before."""
        self.mark_lost()
        return self._records.newest(pipeline=pipeline, notebook=notebook, limit=limit)

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

    def folder(self, run: Run) -> RunFolder:
        """Where the files of a run are."""
        return self.files.folder(run)

    def mark_lost(self) -> list[Run]:
        """Close as lost every run whose process is certainly gone.

        A store that cannot be written now, or is locked, is left as it is: it can still be read.
        """
        lost = []
        with suppress(StoreUnwritableError, StoreBusyError):
            for run, identity in self._records.open_processes():
                if process.has_vanished(identity):
                    failure = Failure(
                        kind="ProcessVanished",
                        message=f"The process {identity.process} that drove this run is gone.",
                    )
                    lost.append(self._lost(run, failure))
        return lost

    def _lost(self, run: Run, failure: Failure) -> Run:
        """Close a run whose process is gone, with what its journal tells."""
        folder, artifacts, warnings = self.folder(run), [], []
        try:
            if folder.journal.exists():  # else it had not begun, or had just ended
                rescued = rescue(folder, failure)
                version = self._pipelines.by_id(run.version_id)
                failure = named_as_in_source(rescued.failure, version) or failure
                self._reuse.take(run.id, rescued.taken)
                outcome = Outcome(status=RunStatus.LOST, failure=failure)
                warnings = self.files.write_page(run, outcome)
            artifacts = self.files.artifacts(run)
        except (OSError, NotebookFormatError) as error:
            warnings = [f"Its notebook could not be put together: {error}."]
        closed = self._records.finish(
            run,
            status=RunStatus.LOST,
            ended_at=self._clock(),
            failure=failure,
            artifacts=artifacts,
            warnings=warnings,
        )
        folder.forget_journal()
        return closed

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
            folder.path.mkdir(parents=True, exist_ok=True)
            folder.notebook.write_text(notebook, encoding="utf-8")
        self._reuse.take(order.run.id, director.taken)
        return self._close(order, Outcome(status=RunStatus.SUCCEEDED))

    def _drive(self, order: Order) -> Run:
        """Execute the notebook of a run, and close it."""
        with writable(order.folder):
            driven = self._driver.drive(order)
            outcome, order = driven.outcome, driven.order
            if order.director is not None:
                self._reuse.take(order.run.id, order.director.taken)
            unreadable = self.files.write_page(order.run, outcome)
        warnings = (*outcome.warnings, *order.warnings, *unreadable)
        closed = self._close(order, replace(outcome, warnings=warnings), driven.attempts)
        order.folder.forget_journal()
        return closed

    def _close(self, order: Order, outcome: Outcome, attempts: Sequence[Attempt] = ()) -> Run:
        run, version = order.run, order.version
        failure = named_as_in_source(outcome.failure, version)
        by = self._records.cancelled_by(run.id)
        if failure is not None and outcome.status is RunStatus.CANCELLED and by is not None:
            failure = replace(failure, message=f"cancelled by {by}")
        although = order.director.although if order.director is not None else []
        return self._records.finish(
            run,
            status=outcome.status,
            ended_at=self._clock(),
            failure=failure,
            artifacts=self.files.artifacts(run),
            attempts=attempts if len(attempts) > 1 else (),
            warnings=[*although, *outcome.warnings, *self._warnings(run, version, outcome.status)],
        )

    def _working_directory(self, version: PipelineVersion) -> Path:
        folder = (self._project / version.spec.notebook).parent
        return folder if folder.is_dir() else self._project

    def _warnings(self, run: Run, version: PipelineVersion, status: RunStatus) -> list[str]:
        digests = {found.record.environment for found in self._executions.of_run(run.id)}
        if not digests and self._reuse.taken(run.id):
            return []
        if not digests:
            # a run that ended early may not have come to a step
            return [_UNRECORDED] if status is RunStatus.SUCCEEDED else []
        if version.environment is None or digests <= {version.environment}:
            return []
        drift = self._drift(version, digests)
        return [f"The environment is not that of the build: {drift}."] if drift else []

    def _drift(self, version: PipelineVersion, digests: set[str | None]) -> str:
        built = self._executions.environment(str(version.environment))
        found = self._executions.environment(str(next(iter(digests - {version.environment}))))
        if built is None or found is None:
            return "one of them is unknown"
        asked = {step.rules.cpus for step in version.spec.steps}
        changed = [
            name
            for name, (_, now) in sorted(built.differences(found).items())
            if not set_by_limits(name, now, asked)
        ]
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""  # noqa: PLR2004
        return f"{', '.join(changed[:3])}{more} differ" if changed else ""

    def _close_after(self, run: Run, error: BaseException) -> None:
        cancelled = isinstance(error, KeyboardInterrupt)
        self._records.finish(
            run,
            status=RunStatus.CANCELLED if cancelled else RunStatus.FAILED,
            ended_at=self._clock(),
            failure=Failure(kind=type(error).__name__, message=str(error) or "interrupted"),
        )
