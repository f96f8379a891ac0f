"""The papermill engine ``nbmlops``: ``papermill --engine nbmlops in.ipynb out.ipynb``.

This module is the door to papermill, which loads it by its entry point.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from papermill.engines import Engine
from papermill.iorw import write_ipynb

from nbmlops.domain.runs import CellProgress
from nbmlops.execution.alone import hold_to_types
from nbmlops.execution.cancellation import Cancellation
from nbmlops.execution.echo import Echo
from nbmlops.execution.journal import COMPLETED, Journal
from nbmlops.execution.journal_file import JournalFile
from nbmlops.execution.limits import Limits
from nbmlops.execution.means import MakeExecution, Means
from nbmlops.execution.notebook_execution import NotebookExecution, Observer

if TYPE_CHECKING:
    from nbmlops.execution.lanes import LaneOrder

ENGINE = "nbmlops"
"""The name under which papermill knows the engine."""


class NotebookEngine(Engine):  # type: ignore[misc] # papermill has no types
    """Executes a notebook in a kernel of its own and keeps a true record of what happened.

    Works O(n) in cells. After a killed kernel, a timeout or an interrupt the cell that ran says
    so, and those behind it say ``not run``.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **options: Any,
    ) -> Any:
        """Execute a notebook in place; papermill calls this.

        Args:
            nb: the notebook node.
            kernel_name: the kernel to start.
            output_path: where papermill wants it saved; ``None`` to keep it in memory.
            progress_bar: whether to show one, or options of tqdm.
            log_output: whether to log what cells print.
            autosave_cell_every: papermill's option; the journal decides by itself.
            options: ``start_timeout`` and ``execution_timeout`` in seconds, ``stdout_file`` and
                ``stderr_file`` (open files for what cells print), and our own
                ``observer`` (called with a `CellProgress` at each cell's start and end),
                ``kernel_environment`` (variables for the kernel) and ``cancellation`` (an open
                `Cancellation`; without one, SIGINT and SIGTERM stop the notebook and are then
                handed on), ``warm_kernel`` (whether a fork server may start the kernel)
                ``limits`` (the `Limits` of the kernel),
                ``supervisor`` (a `Supervisor`, which decides what runs, and how long),
                ``lanes`` (a `LaneOrder`, for several kernels at once), ``cluster`` (a `Cluster`
                that starts the kernels) and
                ``journal`` (the path of a file to which each cell's result is appended, in place
                of saving the notebook while it runs).

        Returns:
            The notebook node.

        Raises:
            RunFailedError: the kernel did not start.
            ParameterError: a value that papermill was given is not what its parameter asks for.
        """
        del autosave_cell_every
        if options.get("observer") is None:  # papermill by itself
            hold_to_types(nb)

        def save() -> None:
            if output_path:
                write_ipynb(nb, output_path)

        observer = options.get("observer")
        with (
            _progress(len(nb.cells), progress_bar if observer is None else False) as tick,
            _stoppable(options.get("cancellation")) as cancellation,
            _appending(options.get("journal")) as file,
        ):
            make = partial(
                NotebookExecution,
                kernel_name=kernel_name,
                cancellation=cancellation,
                echo=Echo(
                    logs=log_output,
                    stdout=options.get("stdout_file"),
                    stderr=options.get("stderr_file"),
                ),
                environment=options.get("kernel_environment") or {},
                start_timeout=options.get("start_timeout") or 60,
                cell_timeout=options.get("execution_timeout"),
                warm=bool(options.get("warm_kernel")),
                cluster=options.get("cluster"),
            )
            means = Means(
                journal=Journal(nb, save, file),
                observe=observer or tick,
                limits=options.get("limits") or Limits(),
                supervisor=options.get("supervisor"),
            )
            try:
                _complete(_run_of(nb, make, means, options.get("lanes"), cancellation))
            except BaseException:
                save()  # papermill, which does so at a regular end, will not
                raise
            if cancellation.signal is not None and options.get("cancellation") is None:
                save()  # the signal that is handed on ends papermill as well
        return nb


def _run_of(
    nb: Any,
    make: MakeExecution,
    means: Means,
    lanes: LaneOrder | None,
    cancellation: Cancellation,
) -> Callable[[], Coroutine[Any, Any, None]]:
    """What executes the notebook: one kernel, or one for each lane."""
    if lanes is not None:
        from nbmlops.execution.laned_execution import LanedExecution  # and all of a pipeline's plan

        return LanedExecution(nb, lanes, make, means, cancellation).run
    return make(
        nb,
        journal=means.journal,
        observe=means.observe,
        limits=means.limits,
        supervisor=means.supervisor,
    ).run


def _complete(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end; in a thread where a loop is running, as in a kernel."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(run())
        return
    context = contextvars.copy_context()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="nbmlops-run") as pool:
        pool.submit(lambda: context.run(asyncio.run, run())).result()


def _appending(path: Path | None) -> AbstractContextManager[JournalFile | None]:
    return nullcontext() if path is None else JournalFile(path)


@contextmanager
def _stoppable(given: Cancellation | None) -> Iterator[Cancellation]:
    if given is not None:
        yield given
        return
    cancellation = Cancellation()
    with cancellation:
        yield cancellation
    cancellation.hand_on()


@contextmanager
def _progress(total: int, wanted: bool | dict[str, Any]) -> Iterator[Observer]:
    if not wanted:
        yield lambda _: None
        return
    from tqdm.auto import tqdm

    options = {"unit": "cell", "desc": "Executing", **(wanted if isinstance(wanted, dict) else {})}
    with tqdm(total=total, **options) as bar:

        def tick(progress: CellProgress) -> None:
            if progress.event == COMPLETED:
                bar.update(1)

        yield tick
