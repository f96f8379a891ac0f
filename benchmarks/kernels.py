"""Real kernels, spoken to as a notebook front end does."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.projects import environment

_PATIENCE = 120


class Kernel:
    """A running kernel that belongs to a notebook.

    Args:
        manager: its kernel manager.
        client: a connected, blocking client.
    """

    def __init__(self, manager: Any, client: Any) -> None:
        self._manager = manager
        self._client = client
        self._cells = 0

    def run(self, source: str, *, tags: tuple[str, ...] = ()) -> float:
        """Run a cell.

        Returns:
            Seconds from the request to the reply and the kernel's word that it is idle again.

        Raises:
            RuntimeError: the cell failed.
        """
        self._cells += 1
        self._client.session.metadata = {"cellId": f"cell-{self._cells}", "tags": list(tags)}
        began = time.perf_counter()
        request = self._client.execute(source)
        reply = self._answer(request)
        self._until_idle(request)
        took = time.perf_counter() - began
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"].get("traceback", ["no traceback"])))
        return took

    def value(self, expression: str) -> float:
        """A number that an expression has in the kernel."""
        request = self._client.execute("", silent=True, user_expressions={"value": expression})
        content = self._answer(request)["content"]["user_expressions"]["value"]
        return float(content["data"]["text/plain"])

    def cpu(self) -> float:
        """CPU seconds that the kernel and the processes that it started have used."""
        import psutil

        times = psutil.Process(self._manager.provisioner.pid).cpu_times()
        return sum((times.user, times.system, times.children_user, times.children_system))

    def _answer(self, request: str) -> Any:
        while True:
            reply = self._client.get_shell_msg(timeout=_PATIENCE)
            if reply["parent_header"].get("msg_id") == request:
                return reply

    def _until_idle(self, request: str) -> None:
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=_PATIENCE)
            except queue.Empty:
                raise RuntimeError("the kernel does not say that it is idle") from None
            if (
                message["parent_header"].get("msg_id") == request
                and message["msg_type"] == "status"
                and message["content"]["execution_state"] == "idle"
            ):
                return


@contextmanager
def kernel(folder: Path, *, notebook: str = "bench.ipynb") -> Iterator[Kernel]:
    """A kernel as the Jupyter server starts one for a notebook in a project's folder."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    if sys.platform != "win32":
        manager.transport = "ipc"
        manager.ip = str(folder / f"ipc-{notebook}")
    variables = {**environment(folder), "JPY_SESSION_NAME": str(folder / notebook)}
    manager.start_kernel(cwd=str(folder), env=variables)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=_PATIENCE)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
