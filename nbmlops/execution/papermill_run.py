"""Execute the notebook of a run with papermill."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.config import RunContext
from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import RunStatus
from nbmlops.errors import KernelMissingError, RunFailedError
from nbmlops.execution import report
from nbmlops.execution.backends import deferred_backends
from nbmlops.execution.cancellation import Cancellation
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.grammar import deferred_grammar
from nbmlops.execution.injection import inject
from nbmlops.execution.limits import Limits
from nbmlops.execution.outcome import NOT_STARTED, Outcome, outcome_of, stopped
from nbmlops.execution.supervision import Supervisor
from nbmlops.notebook.document import parse

if TYPE_CHECKING:
    from nbmlops.execution.engines.base import Cluster
    from nbmlops.execution.lanes import LaneOrder
    from nbmlops.execution.notebook_execution import Observer


def require_kernel(name: str) -> None:
    """Make sure that a kernel is installed.

    Raises:
        KernelMissingError: it is not.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    known = KernelSpecManager().find_kernel_specs()
    if name not in known:
        raise KernelMissingError(name, known)


def execute(
    folder: RunFolder,
    *,
    kernel: str,
    parameters: Mapping[str, Any],
    assignments: str,
    working_directory: Path,
    context: RunContext,
    cancellation: Cancellation,
    warm: bool = False,
    limits: Limits | None = None,
    supervisor: Supervisor | None = None,
    lanes: LaneOrder | None = None,
    cluster: Cluster | None = None,
    observer: Observer | None = None,
    page: bool = True,
) -> Outcome:
    """Execute the folder's source into its notebook.

    Args:
        folder: where the source is and the notebook goes.
        kernel: the kernel's name.
        parameters: every checked value in its plain form.
        assignments: the source that gives the parameters those values that are not the defaults.
        working_directory: where relative paths of the cells begin.
        context: what the kernel is told of the run.
        cancellation: open while this runs.
        warm: whether a fork server may start the kernel.
        limits: what the kernel may take.
        supervisor: decides which cells run, and how long they may; without one, all do.
        lanes: how the cells are divided among several kernels; without it, there is one.
        cluster: where the kernels are; by default, in processes of this one's own.
        observer: called at each cell's start and end.
        page: whether a page is made of it afterwards, which is prepared meanwhile.

    Returns:
        How it ended; a cell that failed, a kernel that died or never started included.

    Raises:
        OSError: the notebook cannot be written.
        UnforeseenError: the notebook must run as a whole.
    """
    with deferred_grammar(), deferred_backends():
        from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    if page:
        report.prepare()
    inject(folder.source, assignments, parameters)
    try:
        execute_notebook(
            _literal(folder.source),
            _literal(folder.notebook),
            engine_name="nbmlops",
            kernel_name=kernel,
            language="python",  # the build refused every other one
            progress_bar=False,
            cwd=str(working_directory),
            observer=observer,
            kernel_environment=context.environment(),
            cancellation=cancellation,
            warm_kernel=warm,
            limits=limits,
            supervisor=supervisor,
            lanes=lanes,
            cluster=cluster,
            journal=folder.journal,
        )
    except PapermillExecutionError:
        _drop_error_markers(folder.notebook)
    except RunFailedError as error:
        if cancellation.signal is not None:
            return stopped(cancellation.signal.name)
        failure = Failure(kind=NOT_STARTED, message=str(error))
        return Outcome(status=RunStatus.FAILED, failure=failure)
    stopped_by = cancellation.signal.name if cancellation.signal else None
    return outcome_of(parse(folder.notebook.read_text("utf-8")), stopped_by=stopped_by)


def _drop_error_markers(notebook: Path) -> None:
    """Take out the cells that papermill adds at an error, even at one that a tag allows.

    The run's page and its record say where it failed; cell numbers stay those of the source.
    """
    import nbformat
    from papermill.execute import remove_error_markers
    from papermill.iorw import write_ipynb

    node = nbformat.read(notebook, as_version=4)
    write_ipynb(remove_error_markers(node), str(notebook))


def _literal(path: Path) -> str:
    """A path in which papermill finds nothing to fill in."""
    return str(path).replace("{", "{{").replace("}", "}}")
