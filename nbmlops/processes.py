"""What schedulers and tasks of other tools are made of: a part of `Workspace` with its own file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.errors import NbmlopsError, StoreError
from nbmlops.store.catalog.tables import CatalogTables

if TYPE_CHECKING:
    from nbmlops.building.pipelines import PipelineService
    from nbmlops.config import Settings
    from nbmlops.domain.clock import Clock
    from nbmlops.domain.executions import Failure
    from nbmlops.domain.runs import Run
    from nbmlops.domain.schedules import FireStatus
    from nbmlops.execution.engines.base import Cluster
    from nbmlops.execution.planning import PlanService
    from nbmlops.execution.runs import RunService
    from nbmlops.exporters.deploying import DeployService
    from nbmlops.exporters.performing import Performer
    from nbmlops.governance.approvals import ApprovalService
    from nbmlops.history.retention import CollectionService
    from nbmlops.history.run_retention import RunRetentionService
    from nbmlops.notifying.notifier import Notifier
    from nbmlops.notifying.service import NotifyService
    from nbmlops.scheduling.events import SchedulerEvent
    from nbmlops.scheduling.jobs import JobService
    from nbmlops.scheduling.journal import Journal
    from nbmlops.scheduling.scheduler import Scheduler
    from nbmlops.scheduling.schedules import ScheduleService
    from nbmlops.scheduling.triggers.happenings import Happenings
    from nbmlops.scheduling.watch import Watch
    from nbmlops.store.objects.base import ObjectStore


class SchedulerProcesses(CatalogTables):
    """Hands out what schedulers and workers do besides firing; see `Workspace`."""

    project: Path
    store: Path
    clock: Clock
    author: str

    @cached_property
    def settings(self) -> Settings:
        """What is set; the workspace says where."""
        raise NotImplementedError

    @cached_property
    def objects(self) -> ObjectStore:
        """The objects; the workspace says which."""
        raise NotImplementedError

    def _let_objects_arrive(self) -> None:
        with suppress(StoreError):  # what could not be sent waits on disk
            self.objects.settle()

    @cached_property
    def runs(self) -> RunService:
        """Run pipelines; the workspace says with what."""
        raise NotImplementedError

    @cached_property
    def plans(self) -> PlanService:
        """What runs would do; the workspace says from what."""
        raise NotImplementedError

    @cached_property
    def pipelines(self) -> PipelineService:
        """Pipelines; the workspace says where they are kept."""
        raise NotImplementedError

    @cached_property
    def approvals(self) -> ApprovalService:
        """Decisions; the workspace says by what policy."""
        raise NotImplementedError

    @cached_property
    def deployments(self) -> DeployService:
        """Let other tools start pipelines."""
        from nbmlops.exporters.deploying import DeployService

        return DeployService(
            project=self.project,
            places=self.settings.store,
            plans=self.plans,
            approvals=self.approvals,
            clock=self.clock,
        )

    @cached_property
    def performer(self) -> Performer:
        """What the tasks of other tools ask for."""
        from nbmlops.exporters.performing import Performer

        return Performer(pipelines=self.pipelines, runs=self.runs)

    def shared_clock(self) -> datetime:
        """The present by the clock of the catalog's machine, by which leases are counted."""
        return self.clock() + self.database.skew()

    def open_cluster(self, address: str) -> Cluster:
        """The cluster with an address; see `DaskCluster.open`."""
        from nbmlops.execution.engines.dask import DaskCluster

        return DaskCluster.open(address, self.store, shared=bool(self.settings.store.catalog))

    @cached_property
    def collection(self) -> CollectionService:
        """Remove stored content that no policy keeps; the workspace says from where."""
        raise NotImplementedError

    @cached_property
    def run_retention(self) -> RunRetentionService:
        """Remove the files of old runs and their due times, as their schedules say."""
        from nbmlops.history.run_retention import RunRetentionService
        from nbmlops.store.catalog.ledger_retention import LedgerRetentionRecords
        from nbmlops.store.catalog.run_retention import RunRetentionRecords
        from nbmlops.store.catalog.trace_retention import TraceRetentionRecords

        return RunRetentionService(
            store=self.store,
            records=RunRetentionRecords(self.database),
            ledger=LedgerRetentionRecords(self.database),
            traces=TraceRetentionRecords(self.database),
            sweep=self._sweep,
            clock=self.clock,
        )

    def _sweep(self) -> int:
        # A method: a worker opens the values only when it is time to sweep.
        return self.collection.sweep()

    @cached_property
    def schedules(self) -> ScheduleService:
        """Schedule pipelines; the workspace says how."""
        raise NotImplementedError

    @cached_property
    def jobs(self) -> JobService:
        """The ledger in the words of jupyter-scheduler."""
        from nbmlops.scheduling.jobs import JobService
        from nbmlops.store.catalog.jobs import JobRecords

        return JobService(
            project=self.project,
            jobs=JobRecords(self.database),
            records=self._schedule_records,
            versions=self._pipeline_records,
            schedules=self.schedules,
            approvals=self.approvals,
            pipelines=self.pipelines,
            runs=self.runs,
            objects=self.objects,
            clock=self.clock,
            author=self.author,
            approval_required=self.settings.schedule.require_approval,
        )

    @cached_property
    def notify(self) -> NotifyService:
        """Whom schedules tell what happened."""
        from nbmlops.notifying.service import NotifyService

        return NotifyService(
            project=self.project,
            store=self.store,
            records=self._notice_records,
            runs=self._run_records,
            objects=self.objects,
            clock=self.clock,
        )

    def notifier(self) -> Notifier:
        """What tells people of due times, while its context is open."""
        from nbmlops.notifying.notifier import Notifier
        from nbmlops.notifying.outbox import Outbox
        from nbmlops.scheduling.journal import Journal

        records, channels = self._notice_records, self.notify.channels
        note = Journal(self._scheduler_log, who="scheduler", clock=self.clock).write
        outbox = Outbox(records, send=self.notify.send, note=note, clock=self.clock)
        return Notifier(records, outbox, channels=channels, note=note, clock=self.clock)

    def watch(self) -> Watch:
        """What lets others find a scheduler, and ask how it is."""
        from nbmlops.scheduling.watch import Watch
        from nbmlops.store.catalog.gauges import open_fires

        return Watch(
            store=self.store,
            open_fires=lambda: open_fires(self.database),
            calls=self.schedules.calls,
            clock=self.clock,
        )

    @cached_property
    def _happenings(self) -> Happenings:
        from nbmlops.scheduling.triggers.happenings import Happenings
        from nbmlops.store.catalog.triggers import TriggerRecords

        return Happenings(TriggerRecords(self.database), self._run_records, self.project)

    @contextmanager
    def scheduler(
        self,
        *,
        on_event: Callable[[SchedulerEvent], None] | None = None,
        only: int | None = None,
        max_fires: int | None = None,
        workers: int | None = None,
    ) -> Iterator[Scheduler]:
        """A scheduler that stops gracefully on SIGTERM and Ctrl-C while the context is open."""
        from nbmlops.scheduling import scheduler

        notifier = self.notifier()
        running = scheduler.Scheduler(
            records=self._schedule_records,
            ledger=self._ledger_records,
            runs=self._run_records,
            versions=self._pipeline_records,
            changes=self.database.change_counter,
            ask_to_stop=self._ask_to_stop,
            close_left=self._close_left,
            command=scheduler.worker_command(self.project),
            nursery=scheduler.nursery_command(self.project) if self._keeps_warm else None,
            happenings=self._happenings,
            clock=self.shared_clock,
            workers=workers or self.settings.workers,
            lease=timedelta(seconds=self.settings.lease),
            only=only,
            max_fires=max_fires,
            log=self._scheduler_log,
            approval_required=self.settings.schedule.require_approval,
            on_event=notifier.listening(on_event),
        )
        with scheduler.stopped_by_signals(running), notifier:
            yield running

    @property
    def scheduler_log(self) -> Path:
        """The file in which schedulers and workers write down what they do."""
        return self._scheduler_log

    def prepare_workers(self) -> None:
        """Import what workers need, in a process that forks them; nothing stays open."""
        from nbmlops.execution.warming import warm_up

        warm_up()
        places = self.settings.store
        if not (places.catalog or places.objects):  # else there are connections, kept in pools
            self._rehearse()

    def _rehearse(self) -> None:
        """Ask the catalog what workers ask it: statements are built and compiled once for all."""
        from nbmlops.domain.schedules import FireStatus

        none, now, records = -1, self.clock(), self._schedule_records
        try:
            self.runs.rehearse()
            records.begin(none, none, now)
            records.claimed(none, none)
            records.attach_run(none, none, none)
            records.finish(none, none, FireStatus.SUCCEEDED, None)
            records.fire(none)
            records.get(none)
        except NbmlopsError:  # each worker meets the same, and says so
            self._forget_all()
        else:
            self.database.close()

    def go_on_forked(self) -> None:
        """In a worker: keep what was prepared, unless the settings are others by now.

        Raises:
            UsageError: the settings are wrong.
        """
        if "settings" in vars(self) and type(self.settings).read(self.store) != self.settings:
            self._forget_all()

    def _forget_all(self) -> None:
        """Make everything anew that is asked for from now on."""
        if "database" in vars(self):
            self.database.close()
        for name in list(vars(self)):
            if isinstance(getattr(type(self), name, None), cached_property):
                del vars(self)[name]

    def run_fire(self, fire_id: int, token: int) -> FireStatus | None:
        """Run one claimed due time in this process, as a worker of a scheduler."""
        from nbmlops.domain.rules import RunRules
        from nbmlops.scheduling.journal import Journal
        from nbmlops.scheduling.printed import Printed
        from nbmlops.scheduling.worker import run_fire

        journal = Journal(self._scheduler_log, who="worker", clock=self.clock)
        with Printed(journal):
            ended = run_fire(
                self._schedule_records,
                fire_id,
                token,
                run_pipeline=self._run_version,
                clock=self.shared_clock,
                journal=journal,
                lease=timedelta(seconds=self.settings.lease),
                defaults=RunRules.of(self.settings),
            )
            if ended is not None:
                self._keep_to_limits(fire_id, journal)
        return ended

    def _keep_to_limits(self, fire_id: int, journal: Journal) -> None:
        """Remove the files of old runs of a schedule, after a run; here, not in the scheduler."""
        try:
            fire = self._schedule_records.fire(fire_id)
            schedule = self._schedule_records.get(fire.schedule_id) if fire else None
            keeps_all = schedule is None or schedule.policies.keeps_all
            found = [] if schedule is None or keeps_all else self.run_retention.keep_to(schedule)
        except NbmlopsError as error:  # the next run does it
            journal.write(f"the files of old runs could not be removed: {error}")
            return
        if found:
            named = ", ".join(f"{run.pipeline}#{run.number}" for run in found)
            journal.write(f"removed the files of {named}, as the schedule says")

    @property
    def _keeps_warm(self) -> bool:
        """Whether processes that have imported what runs need stay, to fork others."""
        return self.settings.warm_kernels and os.environ.get("NBMLOPS_WARM_KERNELS") != "0"

    def _run_version(self, **asked: Any) -> Run:
        # A method, so that a worker holds its lease before it imports what runs pipelines.
        return self.runs.run_version(**asked, page=self.notify.mails_pages)

    def _ask_to_stop(self, run: Run, by: str) -> bool:
        return self.runs.ask_to_stop(run, by)

    def _close_left(self, run: Run, failure: Failure) -> Run:
        return self.runs.close_left(run, failure)

    @property
    def _scheduler_log(self) -> Path:
        return self.store / "scheduler.log"
