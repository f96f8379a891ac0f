"""Real kernels, spoken to as a notebook front end does."""

from __future__ import annotations

import json
import queue
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.projects import environment

_PATIENCE = 120
_QUARTER = 40_000
"""Objects: a quarter of what a kernel with its libraries has, roughly."""


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

    def hold(self, share: float) -> None:
        """Have it hold objects of its own, apart from the notebook's.

        Python goes through all objects whenever there are a quarter more than the last time: a
        tenth of a second, which comes in one cell or in another, or not at all, by how many
        there were at the start. What is timed once in a kernel is timed after several of these.

        Args:
            share: of a quarter of what a kernel with its libraries has; 0 to 1.
        """
        count = int(share * _QUARTER)
        self.value(f"setattr(__import__('builtins'), '_held', [[] for _ in range({count})]) or 0")

    def forget_peak(self) -> int:
        """Let the system measure the peak from now on (Linux); bytes that are taken now."""
        Path(f"/proc/{self._manager.provisioner.pid}/clear_refs").write_text("5", encoding="ascii")
        return self.peak()

    def peak(self) -> int:
        """Bytes of memory that the kernel took at most since `forget_peak` (Linux)."""
        text = Path(f"/proc/{self._manager.provisioner.pid}/status").read_text(encoding="ascii")
        return 1024 * int(text.partition("VmHWM:")[2].split()[0])

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
def kernel(
    folder: Path,
    *,
    notebook: str = "bench.ipynb",
    python: Path = Path(sys.executable),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Kernel]:
    """A kernel as the Jupyter server starts one for a notebook in a project's folder.

    Args:
        folder: the project's folder, where it runs.
        notebook: the notebook that it belongs to.
        python: the interpreter.
        variables: more variables of its environment.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager

    _describe(folder / "kernels" / "bench", python)
    (folder / notebook).touch()  # a notebook that is open has a file
    manager = KernelManager(
        kernel_name="bench",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder / "kernels")]),
    )
    manager.connection_file = str(folder / f"kernel-{Path(notebook).stem}.json")
    if sys.platform != "win32":
        manager.transport = "ipc"
        manager.ip = str(folder / f"ipc-{notebook}")
    environ = {
        **environment(folder),
        "JPY_SESSION_NAME": str(folder / notebook),
        **(variables or {}),
    }
    manager.start_kernel(cwd=str(folder), env=environ)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=_PATIENCE)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def _describe(folder: Path, python: Path) -> None:
    """Write the specification of an interpreter's kernel."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {"argv": command, "display_name": "Python", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(content), encoding="utf-8")
