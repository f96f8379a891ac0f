"""What a cell takes from outside, so that running it again may give another result."""

from __future__ import annotations

from collections.abc import Mapping

from nbmlops.domain.accesses import AS_FOUND, SHOWS_FILES, SQLITE, ExternalAccess
from nbmlops.domain.executions import ExecutionRecord
from nbmlops.pipelines import reasons
from nbmlops.pipelines.novelties import Kind, asked_for, novelties

_PROBES = {"gcc", "ldconfig", "lscpu", "nvidia-smi", "sysctl", "uname", "wmic"}
"""Programs with which libraries look at the machine, which is part of the environment."""


def reads_a_clock(record: ExecutionRecord) -> bool:
    """Whether a cell, or a function that it uses, asks for the present time."""
    return "clock" in _novelties(record).values()


def tells_the_time(source: str) -> bool:
    """Whether code, the functions in it included, asks for the present time."""
    return "clock" in novelties(source).values()


def new_in_each_run(found: Mapping[str, Kind]) -> str | None:
    """What code takes that is another thing in each run, in words; ``None`` for nothing.

    Args:
        found: what it asks for that is new each time.
    """
    if "clock" in found.values():
        return "reads the clock"
    name = next(iter(found), None)
    return f"takes what is new in each run ({name})" if name is not None else None


def _novelties(record: ExecutionRecord) -> Mapping[str, Kind]:
    """What a cell asks for, by its code, or as its kernel has seen.

    What modules of the project give to calls counts where the kernel has seen it to be reached.
    """
    found: dict[str, Kind] = {}
    for access in record.externals:
        if access.kind in ("clock", "chance"):
            found[access.name] = access.kind
    for name, source in record.definitions.items():
        found |= novelties(source) if name.isidentifier() else asked_for(source)
    return {**found, **novelties(record.source)}


def from_outside(record: ExecutionRecord) -> str | None:
    """What an execution took from outside that may be another thing now; ``None`` for nothing."""
    for access in record.externals:
        if access.kind == "url":
            return f"reads the network ({access.name})"
        if access.kind == "database" and not _is_compared(access, record):
            return f"uses the database {access.name}"
        shows = access.detail == SHOWS_FILES or _is_probe(access.name, record)
        if access.kind == "process" and not shows:
            return reasons.starts(access.name)
    return new_in_each_run(_novelties(record))


def _is_compared(access: ExternalAccess, record: ExecutionRecord) -> bool:
    """Whether a database is a file of which the record has the content that the cell found."""
    if access.detail.startswith(AS_FOUND):
        return True
    found = (file.digest for file in record.files if file.path == access.name)
    reads = any(file.path == access.name and file.mode == "read" for file in record.files)
    return access.detail == SQLITE and reads and None not in found


def _is_probe(program: str, record: ExecutionRecord) -> bool:
    """Whether a library started a program to look at the machine; the code does not name it."""
    sources = (record.source, *record.definitions.values())
    return program in _PROBES and not any(program in source for source in sources)
