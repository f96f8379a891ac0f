"""The pipelines of a notebook, as the front end draws them."""

from __future__ import annotations

from contextlib import closing

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.sentences import said, together
from nbmlops.notebook.document import read
from nbmlops.pipelines.layout import arrange
from nbmlops.server.projects import Projects
from nbmlops.server.sections import (
    DoneResponse,
    GraphLink,
    GraphNode,
    PipelineGraph,
    PipelinesResponse,
)
from nbmlops.workspace import Workspace


def pipelines(projects: Projects, notebook: str) -> PipelinesResponse:
    """The pipelines of a notebook with the state of each step; none where nothing was recorded."""
    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        return PipelinesResponse(project="", pipelines=())
    found = workspace.pipelines.of_notebook(workspace.notebook_key(path))
    return PipelinesResponse(
        project=projects.name(workspace),
        pipelines=tuple(_graph(workspace, version) for version in found),
    )


def build(projects: Projects, notebook: str, *, by: str) -> DoneResponse:
    """Build the saved notebook, on somebody's behalf; a project is begun where there is none.

    Raises:
        NotebookFormatError: there is no such notebook.
        BuildRefusedError: it cannot become a pipeline; says every reason.
    """
    path = projects.locate(notebook)
    read(path)  # before a project is begun
    found = Workspace.at(path, create=True)
    workspace = Workspace(found.project if found is not None else path.parent, author=by)
    with closing(workspace):
        built = workspace.pipelines.build(path)
    reference = built.version.reference
    if built.created:
        done = said("%1 is built.", reference)
    else:
        done = said("%1 is what the notebook makes, as it was built before.", reference)
    warned = (said("Warning: %1", one) for one in built.warnings)
    return DoneResponse(message=together(done, *warned))


def _graph(workspace: Workspace, version: PipelineVersion) -> PipelineGraph:
    spec = version.spec
    layout = arrange(spec)
    run = next(iter(workspace.runs.newest(pipeline=spec.name, limit=1)), None)
    return PipelineGraph(
        name=spec.name,
        reference=version.reference,
        approved=version.approved,
        author=version.author,
        created_at=version.created_at,
        layers=layout.layers,
        rows=layout.rows,
        nodes=tuple(
            GraphNode(
                name=step.name, layer=layout.slots[step.name][0], row=layout.slots[step.name][1]
            )
            for step in spec.steps
        ),
        links=tuple(
            GraphLink(
                source=route.edge.source,
                target=route.edge.target,
                names=route.edge.names,
                certain=route.edge.known_by != "possible",
                through=route.through,
            )
            for route in layout.routes
        ),
        run=run.reference if run is not None else None,
        run_status=run.status if run is not None else None,
        steps=workspace.runs.steps(run) if run is not None else (),
    )
