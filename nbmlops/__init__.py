"""MLOps in the notebook: versioned cells, approved pipelines, schedules that can be trusted."""

from __future__ import annotations

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the front end of a development install."""
    return [{"src": "labextension", "dest": "nbmlops"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """What extends the Jupyter server."""
    from nbmlops.server.extension import NbmlopsServer

    return [{"module": "nbmlops.server", "app": NbmlopsServer}]
