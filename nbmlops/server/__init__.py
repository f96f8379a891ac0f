"""The Jupyter server extension: REST endpoints for the front end, and the embedded scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Called by the Jupyter server when it starts."""
    from nbmlops.server.extension import load

    load(app)


def _unload_jupyter_server_extension(app: ServerApp) -> None:
    """Called by the Jupyter server when it stops."""
    from nbmlops.server.extension import unload

    unload(app)
