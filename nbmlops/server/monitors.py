"""What a notebook looks at for drift, as the panel lists it."""

from __future__ import annotations

from nbmlops.server.projects import Projects
from nbmlops.server.sections import MonitorsResponse

MOST_MONITORS = 100
"""What one answer has at most."""


def monitors(projects: Projects, notebook: str) -> MonitorsResponse:
    """The monitors of a notebook and of its pipelines; none where nothing was recorded."""
    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        return MonitorsResponse(project="", monitors=(), total=0)
    found = workspace.monitors.of_notebook(workspace.notebook_key(path))
    return MonitorsResponse(
        project=projects.name(workspace),
        monitors=tuple(found[:MOST_MONITORS]),
        total=len(found),
    )
