"""What runs on the workers of a Dask cluster: functions that are sent by name."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbmlops.domain.environments import Environment
from nbmlops.domain.sizes import in_words
from nbmlops.errors import StoreError
from nbmlops.execution.holding import OUT_OF_MEMORY, keep_to
from nbmlops.execution.limits import Limits, confine
from nbmlops.values.signing import Signer

_EVERY = 0.1
_LOADED = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
"""What a process has loaded, which need not be what is installed by now."""

_limits: dict[int, Limits] = {}
"""What each kernel of this worker may take now, by the id of its process."""

_DEVICES = {
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "ZE_AFFINITY_MASK",
}
"""Variables that say which devices a process sees: those of the worker hold, not of the run."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelOrder:
    """A kernel that a worker is to start and to hold.

    Attributes:
        topic: under which its start is told.
        kernel: the name of its kernelspec.
        arguments: further ones for its command.
        folder: its working directory.
        environment: its variables.
        limits: what it may take.
    """

    topic: str
    kernel: str
    arguments: tuple[str, ...]
    folder: str
    environment: dict[str, str]
    limits: Limits

    def packed(self) -> bytes:
        """The order as Dask gets it: the scheduler must neither understand nor log it."""
        return zlib.compress(json.dumps(asdict(self)).encode())

    @classmethod
    def unpacked(cls, content: bytes) -> KernelOrder:
        """What `packed` was made of."""
        raw = json.loads(zlib.decompress(content))
        return cls(**{**raw, "limits": Limits(**raw["limits"])})


def start_one(resources: Mapping[str, float]) -> str:
    """What to do where no worker announces these resources; where there are no workers at all."""
    announced = " ".join(f"{name}={amount:.12g}" for name, amount in resources.items())
    if not announced:
        return "Start one: dask worker …"
    return f'Start one that does: dask worker … --resources "{announced}"'


def has(announced: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    """Whether a worker that announces so much may ever get a task that asks for so much."""
    return all(announced.get(name, 0.0) >= amount for name, amount in wanted.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelEnd:
    """How a kernel ended: its exit code, and why, where that does not tell."""

    code: int
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a worker sees: the token of the project, its machine and its environment.

    ``signature`` is that of the token with the key that signs values, empty where there is none;
    ``loaded`` tells apart workers that began with another nbmlops.
    """

    token: str | None
    machine: str
    host: str
    environment: Environment
    signature: str = ""
    loaded: str = _LOADED


def look_around(token: Path, key: Path) -> Surroundings:
    """What this process sees.

    Args:
        token: a file in the project's store.
        key: the file with the key that signs values; it is not made.
    """
    from nbmlops.capture.environment import describe

    try:
        found: str | None = token.read_text("utf-8")
    except OSError:
        found = None
    signature = ""
    with suppress(OSError, StoreError):
        if found is not None and key.exists():
            signature = Signer.for_user(key).sign(found.encode())
    return Surroundings(
        token=found,
        machine=machine(),
        host=platform.node(),
        environment=describe(),
        signature=signature,
    )


def machine() -> str:
    """What tells this machine from others, whatever its containers are called."""
    with suppress(OSError):
        return _BOOT.read_text("utf-8").strip()
    return platform.node()


def signal_kernel(pid: int, number: int) -> None:
    """Send a signal to a kernel of this worker and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def limit_kernel(pid: int, memory: int | None, cpus: int | None) -> int:
    """Let a kernel of this worker take so much from now on; the bytes that it holds."""
    limits = _limits[pid] = Limits(memory=memory, cpus=cpus)
    return keep_to(pid, limits)


def hold_kernel(packed: bytes) -> KernelEnd:
    """Start a kernel, and wait until it has ended; as a task of a Dask worker.

    The kernel is killed when the worker is, when nobody waits for the task any more, and when it
    takes more memory than it may.

    Args:
        packed: a `KernelOrder`.
    """
    from distributed import get_worker
    from jupyter_client.connect import write_connection_file

    order = KernelOrder.unpacked(packed)
    worker = get_worker()
    file, connection = write_connection_file(
        ip=worker.address.partition("//")[2].rpartition(":")[0]
    )
    process = _start(order, file)
    _limits[process.pid] = order.limits
    try:
        worker.log_event(
            order.topic, {**_plain(connection), "pid": process.pid, "worker": worker.address}
        )
        return _hold(process, worker, str(worker.get_current_task()))
    finally:
        _limits.pop(process.pid, None)
        signal_kernel(process.pid, signal.SIGKILL)
        process.wait()
        Path(file).unlink(missing_ok=True)


def _start(order: KernelOrder, file: str) -> subprocess.Popen[bytes]:
    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec(order.kernel)
    command = [word.replace("{connection_file}", file) for word in spec.argv]
    if command[0] in {"python", "python3"}:
        command[0] = sys.executable
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "nbmlops.execution.engines.tied",
            str(os.getpid()),
            *command,
            *order.arguments,
        ],
        env={
            **_environment(order, os.environ),
            **spec.env,
            "JPY_PARENT_PID": str(os.getpid()),
        },
        cwd=order.folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    confine(process.pid, order.limits.processors)
    return process


def _environment(order: KernelOrder, here: Mapping[str, str]) -> dict[str, str]:
    """The variables of a run, but those of this worker for what devices it has."""
    kept = {name: text for name, text in order.environment.items() if name not in _DEVICES}
    return {**kept, **{name: here[name] for name in _DEVICES if name in here}}


def _plain(connection: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in connection.items()
    }


def _hold(process: subprocess.Popen[bytes], worker: Any, key: str) -> KernelEnd:
    from nbmlops.execution.process import resident_memory

    while (code := process.poll()) is None:
        limits = _limits[process.pid]
        taken = resident_memory(process.pid) if limits.memory is not None else 0
        if limits.memory is not None and taken > limits.memory and limits is _limits[process.pid]:
            said = f"{OUT_OF_MEMORY}: limit {in_words(limits.memory)}"
            return KernelEnd(code=-signal.SIGKILL, said=said)
        if not _is_wanted(worker, key):
            return KernelEnd(code=-signal.SIGKILL, said="nobody waited for it any more")
        time.sleep(_EVERY)
    return KernelEnd(code=code)


def _is_wanted(worker: Any, key: str) -> bool:
    """Whether the scheduler still expects a task: it forgets those of a client that is gone."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state == "executing"
