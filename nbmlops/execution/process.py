"""Which process drives a run, and whether it is still there."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmlops.store.catalog.runs import ProcessIdentity

_DYING = 5.0
"""Seconds; a killed process is gone in less."""


def this_process() -> ProcessIdentity:
    """The identity of the calling process."""
    import psutil

    from nbmlops.store.catalog.runs import ProcessIdentity  # who asks has a catalog

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


def threads_of(pid: int) -> list[int]:
    """The ids of the threads of a process and of those that it started; none where it is gone."""
    import psutil

    found: list[int] = []
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                found += (thread.id for thread in member.threads())
    return found


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


def is_here(identity: ProcessIdentity) -> bool:
    """Whether a process is, or was, on this machine."""
    return identity.host == platform.node()


def ask_to_end(identity: ProcessIdentity) -> bool:
    """Send SIGTERM to a process, if it is still the one that is meant; ``False`` if not allowed."""
    import psutil

    try:
        if not has_vanished(identity):
            psutil.Process(identity.process).terminate()
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return True


def kill(identity: ProcessIdentity) -> None:
    """End a process and those that it started at once, if it is still the one that is meant."""
    import psutil

    if has_vanished(identity):
        return
    with suppress(psutil.Error):
        driver = psutil.Process(identity.process)
        members = [driver, *driver.children(recursive=True)]
        for member in members:
            with suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(members, timeout=_DYING)
