"""How much memory the process took at most while a cell ran."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_PEAK = re.compile(rb"^VmHWM:\s*(\d+)", re.MULTILINE)


def reset_peak() -> None:
    """Let the kernel forget the peak so far, where it can (Linux)."""
    try:
        _RESET.write_text("5")
    except OSError:
        return


def peak() -> int | None:
    """Bytes of resident memory at the peak since `reset_peak`.

    Where the peak cannot be reset it is that of the whole process; ``None`` where it is unknown.
    """
    try:
        found = _PEAK.search(_STATUS.read_bytes())
    except OSError:
        return _lifetime_peak()
    return int(found[1]) * 1024 if found else None


def _lifetime_peak() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
