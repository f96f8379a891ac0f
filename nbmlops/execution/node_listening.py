"""What the process of a node does to files, the network and programs, told to who started it.

Runs inside of that process, which may be a kernel.
"""

from __future__ import annotations

import atexit
import json
import os
from dataclasses import astuple
from pathlib import Path
from typing import Any

from nbmlops.capture import auditing, variable_reads
from nbmlops.capture.auditing import AuditLog, FileStamp, Touched
from nbmlops.capture.externals import VARIABLE, variables_read
from nbmlops.capture.looks import Looks
from nbmlops.values.homes import file_of

_CODE = (".pyc", ".so", ".pyd")


def begin(path: str) -> None:
    """Listen from now on, and write what was heard to a file when the process ends."""
    log = auditing.start()
    variable_reads.install()
    variable_reads.start()
    atexit.register(write, log, path)


def write(log: AuditLog, path: str) -> None:
    """Write a log; modules that the process was made of are left out."""
    auditing.stop()
    read = variables_read(variable_reads.stop())
    log.events += [(VARIABLE, (access.name,)) for access in read]
    import sys

    modules = {file_of(module) for module in list(sys.modules.values())}
    files = {
        name: [None if touched.before is None else astuple(touched.before), touched.deeds]
        for name, touched in log.files.items()
        if name != path and name not in modules and not name.endswith(_CODE)
    }
    text = json.dumps(
        {
            "files": files,
            "events": log.events,
            "looks": log.looks.as_plain(),
            "complete": log.complete,
        },
        default=_plain,
    )
    Path(path).write_text(text, "utf-8")


def read(path: Path) -> AuditLog:
    """The log of a process; an incomplete one where it did not come to its end."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return AuditLog(complete=False)
    files = {
        name: Touched(None if before is None else FileStamp(*before), deeds)
        for name, (before, deeds) in raw["files"].items()
    }
    events = [(event, tuple(map(_tuple, arguments))) for event, arguments in raw["events"]]
    looks = Looks.of_plain(raw["looks"])
    return AuditLog(files=files, events=events, looks=looks, complete=raw["complete"])


def _plain(value: Any) -> Any:
    return os.fsdecode(value) if isinstance(value, bytes | os.PathLike) else str(value)


def _tuple(value: Any) -> Any:
    """An address, which JSON knows as a list, where a program's words are one as well."""
    is_address = isinstance(value, list) and len(value) > 1 and isinstance(value[1], int)
    return tuple(value) if is_address else value
