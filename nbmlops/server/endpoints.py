"""The REST endpoints below ``/nbmlops/api/``, all authenticated, and all but one read-only."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from nbmlops.server import executions, figures, project_runs, queries
from nbmlops.server.openapi import document
from nbmlops.server.operations import Endpoint, operation
from nbmlops.server.panel import PANEL
from nbmlops.server.questions import (
    Nothing,
    OfDifference,
    OfExecutions,
    OfFigure,
    OfNotebook,
    OfPipeline,
    OfRuns,
    OfSchedule,
    OfTwoRuns,
    OfVersion,
)
from nbmlops.server.responses import (
    CallResponse,
    DiffResponse,
    ExecutionsResponse,
    FigureResponse,
    FreshnessResponse,
    NotebooksResponse,
    ParametersResponse,
    PipelineRunsResponse,
    RunDiffResponse,
    RunsResponse,
    StatusResponse,
    StepsResponse,
    ValuesResponse,
    VersionResponse,
)


class StatusEndpoint(Endpoint):
    """``nbmlops/api/status``."""

    @operation(StatusResponse)
    def get(self, _: Nothing) -> StatusResponse:
        """That the extension is there."""
        return queries.status()


class DocumentEndpoint(Endpoint):
    """``nbmlops/api/openapi.json``."""

    @operation(dict[str, Any])
    def get(self, _: Nothing) -> dict[str, Any]:
        """What all addresses take and answer: this document, in OpenAPI 3.1."""
        return document(ENDPOINTS, base=self.base_url)


class NotebooksEndpoint(Endpoint):
    """``nbmlops/api/notebooks``."""

    @operation(NotebooksResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> NotebooksResponse:
        """The notebooks of a notebook's project of which there are steps or pipelines.

        From then on it is told by events when something is recorded or built in the project.
        """
        return queries.notebooks(self.projects, asked.notebook)


class StepsEndpoint(Endpoint):
    """``nbmlops/api/steps``."""

    @operation(StepsResponse, asks=OfNotebook)
    def get(self, asked: OfNotebook) -> StepsResponse:
        """The steps of a notebook, with their versions."""
        return queries.steps(self.projects, asked.notebook)


class FreshnessEndpoint(Endpoint):
    """``nbmlops/api/freshness``."""

    @operation(FreshnessResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> FreshnessResponse:
        """Which steps are stale, and why.

        From then on it is told by events when something is recorded of a notebook of its project.
        """
        return queries.freshness(self.projects, asked.notebook)


class RunsEndpoint(Endpoint):
    """``nbmlops/api/runs``."""

    @operation(RunsResponse, asks=OfNotebook, watches=True)
    def get(self, asked: OfNotebook) -> RunsResponse:
        """The newest runs of a notebook's pipelines.

        From then on the runs of its project are told of as they go on, by events.
        """
        return queries.runs(self.projects, asked.notebook)


class ExecutionsEndpoint(Endpoint):
    """``nbmlops/api/executions``."""

    @operation(ExecutionsResponse, asks=OfExecutions)
    def get(self, asked: OfExecutions) -> ExecutionsResponse:
        """A page of the executions of a project's steps, sorted and chosen."""
        return executions.page(self.projects, asked)


class PipelineRunsEndpoint(Endpoint):
    """``nbmlops/api/pipeline-runs``."""

    @operation(PipelineRunsResponse, asks=OfRuns)
    def get(self, asked: OfRuns) -> PipelineRunsResponse:
        """A page of the runs of a project's pipelines, sorted and chosen."""
        return project_runs.page(self.projects, asked)


class RunDiffEndpoint(Endpoint):
    """``nbmlops/api/run-diff``."""

    @operation(RunDiffResponse, asks=OfTwoRuns)
    def get(self, asked: OfTwoRuns) -> RunDiffResponse:
        """Two runs of a project compared."""
        return project_runs.diff(self.projects, asked)


class DiffEndpoint(Endpoint):
    """``nbmlops/api/diff``."""

    @operation(DiffResponse, asks=OfDifference)
    def get(self, asked: OfDifference) -> DiffResponse:
        """Two versions of a step compared; if asked for, stored values are loaded for it."""
        return queries.diff(self.projects, asked)


class FigureEndpoint(Endpoint):
    """``nbmlops/api/figure``."""

    @operation(FigureResponse, asks=OfFigure)
    def get(self, asked: OfFigure) -> FigureResponse:
        """A figure of two versions of a step that differs, and where it does."""
        return figures.figure(self.projects, asked)


class VersionEndpoint(Endpoint):
    """``nbmlops/api/version``."""

    @operation(VersionResponse, asks=OfVersion)
    def get(self, asked: OfVersion) -> VersionResponse:
        """The code of one version."""
        return queries.version(self.projects, asked.notebook, asked.step, asked.number)


class ValuesEndpoint(Endpoint):
    """``nbmlops/api/values``."""

    @operation(ValuesResponse, asks=OfVersion)
    def get(self, asked: OfVersion) -> ValuesResponse:
        """What one version made, none of it loaded."""
        return queries.values(self.projects, asked.notebook, asked.step, asked.number)


class ParametersEndpoint(Endpoint):
    """``nbmlops/api/parameters``."""

    @operation(ParametersResponse, asks=OfPipeline)
    def get(self, asked: OfPipeline) -> ParametersResponse:
        """What a run of a pipeline takes, as JSON Schema."""
        return queries.parameters(self.projects, asked.notebook, asked.pipeline)


class CallEndpoint(Endpoint):
    """``nbmlops/api/call``."""

    @operation(
        dict.fromkeys(
            (
                HTTPStatus.OK,
                HTTPStatus.ACCEPTED,
                HTTPStatus.UNAUTHORIZED,
                HTTPStatus.NOT_FOUND,
                HTTPStatus.CONFLICT,
                HTTPStatus.UNPROCESSABLE_ENTITY,
            ),
            CallResponse,
        ),
        asks=OfSchedule,
        sends=dict[str, Any],
        headers=("Nbmlops-Token", "Idempotency-Key"),
    )
    def post(self, asked: OfSchedule) -> CallResponse:
        """A schedule may fire that waits for it.

        The headers say that one may, and which call it is; the body may hold parameters.
        """
        headers = self.request.headers
        found = queries.call(
            self.projects,
            asked.notebook,
            asked.schedule,
            token=headers.get("Nbmlops-Token", ""),
            key=headers.get("Idempotency-Key"),
            parameters=self.body,
        )
        self.set_status(found.status)
        return CallResponse(message=found.message, key=found.key)


ENDPOINTS: dict[str, type[Endpoint]] = {
    "status": StatusEndpoint,
    "openapi.json": DocumentEndpoint,
    "notebooks": NotebooksEndpoint,
    "steps": StepsEndpoint,
    "freshness": FreshnessEndpoint,
    "runs": RunsEndpoint,
    "executions": ExecutionsEndpoint,
    "pipeline-runs": PipelineRunsEndpoint,
    "run-diff": RunDiffEndpoint,
    "diff": DiffEndpoint,
    "figure": FigureEndpoint,
    "version": VersionEndpoint,
    "values": ValuesEndpoint,
    "parameters": ParametersEndpoint,
    "call": CallEndpoint,
    **PANEL,
}
"""Every endpoint, by its name below ``/nbmlops/api/``."""
