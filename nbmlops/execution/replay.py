"""Execute cells once in a clean kernel, without recording them."""

from __future__ import annotations

from pathlib import Path

from nbmlops.execution.notebook_execution import Observer
from nbmlops.execution.outcome import Outcome, outcome_of
from nbmlops.execution.papermill_run import require_kernel
from nbmlops.notebook.document import Document, parse, serialize


def replay(
    document: Document, *, working_directory: Path, observer: Observer, warm: bool = False
) -> Outcome:
    """Execute a notebook in memory, in a kernel of its own.

    A cell tagged ``raises-exception`` may fail; the first other one that does is the last.

    Args:
        document: the notebook; it is not changed.
        working_directory: where relative paths of the cells begin.
        observer: called at each cell's start and end.
        warm: whether a fork server may start the kernel.

    Raises:
        KernelMissingError: the notebook's kernel is not installed.
        RunFailedError: the kernel did not start.
        KeyboardInterrupt: the replay was stopped.
    """
    import nbformat
    from papermill.utils import chdir

    from nbmlops.execution.engine import NotebookEngine

    require_kernel(document.kernel)
    node = nbformat.reads(serialize(document).decode(), as_version=4)
    node.metadata["papermill"] = nbformat.NotebookNode()
    with chdir(str(working_directory)):
        NotebookEngine.execute_notebook(
            node, document.kernel, progress_bar=False, observer=observer, warm_kernel=warm
        )
    return outcome_of(parse(nbformat.writes(node)))
