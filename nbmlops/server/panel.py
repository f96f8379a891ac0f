"""The endpoints behind the sections of the panel: what is shown there, and what may be done."""

from __future__ import annotations

from datetime import UTC, datetime

from nbmlops.server import (
    appointments,
    datasets,
    decisions,
    driving,
    graphs,
    monitors,
    reviews,
    timetable,
)
from nbmlops.server.dialogs import (
    AskedScheduleResponse,
    PlanResponse,
    ReviewResponse,
    SchedulablesResponse,
    TimesResponse,
)
from nbmlops.server.identities import identity_of
from nbmlops.server.operations import Endpoint, operation
from nbmlops.server.orders import (
    Action,
    Consent,
    Decision,
    Interval,
    NewDataset,
    NewRun,
    NewSchedule,
    NewTimes,
    OfDataset,
    OfPlan,
    OfRun,
    OfTimes,
    OfTwoDatasets,
)
from nbmlops.server.questions import Nothing, OfNotebook, OfPipeline, OfSchedule
from nbmlops.server.sections import (
    ApprovalsResponse,
    DatasetDiffResponse,
    DatasetResponse,
    DatasetsResponse,
    DoneResponse,
    MonitorsResponse,
    PipelinesResponse,
    ReportResponse,
    SchedulesResponse,
    TranscriptResponse,
)


class PanelEndpoint(Endpoint):
    """What the endpoints of the panel share: who asks."""

    @property
    def identity(self) -> str:
        """Under which name is recorded what is done."""
        return identity_of(self.identity_provider, self.current_user)


class PipelinesEndpoint(PanelEndpoint):
    """``nbmlops/api/pipelines``."""

    @operation(PipelinesResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> PipelinesResponse:
        """The pipelines of a notebook as they are drawn, with the state of each step.

        From then on it is told by events when a pipeline of its project is built or decided on.
        """
        return graphs.pipelines(self.projects, asked.notebook)


class BuildEndpoint(PanelEndpoint):
    """``nbmlops/api/build``."""

    @operation(DoneResponse, asks=OfNotebook)
    def post(self, asked: OfNotebook) -> DoneResponse:
        """Build the pipeline of a notebook as it is saved."""
        return graphs.build(self.projects, asked.notebook, by=self.identity)


class RunEndpoint(PanelEndpoint):
    """``nbmlops/api/run``."""

    @operation(DoneResponse, asks=OfPipeline, sends=NewRun)
    def post(self, asked: OfPipeline) -> DoneResponse:
        """Run a pipeline once, now; or what some of its steps need, and these."""
        return driving.run(
            self.projects, asked.notebook, asked.pipeline, self.body, by=self.identity
        )


class SchedulesEndpoint(PanelEndpoint):
    """``nbmlops/api/schedules``."""

    @operation(SchedulesResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> SchedulesResponse:
        """The schedules and newest backfills of a notebook's pipelines.

        From then on it is told by events when schedules of its project change or are due.
        """
        return timetable.schedules(self.projects, asked.notebook)

    @operation(DoneResponse, asks=OfNotebook, sends=NewSchedule)
    def post(self, asked: OfNotebook) -> DoneResponse:
        """Make a schedule of a pipeline of the notebook."""
        return appointments.create(self.projects, asked.notebook, self.body, by=self.identity)


class ScheduleEndpoint(PanelEndpoint):
    """``nbmlops/api/schedule``."""

    @operation(AskedScheduleResponse, asks=OfSchedule)
    def get(self, asked: OfSchedule) -> AskedScheduleResponse:
        """A schedule as it could be asked for again."""
        return appointments.asked(self.projects, asked.notebook, asked.schedule)

    @operation(DoneResponse, asks=OfSchedule, sends=Action)
    def post(self, asked: OfSchedule) -> DoneResponse:
        """Pause a schedule, let it go on, or make it due now."""
        action = self.body.action
        return timetable.act(
            self.projects, asked.notebook, asked.schedule, action, by=self.identity
        )


class RescheduleEndpoint(PanelEndpoint):
    """``nbmlops/api/reschedule``."""

    @operation(DoneResponse, asks=OfSchedule, sends=NewSchedule)
    def post(self, asked: OfSchedule) -> DoneResponse:
        """Change a schedule; its number, its token and its due times stay."""
        return appointments.change(
            self.projects, asked.notebook, asked.schedule, self.body, by=self.identity
        )


class SchedulerEndpoint(PanelEndpoint):
    """``nbmlops/api/scheduler``."""

    @operation(DoneResponse, asks=OfNotebook)
    def post(self, asked: OfNotebook) -> DoneResponse:
        """Start a scheduler of the notebook's project in the background, unless one runs."""
        return timetable.start_scheduler(self.projects, asked.notebook)


class BackfillEndpoint(PanelEndpoint):
    """``nbmlops/api/backfill``."""

    @operation(DoneResponse, asks=OfSchedule, sends=Interval)
    def post(self, asked: OfSchedule) -> DoneResponse:
        """Run a schedule's pipeline for its times of the past."""
        return timetable.backfill(
            self.projects,
            asked.notebook,
            asked.schedule,
            self.body.start,
            self.body.end,
            by=self.identity,
        )


class ApprovalsEndpoint(PanelEndpoint):
    """``nbmlops/api/approvals``."""

    @operation(ApprovalsResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> ApprovalsResponse:
        """What waits for a decision in a notebook's project."""
        return decisions.approvals(self.projects, asked.notebook, identity=self.identity)


class ApproveEndpoint(PanelEndpoint):
    """``nbmlops/api/approve``."""

    @operation(DoneResponse, asks=OfPipeline, sends=Decision)
    def post(self, asked: OfPipeline) -> DoneResponse:
        """Approve a pipeline version, as whoever is logged in."""
        return decisions.approve(
            self.projects, asked.notebook, asked.pipeline, self.body, by=self.identity
        )


class RequestChangesEndpoint(PanelEndpoint):
    """``nbmlops/api/request-changes``."""

    @operation(DoneResponse, asks=OfPipeline, sends=Decision)
    def post(self, asked: OfPipeline) -> DoneResponse:
        """Say what is to change before a version is approved, as whoever is logged in."""
        return decisions.request_changes(
            self.projects, asked.notebook, asked.pipeline, self.body, by=self.identity
        )


class ReviewEndpoint(PanelEndpoint):
    """``nbmlops/api/review``."""

    @operation(ReviewResponse, asks=OfPipeline, watches=True)
    def get(self, asked: OfPipeline) -> ReviewResponse:
        """What somebody sees who decides on a version, beside the approved one before it."""
        return reviews.review(self.projects, asked.notebook, asked.pipeline, identity=self.identity)


class DatasetsEndpoint(PanelEndpoint):
    """``nbmlops/api/datasets``."""

    @operation(DatasetsResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> DatasetsResponse:
        """The data sets of a notebook's project, with their versions.

        From then on it is told by events when something is pinned or deleted in the project.
        """
        return datasets.datasets(self.projects, asked.notebook)

    @operation(DoneResponse, asks=OfNotebook, sends=NewDataset)
    def post(self, asked: OfNotebook) -> DoneResponse:
        """Pin what the latest execution of a step that succeeded has read."""
        order: NewDataset = self.body
        return datasets.pin(
            self.projects, asked.notebook, order.name, order.step, order.comment, by=self.identity
        )


class DatasetEndpoint(PanelEndpoint):
    """``nbmlops/api/dataset``."""

    @operation(DatasetResponse, asks=OfDataset)
    def get(self, asked: OfDataset) -> DatasetResponse:
        """One version of a data set: its members, and who used what it holds."""
        return datasets.dataset(self.projects, asked.notebook, asked.dataset)


class DatasetDiffEndpoint(PanelEndpoint):
    """``nbmlops/api/dataset-diff``."""

    @operation(DatasetDiffResponse, asks=OfTwoDatasets)
    def get(self, asked: OfTwoDatasets) -> DatasetDiffResponse:
        """Two versions of data sets compared."""
        return datasets.diff(self.projects, asked.notebook, asked.before, asked.after)


class DatasetRestoreEndpoint(PanelEndpoint):
    """``nbmlops/api/dataset-restore``."""

    @operation(DoneResponse, asks=OfDataset, sends=Consent)
    def post(self, asked: OfDataset) -> DoneResponse:
        """Put the files of a version back where they were."""
        agreed = self.body.agreed
        return datasets.restore(
            self.projects, asked.notebook, asked.dataset, agreed=agreed, by=self.identity
        )


class DatasetUndoEndpoint(PanelEndpoint):
    """``nbmlops/api/dataset-undo``."""

    @operation(DoneResponse, asks=OfNotebook, sends=Consent)
    def post(self, asked: OfNotebook) -> DoneResponse:
        """Take the last restore of the project back."""
        agreed = self.body.agreed
        return datasets.undo(self.projects, asked.notebook, agreed=agreed, by=self.identity)


class MonitorsEndpoint(PanelEndpoint):
    """``nbmlops/api/monitors``."""

    @operation(MonitorsResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> MonitorsResponse:
        """What a notebook and the runs of its pipelines look at for drift.

        From then on it is told by events when something is recorded of a notebook of its project.
        """
        return monitors.monitors(self.projects, asked.notebook)


class TimesEndpoint(Endpoint):
    """``nbmlops/api/times``."""

    @operation(TimesResponse, asks=OfTimes)
    def get(self, asked: OfTimes) -> TimesResponse:
        """A cron expression in words, and the next five times at which it is due."""
        return appointments.times(asked.cron, asked.timezone, datetime.now(UTC))

    @operation(TimesResponse, sends=NewTimes)
    def post(self, _: Nothing) -> TimesResponse:
        """What would make a schedule fire in words, and the next five times by the clock."""
        return appointments.when_due(self.body.when, self.body.timezone, datetime.now(UTC))


class SchedulablesEndpoint(Endpoint):
    """``nbmlops/api/schedulables``."""

    @operation(SchedulablesResponse, asks=OfNotebook)
    def get(self, asked: OfNotebook) -> SchedulablesResponse:
        """The pipelines of a notebook, and of each the version that would be scheduled."""
        return appointments.schedulables(self.projects, asked.notebook)


class PlanEndpoint(Endpoint):
    """``nbmlops/api/plan``."""

    @operation(PlanResponse, asks=OfPlan, sends=NewSchedule)
    def post(self, asked: OfPlan) -> PlanResponse:
        """What the next run of a schedule would do, were it made or changed; nothing is."""
        return appointments.plan(self.projects, asked.notebook, self.body, schedule=asked.schedule)


class TranscriptEndpoint(PanelEndpoint):
    """``nbmlops/api/transcript``."""

    @operation(TranscriptResponse, asks=OfRun, watches=True)
    def get(self, asked: OfRun) -> TranscriptResponse:
        """What a run has printed so far, cell by cell."""
        return driving.transcript(self.projects, asked.notebook, asked.run)


class ReportEndpoint(PanelEndpoint):
    """``nbmlops/api/report``."""

    @operation(ReportResponse, asks=OfRun)
    def get(self, asked: OfRun) -> ReportResponse:
        """The executed notebook of a run that has ended, as a page."""
        return driving.report(self.projects, asked.notebook, asked.run)


class CancelEndpoint(PanelEndpoint):
    """``nbmlops/api/cancel``."""

    @operation(DoneResponse, asks=OfRun)
    def post(self, asked: OfRun) -> DoneResponse:
        """Ask a run to stop."""
        return driving.cancel(self.projects, asked.notebook, asked.run, by=self.identity)


class ResumeEndpoint(PanelEndpoint):
    """``nbmlops/api/resume``."""

    @operation(DoneResponse, asks=OfRun)
    def post(self, asked: OfRun) -> DoneResponse:
        """Go on with a run where it failed, on the notebook as it is saved."""
        return driving.resume(self.projects, asked.notebook, asked.run, by=self.identity)


PANEL: dict[str, type[Endpoint]] = {
    "pipelines": PipelinesEndpoint,
    "build": BuildEndpoint,
    "run": RunEndpoint,
    "schedules": SchedulesEndpoint,
    "schedule": ScheduleEndpoint,
    "reschedule": RescheduleEndpoint,
    "scheduler": SchedulerEndpoint,
    "backfill": BackfillEndpoint,
    "approvals": ApprovalsEndpoint,
    "approve": ApproveEndpoint,
    "request-changes": RequestChangesEndpoint,
    "review": ReviewEndpoint,
    "datasets": DatasetsEndpoint,
    "dataset": DatasetEndpoint,
    "dataset-diff": DatasetDiffEndpoint,
    "dataset-restore": DatasetRestoreEndpoint,
    "dataset-undo": DatasetUndoEndpoint,
    "monitors": MonitorsEndpoint,
    "times": TimesEndpoint,
    "schedulables": SchedulablesEndpoint,
    "plan": PlanEndpoint,
    "transcript": TranscriptEndpoint,
    "report": ReportEndpoint,
    "cancel": CancelEndpoint,
    "resume": ResumeEndpoint,
}
"""Every endpoint of the panel's sections, by its name."""
