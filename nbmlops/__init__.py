"""MLOps in the notebook: versioned cells, approved pipelines, schedules that can be trusted."""

from __future__ import annotations

TYPE_CHECKING = False  # that of `typing` costs half of what importing this takes
if TYPE_CHECKING:
    from typing import Any

    from nbmlops.capture.metrics import metric
    from nbmlops.capture.reports import output
    from nbmlops.execution.nodes import node
    from nbmlops.project import Project, check_drift
    from nbmlops.values.secrets import Secret

__version__ = "0.1.0"

__all__ = [
    "Secret",
    "__version__",
    "check_drift",
    "load_ipython_extension",
    "metric",
    "node",
    "open",
    "output",
    "panel",
    "random_state",
    "unload_ipython_extension",
]

_HOMES = {
    "Secret": "nbmlops.values.secrets",
    "check_drift": "nbmlops.project",
    "metric": "nbmlops.capture.metrics",
    "node": "nbmlops.execution.nodes",
    "output": "nbmlops.capture.reports",
}
"""Imported when they are first asked for: a command line that is stopped at once, and a process
that wants one of them, do not load the others."""


def open(project: str | None = None) -> Project:  # noqa: A001 (reads nbmlops.open())
    """Open a project, to look at what was tracked from Python.

    Args:
        project: its folder; the project of the current folder if not given.
    """
    from nbmlops.project import open_project

    return open_project(project)


def panel(step: str | None = None) -> None:
    """Show the panel in the output of this cell, as ``%mlops panel`` does.

    Args:
        step: the one to be unfolded first.

    Raises:
        UsageError: no notebook runs this.
    """
    from nbmlops.magics.extension import show_panel

    show_panel(step)


def random_state(execution: str, project: str | None = None) -> None:
    """Put the global random generators back as they were before an execution.

    Those of ``random``, and of ``numpy`` and ``torch`` where they were loaded then.

    Args:
        execution: its number in the log, such as ``@12``.
        project: the folder of the project; the project of the current folder if not given.

    Raises:
        UsageError: it is not written as a number, or there is no such execution.
        ValueNotStoredError: the state was not recorded.
        UntrustedValueError: it was recorded by somebody else.
    """
    from pathlib import Path

    from nbmlops.config import choose_project
    from nbmlops.history.slicing import put_back_random_state
    from nbmlops.workspace import Workspace

    workspace = Workspace(Path(project) if project else choose_project(Path.cwd()))
    try:
        put_back_random_state(execution, slices=workspace.slices, values=workspace.values)
    finally:
        workspace.close()


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext nbmlops``."""
    from nbmlops.values.uncollected import lasting

    with lasting():
        from nbmlops.magics.extension import load

        load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext nbmlops``."""
    from nbmlops.magics.extension import unload

    unload(shell)


if not TYPE_CHECKING:  # or any name would do for mypy

    def __getattr__(name: str) -> Any:
        """What is imported when it is asked for."""
        if name not in _HOMES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message, name=name)
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        """All names, those that were not asked for yet as well."""
        return sorted({*globals(), *_HOMES})


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the front end of a development install."""
    return [{"src": "labextension", "dest": "nbmlops"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """What extends the Jupyter server."""
    from nbmlops.server.extension import NbmlopsServer

    return [{"module": "nbmlops.server", "app": NbmlopsServer}]
