"""Pages of the runs of a project's pipelines, and two of them compared."""

from __future__ import annotations

from nbmlops.domain.pages import Position, RunChoice
from nbmlops.domain.references import RunReference
from nbmlops.domain.runs import Run
from nbmlops.errors import UnknownNameError
from nbmlops.server.projects import Projects
from nbmlops.server.questions import OfRuns, OfTwoRuns
from nbmlops.server.responses import PipelineRunsResponse, RunDiffResponse
from nbmlops.workspace import Workspace


def page(projects: Projects, asked: OfRuns) -> PipelineRunsResponse:
    """One page; no rows where nothing was recorded.

    Raises:
        UsageError: what it is asked for does not fit together.
    """
    path = projects.within(asked.at)
    workspace = projects.workspace(path)
    choice = RunChoice(
        sort=asked.sort,
        descending=asked.descending,
        text=asked.text,
        notebook=workspace.notebook_key(path) if workspace and asked.only else None,
        status=asked.status,
        author=asked.author,
        metric=asked.metric,
        upto=asked.upto,
    )
    after = None if asked.after is None else Position.read(asked.after, asked.sort)
    if workspace is None:
        return _nothing()
    found = workspace.runs.page(choice, after=after, skip=asked.skip, limit=asked.limit)
    return PipelineRunsResponse(
        recorded=True,
        rows=found.rows,
        total=found.total,
        newest=found.newest,
        after=found.after.written() if found.after else None,
        parameters=found.parameters,
        metrics=found.metrics,
        outputs=found.outputs,
    )


def _nothing() -> PipelineRunsResponse:
    return PipelineRunsResponse(
        recorded=False,
        rows=(),
        total=0,
        newest=0,
        after=None,
        parameters=(),
        metrics=(),
        outputs=(),
    )


def diff(projects: Projects, asked: OfTwoRuns) -> RunDiffResponse:
    """What differs between two runs.

    Raises:
        UnknownNameError: there is no such run.
    """
    workspace = projects.workspace(projects.within(asked.at))
    if workspace is None:
        raise UnknownNameError("run", asked.before)
    before, after = _run(workspace, asked.before), _run(workspace, asked.after)
    return RunDiffResponse(diff=workspace.run_comparisons.diff(before, after))


def _run(workspace: Workspace, text: str) -> Run:
    reference = RunReference.parse(text)
    found = workspace.runs.get(reference.pipeline, reference.number)
    if found is None:
        raise UnknownNameError("run", text)
    return found
