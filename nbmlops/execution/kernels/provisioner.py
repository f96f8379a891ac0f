"""How jupyter_client gets a warm kernel where it would start a process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

SWITCH = "NBMLOPS_WARM_KERNELS"
"""The variable that, set to 0, keeps every kernel cold."""

WARM, COLD = "1", "0"
"""What it says to the nodes of a run, which start kernels of their own from that of the run."""

_LAUNCHER = "ipykernel_launcher"

_AT_ITS_END = 1.0
"""Seconds that a kernel which was asked to end is waited for."""


class Command(NamedTuple):
    """A kernel's command line, taken apart: ``python -X … | -m ipykernel_launcher | -f …``."""

    interpreter: tuple[str, ...]
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, words: Sequence[str]) -> Command | None:
        """Take one apart; ``None`` where it is not this interpreter's ipykernel."""
        if not words or Path(words[0]).absolute() != Path(sys.executable).absolute():
            return None
        if _LAUNCHER not in words:
            return None
        place = list(words).index(_LAUNCHER)
        flags = words[1 : place - 1]
        if words[place - 1] != "-m" or not all(_is_flag(word) for word in flags):
            return None
        return cls((words[0], *flags), tuple(words[place + 1 :]))


class WarmProvisioner(LocalProvisioner):
    """Asks a fork server for the kernel, and starts a process where none serves.

    Args:
        imports: the modules that the notebook imports.
        processors: those that the kernel may use; all by default.
    """

    def __init__(
        self, *, imports: Sequence[str], processors: Sequence[int] | None = None, **traits: Any
    ) -> None:
        super().__init__(**traits)
        self._imports = tuple(imports)
        self._processors = processors
        self._circumstances: Any = None
        self._tells_of_end: int | None = None
        self.is_warm = False

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel, one way or the other."""
        self.is_warm, self._tells_of_end = False, None
        warm = self._warm(cmd, kwargs)
        if warm is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self._tells_of_end = warm, warm.fileno()
        self.pid = self.pgid = warm.pid  # it leads a session, as a cold one does
        self.cwd = kwargs.get("cwd") or Path.cwd()
        self.is_warm = True
        return self.connection_info

    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 (jupyter_client's)
        """Wait a moment for the end: jupyter_client looks again only after a tenth of a second."""
        del restart
        handle = self._tells_of_end
        if handle is None or await self.poll() is not None:
            return
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(handle, ended.set)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _AT_ITS_END)
        finally:
            loop.remove_reader(handle)

    def prepare_next(self) -> None:
        """Start a server for the next kernel like this one, where there is none."""
        from nbmlops.execution.kernels.client import start_server

        if self._circumstances is not None and not self.is_warm:
            start_server(self._circumstances)

    def _warm(self, words: Sequence[str], options: Mapping[str, Any]) -> Any:
        command = Command.parse(words)
        if command is None or not _is_plain(options):
            return None
        from nbmlops.execution.kernels.circumstances import Circumstances
        from nbmlops.execution.kernels.client import start_kernel

        environment = {**options["env"], "JPY_PARENT_PID": str(os.getpid())}
        self._circumstances = Circumstances.here(
            command=command.interpreter,
            imports=self._imports,
            environment=environment,
            folder=str(options.get("cwd") or Path.cwd()),
            processors=self._processors,
        )
        return start_kernel(
            self._circumstances,
            command=words,
            arguments=command.arguments,
            environment=environment,
        )


def use_warm_kernels(
    manager: Any, *, imports: Sequence[str], processors: Sequence[int] | None = None
) -> None:
    """Let a kernel manager that has not started ask for a warm kernel, where there can be one.

    On Linux only: elsewhere system libraries do not survive a fork.
    """
    spec = manager.kernel_spec
    if not may_be_warm():
        return
    if spec is None or "kernel_provisioner" in spec.metadata:
        return
    manager.kernel_id = manager.kernel_id or str(uuid4())
    manager.provisioner = WarmProvisioner(
        imports=imports,
        processors=processors,
        kernel_id=manager.kernel_id,
        kernel_spec=spec,
        parent=manager,
    )


def may_be_warm() -> bool:
    """Whether this machine forks kernels, and nobody has switched that off."""
    return sys.platform == "linux" and os.environ.get(SWITCH) != COLD


def _is_plain(options: Mapping[str, Any]) -> bool:
    """Whether a process is started as every kernel is: with the streams that are inherited."""
    return not any(options.get(name) for name in ("stdin", "stdout", "stderr", "preexec_fn"))


def _is_flag(word: str) -> bool:
    """Whether a word is a flag of the interpreter that takes no other word."""
    return word.startswith(("-X", "-W", "-")) and len(word) > 1 and word not in {"-X", "-W", "-c"}
