"""What a process gets from the one that starts it: equal for two kernels, or one cannot stand in.

A fork server is started by the process that would start the kernel, so that it inherits the same
things. Its name is a digest of them: who has others finds no server.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OF_THE_CALL = frozenset([
    "_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL", "TERM_SESSION_ID", "WINDOWID",
    "JPY_PARENT_PID", "JPY_SESSION_NAME", "PYTEST_CURRENT_TEST", "TMUX_PANE", "INVOCATION_ID",
    "JOURNAL_STREAM", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "XDG_SESSION_ID",
])  # fmt: skip
"""Variables that differ from call to call and that no library reads while it is imported."""

_OURS = "NBMLOPS_"
"""nbmlops reads its variables when it needs them, not when it is imported."""

_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What decides whether a fork server's process is like one that is started anew.

    Attributes:
        command: the interpreter with its flags.
        imports: the modules that the notebook imports.
        environment: the kernel's variables without those of the call.
        folder: the working directory.
        processors: those that the kernel may run on.
        inherited: what else a process inherits, by name.
    """

    command: tuple[str, ...]
    imports: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    processors: tuple[int, ...]
    inherited: Mapping[str, Any]

    @classmethod
    def here(
        cls,
        *,
        command: Sequence[str],
        imports: Sequence[str],
        environment: Mapping[str, str],
        folder: str,
        processors: Sequence[int] | None = None,
    ) -> Circumstances:
        """Those of a kernel that this process would start.

        Args:
            command: the interpreter with its flags.
            imports: dotted names.
            environment: the kernel's variables.
            folder: the kernel's working directory.
            processors: where they are fewer than this process's own.
        """
        return cls(
            command=tuple(command),
            imports=tuple(imports),
            environment=without_the_call(environment),
            folder=str(Path(folder).absolute()),
            processors=tuple(sorted(processors or os.sched_getaffinity(0))),
            inherited=_inherited(),
        )

    @property
    def key(self) -> str:
        """The name of the server that fits: 24 hexadecimal digits."""
        content = json.dumps(
            [
                list(self.command),
                sorted(self.imports),
                sorted(self.environment.items()),
                self.folder,
                list(self.processors),
                sorted(self.inherited.items()),
            ]
        )
        return hashlib.sha256(content.encode()).hexdigest()[:24]


def without_the_call(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that may decide what a library does when it is imported."""
    return {
        name: value
        for name, value in environment.items()
        if name not in _OF_THE_CALL and not name.startswith(_OURS)
    }


def _inherited() -> dict[str, Any]:
    limits = {
        name: resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    }
    return {
        "ids": [*os.getresuid(), *os.getresgid(), *sorted(os.getgroups())],
        "umask": [line for line in _read("/proc/self/status").splitlines() if "Umask" in line],
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "limits": sorted(limits.items()),
        "cgroup": _read("/proc/self/cgroup"),
        "namespaces": [_link(f"/proc/self/ns/{name}") for name in _NAMESPACES],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "ignored": sorted(
            number
            for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}
            if signal.getsignal(number) is signal.SIG_IGN
        ),
        "python": sys.version,
    }


def _read(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text(encoding="utf-8")
    return ""


def _link(path: str) -> str:
    with contextlib.suppress(OSError):
        return str(Path(path).readlink())
    return ""
