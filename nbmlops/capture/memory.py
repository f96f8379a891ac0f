"""How much memory the process took at most while a cell ran."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from math import inf

if sys.platform != "win32":
    import resource

_RESET = "/proc/self/clear_refs"
_STATUS = "/proc/self/status"
_LONGEST = 16 * 2**10
_PEAK = re.compile(rb"^VmHWM:\s*(\d+)", re.MULTILINE)


def reset_peak() -> None:
    """Let the kernel forget the peak so far, where it can (Linux)."""
    try:
        descriptor = os.open(_RESET, os.O_WRONLY)
    except OSError:
        return
    with suppress(OSError):
        os.write(descriptor, b"5")
    os.close(descriptor)


class _Process:
    """What is known of this process.

    ``least`` is the least peak that the system has given without a file: for this, it takes no
    less than what the process had taken that started this one.
    """

    least: float = inf


def peak() -> int | None:
    """Bytes of resident memory at the peak since `reset_peak`.

    Where the peak cannot be reset it is that of the whole process; ``None`` where it is unknown.
    """
    found = _lifetime_peak()
    if found is not None and found > _Process.least:
        return found
    _Process.least = inf if found is None else found
    return _told_peak() or found


def _told_peak() -> int | None:
    """What the system tells of the peak in a file (Linux): it takes long to write it."""
    try:
        descriptor = os.open(_STATUS, os.O_RDONLY)
    except OSError:
        return None
    found = _PEAK.search(os.read(descriptor, _LONGEST))
    os.close(descriptor)
    return int(found[1]) * 1024 if found else None


def _lifetime_peak() -> int | None:
    """The peak of the process, or of the one that started it if that was higher."""
    if sys.platform == "win32":
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
