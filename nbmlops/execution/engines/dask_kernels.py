"""How jupyter_client gets a kernel on a Dask worker where it would start a process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from nbmlops.execution.engines.dask_worker import (
    KernelEnd,
    KernelOrder,
    has,
    hold_kernel,
    limit_kernel,
    signal_kernel,
    start_one,
)
from nbmlops.execution.limits import Limits

_EVERY = 0.05
_PATIENCE = 10
_LONGEST_ALONE = 20.0
"""Seconds that a kernel waits for a cluster without workers that it may get."""


class DaskProvisioner(KernelProvisionerBase):
    """Holds a kernel by a task of a Dask cluster.

    - the task starts the kernel on its worker, and ends with it;
    - a task whose worker is lost before a cell ran is started elsewhere by Dask;
    - one whose worker is lost later is given up: what the kernel held is gone, and the run decides
      what is done again, with a new one.

    Args:
        client: of the cluster.
        limits: what the kernel may take.
        resources: what its worker must have to spare, as it announces it.
        kernel: the name of its kernelspec.
        wanted: whether a kernel is still wanted for which there is no worker yet.
    """

    def __init__(
        self,
        *,
        client: Any,
        limits: Limits,
        resources: dict[str, float],
        wanted: Callable[[], bool],
        kernel: str,
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._client = client
        self._limits = limits
        self._resources = resources
        self._wanted = wanted
        self._kernel = kernel
        self._task: Any = None
        self._topic = ""
        self._worker = ""
        self._end: KernelEnd | None = None
        self.pid = 0
        self.lost = False
        self.cure = "The log of the Dask workers says more."

    @property
    def said(self) -> str:
        """How the kernel ended, where more than its exit code is known."""
        return self._end.said if self._end is not None else ""

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel, or how it ended was not asked yet."""
        return self._task is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare nothing: the worker makes the command."""
        return {**await super().pre_launch(**kwargs), "cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Have a worker start the kernel, as soon as one is free.

        Raises:
            RuntimeError: it could not, or no kernel is wanted any more.
        """
        del cmd
        await asyncio.to_thread(self._submit, self._order(kwargs))
        began = await self._began()
        self.pid, self._worker = began.pop("pid"), began.pop("worker")
        began["key"] = began["key"].encode()
        self.connection_info = cast("KernelConnectionInfo", began)
        return self.connection_info

    async def poll(self) -> int | None:
        """The exit code of the kernel; ``None`` while it runs."""
        if self._task is not None and self._end is None:
            self._end = await asyncio.to_thread(self._look)
        return None if self._end is None else self._end.code or 0

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while (code := await self.poll()) is None:  # noqa: ASYNC110 (Dask tells in a thread)
            await asyncio.sleep(_EVERY)
        await asyncio.to_thread(self._forget)
        return code

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel, by its worker."""
        if self._task is not None and await self.poll() is None:
            await asyncio.to_thread(
                self._client.run,
                signal_kernel,
                self.pid,
                signum,
                workers=[self._worker],
                on_error="ignore",  # it is being lost: the next look tells
            )

    async def keep_to(self, limits: Limits) -> int:
        """Let the kernel take so much from now on; the bytes that it holds, where that matters."""
        if await self.poll() is not None:
            return 0
        told = await asyncio.to_thread(
            self._client.run,
            limit_kernel,
            self.pid,
            limits.memory,
            limits.cpus,
            workers=[self._worker],
            on_error="ignore",  # as of a signal
        )
        return int(told.get(self._worker) or 0)

    async def kill(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 (jupyter_client's)
        """Kill the kernel."""
        del restart
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 (as kill)
        """Ask the kernel to end."""
        del restart
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 (as kill)
        """Give the place back."""
        del restart
        await asyncio.to_thread(self._forget)

    def _order(self, options: dict[str, Any]) -> KernelOrder:
        self._topic = f"nbmlops-kernel-{uuid4().hex}"
        return KernelOrder(
            topic=self._topic,
            kernel=self._kernel,
            arguments=tuple(options.get("extra_arguments", ())),
            folder=str(options.get("cwd") or Path.cwd()),
            environment=dict(options.get("env", os.environ)),
            limits=self._limits,
        )

    def _submit(self, order: KernelOrder) -> None:
        self._task = self._client.submit(
            hold_kernel,
            order.packed(),
            pure=False,
            key=order.topic,
            resources=self._resources or None,
        )

    async def _began(self) -> dict[str, Any]:
        """What a worker tells of the kernel that it started."""
        alone_since = time.monotonic()
        while True:
            told = await asyncio.to_thread(self._told)
            if told:
                return told
            if self._task.done():
                raise RuntimeError(await asyncio.to_thread(self._why))
            if await asyncio.to_thread(self._has_room):
                alone_since = time.monotonic()
            elif time.monotonic() > alone_since + _LONGEST_ALONE:
                await asyncio.to_thread(self._forget)
                self.cure = start_one(self._resources)
                raise RuntimeError(f"the Dask cluster has no {self._room()} any more")
            if not self._wanted():
                await asyncio.to_thread(self._forget)
                raise RuntimeError("the run ended before a Dask worker was free")
            await asyncio.sleep(_EVERY)

    def _has_room(self) -> bool:
        """Whether there is a worker that may get the kernel, now or later."""
        if not self._resources:
            return bool(self._client.nthreads())
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return any(has(one.get("resources") or {}, self._resources) for one in workers)

    def _room(self) -> str:
        """The workers for which it waits, as one says it."""
        asked = " and ".join(f"{name}={amount:.12g}" for name, amount in self._resources.items())
        return f"worker with {asked}" if asked else "workers"

    def _told(self) -> dict[str, Any]:
        """What was told last of the start of the kernel; empty until then."""
        told = self._client.get_events(self._topic)
        return dict(told[-1][1]) if told else {}

    def _why(self) -> str:
        """Why there is no kernel."""
        if self._task.status == "finished":
            return self._task.result().said or "it ended at once"
        error = self._task.exception() if self._task.status == "error" else None
        return f"{type(error).__name__}: {error}" if error is not None else "Dask gave it up"

    def _look(self) -> KernelEnd | None:
        """How the kernel has ended, if it has."""
        there = bool(self._client.nthreads([self._worker])) and self._told().get("pid") == self.pid
        if there and self._task.status == "finished":
            end: KernelEnd = self._task.result(timeout=_PATIENCE)
            return end
        return None if there and not self._task.done() else self._is_lost()

    def _is_lost(self) -> KernelEnd:
        self.lost = True
        said = f"The Dask worker {self._worker} was lost while this cell ran."
        return KernelEnd(code=-signal.SIGKILL, said=said)

    def _forget(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
