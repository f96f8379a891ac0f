"""What jupyter-scheduler calls in place of its own scheduler."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jupyter_scheduler.environments import EnvironmentManager
from jupyter_scheduler.exceptions import IdempotencyTokenError, InputUriError, SchedulerError
from jupyter_scheduler.models import (
    CountJobsQuery,
    CreateJob,
    CreateJobDefinition,
    CreateJobFromDefinition,
    DescribeJob,
    DescribeJobDefinition,
    ListJobDefinitionsQuery,
    ListJobDefinitionsResponse,
    ListJobsQuery,
    ListJobsResponse,
    UpdateJob,
    UpdateJobDefinition,
)
from jupyter_scheduler.scheduler import BaseScheduler
from traitlets import Bool

from nbmlops.errors import DuplicateJobError, NbmlopsError
from nbmlops.server.jobs.desk import JobDesk
from nbmlops.server.jobs.finding import ProjectFinder
from nbmlops.server.projects import Projects

T = TypeVar("T")


class JobBackend(BaseScheduler):
    """Lets jupyter-scheduler's dialog, lists and REST API work on the scheduler of nbmlops.

    Responsibilities: takes the calls of its handlers off the event loop to a `JobDesk`, and turns
    refusals into those that its handlers show. It keeps nothing itself, and runs nothing: a
    scheduler of the project does, which it starts with the server, or later, where there is
    something to run and none runs.

    Args:
        root_dir: the server's root folder.
        environments_manager: what names the formats of files.
        db_url: where jupyter-scheduler would keep its jobs; not used.
        config: of the server.
    """

    start_scheduler = Bool(
        default_value=True,
        help="Start a scheduler in the background where there are jobs to run and none runs.",
    ).tag(config=True)

    task_runner = None
    """jupyter-scheduler starts one where there is one."""

    def __init__(
        self,
        root_dir: str,
        environments_manager: EnvironmentManager,
        db_url: str = "",
        config: Any = None,
        **kwargs: Any,
    ) -> None:
        del db_url
        super().__init__(
            root_dir=root_dir, environments_manager=environments_manager, config=config, **kwargs
        )
        projects = Projects(Path(root_dir))
        finder = ProjectFinder(projects, Path(root_dir))
        self._desk = JobDesk(projects, finder, starts=self.start_scheduler)
        weakref.finalize(self, projects.close)
        if self.start_scheduler:
            threading.Thread(target=self._wake_all, daemon=True).start()

    async def create_job(self, model: CreateJob) -> str:
        """Ask for a notebook to be run once."""
        self._check_input(model.input_uri)
        return await _answered(lambda: self._desk.submit(model))

    async def update_job(self, job_id: str, model: UpdateJob) -> None:
        """Call a job otherwise."""
        await _answered(lambda: self._desk.rename(job_id, model.name))

    async def list_jobs(self, query: ListJobsQuery) -> ListJobsResponse:
        """One page of the jobs of all projects."""
        found, total = await _answered(lambda: self._desk.jobs(query))
        for job in found:
            self.add_job_files(job)
        shown = int(query.next_token or 0) + len(found)
        following = str(shown) if found and shown < total else None
        return ListJobsResponse(jobs=found, total_count=total, next_token=following)

    async def count_jobs(self, query: CountJobsQuery) -> int:
        """How many jobs have a status."""
        return await _answered(lambda: self._desk.count(query.status))

    async def get_job(self, job_id: str, job_files: bool | None = True) -> DescribeJob:  # noqa: FBT001, FBT002 (its signature)
        """One job, with what of its files has been downloaded."""
        found = await _answered(lambda: self._desk.job(job_id))
        if job_files:
            self.add_job_files(found)
        return found

    async def delete_job(self, job_id: str) -> None:
        """Stop a job, and list it no more."""
        await _answered(lambda: self._desk.delete(job_id))

    async def stop_job(self, job_id: str) -> None:
        """Stop a job."""
        await _answered(lambda: self._desk.stop(job_id))

    async def create_job_definition(self, model: CreateJobDefinition) -> str:
        """Schedule a notebook."""
        self._check_input(model.input_uri)
        return await _answered(lambda: self._desk.define(model))

    async def update_job_definition(
        self, job_definition_id: str, model: UpdateJobDefinition
    ) -> None:
        """Change a definition, pause it or let it go on."""
        if model.input_uri:
            self._check_input(model.input_uri)
        await _answered(lambda: self._desk.redefine(job_definition_id, model))

    async def delete_job_definition(self, job_definition_id: str) -> None:
        """Delete a definition, and stop its jobs."""
        await _answered(lambda: self._desk.forget(job_definition_id))

    async def get_job_definition(self, job_definition_id: str) -> DescribeJobDefinition:
        """One definition."""
        return await _answered(lambda: self._desk.definition(job_definition_id))

    async def list_job_definitions(
        self, query: ListJobDefinitionsQuery
    ) -> ListJobDefinitionsResponse:
        """One page of the definitions of all projects."""
        found, total = await _answered(lambda: self._desk.definitions(query))
        shown = int(query.next_token or 0) + len(found)
        return ListJobDefinitionsResponse(
            job_definitions=found,
            total_count=total,
            next_token=str(shown) if found and shown < total else None,
        )

    async def create_job_from_definition(
        self, job_definition_id: str, model: CreateJobFromDefinition
    ) -> str:
        """Run a definition now, besides its own times."""
        return await _answered(lambda: self._desk.run_now(job_definition_id, model.parameters))

    async def contents(self, job_id: str) -> dict[str, bytes]:
        """The files of a job, by their formats."""
        return await _answered(lambda: self._desk.files(job_id))

    def _wake_all(self) -> None:
        try:
            self._desk.wake_all()
        except NbmlopsError as error:  # the server goes on without
            self.log.warning("nbmlops: no scheduler could be started: %s", error)

    def _check_input(self, input_uri: str) -> None:
        if not self.file_exists(input_uri):
            raise InputUriError(input_uri)


async def _answered(ask: Callable[[], T]) -> T:
    """What a blocking question gives; a refusal as jupyter-scheduler's handlers show it.

    Raises:
        SchedulerError, IdempotencyTokenError: it was refused; says why and what helps.
    """
    try:
        return await asyncio.to_thread(ask)
    except DuplicateJobError as error:
        raise IdempotencyTokenError(error.key) from error
    except NbmlopsError as error:
        raise SchedulerError(str(error)) from error
