"""Which files the cells that run again need and write, and which of them are others now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.verifications import OutputVerdict, Verdict
from nbmlops.errors import UsageError

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedFiles:
    """The files of the cells that run again, by their paths in the records.

    ``reads`` are needed from the start; ``fresh`` were written before anything read them, so that
    they must not be there when the cells begin; ``modules`` are the sources of the project's own
    modules by label, as they were recorded.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    modules: dict[str, str] = field(default_factory=dict)


def files_of(records: Iterable[ExecutionRecord]) -> RepeatedFiles:
    """The files of these records, in the order in which they run."""
    reads: set[str] = set()
    writes: set[str] = set()
    fresh: set[str] = set()
    modules: dict[str, str] = {}
    for record in records:
        reads |= {one.path for one in record.files if one.mode == "read"} - fresh
        written = {one.path for one in record.files if one.mode == "write"}
        fresh |= written - reads - writes
        writes |= {one.path for one in record.files if one.mode != "read"}
        modules |= {
            name: source for name, source in record.definitions.items() if name.endswith(".py")
        }
    return RepeatedFiles(
        reads=frozenset(reads),
        writes=frozenset(writes),
        fresh=frozenset(fresh),
        modules=modules,
    )


def changed_files(records: Iterable[ExecutionRecord], project: Path) -> tuple[str, ...]:
    """The files that these cells read, and whose content on disk is another one now.

    The last reading counts, as on disk; and the last before one of them wrote the file, as that is
    what they begin with again.
    """
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    written: set[str] = set()
    for record in records:
        found = {
            one.path: one.digest
            for one in record.files
            if one.mode == "read" and one.digest is not None
        }
        last |= found
        first |= {path: digest for path, digest in found.items() if path not in written}
        written |= {one.path for one in record.files if one.mode != "read"}
    now = {path: digest_of(project / path) for path in last}
    return tuple(
        path for path in last if now[path] != last[path] or now[path] != first.get(path, now[path])
    )


def unchanged_reads(record: ExecutionRecord, project: Path) -> frozenset[str]:
    """The files that a cell read, and whose content on disk is still the one that it found."""
    return frozenset(
        one.path
        for one in record.files
        if one.mode == "read" and one.digest is not None
        if digest_of(project / one.path) == one.digest
    )


def changed_modules(modules: Mapping[str, str], project: Path) -> tuple[str, ...]:
    """The modules of which the file on disk holds another source now."""
    return tuple(
        label
        for label, source in modules.items()
        if (project / label).is_file() and text_of(project / label) != source
    )


def names_whole_paths(records: Iterable[ExecutionRecord], project: Path) -> bool:
    """Whether the code names the project's folder, so that it reads there, not in a copy."""
    return any(str(project) in record.source for record in records)


def digest_of(path: Path) -> str | None:
    """The SHA-256 of a file's content; ``None`` where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def digests_of(
    written: Iterable[FileAccess], place: Callable[[str], Path]
) -> dict[str, str | None]:
    """The digests of files that were written or deleted; ``None`` where there is none.

    Where one was not written, its folder has one too: each repetition may write another name.

    Args:
        written: the accesses of the record.
        place: where the file of a recorded path is.
    """
    found = {one.path: digest_of(place(one.path)) for one in written if one.mode != "read"}
    missing = (one.path for one in written if one.mode == "write" and found[one.path] is None)
    for path in sorted(missing):
        folder = place(path).parent
        names = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
        found[f"{path}/.."] = hashlib.sha256("/".join(names).encode()).hexdigest()
    return found


def compared_files(
    recorded: Iterable[FileAccess], found: Mapping[str, str | None]
) -> tuple[OutputVerdict, ...]:
    """What a cell wrote and deleted beside what it wrote and deleted again.

    Args:
        recorded: the accesses of the record.
        found: the digests of these files after the repetition; ``None`` where there is none.
    """
    return tuple(
        OutputVerdict(name=f"file {one.path}", verdict=verdict, why=why)
        for one in recorded
        if one.mode != "read"
        for verdict, why in [_verdict(one, found.get(one.path))]
    )


def _verdict(recorded: FileAccess, found: str | None) -> tuple[Verdict, str]:
    if recorded.mode == "delete":
        return (Verdict.DIFFERENT, "it is still there") if found else (Verdict.IDENTICAL, "")
    if found is None:
        return Verdict.DIFFERENT, "it was not written"
    if recorded.digest is None:
        return Verdict.NOT_COMPARABLE, "the record has no digest of it"
    if found != recorded.digest:
        return Verdict.DIFFERENT, "another content"
    return Verdict.IDENTICAL, ""


def refuse_writing_elsewhere(
    what: str, records: Sequence[ExecutionRecord], *, project: Path, named: Iterable[str]
) -> None:
    """Refuse cells that would write over files of which a copy cannot be made for them.

    Args:
        what: what is to be repeated.
        records: the cells that run again.
        project: the project's folder.
        named: texts of inputs, which may hold paths like the code.

    Raises:
        UsageError: they write over files outside of the project, or name it by its whole path.
    """
    written = [(record, one.path) for record in records for one in record.files]
    written = [
        (record, path)
        for record, path in written
        if any(one.path == path and one.mode != "read" for one in record.files)
    ]
    outside = [
        path
        for record, path in written
        if Path(path).is_absolute() and Path(path).exists() and ".." not in record.source
    ]
    texts = [*(record.source for record in records), *named]
    if not outside and any(str(project) in text for text in texts):
        outside = [str(project / path) for _, path in written]
    if outside:
        shown = ", ".join(dict.fromkeys(outside[:_SHOWN]))
        raise UsageError(
            f"Repeating {what} would write over {shown}: the cells name the place by its whole "
            "path, so that no copy can stand in for it.",
            cure="Save these files elsewhere, then add --in-place.",
        )


def text_of(path: Path) -> str | None:
    """The source in a module's file; ``None`` where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
