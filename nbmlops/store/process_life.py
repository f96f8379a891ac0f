"""What tells a process from every other one, so that it is known when it has ended."""

from __future__ import annotations

import platform
from functools import cache
from os import getpid, kill
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STARTED, _STATE = 19, 0
"""Where ``/proc/PID/stat`` says, behind the program's name, when a process began and how it is."""
_DEAD = "ZX"
_PARTS = 3
"""The run of the machine, what the number belongs to, and when the process began."""


def life_of(process: int) -> str | None:
    """What tells a process from all others of its number; ``None`` where there is none.

    ``None`` as well on a system that does not tell.
    """
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
        where = f"{_boot()} {_namespace()}"
    except (OSError, UnicodeDecodeError):
        return None
    return None if fields[_STATE] in _DEAD else f"{where} {fields[_STARTED]}"


def is_over(process: int, life: str, host: str) -> bool:
    """Whether a process has certainly ended; never certain on another host or in a container.

    Args:
        process: its number.
        life: what `life_of` said of it, there.
        host: the name of the machine that it was on.
    """
    ours = life_of(getpid())
    if host != platform.node() or ours is None:
        return False
    given = life.split()
    if len(given) < _PARTS or ours.split()[1] != given[1]:
        return False
    now = life_of(process)
    return now != life and (now is not None or not _is_hidden(process))


def _is_hidden(process: int) -> bool:
    """Whether there is such a process, of another user, of which the system tells us nothing."""
    try:
        kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@cache
def _boot() -> str:
    """What this run of the machine is called."""
    return _BOOT.read_text("ascii").strip()[:8]


@cache
def _namespace() -> str:
    """What numbers of processes belong to."""
    return Path("/proc/self/ns/pid").readlink().name
