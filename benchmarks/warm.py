"""From asking for a kernel to the answer of its first cell: forked, and started anew."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import chdir
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.projects import environment, project

_IMPORTS = ("numpy", "pandas", "sklearn.linear_model")
_CELL = "import numpy, pandas, sklearn.linear_model"
_PATIENCE = 120


def measure(effort: Effort) -> Iterator[Comparison]:
    """The first cell imports what most notebooks of this field do."""
    title = "From asking for a kernel to the end of a first cell that imports pandas and sklearn"
    missing = [name for name in ("pandas", "sklearn") if find_spec(name) is None]
    if missing or sys.platform != "linux":
        why = f"{missing[0]} is not installed" if missing else "kernels are forked on Linux only"
        yield Comparison(title=title, figures=(Figure(name="cold", skipped=why),))
        return
    with project() as folder, chdir(folder):
        variables = environment(folder) | {"JUPYTER_RUNTIME_DIR": str(folder / "r")}
        os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "r")
        cold, warm = [], []
        stop = _served(folder, variables)
        for _ in range(effort.times(10, 2)):
            cold.append(_started(folder, variables, ()))
            warm.append(_started(folder, variables, _IMPORTS))
        stop()
    yield Comparison(
        title=title,
        figures=(Figure(name="cold", wall=tuple(cold)), Figure(name="warm", wall=tuple(warm))),
        key="warm",
        note="Unix sockets both; the cold one is ipykernel as Jupyter starts it",
    )


def _served(folder: Path, variables: dict[str, str]) -> Any:
    """Start the server, and wait until it serves; returns what stops it."""
    from nbmlops.execution.kernels import client
    from nbmlops.execution.kernels.circumstances import Circumstances

    here = Circumstances.here(
        command=(sys.executable,), imports=_IMPORTS, environment=variables, folder=str(folder)
    )
    client.start_server(here)
    if not client.wait_for_server(here, timeout=_PATIENCE):
        raise RuntimeError("the fork server does not serve")
    return lambda: client.stop_servers([here.key])


def _started(folder: Path, variables: dict[str, str], imports: Sequence[str]) -> float:
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync

    return float(run_sync(_first_cell)(AsyncKernelManager(), folder, variables, imports))


async def _first_cell(
    manager: Any, folder: Path, variables: dict[str, str], imports: Sequence[str]
) -> float:
    from nbmlops.execution.kernels.provisioner import use_warm_kernels
    from nbmlops.execution.readiness import first_answer

    manager.transport, manager.ip = "ipc", str(folder / f"k{time.monotonic_ns()}")
    if imports:
        use_warm_kernels(manager, imports=imports)
    began = time.perf_counter()
    await manager.start_kernel(cwd=str(folder), env=dict(variables))
    channels = manager.client()
    await first_answer(manager, channels, _PATIENCE)
    reply = await channels.execute_interactive(_CELL, timeout=_PATIENCE, output_hook=lambda _: None)
    took = time.perf_counter() - began
    assert reply["content"]["status"] == "ok"
    assert not imports or manager.provisioner.is_warm
    channels.stop_channels()
    await manager.shutdown_kernel(now=True)
    await manager.cleanup_resources()
    return took
