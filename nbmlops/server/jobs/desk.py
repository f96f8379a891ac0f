"""Jobs of all projects of a server, each by a name that says of which it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_scheduler.models import (
    CreateJob,
    CreateJobDefinition,
    DescribeJob,
    DescribeJobDefinition,
    ListJobDefinitionsQuery,
    ListJobsQuery,
    SortDirection,
    SortField,
    Status,
    UpdateJobDefinition,
)

from nbmlops.domain.jobs import Job, JobQuery, JobState
from nbmlops.errors import UsageError
from nbmlops.scheduling import background
from nbmlops.scheduling.jobs import Request, not_built
from nbmlops.scheduling.presence import running_schedulers
from nbmlops.server.jobs import translation
from nbmlops.server.jobs.finding import Name, ProjectFinder
from nbmlops.server.projects import Projects
from nbmlops.workspace import Workspace


class JobDesk:
    """Answers in the models of jupyter-scheduler, from the `JobService` of the right project.

    Every method blocks, and raises an `NbmlopsError` where it refuses.

    Args:
        projects: finds the project of a notebook.
        finder: finds all projects.
        starts: whether a scheduler is started where a job is asked for and none runs here.
    """

    def __init__(self, projects: Projects, finder: ProjectFinder, *, starts: bool) -> None:
        self._projects = projects
        self._finder = finder
        self._starts = starts

    def submit(self, model: CreateJob) -> str:
        """Ask for a notebook to be run once; returns the job's name."""
        workspace, request = self._asked(model)
        made = workspace.jobs.submit(request, key=model.idempotency_token or "")
        self._awaken(workspace)
        return self._job_name(workspace, made.id)

    def define(self, model: CreateJobDefinition) -> str:
        """Schedule a notebook; returns the definition's name."""
        workspace, request = self._asked(model)
        made = workspace.jobs.define(request, cron=model.schedule, timezone=model.timezone)
        self._awaken(workspace)
        return self._definition_name(workspace, made.schedule.id)

    def redefine(self, name: str, model: UpdateJobDefinition) -> None:
        """Change a definition; pause it first, and let it go on last."""
        workspace, number = self._definition(name)
        jobs = workspace.jobs
        before = jobs.definition(number)
        if model.active is False:
            jobs.activate(number, active=False)
        jobs.redefine(
            number,
            label=translation.label_over(model, before.label),
            notebook=self._projects.locate(model.input_uri) if model.input_uri else None,
            cron=model.schedule,
            timezone=model.timezone,
            texts=model.parameters,
        )
        if model.active:
            jobs.activate(number, active=True)
            self._awaken(workspace)

    def run_now(self, name: str, texts: dict[str, str] | None) -> str:
        """Run a definition now; returns the job's name."""
        workspace, number = self._definition(name)
        made = workspace.jobs.run_now(number, texts or {})
        self._awaken(workspace)
        return self._job_name(workspace, made.id)

    def forget(self, name: str) -> None:
        """Delete a definition."""
        workspace, number = self._definition(name)
        workspace.jobs.forget(number)

    def definition(self, name: str) -> DescribeJobDefinition:
        """One definition."""
        workspace, number = self._definition(name)
        return translation.definition_model(workspace.jobs.definition(number), name=name)

    def definitions(
        self, query: ListJobDefinitionsQuery
    ) -> tuple[list[DescribeJobDefinition], int]:
        """A page of the definitions of all projects, and how many there are."""
        found = [
            translation.definition_model(
                one, name=self._definition_name(workspace, one.schedule.id)
            )
            for workspace in self._finder.all()
            for one in workspace.jobs.definitions()
        ]
        found = [one for one in found if _is_asked_for(one, query)]
        _sort(found, query.sort_by)
        first = translation.page_of(query.next_token)
        return found[first : first + (query.max_items or len(found))], len(found)

    def jobs(self, query: ListJobsQuery) -> tuple[list[DescribeJob], int]:
        """A page of the jobs of all projects, and how many there are."""
        if query.status and translation.state_of(query.status) is None:
            return [], 0
        of, asked = self._asked_jobs(query)
        self._revive(of)
        pages = [(one, one.jobs.jobs(asked)) for one in of]
        total = sum(one.jobs.count(asked) for one in of)
        found = [self._job_model(one, job) for one, page in pages for job in page]
        if len(of) > 1:
            _sort(found, query.sort_by)
            first = translation.page_of(query.next_token)
            found = found[first : first + (query.max_items or len(found))]
        return found, total

    def count(self, status: Status) -> int:
        """How many jobs of all projects have a status."""
        state = translation.state_of(status)
        if state is None:
            return 0
        of = self._finder.all()
        self._revive(of)
        return sum(one.jobs.count(JobQuery(state=state)) for one in of)

    def job(self, name: str) -> DescribeJob:
        """One job, without its files."""
        workspace, number = self._job(name)
        return self._job_model(workspace, workspace.jobs.job(number))

    def rename(self, name: str, called: str | None) -> None:
        """Call a job otherwise."""
        workspace, number = self._job(name)
        if called:
            workspace.jobs.rename(number, called)

    def stop(self, name: str) -> None:
        """Stop a job."""
        workspace, number = self._job(name)
        workspace.jobs.stop(number)

    def delete(self, name: str) -> None:
        """Stop a job and put it away."""
        workspace, number = self._job(name)
        workspace.jobs.put_away(number)

    def files(self, name: str) -> dict[str, bytes]:
        """The files of a job, by their formats."""
        workspace, number = self._job(name)
        return workspace.jobs.files(workspace.jobs.job(number))

    def _asked(self, model: CreateJob | CreateJobDefinition) -> tuple[Workspace, Request]:
        """Which project is meant, and what is asked of it."""
        if model.package_input_folder:
            raise UsageError(
                "An approved pipeline runs in its project, not in a copy of the input folder.",
                cure="Leave 'Run job with input folder' off: the files are where they always are.",
            )
        path = self._projects.locate(model.input_uri)
        request = Request(
            notebook=path, label=translation.label_of(model), texts=model.parameters or {}
        )
        return self._workspace(path, model.input_uri), request

    def _workspace(self, path: Path, notebook: str) -> Workspace:
        found = self._projects.workspace(path)
        if found is None:
            raise not_built(notebook)
        return found

    def _asked_jobs(self, query: ListJobsQuery) -> tuple[list[Workspace], JobQuery]:
        """Which projects a request for jobs is about, and what is asked of each."""
        if query.job_definition_id:
            workspace, number = self._definition(query.job_definition_id)
            return [workspace], translation.query_of(query, number)
        asked, of = translation.query_of(query, None), self._finder.all()
        if len(of) > 1:  # a page of all is among the first of each
            asked = replace(asked, offset=0, limit=asked.offset + asked.limit)
        return of, asked

    def _job_model(self, workspace: Workspace, job: Job) -> DescribeJob:
        definition = job.definition
        return translation.job_model(
            job,
            name=self._job_name(workspace, job.id),
            definition=self._definition_name(workspace, definition) if definition else None,
        )

    def _job(self, name: str) -> tuple[Workspace, int]:
        parsed = Name.parse("job", name)
        return self._finder.named(parsed), parsed.number

    def _definition(self, name: str) -> tuple[Workspace, int]:
        parsed = Name.parse("definition", name)
        return self._finder.named(parsed), parsed.number

    def _job_name(self, workspace: Workspace, number: int) -> str:
        return str(Name(kind="job", project=self._finder.key(workspace), number=number))

    def _definition_name(self, workspace: Workspace, number: int) -> str:
        return str(Name(kind="definition", project=self._finder.key(workspace), number=number))

    def wake_all(self) -> None:
        """Let a scheduler run for each project that has something to run, now or later."""
        for workspace in self._finder.all():
            waits = workspace.jobs.count(JobQuery(state=JobState.QUEUED))
            active = any(not one.schedule.paused for one in workspace.jobs.definitions())
            if waits or active:
                self._awaken(workspace)
        self._revive(self._finder.all())

    def _revive(self, of: Sequence[Workspace]) -> None:
        """Let a scheduler take over what a killed one has left; a stopped one leaves nothing."""
        for workspace in of:
            if workspace.jobs.count(JobQuery(state=JobState.RUNNING)):
                self._awaken(workspace)

    def _awaken(self, workspace: Workspace) -> None:
        """Let a scheduler run, so that what is due does not wait for somebody to start one."""
        if self._starts and not running_schedulers(workspace.store):
            background.start_apart(workspace.project, workspace.scheduler_log)


def _sort(found: list[Any], fields: Sequence[SortField]) -> None:
    """Put models into an order; the last field is sorted by first, for sorting is stable."""
    for field in reversed(fields):
        place = _place_by(field.name)
        found.sort(key=place, reverse=field.direction == SortDirection.desc)


def _place_by(name: str) -> Callable[[Any], tuple[bool, Any]]:
    """Where a model belongs by one field; what has none comes first."""

    def place(one: Any) -> tuple[bool, Any]:
        value = getattr(one, name, None)
        return (value is not None, "" if value is None else value)

    return place


def _is_asked_for(one: DescribeJobDefinition, query: ListJobDefinitionsQuery) -> bool:
    return (
        (not query.name or one.name.startswith(query.name))
        and (not query.create_time or one.create_time >= query.create_time)
        and set(query.tags or ()) <= set(one.tags)
    )
