"""A run that would repeat, cell for cell, what the latest run of its version has done; pure.

Where nothing differs, not in the code, nor outside, that run as a whole tells what this one would
do. Nothing has to be brought back then, so that it does not matter which values can be compared or
stored, nor who shares parts with whom.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.normalize import digest
from nbmlops.pipelines import looking, variables
from nbmlops.pipelines.evidence import Evidence

_ONLY_NAMES = ("globals()", "locals()", "vars()", "dir()")
"""What reaches names that the code does not tell, but runs no code that is not there."""

_PUT_IN = ("execution", "thread")
"""What changes values from outside of the cells that ran."""


def repeats(
    flows: Sequence[CellFlow], made: Sequence[Execution | None], evidence: Evidence
) -> bool:
    """Whether a run of these cells would do what a run of the same version has done.

    What that took from outside, but for files and modules, is not compared here.

    Args:
        flows: the cells.
        made: what the recorded run has executed, or taken, of each; ``None`` for nothing.
        evidence: what the disk tells.
    """
    bound = frozenset[str]().union(*(flow.writes for flow in flows))
    records = [one.record if one is not None else None for one in made]
    same = all(
        record is None or _is_repeated(flow, record, bound, evidence)
        for flow, record in zip(flows, records, strict=True)
    )
    ran = [record for record in records if record is not None]
    files = (file for record in ran for file in _in_turn(record))
    return same and _files_are_as_left(files, evidence) and _looks_are_as_found(ran, evidence)


def _is_repeated(
    flow: CellFlow, record: ExecutionRecord, bound: frozenset[str], evidence: Evidence
) -> bool:
    """Whether the cell has the code that ran, and that tells all of what it does."""
    unknown = [construct.reason for construct in flow.dynamic if not construct.star]
    if not record.inputs_complete:
        unknown += (record.inputs_note or "").split("; ")
    return (
        all(map(_concerns_names, unknown))
        and not any(access.kind in _PUT_IN for access in record.externals)
        and (record.digest == flow.digest or _uses_the_same(flow, record, bound, evidence))
    )


def _concerns_names(reason: str) -> bool:
    """Whether only the names are unknown to which something is done."""
    what = reason.partition(" in `")[0]
    return what in _ONLY_NAMES or what.endswith("(copy=False)")


def _uses_the_same(
    flow: CellFlow, record: ExecutionRecord, bound: frozenset[str], evidence: Evidence
) -> bool:
    """Whether what the code uses is what it used, but for functions that calls have made.

    A kernel sees the code of these, and which name holds which one; a notebook does not show it.
    """
    if digest(record.source) != digest(flow.cell.source):
        return False
    then, now = record.definitions, flow.definitions
    common = then.keys() & now.keys()
    return (
        all(digest(then[name]) == digest(now[name]) for name in common)
        and all(name.isidentifier() for name in now.keys() - common)
        and all(
            name in bound or _is_file(name, then[name], evidence) for name in then.keys() - common
        )
    )


def _is_file(path: str, content: str, evidence: Evidence) -> bool:
    """Whether a module of the project has still that content."""
    if path.isidentifier():
        return False
    known = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    access = FileAccess(path=path, mode="read", digest=known, known_by="argument")
    return evidence.file(access) is None


def _in_turn(record: ExecutionRecord) -> Iterator[FileAccess]:
    """The files of a cell: what it read is told as it was before it."""
    yield from sorted(variables.compared_files(record), key=lambda file: file.mode != "read")


def _files_are_as_left(files: Iterable[FileAccess], evidence: Evidence) -> bool:
    """Whether each file is as the first cell found it that read it, and as the last left it.

    What one cell wrote and a later one rewrote is on no disk any more: the run has seen it.
    """
    found: list[FileAccess] = []
    left: dict[str, FileAccess] = {}
    for file in files:
        before = left.get(file.path)
        if before is None and file.mode == "read":
            found.append(file)
        elif before is not None and file.mode == "read" and not _is_that(file, before):
            return False
        left[file.path] = file
    return all(evidence.file(file) is None for file in (*found, *left.values()))


def _looks_are_as_found(records: Iterable[ExecutionRecord], evidence: Evidence) -> bool:
    """Whether each cell would find in folders what it found, behind those above it."""
    left: dict[str, bool] = {}
    for record in records:
        if next(looking.others(record, evidence, left), None) is not None:
            return False
        left |= {file.path: file.mode == "write" for file in record.files if file.mode != "read"}
    return True


def _is_that(read: FileAccess, left: FileAccess) -> bool:
    return left.mode != "delete" and read.digest is not None and read.digest == left.digest
