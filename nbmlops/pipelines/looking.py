"""What recorded executions learned of folders and paths, against what they would learn now; pure.

A folder's list of files, whether a path is there, and where a link leads are inputs like files: a
result holds where all of them are as they were found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from nbmlops.domain.accesses import AS_FOUND, ExternalAccess, FileAccess
from nbmlops.domain.executions import ExecutionRecord
from nbmlops.notebook.dataflow.lookups import asks_of_files
from nbmlops.pipelines import variables
from nbmlops.pipelines.evidence import Evidence
from nbmlops.pipelines.judgement import Held, Names, Objection

LOOKS = frozenset(["listing", "path", "link"])
"""The kinds of what was learned without reading."""

_FILE = "file "
"""What stands before a path among names."""

_NO_FILES: Mapping[str, bool] = {}


def looks_of(record: ExecutionRecord) -> tuple[ExternalAccess, ...]:
    """What an execution learned of folders and paths."""
    return tuple(access for access in record.externals if access.kind in LOOKS)


def others(
    record: ExecutionRecord,
    evidence: Evidence,
    left: Mapping[str, bool] = _NO_FILES,
    *,
    but_for: Collection[str] = (),
) -> Iterator[str]:
    """How folders and paths are others than those that an execution has found.

    Args:
        record: the execution.
        evidence: what the disk tells.
        left: the files that cells above have written (true) or removed, by path.
        but_for: files that may be what is another; what they may change is not compared.
    """
    looks = looks_of(record)
    if not looks and asks_of_files(_own_code(record)):
        yield "what it found in folders is not recorded"
    for access in looks:
        if any(_may_be_changed(access, path) for path in but_for):
            continue
        said = evidence.look(access, left)
        if said is not None:
            yield f"{shown(access)} {said}"


def changed_files(records: Iterable[ExecutionRecord]) -> frozenset[str]:
    """The files that executions have written, or removed."""
    files = (file for record in records for file in record.files)
    return frozenset(file.path for file in files if file.mode != "read")


def _own_code(record: ExecutionRecord) -> Iterator[str]:
    """The cell and the notebook's functions that it uses; of modules, not all is run."""
    yield record.source
    yield from (code for name, code in record.definitions.items() if name.isidentifier())


def left_as_found(record: ExecutionRecord) -> tuple[ExternalAccess, ...]:
    """The databases of SQLite's that a cell has written, and left with the content they had."""
    found = (access for access in record.externals if access.kind == "database")
    return tuple(access for access in found if access.detail.startswith(AS_FOUND))


def databases(record: ExecutionRecord, evidence: Evidence, names: Names) -> Iterator[Objection]:
    """What speaks against an execution that left databases as it had found them."""
    for access in left_as_found(record):
        if not evidence.database(access):
            yield Objection(reason=f"the database {access.name} changed")
        elif rewritten_by(access.name, names) is not None:
            yield Objection(reason=f"{access.name} may be written again", waits=True)


def files_compared(record: ExecutionRecord) -> list[FileAccess]:
    """The files that count by their bytes: not those databases."""
    others = {access.name for access in left_as_found(record)}
    return [file for file in variables.compared_files(record) if file.path not in others]


def file_key(path: str) -> str:
    """The name under which a file is followed that a cell may write; no name of a notebook."""
    return f"{_FILE}{path}"


def rewritten_by(path: str, names: Names) -> int | None:
    """The cell that may write a file, of those above."""
    for end, writer in _written(names):
        if path == end or path.endswith(f"/{end.lstrip('./')}"):
            return writer
    return None


def modules_left(position: int, record: ExecutionRecord) -> dict[str, Held]:
    """The files of modules that a cell has written, which what is imported below it may be."""
    return {
        file_key(file.path): Held(provider=position, fingerprint=file.digest)
        for file in record.files
        if file.mode != "read" and file.path.endswith(".py")
    }


def modules_written(record: ExecutionRecord, names: Names) -> Iterator[Objection]:
    """The modules of an execution that cells above write: a build has read what was there before.

    Args:
        record: the execution, whose definitions have the sources of the modules.
        names: what cells above have left, files of modules included.
    """
    for path, source in record.definitions.items():
        held = names.get(file_key(path)) if path.endswith(".py") else None
        if held is None:
            continue
        text = hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()
        if not held.known:
            yield Objection(reason=f"{path} may be written again", waits=True)
        elif held.fingerprint != text:
            yield Objection(reason=f"{path} was written anew, with other code")


def changed_by(access: ExternalAccess, names: Names) -> set[int]:
    """The cells above that may write files which change what was found."""
    return {writer for path, writer in _written(names) if _may_be_changed(access, path)}


def _written(names: Names) -> Iterator[tuple[str, int]]:
    for name, held in names.items():
        if name.startswith(_FILE) and not held.known:
            yield name.removeprefix(_FILE), held.provider


def _may_be_changed(access: ExternalAccess, written: str) -> bool:
    """Whether a file, once it is written, may change what was found."""
    place = access.name
    if access.kind == "listing":
        place = place.partition("*")[0].partition("?")[0].partition("[")[0]
        place = "" if place == "." else place
        return written.startswith(place) and written != place
    return place == written


def shown(access: ExternalAccess) -> str:
    """A folder or path for a reader: ``data/`` is a folder's list of files."""
    if access.kind == "listing" and not any(sign in access.name for sign in "*?["):
        return f"{access.name.rstrip('/')}/"
    return access.name
