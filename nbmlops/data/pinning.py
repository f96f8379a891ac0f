"""What an execution read, or files by their paths, as the members of a data set."""

from __future__ import annotations

import glob
import os
import shlex
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nbmlops.config import STORE
from nbmlops.data.contents import Progress, Reading, size_of
from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.datasets import LeftOut, Member
from nbmlops.domain.executions import Execution
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, ValueSummary
from nbmlops.errors import UsageError
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore

_SHOWN = 3
_SMALL = 2**20
"""Bytes up to which files are kept several at once: each waits for the disk, and not for us."""

_AT_ONCE = 8
_Result = TypeVar("_Result")
_SKIPPED = {STORE, "__pycache__", "node_modules"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The members of a data set that is to be, and what it cannot take."""

    members: tuple[Member, ...]
    left_out: tuple[LeftOut, ...] = ()


class Pinning:
    """Finds the content of inputs, and sees to it that the store has it.

    - of what an execution read, takes only the content that it read: a file that is another one
      by now is taken from the store, if that has the bytes, and else refused;
    - reads files block by block, each once to compare it and once to keep it.

    Args:
        project: where relative paths begin.
        objects: where bytes are kept.
        values: where values are kept.
    """

    def __init__(self, project: Path, objects: ObjectStore, values: ValueStore) -> None:
        self._project = project
        self._objects = objects
        self._values = values

    def of_execution(
        self,
        execution: Execution,
        manifests: Mapping[str, str],
        *,
        name: str,
        progress: Progress,
    ) -> Found:
        """What an execution read.

        Args:
            execution: it.
            manifests: those of its inputs that were kept, by fingerprint.
            name: what the data set is to be called, for what is said.
            progress: told of the bytes that are read.

        Raises:
            UsageError: the content of a file is not to be had any more, or it read nothing.
            StoreUnwritableError: the store is read-only or full.
        """
        record = execution.record
        reads = {one.path: one for one in record.files if one.mode == "read"}
        paths = {path: self._project / path for path in reads}
        reading = Reading(2 * sum(map(size_of, paths.values())), progress)
        found = _each(lambda path: self._as_read(reads[path], execution, reading), paths, reading)
        files = [member for member in found.values() if member is not None]
        gone = [path for path, member in found.items() if member is None]
        what = execution.version.reference if execution.version else "The cell"
        if gone:
            raise _gone(what, gone, name)
        values, left_out = self._inputs(record.inputs, manifests)
        if not files and not values:
            why = "".join(f" {one.name}: {one.why}." for one in left_out[:_SHOWN])
            raise UsageError(
                f"{what} read nothing that could be pinned.{why}",
                cure="Name the files: nbmlops data pin NAME --path 'data/*.csv'.",
            )
        return Found(members=(*files, *values), left_out=tuple(left_out))

    def of_paths(self, patterns: Sequence[str], base: Path, *, progress: Progress) -> Found:
        """Files by their paths, as they are now.

        Args:
            patterns: paths of files and folders, or patterns such as ``data/*.csv``.
            base: where relative ones begin.
            progress: told of the bytes that are read.

        Raises:
            UsageError: there is no such file, or it cannot be read.
            StoreUnwritableError: the store is read-only or full.
        """
        paths: dict[str, Path] = {}
        for pattern in patterns:
            found = {self._name_of(path): path for path in _files(pattern, base)}
            if not found:
                raise UsageError(
                    f"There is no file {pattern!r} in {base}.",
                    cure="Name files, folders, or a pattern in quotes: --path 'data/*.csv'.",
                )
            paths |= found
        reading = Reading(2 * sum(map(size_of, paths.values())), progress)
        members = _each(lambda name: self._as_it_is(name, paths[name], reading), paths, reading)
        return Found(members=tuple(members.values()))

    def _as_read(self, access: FileAccess, execution: Execution, reading: Reading) -> Member | None:
        """A file as it was read; ``None`` where its content cannot be had any more."""
        path, size = self._project / access.path, access.size
        digest = access.digest or self._digest_since(path, access, execution, reading)
        if digest is None:
            return None
        if size is None or size == size_of(path):
            try:
                key = self._kept(path, digest, reading)
            except OSError:  # it is gone, or not to be read
                key = None
            if key is not None:
                return Member(
                    kind="file", name=access.path, digest=key, size=size_of(path), object=key
                )
        if not self._objects.renew(digest):
            return None
        return Member(
            kind="file",
            name=access.path,
            digest=digest,
            size=self._objects.size(digest) if size is None else size,
            object=digest,
        )

    def _digest_since(
        self, path: Path, access: FileAccess, execution: Execution, reading: Reading
    ) -> str | None:
        """The digest of a file of which none was taken, if nobody has touched it since.

        Whatever is done to a file sets the time of its last change, which cannot be set back.
        """
        try:
            found = path.stat()
            untouched = os.name == "posix" and (
                found.st_ctime < execution.record.started_at.timestamp()
            )
            if not untouched or access.size != found.st_size or not stat.S_ISREG(found.st_mode):
                return None
            return reading.digest(path)
        except OSError:
            return None

    def _kept(self, path: Path, digest: str | None, reading: Reading) -> str | None:
        """The key under which a file is kept; ``None`` where its content is another one.

        Raises:
            OSError: it cannot be read.
        """
        found = reading.digest(path)
        if digest is not None and found != digest:
            return None
        if not self._objects.renew(found):
            stored = self._objects.put_file(path)
            if stored != found:
                raise UsageError(
                    f"{path} was written to while it was read.",
                    cure="Wait until it is complete, then pin again.",
                )
        reading.add(size_of(path))
        return found

    def _as_it_is(self, name: str, path: Path, reading: Reading) -> Member:
        try:
            key = self._kept(path, None, reading)
            return Member(kind="file", name=name, digest=str(key), size=size_of(path), object=key)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {error.strerror or error}.",
                cure="Give yourself access to it, or leave it out.",
            ) from error

    def _inputs(
        self, inputs: Iterable[ValueRecord], manifests: Mapping[str, str]
    ) -> tuple[list[Member], list[LeftOut]]:
        members: list[Member] = []
        left_out: list[LeftOut] = []
        for value in inputs:
            if value.reason == PART_OF_THE_CODE:
                continue
            manifest = value.manifest or manifests.get(value.fingerprint or "")
            if value.fingerprint is None or manifest is None:
                why = value.reason or "its value was not kept"
                left_out.append(LeftOut(name=value.name, why=why))
            elif not self._values.renew(manifest):
                left_out.append(LeftOut(name=value.name, why="its stored value is gone"))
            else:
                members.append(_member_of(value, value.fingerprint, manifest))
        return members, left_out

    def _name_of(self, path: Path) -> str:
        """What a file is called: relative to the project where it is inside."""
        place = path.parent.resolve() / path.name
        inside = place.is_relative_to(self._project)
        name = (place.relative_to(self._project) if inside else place).as_posix()
        try:
            name.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"The name of {name!r} is no text.", cure="Give the file another name."
            ) from None
        return name


def _each(
    pin: Callable[[str], _Result], paths: Mapping[str, Path], reading: Reading
) -> dict[str, _Result]:
    """What becomes of each file by its name: small ones several at once, as disks take them."""
    names = sorted(paths)
    small = [name for name in names if size_of(paths[name]) <= _SMALL]
    found: dict[str, _Result] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name, result in zip(small, pool.map(pin, small), strict=True):
            found[name] = result
            reading.add(0)  # what the threads have read is told here
    found |= {name: pin(name) for name in names if name not in found}
    return {name: found[name] for name in names}


def _files(pattern: str, base: Path) -> Iterator[Path]:
    """The files that a path or pattern names, those below folders among them."""
    whole = str(base / Path(pattern).expanduser())
    matching = sorted(glob.glob(whole, recursive=True))  # noqa: PTH207 (of patterns with any root)
    for found in matching or [whole]:
        path = Path(os.path.normpath(found))
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from _below(path)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not _is_hidden(one))
        for name in sorted(names):
            path = Path(place, name)
            if not _is_hidden(name) and path.is_file():
                yield path


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED


def _member_of(value: ValueRecord, fingerprint: str, manifest: str) -> Member:
    return Member(
        kind="value",
        name=value.name,
        digest=fingerprint,
        size=value.summary.size,
        manifest=manifest,
        text=_told(value.summary),
    )


def _told(summary: ValueSummary) -> str:
    """``DataFrame, 336776 x 19``."""
    kind = summary.kind.rpartition(".")[2]
    if summary.shape:
        return f"{kind}, {' x '.join(map(str, summary.shape))}"
    return kind


def _gone(what: str, gone: Sequence[str], name: str) -> UsageError:
    named = ", ".join(gone[:_SHOWN])
    more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
    one = len(gone) == 1
    return UsageError(
        f"{named}{more} {'is' if one else 'are'} not what {what} read any more, and the bytes from "
        "then were not kept.",
        cure="Run the step again, then pin; or put the file back as it was; or pin what is there "
        f"now: nbmlops data pin {name} --path {shlex.quote(gone[0])}.",
    )
