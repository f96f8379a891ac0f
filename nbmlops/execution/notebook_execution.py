"""One notebook executed in one kernel."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from uuid import uuid4

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from nbmlops.domain.runs import CellProgress
from nbmlops.durations import as_written
from nbmlops.errors import RunFailedError, UnforeseenError
from nbmlops.execution import alone
from nbmlops.execution.cancellation import Cancellation, tell_why
from nbmlops.execution.direction import Direction
from nbmlops.execution.echo import Echo
from nbmlops.execution.engines.base import HERE, Cluster, Place
from nbmlops.execution.holding import Holding
from nbmlops.execution.journal import CANCELLED, COMPLETED, FAILED, Journal
from nbmlops.execution.kernels.imports import imports_of
from nbmlops.execution.kernels.provisioner import (
    COLD,
    SWITCH,
    WARM,
    WarmProvisioner,
    may_be_warm,
    use_warm_kernels,
)
from nbmlops.execution.last_line import LastLine
from nbmlops.execution.limits import Limits, confine
from nbmlops.execution.listener import Listener
from nbmlops.execution.outcome import TIMEOUT, WORKER_LOST
from nbmlops.execution.readiness import first_answer
from nbmlops.execution.secrets import mask_pieces
from nbmlops.execution.supervision import Supervisor
from nbmlops.notebook.labels import label_of
from nbmlops.values import hash_seeds

_LONGEST_IPC_PATH = 80
"""Characters; a Unix socket's path may have 107, and the name of the socket comes on top."""

_GRACE = 10.0
"""Seconds that an interrupted cell has to end by itself before its kernel is killed."""

_LONGEST_ECHO = 60
"""Seconds after a cell's end in which all that it has printed arrives."""

_UNREADABLE = (
    "What the kernel sends cannot be read any more, as where a cell replaces json.dumps: put it "
    "back in the cell that replaces it."
)

_BOOTSTRAP = """\
get_ipython().run_line_magic("load_ext", "nbmlops")
__import__("nbmlops.magics.ending", fromlist=["end_quietly"]).end_quietly(get_ipython().kernel)
__import__("nbmlops.magics.quiet", fromlist=["print_nowhere_else"]).print_nowhere_else(
    *map(__import__("sys").__dict__.get, ("stdout", "stderr"))
)"""

log = logging.getLogger(__name__)

Observer = Callable[[CellProgress], None]


class NotebookExecution:
    """One notebook in one kernel.

    - starts the kernel, loads nbmlops in it where the environment says that a run is recorded;
    - tells the kernel the id and tags of each cell, as JupyterLab does;
    - turns a request to stop into an interrupt, and where that does not help into a kill;
      likewise the end of the time that a cell has;
    - reports to the journal and the observer.
    """

    def __init__(
        self,
        notebook: Any,
        *,
        kernel_name: str,
        journal: Journal,
        cancellation: Cancellation,
        observe: Observer,
        echo: Echo,
        environment: dict[str, str],
        start_timeout: int,
        cell_timeout: int | None,
        warm: bool = False,
        limits: Limits | None = None,
        supervisor: Supervisor | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        self._notebook = notebook
        self._cluster = cluster
        self._warm = warm
        self._limits = limits or Limits()
        self._holding = Holding(self._limits)
        self._supervisor = supervisor
        self._overdue = False
        left = supervisor.time_left if supervisor is not None else None
        self._start_timeout = start_timeout if left is None else min(start_timeout, left)
        self._journal = journal
        self._cancellation = cancellation
        self._observe = observe
        self._environment = environment
        self._interrupted = False
        self._stopped_for = ""
        self._exited = False
        self._last_resort: asyncio.TimerHandle | None = None
        self._stopping: set[asyncio.Future[None]] = set()
        self._client: Any = Listener(  # its kernel manager and client are set late
            notebook,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=cell_timeout,
            iopub_timeout=_LONGEST_ECHO,
            raise_on_iopub_timeout=True,
        )
        self._client.echo = echo

    async def run(self) -> None:
        """Execute every cell, or up to the one that fails."""
        self._journal.start()
        try:
            await self._start()
            loop = asyncio.get_running_loop()
            watch = loop.create_task(self._watched())
            with self._cancellation.told(lambda: loop.call_soon_threadsafe(self._stop, loop)):
                await self._cells()
            watch.cancel()
            self._client.set_widgets_metadata()
        finally:
            self._journal.end()
            await self._end()

    @property
    def exited(self) -> bool:
        """Whether a cell ended the notebook, by ``sys.exit()``."""
        return self._exited

    def finish(self, reason: str) -> None:
        """Begin no further cell: the run does not go on, for that reason."""
        self._stopped_for = self._stopped_for or reason

    def stop(self, reason: str) -> None:
        """Stop the cell that runs, and begin no further one."""
        self.finish(reason)
        if not self._interrupted:
            self._stop(asyncio.get_running_loop())

    async def _start(self) -> None:
        try:
            try:
                await self._launch(warm=self._warm)
            except RuntimeError:
                if not (self._is_warm() or self._place.lost):
                    raise
                await self._end()
                await self._launch(warm=False)
            await self._introduce()
        except RuntimeError as error:
            why = self._place.said or error
            raise RunFailedError(
                f"The kernel {self._client.kernel_name!r} did not start: {why}.",
                cure=self._place.cure,
            ) from error

    async def _launch(self, *, warm: bool) -> None:
        manager, base = self._client.create_kernel_manager(), self._limits.base
        if self._cluster is not None:
            self._cluster.host(manager, limits=self._limits, wanted=lambda: not self._is_to_end())
        elif sys.platform != "win32" and len(jupyter_runtime_dir()) < _LONGEST_IPC_PATH:
            _talk_over_sockets(manager)
        if warm and self._cluster is None:
            use_warm_kernels(
                manager,
                imports=imports_of(_code(self._notebook)),
                processors=base.processors,
            )
        variables = {
            **os.environ,
            hash_seeds.VARIABLE: hash_seeds.seed_for_runs(os.environ),
            SWITCH: WARM if warm and self._cluster is None and may_be_warm() else COLD,
            **base.environment(),
            **self._environment,
        }
        await self._client.async_start_new_kernel(env=variables)
        if not self._is_warm() and self._cluster is None:
            confine(manager.provisioner.pid, base.processors)
        channels = self._client.kc = manager.client()
        info = await first_answer(manager, channels, self._start_timeout)
        channels.allow_stdin = False
        self._notebook.metadata["language_info"] = info["language_info"]

    async def _watched(self) -> None:
        if self._cluster is None:  # else the worker does
            await self._holding.watch(self._client.km.provisioner)

    def _is_warm(self) -> bool:
        provisioner = self._client.km.provisioner if self._client.km else None
        return isinstance(provisioner, WarmProvisioner) and provisioner.is_warm

    @property
    def _place(self) -> Place:
        """What is told of where the kernel is."""
        manager = self._client.km if self._cluster is not None else None
        return (manager.provisioner if manager is not None else None) or HERE

    async def _end(self) -> None:
        manager, channels = self._client.km, self._client.kc
        if channels is not None:
            channels.stop_channels()
        if manager is None:
            return
        if manager.has_kernel:
            await ensure_async(manager.shutdown_kernel(now=not await manager.is_alive()))
        if isinstance(manager.provisioner, WarmProvisioner):
            manager.provisioner.prepare_next()
        await ensure_async(manager.cleanup_resources())

    async def _introduce(self) -> None:
        client = self._client.kc
        if self._environment:
            message = client.execute(_BOOTSTRAP, silent=True, store_history=False)
            answer = await self._client.async_wait_for_reply(message)
            if answer is None or answer["content"]["status"] != "ok":
                log.warning(
                    "nbmlops is not installed where the kernel runs: "
                    "this run keeps its notebook, but no step records."
                )

    async def _cells(self) -> None:
        names = [_name(cell) for cell in self._notebook.cells]
        for index, cell in enumerate(self._notebook.cells):
            if self._is_to_end():
                return
            direction = self._directed(cell)
            progress = replace(_progress(names, index), reason=direction.reason)
            if direction.state:
                self._journal.cell_taken(cell, direction)
                self._observe(replace(progress, event=direction.state))
                continue
            if cell.cell_type == "code":
                await self._hold(cell)
            if direction.before:
                await self._prepare(direction.before)
            self._observe(progress)
            self._journal.cell_started(cell)
            status = await self._timed(cell, index)
            if status == CANCELLED:
                tell_why(cell, self._stopped_for, self._cancellation.signal)
            goes_on = await self._goes_on(cell, status)
            self._journal.cell_ended(cell, status)
            self._observe(replace(progress, event=self._event(status)))
            if not goes_on:
                return

    async def _hold(self, cell: Any) -> None:
        """Hold the kernel to what the step of a cell may take."""
        step = self._supervisor.step_of(cell) if self._supervisor is not None else None
        await self._holding.begin(step, self._client.km.provisioner)

    async def _timed(self, cell: Any, index: int) -> str:
        """Run a cell for as long as it may."""
        allowance = self._supervisor.allowance(cell) if self._supervisor is not None else None
        if allowance is None or cell.cell_type != "code":
            return await self._cell(cell, index)
        loop = asyncio.get_running_loop()
        self._overdue = False
        late = loop.call_later(allowance.seconds, self._too_late, loop)
        try:
            status = await self._cell(cell, index)
        finally:
            late.cancel()
            if self._last_resort is not None:
                self._last_resort.cancel()
        if not self._was_overdue() or status == CANCELLED:
            return status
        _append_error(cell, TIMEOUT, allowance.said)
        return FAILED

    def _was_overdue(self) -> bool:
        return self._overdue

    def _too_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Interrupt a cell that takes too long; kill its kernel when nothing has come of it."""
        manager = self._client.km
        if manager is None or not manager.has_kernel:
            return
        self._overdue = True
        self._begin(loop, manager.interrupt_kernel())

        def kill() -> None:
            self._begin(loop, manager.shutdown_kernel(now=True))

        self._last_resort = loop.call_later(_GRACE, kill)

    async def _goes_on(self, cell: Any, status: str) -> bool:
        """Tell the supervisor how a cell ended; whether the next one follows."""
        if self._supervisor is not None and cell.cell_type == "code":
            self._supervisor.ended(cell, status)
        if status == COMPLETED or self._supervisor is None:
            return status == COMPLETED and not self._exited
        if status == CANCELLED:
            return False
        alive = await ensure_async(self._client.km.is_alive())
        if self._place.lost and self._supervisor.worker_lost(cell):
            return False
        return self._supervisor.goes_on(cell, alive=bool(alive))

    def _is_to_end(self) -> bool:
        return bool(self._cancellation.signal or self._stopped_for) or self._time_is_up()

    def _event(self, status: str) -> str:
        pause = self._supervisor.pause if self._supervisor is not None else None
        if pause is None or status == COMPLETED:
            return status
        return f"{status}; once more in {as_written(pause.seconds)}"

    def _time_is_up(self) -> bool:
        said = self._supervisor.time_is_up if self._supervisor is not None else ""
        if said:
            self._journal.ended_by(said)
        return bool(said)

    def _directed(self, cell: Any) -> Direction:
        if cell.cell_type != "code":
            return Direction()
        direct = self._supervisor.direct if self._supervisor is not None else alone.direction_of
        return direct(cell)

    async def _prepare(self, code: str) -> None:
        """Run code that is no cell.

        Raises:
            UnforeseenError: it failed.
        """
        message = self._client.kc.execute(code, silent=True, store_history=False)
        answer = await self._client.async_wait_for_reply(message)
        if answer is None or answer["content"]["status"] != "ok":
            said = answer["content"].get("evalue", "") if answer is not None else "no answer"
            raise UnforeseenError(f"Stored values could not be brought back: {said}.")

    async def _cell(self, cell: Any, index: int) -> str:
        last_line = LastLine(lambda line: self._journal.cell_says(cell, line))
        self._client.hear, self._client.printed = last_line.hear, 0
        self._client.kc.session.metadata = {
            "cellId": cell.get("id"),
            "tags": list(cell.metadata.get("tags", ())),
        }
        try:
            await self._client.async_execute_cell(cell, index)
        except CellExecutionError as error:
            self._exited = is_clean_exit(error.ename, error.evalue)
            return COMPLETED if self._exited else self._badly()
        except CellTimeoutError as error:
            _append_error(cell, "CellTimeoutError", str(error).splitlines()[0])
            return FAILED
        except DeadKernelError:
            said = await self._how_it_died()
            _append_error(cell, WORKER_LOST if self._place.lost else "DeadKernelError", said)
            return self._badly()
        except ValueError as error:
            if not _is_of_a_message(error):
                raise
            _append_error(cell, "KernelMessageError", _UNREADABLE)
            await ensure_async(self._client.km.shutdown_kernel(now=True))  # none will be read
            return self._badly()
        finally:
            last_line.forget()
            mask_pieces(cell)
            self._client.tell_what_is_left_out(cell)
        return COMPLETED

    def _badly(self) -> str:
        stopped = self._cancellation.signal is not None
        return CANCELLED if stopped or (self._stopped_for and self._interrupted) else FAILED

    async def _how_it_died(self) -> str:
        provisioner = self._client.km.provisioner if self._client.km else None
        code = await provisioner.poll() if provisioner is not None else None
        said = self._holding.why(self._place.said) or self._place.said
        if said:
            return said
        if code is None or code >= 0:
            end = "." if code is None else f" (exit code {code})."
            return f"The kernel ended while this cell ran{end}"
        name = signal.Signals(-code).name
        cause = " (out of memory?)" if name == "SIGKILL" else ""
        return f"The kernel was killed by {name} while this cell ran{cause}."

    def _stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Interrupt at the first request; kill at the second, or when nothing has come of it."""
        manager = self._client.km
        if manager is None or not manager.has_kernel:
            return
        if self._interrupted:
            self._begin(loop, manager.shutdown_kernel(now=True))
        else:
            self._interrupted = True
            self._begin(loop, manager.interrupt_kernel())
            loop.call_later(_GRACE, self._stop, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop, stop: Any) -> None:
        task = loop.create_task(stop)
        self._stopping.add(task)  # the loop itself keeps no strong reference
        task.add_done_callback(self._stopping.discard)


def _talk_over_sockets(manager: Any) -> None:
    """Give a kernel Unix sockets of its own.

    jupyter_client's names are the same in every process of a folder: of two kernels that start
    at once, one would answer both clients.
    """
    folder = Path(jupyter_runtime_dir())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    manager.transport = "ipc"
    manager.ip = str(folder / f"nbmlops-{uuid4().hex[:12]}")


def _is_of_a_message(error: ValueError) -> bool:
    """Whether a message could not be read, or was taken for one that had come before."""
    return isinstance(error, JSONDecodeError) or "Signature" in str(error)


def _code(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def _name(cell: Any) -> str | None:
    label = label_of(cell.source, tuple(cell.metadata.get("tags", ())))
    return label.name if label else None


def _progress(names: Sequence[str | None], index: int) -> CellProgress:
    return CellProgress(
        cell=index + 1,
        cells=len(names),
        step=names[index],
        number=sum(name is not None for name in names[: index + 1]),
        steps=sum(name is not None for name in names),
        event="started",
    )


def is_clean_exit(kind: str, message: str) -> bool:
    """Whether an error is ``sys.exit()`` or ``sys.exit(0)``, which ends a notebook well."""
    return kind == "SystemExit" and message in {"", "0", "None"}


def _append_error(cell: Any, kind: str, message: str) -> None:
    from nbformat.v4 import new_output

    cell.outputs.append(
        new_output("error", ename=kind, evalue=message, traceback=[f"{kind}: {message}"])
    )
