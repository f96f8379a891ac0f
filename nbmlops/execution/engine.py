"""The papermill engine ``nbmlops``: ``papermill --engine nbmlops in.ipynb out.ipynb``.

This module is the door to papermill and nbclient; papermill loads it by its entry point.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.engines import Engine
from papermill.iorw import write_ipynb

from nbmlops.domain.runs import CellProgress
from nbmlops.execution.journal import CANCELLED, COMPLETED, FAILED, Journal
from nbmlops.notebook.labels import label_of

ENGINE = "nbmlops"
"""The name under which papermill knows the engine."""

_LONGEST_IPC_PATH = 80
"""Characters; a Unix socket's path may have 107, and jupyter_client adds some to it."""

_BOOTSTRAP = "get_ipython().run_line_magic('load_ext', 'nbmlops')"

log = logging.getLogger(__name__)

Observer = Callable[[CellProgress], None]


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
            options: ``start_timeout`` and ``execution_timeout`` in seconds, and our own
                ``observer`` (called with a `CellProgress` at each cell's start and end) and
                ``kernel_environment`` (variables for the kernel).

        Returns:
            The notebook node.
        """
        del autosave_cell_every

        def save() -> None:
            if output_path:
                write_ipynb(nb, output_path)

        observer = options.get("observer")
        with _progress(len(nb.cells), progress_bar if observer is None else False) as tick:
            execution = _Execution(
                nb,
                kernel_name=kernel_name,
                journal=Journal(nb, save),
                observe=observer or tick,
                log_output=log_output,
                environment=options.get("kernel_environment") or {},
                start_timeout=options.get("start_timeout") or 60,
                cell_timeout=options.get("execution_timeout"),
            )
            run_sync(execution.run)()
        return nb


class _Execution:
    """One notebook in one kernel.

    - starts the kernel, loads nbmlops in it where the environment says that a run is recorded;
    - tells the kernel the id and tags of each cell, as JupyterLab does;
    - turns signals into a cancelled cell;
    - reports to the journal and the observer.
    """

    def __init__(
        self,
        notebook: Any,
        *,
        kernel_name: str,
        journal: Journal,
        observe: Observer,
        log_output: bool,
        environment: dict[str, str],
        start_timeout: int,
        cell_timeout: int | None,
    ) -> None:
        self._notebook = notebook
        self._journal = journal
        self._observe = observe
        self._log_output = log_output
        self._environment = environment
        self._cancelled = False
        self._stopping: asyncio.Future[None] | None = None
        self._client: Any = NotebookClient(  # its kernel manager and client are set late
            notebook,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=cell_timeout,
            raise_on_iopub_timeout=True,
        )

    async def run(self) -> None:
        """Execute every cell, or up to the one that fails."""
        self._journal.start()
        try:
            self._prepare_transport()
            async with self._client.async_setup_kernel(env={**os.environ, **self._environment}):
                with self._signals():
                    await self._introduce()
                    await self._cells()
                self._client.set_widgets_metadata()
        finally:
            self._journal.end()

    def _prepare_transport(self) -> None:
        self._client.create_kernel_manager()
        manager = self._client.km
        runtime = jupyter_runtime_dir()
        if sys.platform != "win32" and len(runtime) < _LONGEST_IPC_PATH and manager is not None:
            manager.transport = "ipc"

    async def _introduce(self) -> None:
        client = self._client.kc
        reply = await self._client.async_wait_for_reply(client.kernel_info())
        if reply is not None:
            self._notebook.metadata["language_info"] = reply["content"]["language_info"]
        if self._environment:
            message = client.execute(_BOOTSTRAP, silent=True, store_history=False)
            answer = await self._client.async_wait_for_reply(message)
            if answer is None or answer["content"]["status"] != "ok":
                log.warning(
                    "nbmlops is not installed where the kernel runs: "
                    "this run keeps its notebook, but no step records."
                )

    async def _cells(self) -> None:
        total = len(self._notebook.cells)
        for index, cell in enumerate(self._notebook.cells):
            label = label_of(cell.source, tuple(cell.metadata.get("tags", ())))
            step = label.name if label else None
            self._observe(CellProgress(cell=index + 1, cells=total, step=step, event="started"))
            self._journal.cell_started(cell)
            status = await self._cell(cell, index)
            self._journal.cell_ended(cell, status)
            self._observe(CellProgress(cell=index + 1, cells=total, step=step, event=status))
            if status != COMPLETED:
                return

    async def _cell(self, cell: Any, index: int) -> str:
        self._client.kc.session.metadata = {
            "cellId": cell.get("id"),
            "tags": list(cell.metadata.get("tags", ())),
        }
        try:
            await self._client.async_execute_cell(cell, index)
        except CellExecutionError:
            return CANCELLED if self._cancelled else FAILED
        except CellTimeoutError as error:
            _append_error(cell, "CellTimeoutError", str(error).splitlines()[0])
            return FAILED
        except DeadKernelError:
            _append_error(cell, "DeadKernelError", await self._how_it_died())
            return CANCELLED if self._cancelled else FAILED
        finally:
            self._log(cell)
        return COMPLETED

    async def _how_it_died(self) -> str:
        provisioner = self._client.km.provisioner if self._client.km else None
        code = await provisioner.poll() if provisioner is not None else None
        if code is None or code >= 0:
            return f"The kernel ended while this cell ran (exit code {code})."
        name = signal.Signals(-code).name
        cause = " (out of memory?)" if name == "SIGKILL" else ""
        return f"The kernel was killed by {name} while this cell ran{cause}."

    def _log(self, cell: Any) -> None:
        if not self._log_output or cell.cell_type != "code":
            return
        for output in cell.outputs:
            if output.output_type == "stream":
                level = logging.INFO if output.name == "stdout" else logging.WARNING
                log.log(level, "%s", output.text.rstrip())

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._cancel, loop)
        except (NotImplementedError, RuntimeError, ValueError):
            pass  # not the main thread, or a platform without them: nobody signals us there
        yield

    def _cancel(self, loop: asyncio.AbstractEventLoop) -> None:
        manager = self._client.km
        if manager is None:
            return
        stop = manager.shutdown_kernel(now=True) if self._cancelled else manager.interrupt_kernel()
        self._cancelled = True
        self._stopping = loop.create_task(stop)


def _append_error(cell: Any, kind: str, message: str) -> None:
    from nbformat.v4 import new_output

    cell.outputs.append(
        new_output("error", ename=kind, evalue=message, traceback=[f"{kind}: {message}"])
    )


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
