"""Import what a run needs, so that a process that is forked afterwards need not."""

from __future__ import annotations

from importlib import import_module

from nbmlops.capture.environment import describe
from nbmlops.execution import report
from nbmlops.execution.grammar import deferred_grammar

_OF_RUNS = (
    "papermill.execute",  # it loads our engine
    "nbmlops.workspace", "nbmlops.execution.runs", "nbmlops.execution.report",
    "nbmlops.execution.kernels.circumstances", "nbmlops.execution.kernels.client",
    "nbmlops.scheduling.worker", "nbmlops.history.run_retention", "nbmlops.notifying.service",
    "nbmlops.store.catalog.pipelines", "nbmlops.store.catalog.sqlite",
    "nbmlops.store.objects.folder", "nbmlops.store.objects.compression", "nbmlops.store.values",
    "jupyter_client.asynchronous.client", "jupyter_client.manager", "nbclient.client",
    "ipykernel.kernelspec", "nbmlops.notebook.dataflow.calls", "psutil",
    "nbmlops.notebook.dataflow.lasting", "nbmlops.notebook.dataflow.statements",
    "sqlalchemy.dialects.sqlite", "zstandard", "xxhash",
)  # fmt: skip


def warm_up() -> None:
    """Import it, make what pages are made with, and read what is installed.

    It leaves no thread, connection or open file behind, so that the process may fork.
    """
    with deferred_grammar():
        for name in _OF_RUNS:
            import_module(name)
    report.prepare_now()
    describe()
    _find_kernels()


def _find_kernels() -> None:
    """Read which kernels are installed, and what starts them: the latter is read only once."""
    from jupyter_client.kernelspec import KernelSpecManager

    KernelSpecManager().get_all_specs()
