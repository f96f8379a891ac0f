"""The composition root: the only place where technologies are chosen.

A `Workspace` hands out the services of one project and does no work itself.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.capture.session import notebook_key
from nbmlops.config import STORE, Settings, choose_project, current_user, find_project
from nbmlops.domain.clock import Clock, system_clock
from nbmlops.processes import SchedulerProcesses
from nbmlops.store.opening import catalog_file, open_catalog, open_objects

if TYPE_CHECKING:
    from nbmlops.building.pipelines import PipelineService
    from nbmlops.capture.writer import Ledger
    from nbmlops.data.datasets import DatasetService
    from nbmlops.execution.kernels.servers import ForkServers
    from nbmlops.execution.notebook_tests import NotebookTestService
    from nbmlops.execution.planning import PlanService
    from nbmlops.execution.runs import RunService
    from nbmlops.governance.approvals import ApprovalService
    from nbmlops.history.contents import ContentService
    from nbmlops.history.ended_kernels import EndedKernels
    from nbmlops.history.environments import EnvironmentService
    from nbmlops.history.integrity import IntegrityService
    from nbmlops.history.lineage import LineageService
    from nbmlops.history.probe import Probe
    from nbmlops.history.proving import ProofService
    from nbmlops.history.renames import RenameService
    from nbmlops.history.retention import CollectionService
    from nbmlops.history.run_comparison import RunComparisonService
    from nbmlops.history.slicing import SliceService
    from nbmlops.history.staleness import StalenessService
    from nbmlops.history.tags import TagService
    from nbmlops.history.timetravel import TimeTravelService
    from nbmlops.history.verification import VerificationService
    from nbmlops.history.versions import HistoryService
    from nbmlops.monitoring.monitors import MonitorService
    from nbmlops.scheduling.backfills import BackfillService
    from nbmlops.scheduling.pools import PoolService
    from nbmlops.scheduling.schedules import ScheduleService
    from nbmlops.store.catalog.base import Database
    from nbmlops.store.catalog.executions import ExecutionRecords
    from nbmlops.store.objects.base import ObjectStore
    from nbmlops.store.values import ValueStore


class Workspace(SchedulerProcesses):
    """One project: its store under ``.nbmlops/`` and the services over it.

    Opening a workspace imports and touches nothing; each service does when it is first used.

    Args:
        project: the project's folder.
        clock: gives the present.
        author: who acts; the login name by default.
        patience: how long to wait for another process's transaction, in seconds; the
            catalog's own default where none is given.
    """

    def __init__(
        self,
        project: Path,
        *,
        clock: Clock = system_clock,
        author: str | None = None,
        patience: float | None = None,
    ) -> None:
        self.project = project.resolve()
        self.store = self.project / STORE
        self.clock = clock
        self.author = author or current_user()
        self._patience = patience

    @classmethod
    def at(cls, path: Path, *, create: bool = False) -> Workspace | None:
        """The workspace to which a file or folder belongs.

        Args:
            path: a notebook, or a folder.
            create: whether to choose a project where nothing has been recorded yet.

        Returns:
            The workspace; ``None`` where there is none and none is to be made.
        """
        if create:
            return cls(choose_project(path))
        found = find_project(path.resolve())
        return cls(found) if found is not None else None

    def notebook_key(self, path: Path) -> str:
        """The name of a notebook in the ledger: its path relative to the project."""
        return notebook_key(self.project, path)

    def close(self) -> None:
        """Give up the connections to the store, once all values are stored and sent."""
        if "ledger" in self.__dict__:
            self.ledger.finish()
            del self.__dict__["ledger"]
        if "objects" in self.__dict__:
            self._let_objects_arrive()
        if "database" in self.__dict__:
            self.database.close()
            del self.__dict__["database"]

    @cached_property
    def settings(self) -> Settings:
        """What ``.nbmlops/config.toml`` sets."""
        return Settings.read(self.store)

    @property
    def catalog(self) -> Path:
        """The file that is the catalog, or names it."""
        return catalog_file(self.store, self.settings.store)

    @cached_property
    def database(self) -> Database:
        """The catalog: SQLite in the project's store, or PostgreSQL where that is set."""
        wait = self.settings.patience if self._patience is None else self._patience
        return open_catalog(self.store, self.settings.store, patience=wait)

    @cached_property
    def objects(self) -> ObjectStore:
        """The objects: a folder in the project's store, or a place that a team shares."""
        return open_objects(self.store, self.settings)

    @cached_property
    def values(self) -> ValueStore:
        """Python values in the object store, signed with this user's key."""
        from nbmlops.store.values import ValueStore
        from nbmlops.values.signing import Signer

        return ValueStore(self.objects, Signer.for_user())

    @cached_property
    def executions(self) -> ExecutionRecords:
        """The ledger of executions."""
        from nbmlops.store.catalog.executions import ExecutionRecords

        return ExecutionRecords(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """Where a recorder keeps what it found."""
        from nbmlops.capture.ledger import StoreLedger
        from nbmlops.capture.storing import BackgroundStoring
        from nbmlops.store.catalog.recording import Recording

        return StoreLedger(
            executions=Recording(self.database),
            values=self.values,
            objects=self.objects,
            settings=self.settings,
            storing=BackgroundStoring.over(self.values, self.database),
        )

    @cached_property
    def ended_kernels(self) -> EndedKernels:
        """Records of the cells that were running when their kernels ended."""
        from nbmlops.history.ended_kernels import EndedKernels

        return EndedKernels(project=self.project, store=self.store, records=lambda: self.executions)

    @cached_property
    def history(self) -> HistoryService:
        """Versions of steps: list, look at, compare, bring back."""
        from nbmlops.history.versions import HistoryService

        return HistoryService(
            versions=self._version_records,
            executions=self.executions,
            runs=self._run_records,
            pipelines=self._pipeline_records,
            verifications=self._verification_records,
            tags=self._tag_records,
            values=self.values,
            clock=self.clock,
        )

    @cached_property
    def tags(self) -> TagService:
        """Names of step versions."""
        from nbmlops.history.tags import TagService

        return TagService(
            tags=self._tag_records, history=self.history, clock=self.clock, author=self.author
        )

    @cached_property
    def lineage(self) -> LineageService:
        """Where a result comes from, and what used it."""
        from nbmlops.history.lineage import LineageService
        from nbmlops.store.catalog.lineage import LineageRecords

        return LineageService(
            records=LineageRecords(self.database),
            executions=self.executions,
            runs=self._run_records,
            timelines=self._timeline_records,
        )

    @cached_property
    def staleness(self) -> StalenessService:
        """Which steps no longer follow from the notebook, and what must run again."""
        from nbmlops.history.staleness import StalenessService

        return StalenessService(
            project=self.project, executions=self.executions, timelines=self._timeline_records
        )

    @cached_property
    def slices(self) -> SliceService:
        """Clean notebooks that make a recorded result again."""
        from nbmlops.history.slicing import SliceService

        return SliceService(
            project=self.project,
            history=self.history,
            executions=self.executions,
            timelines=self._timeline_records,
            origins=self._origin_records,
        )

    @cached_property
    def time_travel(self) -> TimeTravelService:
        """Put the whole namespace of a notebook back as it was."""
        from nbmlops.history.timetravel import TimeTravelService

        return TimeTravelService(
            project=self.project,
            records=self._timeline_records,
            executions=self.executions,
            history=self.history,
            values=self.values,
        )

    @cached_property
    def verifications(self) -> VerificationService:
        """Proofs that recorded executions can be repeated."""
        from nbmlops.history.verification import VerificationService

        return VerificationService(
            project=self.project,
            history=self.history,
            slices=self.slices,
            origins=self._origin_records,
            records=self._verification_records,
            clock=self.clock,
            author=self.author,
            picture=self.contents.picture,
        )

    @cached_property
    def proofs(self) -> ProofService:
        """Proofs that pipelines do what their notebooks do."""
        from nbmlops.history.proving import ProofService

        return ProofService(
            project=self.project,
            trial=lambda copy: Workspace(copy, clock=self.clock, author=self.author),
            records=self._proof_records,
            objects=self.objects,
            clock=self.clock,
            author=self.author,
        )

    def probe(self, request: str, namespace: dict[str, Any]) -> Probe:
        """The inside of a re-execution, in the kernel that runs it."""
        from nbmlops.history.probe import Probe

        return Probe(Path(request), namespace, values=self.values, clock=self.clock)

    @cached_property
    def environments(self) -> EnvironmentService:
        """What versions and runs ran in: compare, and make again."""
        from nbmlops.history.environments import EnvironmentService

        return EnvironmentService(
            history=self.history, runs=self._run_records, executions=self.executions
        )

    @cached_property
    def contents(self) -> ContentService:
        """What differs inside the outputs of two versions."""
        from nbmlops.history.contents import ContentService

        return ContentService(history=self.history, values=self.values, objects=self.objects)

    @cached_property
    def run_comparisons(self) -> RunComparisonService:
        """What differs between two runs."""
        from nbmlops.history.run_comparison import RunComparisonService

        return RunComparisonService(
            runs=self.runs,
            history=self.history,
            pipelines=self._pipeline_records,
            contents=self.contents,
            objects=self.objects,
        )

    @cached_property
    def datasets(self) -> DatasetService:
        """Inputs under names, in immutable versions: pin, compare, put back."""
        from nbmlops.data.datasets import DatasetService

        return DatasetService(
            project=self.project,
            store=self.store,
            records=self._dataset_records,
            executions=self.executions,
            find=self.history,
            objects=self.objects,
            values=self.values,
            clock=self.clock,
            author=self.author,
        )

    @cached_property
    def monitors(self) -> MonitorService:
        """Data that are looked at for drift, and what was found."""
        from nbmlops.monitoring.monitors import MonitorService
        from nbmlops.store.catalog.monitors import MonitorRecords

        return MonitorService(MonitorRecords(self.database))

    @cached_property
    def integrity(self) -> IntegrityService:
        """Find and repair damage of the store."""
        from nbmlops.history.integrity import IntegrityService

        return IntegrityService(
            store=self.store,
            references=self._reference_records,
            runs=self._run_records,
            objects=self.objects,
            values=self.values,
            mark_lost=self.runs.mark_lost,
            clock=self.clock,
        )

    @cached_property
    def collection(self) -> CollectionService:
        """Remove stored content that no policy keeps."""
        from nbmlops.history.retention import CollectionService
        from nbmlops.store.catalog.retention import RetentionRecords

        return CollectionService(
            runs=self.store / "runs",
            retention=RetentionRecords(self.database),
            references=self._reference_records,
            objects=self.objects,
            values=self.values,
            clock=self.clock,
        )

    @cached_property
    def renames(self) -> RenameService:
        """Let the history of a renamed notebook go on."""
        from nbmlops.history.renames import RenameService
        from nbmlops.store.catalog.notebooks import NotebookRecords

        return RenameService(project=self.project, records=NotebookRecords(self.database))

    @cached_property
    def pipelines(self) -> PipelineService:
        """Pipelines: build, find, see whether the notebook has changed."""
        from nbmlops.building.pipelines import PipelineService

        return PipelineService(
            project=self.project,
            records=self._pipeline_records,
            executions=self.executions,
            objects=self.objects,
            clock=self.clock,
            author=self.author,
        )

    @cached_property
    def approvals(self) -> ApprovalService:
        """Decisions on pipeline versions."""
        from nbmlops.governance.approvals import ApprovalService
        from nbmlops.store.catalog.cell_reviews import CellReviewRecords

        return ApprovalService(
            records=self._pipeline_records,
            cells=CellReviewRecords(self.database),
            schedules=self._schedule_records,
            verifications=self._verification_records,
            proofs=self._proof_records,
            policy=self.settings,
            clock=self.clock,
            author=self.author,
        )

    @cached_property
    def runs(self) -> RunService:
        """Run pipelines and find their runs."""
        from nbmlops.domain.rules import RunRules
        from nbmlops.execution.runs import RunService

        return RunService(
            project=self.project,
            warm_kernels=self.settings.warm_kernels,
            rules=RunRules.of(self.settings),
            parallel=self.settings.parallel,
            open_cluster=self.open_cluster,
            store=self.store,
            records=self._run_records,
            pipelines=self._pipeline_records,
            executions=self.executions,
            objects=self.objects,
            clock=self.clock,
            author=self.author,
            plans=self.plans,
            reuse=self.plans.records,
        )

    @cached_property
    def plans(self) -> PlanService:
        """What a run would do: which steps run, and which have a result that still holds."""
        from nbmlops.execution.planning import PlanService
        from nbmlops.store.catalog.reuse import ReuseRecords

        return PlanService(
            project=self.project,
            executions=self.executions,
            records=ReuseRecords(self.database),
            runs=self._run_records,
            objects=self.objects,
            values=self.values,
        )

    @cached_property
    def tests(self) -> NotebookTestService:
        """The tests of notebooks: find, run, and what they say of versions."""
        from nbmlops.execution.notebook_tests import NotebookTestService
        from nbmlops.store.catalog.cell_tests import CellTestRecords
        from nbmlops.store.catalog.reuse import ReuseRecords

        return NotebookTestService(
            project=self.project,
            executions=self.executions,
            records=CellTestRecords(self.database, self.executions),
            reuse=ReuseRecords(self.database),
            values=self.values,
            clock=self.clock,
            author=self.author,
            warm_kernels=self.settings.warm_kernels,
        )

    @cached_property
    def kernels(self) -> ForkServers:
        """The processes that keep kernels warm, in all projects of this user."""
        from nbmlops.execution.kernels.servers import ForkServers

        return ForkServers()

    @cached_property
    def schedules(self) -> ScheduleService:
        """When approved pipelines run by themselves."""
        from nbmlops.scheduling.schedules import ScheduleService

        return ScheduleService(
            records=self._schedule_records,
            versions=self._pipeline_records,
            approvals=self.approvals,
            pipelines=self.pipelines,
            happenings=self._happenings,
            clock=self.clock,
            author=self.author,
            approval_required=self.settings.schedule.require_approval,
        )

    @cached_property
    def backfills(self) -> BackfillService:
        """Runs for logical times of the past."""
        from nbmlops.scheduling.backfills import BackfillService

        return BackfillService(
            records=self._schedule_records,
            ledger=self._ledger_records,
            approvals=self.approvals,
            pipelines=self.pipelines,
            clock=self.clock,
            author=self.author,
        )

    @cached_property
    def pools(self) -> PoolService:
        """How many runs of a kind may go on at once."""
        from nbmlops.scheduling.pools import PoolService

        return PoolService(self._pool_records)
