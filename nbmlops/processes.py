"""What the processes of a scheduler are made of: a part of `Workspace` with a file of its own."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.store.catalog.tables import CatalogTables

if TYPE_CHECKING:
    from nbmlops.config import Settings
    from nbmlops.domain.clock import Clock
    from nbmlops.domain.runs import Run
    from nbmlops.domain.schedules import FireStatus
    from nbmlops.execution.engines.base import Cluster
    from nbmlops.execution.runs import RunService
    from nbmlops.notifying.notifier import Notifier
    from nbmlops.notifying.service import NotifyService
    from nbmlops.scheduling.schedules import ScheduleService
    from nbmlops.scheduling.watch import Watch
    from nbmlops.store.objects.base import ObjectStore


class SchedulerProcesses(CatalogTables):
    """Hands out what schedulers and workers do besides firing; see `Workspace`."""

    project: Path
    store: Path
    clock: Clock

    @cached_property
    def settings(self) -> Settings:
        """What is set; the workspace says where."""
        raise NotImplementedError

    @cached_property
    def objects(self) -> ObjectStore:
        """The objects; the workspace says which."""
        raise NotImplementedError

    @cached_property
    def runs(self) -> RunService:
        """Run pipelines; the workspace says with what."""
        raise NotImplementedError

    def open_cluster(self, address: str) -> Cluster:
        """The cluster with an address; see `DaskCluster.open`."""
        from nbmlops.execution.engines.dask import DaskCluster

        return DaskCluster.open(address, self.store)

    @cached_property
    def notify(self) -> NotifyService:
        """Whom schedules tell what happened."""
        from nbmlops.notifying.service import NotifyService
    @cached_property
    def schedules(self) -> ScheduleService:
        """Schedule pipelines; the workspace says how."""
        raise NotImplementedError


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

    @property
    def scheduler_log(self) -> Path:
        """The file in which schedulers and workers write down what they do."""
        return self._scheduler_log

    def run_fire(self, fire_id: int, token: int) -> FireStatus | None:
        """Run one claimed due time in this process, as a worker of a scheduler."""
        from nbmlops.scheduling.journal import Journal
        from nbmlops.scheduling.worker import run_fire

        return run_fire(
            self._schedule_records,
            fire_id,
            token,
            run_pipeline=self._run_version,
            clock=self.clock,
            journal=Journal(self._scheduler_log, who="worker", clock=self.clock),
            lease=timedelta(seconds=self.settings.lease),
        )

    def _run_version(self, **asked: Any) -> Run:
        # A method, so that a worker holds its lease before it imports what runs pipelines.
        return self.runs.run_version(**asked)

    def _ask_to_stop(self, run: Run, by: str) -> bool:
        return self.runs.ask_to_stop(run, by)

    @property
    def _scheduler_log(self) -> Path:
        return self.store / "scheduler.log"
