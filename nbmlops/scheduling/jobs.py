"""Jobs and job definitions, as jupyter-scheduler has them, over schedules and their ledger."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from nbmlops.building.pipelines import PipelineService
from nbmlops.capture.session import notebook_key
from nbmlops.domain.clock import Clock
from nbmlops.domain.jobs import Job, JobDefinition, JobQuery, JobState, Label
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.schedules import ON_DEMAND, Due, Policies, Schedule
from nbmlops.errors import (
    DuplicateJobError,
    NotApprovedError,
    NotCancellableError,
    UnknownNameError,
    UsageError,
)
from nbmlops.execution.runs import RunService
from nbmlops.governance.approvals import ApprovalService
from nbmlops.pipelines.typed import check as typed
from nbmlops.scheduling.occasion import occasion_at
from nbmlops.scheduling.schedules import ScheduleService
from nbmlops.scheduling.timezones import local_zone
from nbmlops.scheduling.triggers.when import When
from nbmlops.store.catalog.jobs import JobRecords, Labelled
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.objects.base import ObjectStore

AT_ONCE = 1000
"""Single jobs of a version that may run at once; a scheduler's workers are the limit."""

INPUT = "input"
"""The name, among the files of a job, of the notebook that is run."""

_BEGINS_WITHIN = 5.0
_LOOKS = 0.1
_NO_TEXTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asks for.

    Attributes:
        notebook: the file.
        label: what to call it; its name also says which pipeline is meant, of several.
        texts: parameters as they were typed, by name.
    """

    notebook: Path
    label: Label
    texts: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)


class JobService:
    """Runs notebooks on request and by schedules, for whoever speaks of jobs.

    - A job definition is a schedule, with a label; every schedule of the project is one.
    - A job is a due time: of a schedule, or asked for by itself. Those of a version are in the
      ledger under one holder, which is shown to nobody.
    - Which version runs is decided when a job is asked for: the one that may be scheduled.
    """

    def __init__(
        self,
        *,
        project: Path,
        jobs: JobRecords,
        records: ScheduleRecords,
        versions: PipelineRecords,
        schedules: ScheduleService,
        approvals: ApprovalService,
        pipelines: PipelineService,
        runs: RunService,
        objects: ObjectStore,
        clock: Clock,
        author: str,
        approval_required: bool = True,
    ) -> None:
        self._project = project
        self._jobs = jobs
        self._records = records
        self._versions = versions
        self._schedules = schedules
        self._approvals = approvals
        self._pipelines = pipelines
        self._runs = runs
        self._objects = objects
        self._clock = clock
        self._author = author
        self._approval_required = approval_required

    def submit(self, request: Request, *, key: str = "") -> Job:
        """Ask for a notebook to be run, once, as soon as there is room.

        Args:
            request: what to run.
            key: names it, so that the same request twice is one job.

        Raises:
            NotApprovedError: the notebook has no approved pipeline, or has changed since.
            ParameterError: a parameter is unknown, missing or does not fit.
            DuplicateJobError: there is a job under that key already.
        """
        version = self.version_for(request)
        self._pipelines.check_unchanged(version)
        given, now = self._given(version, request.texts), self._clock()
        name = f"job {key or uuid4().hex}"
        if self._jobs.with_key(name) is not None:
            raise DuplicateJobError(key)
        holder = self._holder(version)
        due = Due(
            due_at=now, key=name, source="hand", interval_start=now, queued_at=now, parameters=given
        )
        made = self._records.enter(holder.id, [due], forced=True)[0]
        self._jobs.label(holder.id, made.id, request.label, at=now)
        return self.job(made.id)

    def define(self, request: Request, *, cron: str | None, timezone: str | None) -> JobDefinition:
        """Schedule a notebook; without a cron expression it waits to be called.

        Raises:
            NotApprovedError, ParameterError: as for `submit`.
            CronError: the expression or the time zone is wrong.
        """
        version = self.version_for(request)
        made = self._schedules.create(
            version.spec.name,
            when=When(cron=(cron,)) if cron else When(http=True),
            timezone=timezone,
            parameters=self._parsed(version, request.texts),
        )
        self._jobs.label(made.id, None, request.label, at=self._clock())
        return self.definition(made.id)

    def redefine(
        self,
        schedule_id: int,
        *,
        label: Label,
        notebook: Path | None = None,
        cron: str | None = None,
        timezone: str | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> JobDefinition:
        """Change a definition; what is ``None`` stays.

        When it fires otherwise, gets other parameters or a notebook, the version that may be
        scheduled now is what fires from then on.

        Raises:
            UnknownNameError: there is no such definition.
            UsageError: the notebook is that of another pipeline; or as for `define`.
        """
        before = self._schedules.get(schedule_id)
        if notebook is not None and self.definition(schedule_id).notebook != self._key(notebook):
            raise UsageError(
                f"This job runs {self.definition(schedule_id).notebook}.",
                cure="Make another one for another notebook.",
            )
        again = notebook is not None or texts is not None
        moved = bool(cron and cron != before.cron) or bool(timezone and timezone != before.timezone)
        if again or moved:
            version = self._approvals.schedulable_version(before.pipeline)
            self._schedules.change(
                schedule_id,
                before.pipeline,
                when=When(cron=(cron,)) if cron and moved else None,
                timezone=timezone,
                parameters=self._parsed(version, texts or {}),
            )
        self._jobs.label(schedule_id, None, label, at=self._clock())
        return self.definition(schedule_id)

    def activate(self, schedule_id: int, *, active: bool) -> None:
        """Pause a definition, or let it go on.

        Raises:
            UnknownNameError: there is no such definition.
            NotApprovedError: what it runs is not approved any more.
        """
        if self._schedules.get(schedule_id).paused is not active:
            return
        if active:
            self._schedules.resume(schedule_id)
        else:
            self._schedules.pause(schedule_id, f"paused by {self._author}")

    def run_now(self, schedule_id: int, texts: Mapping[str, str] = _NO_TEXTS) -> Job:
        """Run a definition once more, besides its own times.

        Raises:
            UnknownNameError, NotApprovedError, UsageError: as `ScheduleService.fire_now`.
        """
        schedule = self._schedules.get(schedule_id)
        version = self._versions.by_id(schedule.version_id)
        fire = self._schedules.fire_now(schedule_id, self._parsed(version, texts))
        return self.job(fire.id)

    def forget(self, schedule_id: int) -> None:
        """Delete a definition, and stop its jobs; the runs and the ledger stay.

        Raises:
            UnknownNameError: there is no such definition.
        """
        self._schedules.get(schedule_id)
        for state in (JobState.QUEUED, JobState.RUNNING):
            for job in self.jobs(JobQuery(definition=schedule_id, state=state)):
                self.stop(job.id)
        self._schedules.delete(schedule_id)

    def definitions(self) -> list[JobDefinition]:
        """Every schedule, oldest first."""
        labels = self._jobs.labels()
        return [self._definition(one, labels.get(one.id)) for one in self._schedules.all()]

    def definition(self, schedule_id: int) -> JobDefinition:
        """One schedule.

        Raises:
            UnknownNameError: there is none with that id.
        """
        return self._definition(
            self._schedules.get(schedule_id), self._jobs.labels().get(schedule_id)
        )

    def jobs(self, query: JobQuery) -> list[Job]:
        """The jobs that are asked for."""
        return self._jobs.jobs(query)

    def count(self, query: JobQuery) -> int:
        """How many there are of them, whatever the limit."""
        return self._jobs.count(query)

    def job(self, job_id: int) -> Job:
        """One job.

        Raises:
            UnknownNameError: there is none with that id, or it was put away.
        """
        found = self._jobs.jobs(JobQuery(job=job_id))
        if not found:
            raise UnknownNameError("job", str(job_id), cure="See the list of jobs.")
        return found[0]

    def rename(self, job_id: int, name: str) -> None:
        """Call a job otherwise.

        Raises:
            UnknownNameError: there is no such job.
        """
        job = self.job(job_id)
        self._jobs.label(
            self._schedule_of(job_id), job_id, replace(job.label, name=name), at=self._clock()
        )

    def stop(self, job_id: int) -> None:
        """Stop a job, or keep it from beginning; one that has ended stays as it is.

        It does not wait until the run has stopped.

        Raises:
            UnknownNameError: there is no such job.
            NotCancellableError: it runs elsewhere, or has not begun yet and cannot be kept from it.
        """
        if self._jobs.skip(job_id, f"Stopped by {self._author} before it began."):
            return
        until = time.monotonic() + _BEGINS_WITHIN
        while not (job := self.job(job_id)).state.ended:
            if job.run is not None:
                self._ask_to_stop(job)
                return
            if time.monotonic() > until:
                raise NotCancellableError(
                    f"The job {job.label.name} is about to begin.", cure="Stop it in a moment."
                )
            time.sleep(_LOOKS)

    def put_away(self, job_id: int) -> None:
        """Stop a job and list it no more; its run stays, its row of the ledger until a collection.

        Raises:
            UnknownNameError, NotCancellableError: as for `stop`.
        """
        self.job(job_id)
        self.stop(job_id)
        self._jobs.remove(self._schedule_of(job_id), job_id, at=self._clock())

    def files(self, job: Job) -> dict[str, bytes]:
        """The files of a job by their format, with the notebook that is run as ``input``.

        Raises:
            UsageError: it has ended and left none of a format that was asked for.
            ObjectMissingError: the content is gone.
        """
        version = self._versions.by_id(job.version_id)
        found = {INPUT: self._objects.get(version.notebook_object)}
        run = self._runs.get(job.pipeline, job.run) if job.run is not None else None
        for artifact in self._runs.files.made(run).artifacts if run else ():
            kind = artifact.name.removeprefix(f"{job.pipeline}.")
            if kind in job.label.formats and artifact.object:
                found[kind] = self._objects.get(artifact.object)
        missing = set(job.label.formats) - set(found)
        if missing and job.state.ended:
            raise UsageError(
                f"The job {job.label.name} has left no file of the kind "
                f"{', '.join(sorted(missing))}.",
                cure=job.note,
            )
        return found

    def version_for(self, request: Request) -> PipelineVersion:
        """The version that runs where somebody asks for a notebook.

        Raises:
            NotApprovedError: none may.
            BuildRefusedError: no approval is required, and the notebook cannot become a pipeline.
            UsageError: the notebook has several pipelines, and none is named.
        """
        key = self._key(request.notebook)
        names = self._versions.names_of(key)
        if not self._approval_required:
            named = request.label.name if request.label.name in names else None
            built = self._pipelines.build(request.notebook, name=named).version
            return self._approvals.schedulable_version(built.spec.name)
        if not names:
            raise not_built(key)
        return self._chosen(key, names, request.label.name)

    def _chosen(self, key: str, names: list[str], asked: str) -> PipelineVersion:
        """The version of the pipeline that is asked for, or of the only one that may run."""
        allowed: dict[str, PipelineVersion] = {}
        for name in names:
            try:
                allowed[name] = self._approvals.schedulable_version(name)
            except NotApprovedError as error:
                refusal = error
        if not allowed:
            raise refusal
        if asked not in allowed and len(allowed) > 1:
            raise UsageError(
                f"{key} has several pipelines: {', '.join(allowed)}.",
                cure="Give the job the name of the one that is to run.",
            )
        return allowed.get(asked) or next(iter(allowed.values()))

    def _parsed(self, version: PipelineVersion, texts: Mapping[str, str]) -> dict[str, Any]:
        items = [f"{name}={text}" for name, text in texts.items()]
        return typed.parse(version.spec.parameters, items)

    def _given(self, version: PipelineVersion, texts: Mapping[str, str]) -> dict[str, Any]:
        given, now = self._parsed(version, texts), self._clock()
        typed.check(version.spec.parameters, given, occasion_at(now, now, local_zone(), by="job"))
        return given

    def _holder(self, version: PipelineVersion) -> Schedule:
        """What holds the single jobs of a version; made where there is none."""
        known = self._jobs.holder(version.id)
        found = self._records.get(known) if known is not None else None
        if found is None:
            return self._records.create(
                version,
                cron=ON_DEMAND,
                timezone=local_zone(),
                parameters={},
                missed="all",
                author=self._author,
                created_at=self._clock(),
                policies=Policies(at_once=AT_ONCE),
                backfill=True,
            )
        if found.paused:  # the approval was withdrawn, and has been given again
            self._records.resume(found.id, self._clock())
        return found

    def _definition(self, schedule: Schedule, said: Labelled | None) -> JobDefinition:
        label = said.label if said else Label()
        return JobDefinition(
            schedule=schedule,
            notebook=self._versions.by_id(schedule.version_id).spec.notebook,
            label=label if label.name else replace(label, name=schedule.pipeline),
            changed_at=said.changed_at if said else schedule.created_at,
        )

    def _ask_to_stop(self, job: Job) -> None:
        run = self._runs.get(job.pipeline, job.run)
        if run is None or run.status.ended or run.cancelled_by is not None:
            return
        if not self._runs.ask_to_stop(run, self._author):
            raise NotCancellableError(
                f"{run.reference} is driven by another machine or another user.",
                cure=f"Cancel it there: nbmlops cancel {run.reference}",
            )

    def _schedule_of(self, job_id: int) -> int:
        fire = self._records.fire(job_id)
        if fire is None:
            raise UnknownNameError("job", str(job_id))
        return fire.schedule_id

    def _key(self, notebook: Path) -> str:
        return notebook_key(self._project, notebook)


def not_built(notebook: str) -> NotApprovedError:
    """Why a notebook cannot be run of which nobody has built a pipeline."""
    return NotApprovedError(
        f"{notebook} has no approved pipeline.",
        cure=f"Build it, review it and approve it: nbmlops build {notebook}, then nbmlops approve.",
    )
