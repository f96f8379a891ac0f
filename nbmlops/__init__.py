"""MLOps in the notebook: versioned cells, approved pipelines, schedules that can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbmlops.capture.metrics import metric
from nbmlops.capture.reports import output
from nbmlops.values.secrets import Secret

if TYPE_CHECKING:
    from nbmlops.project import Project

__version__ = "0.1.0"

__all__ = [
    "Secret",
    "__version__",
    "load_ipython_extension",
    "metric",
    "open",
    "output",
    "unload_ipython_extension",
]


def open(project: str | None = None) -> Project:  # noqa: A001 (reads nbmlops.open())
    """Open a project, to look at what was tracked from Python.

    Args:
        project: its folder; the project of the current folder if not given.
    """
    from nbmlops.project import open_project

    return open_project(project)


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext nbmlops``."""
    from nbmlops.magics.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext nbmlops``."""
    from nbmlops.magics.extension import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the front end of a development install."""
    return [{"src": "labextension", "dest": "nbmlops"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """What extends the Jupyter server."""
    from nbmlops.server.extension import NbmlopsServer

    return [{"module": "nbmlops.server", "app": NbmlopsServer}]
