"""Which process drives a run, and whether it is still there."""

from __future__ import annotations

import os
import platform
from contextlib import suppress

from nbmlops.store.catalog.runs import ProcessIdentity


def this_process() -> ProcessIdentity:
    """The identity of the calling process."""
    import psutil

    pid = os.getpid()
    return ProcessIdentity(
        host=platform.node(), process=pid, started_at=psutil.Process(pid).create_time()
    )


def resident_memory(pid: int) -> int:
    """The bytes that a process and those that it started hold in memory; 0 where it is gone."""
    import psutil

    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += member.memory_info().rss
    return total


def has_vanished(identity: ProcessIdentity) -> bool:
    """Whether the process is certainly gone; one on another host is never certain."""
    import psutil

    if identity.host != platform.node():
        return False
    try:
        process = psutil.Process(identity.process)
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        started = process.create_time()
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return identity.started_at is not None and abs(started - identity.started_at) > 1
