"""Put the files of a data set back, and take that back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbmlops.data.contents import Progress, Reading, lay_down, silent, size_of
from nbmlops.domain.clock import Clock
from nbmlops.domain.datasets import (
    DatasetVersion,
    FileDeed,
    Member,
    RestoredDataset,
    RestoredFile,
)
from nbmlops.domain.wire import decode, encode
from nbmlops.errors import ConsentNeededError, StoreError, UsageError
from nbmlops.store.objects.base import ObjectStore

_SHOWN = 3
_UNDONE = 5
"""Restores that can be undone, the newest first."""

_JOURNAL = "journal.json"
_TEMPORARY = ".restoring-"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file that a restore writes; ``aside`` is the name of the one that was there, if any."""

    path: str
    digest: str
    aside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Journal:
    """What a restore does, written before it begins."""

    reference: str
    folder: str
    entries: tuple[_Entry, ...]


class Restoring:
    """Lays down the files of a version.

    - writes only where there is no file, or where that was agreed to;
    - keeps what it replaces aside, under the store, so that the last restores can be undone;
    - is whole or not at all: what fails on the way is taken back.

    Args:
        project: where relative paths begin.
        aside: a folder for what is replaced.
        objects: where the bytes are.
        clock: gives the present.
    """

    def __init__(self, project: Path, aside: Path, objects: ObjectStore, clock: Clock) -> None:
        self._project = project
        self._aside = aside
        self._objects = objects
        self._clock = clock

    def restore(
        self,
        version: DatasetVersion,
        members: Sequence[Member],
        *,
        folder: Path | None,
        agreed: bool,
        progress: Progress = silent,
    ) -> RestoredDataset:
        """Put files back.

        Args:
            version: whose they are.
            members: its files.
            folder: where to; ``None`` where they came from.
            agreed: whether files that hold something else may be replaced.
            progress: told of the bytes that are read and written.

        Raises:
            ConsentNeededError: files hold something else. Nothing was changed.
            UsageError: a file cannot be written there. Nothing was changed.
            StoreError: the bytes of a file are gone. Nothing was changed.
        """
        targets = {member.name: self._target(member.name, folder) for member in members}
        there = sum(size_of(path) for path in targets.values())
        reading = Reading(there + sum(member.size or 0 for member in members), progress)
        deeds = {one.name: _state(targets[one.name], one, reading) for one in members}
        changed = [name for name, deed in deeds.items() if deed == "replaced"]
        if changed and not agreed:
            raise _needs_consent(version, changed)
        going = [member for member in members if deeds[member.name] != "unchanged"]
        for member in going:
            self._require(member, version)
        if going:
            base = (folder or self._project).resolve()
            entries = tuple(
                _Entry(
                    path=targets[member.name].relative_to(base).as_posix(),
                    digest=member.digest,
                    aside=str(number) if deeds[member.name] == "replaced" else None,
                )
                for number, member in enumerate(going)
            )
            journal = _Journal(reference=version.reference, folder=str(base), entries=entries)
            self._lay_down(journal, going, reading)
        return RestoredDataset(
            reference=version.reference,
            folder=str(folder or self._project),
            files=tuple(RestoredFile(path=name, deed=deed) for name, deed in deeds.items()),
        )

    def last(self) -> str | None:
        """The version whose restore `undo` would take back."""
        found = self._journals()
        return found[-1][1].reference if found else None

    def undo(self, *, agreed: bool) -> RestoredDataset:
        """Take the last restore back.

        Args:
            agreed: whether files that were changed since may be replaced.

        Raises:
            UsageError: there is none.
            ConsentNeededError: files were changed since. Nothing was changed.
        """
        found = self._journals()
        if not found:
            raise UsageError(
                "There is no restore to undo.",
                cure="Put a version back: nbmlops data restore NAME@1.",
            )
        place, journal = found[-1]
        folder, reading = Path(journal.folder), Reading(0, silent)
        changed = [
            entry.path
            for entry in journal.entries
            if (path := folder / entry.path).exists() and not _holds(path, entry.digest, reading)
        ]
        if changed and not agreed:
            raise ConsentNeededError(
                f"{_listed(changed)} changed since {journal.reference} was restored; nothing was "
                "undone.",
                cure="Type nbmlops data undo --yes: what is there now is lost then.",
            )
        files = self._take_back(place, journal)
        shutil.rmtree(place, ignore_errors=True)
        return RestoredDataset(
            reference=journal.reference, folder=journal.folder, files=tuple(files)
        )

    def _target(self, name: str, folder: Path | None) -> Path:
        """Where a file goes: below the folder, whatever the record says.

        Raises:
            UsageError: it would be outside.
        """
        if folder is None and Path(name).is_absolute():
            raise UsageError(
                f"{name} is outside of the project, where nothing is put back.",
                cure="Name a folder: nbmlops data restore NAME@1 --to restored.",
            )
        base = (folder or self._project).resolve()
        path = base / name.lstrip("/")
        if ".." in path.parts or not path.parent.resolve().is_relative_to(base):
            raise UsageError(
                f"{name} would be outside of {base}.",
                cure="Name another folder: nbmlops data restore NAME@1 --to restored.",
            )
        if path.is_dir():
            raise UsageError(
                f"{path} is a folder, and the data set has a file of that name.",
                cure="Name another folder: nbmlops data restore NAME@1 --to restored.",
            )
        return path

    def _require(self, member: Member, version: DatasetVersion) -> None:
        """Refuse before anything is changed."""
        if member.object is None or not self._objects.exists(member.object):
            raise StoreError(
                f"The bytes of {member.name} of {version.reference} are gone.",
                cure="Look for them with nbmlops fsck --repair, or bring .nbmlops/ back from a "
                "backup.",
            )

    def _lay_down(self, journal: _Journal, going: Sequence[Member], reading: Reading) -> None:
        base = Path(journal.folder)
        place = self._aside / f"{self._clock():%Y%m%dT%H%M%S%f}-{os.urandom(4).hex()}"
        try:
            place.mkdir(parents=True)
            (place / _JOURNAL).write_bytes(encode(journal))
            for entry, member in zip(journal.entries, going, strict=True):
                self._write(base / entry.path, str(member.object), entry, place, reading)
        except BaseException as error:
            if place.exists():
                self._take_back(place, journal)
                shutil.rmtree(place, ignore_errors=True)
            if isinstance(error, OSError):
                raise UsageError(
                    f"The files of {journal.reference} cannot be put back: {error}; nothing was "
                    "changed.",
                    cure="Make room and give yourself write access, or name another folder: --to.",
                ) from error
            raise
        self._forget_old()

    def _write(self, path: Path, key: str, entry: _Entry, place: Path, reading: Reading) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{_TEMPORARY}{os.urandom(6).hex()}")
        try:
            lay_down(self._objects, key, temporary, reading)
            if entry.aside is not None:
                if not path.is_symlink():
                    shutil.copymode(path, temporary)
                shutil.move(path, place / entry.aside)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _take_back(self, place: Path, journal: _Journal) -> list[RestoredFile]:
        """Put what was there before in its place again, as far as the restore had come."""
        done: list[RestoredFile] = []
        for entry in journal.entries:
            path = Path(journal.folder, entry.path)
            if entry.aside is not None:
                if os.path.lexists(place / entry.aside):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(place / entry.aside, path)
                    done.append(RestoredFile(path=entry.path, deed="put back"))
            elif path.is_file():
                path.unlink()
                done.append(RestoredFile(path=entry.path, deed="removed"))
        return done

    def _journals(self) -> list[tuple[Path, _Journal]]:
        """The restores that can be undone, the newest last."""
        found = []
        for path in sorted(self._aside.glob(f"*/{_JOURNAL}")):
            with suppress(OSError, ValueError):  # another process is undoing it
                found.append((path.parent, decode(path.read_bytes(), _Journal)))
        return found

    def _forget_old(self) -> None:
        for place, _ in self._journals()[:-_UNDONE]:
            shutil.rmtree(place, ignore_errors=True)


def _state(path: Path, member: Member, reading: Reading) -> FileDeed:
    """What is to become of a file."""
    if not os.path.lexists(path):
        return "written"
    if member.size not in (None, size_of(path)):
        reading.add(size_of(path))
        return "replaced"
    return "unchanged" if _holds(path, member.digest, reading) else "replaced"


def _holds(path: Path, digest: str, reading: Reading) -> bool:
    try:
        return reading.digest(path) == digest
    except OSError:
        return False


def _needs_consent(version: DatasetVersion, changed: Sequence[str]) -> ConsentNeededError:
    return ConsentNeededError(
        f"{_listed(changed)} {'holds' if len(changed) == 1 else 'hold'} something else than in "
        f"{version.reference}; nothing was changed.",
        cure=f"Type nbmlops data restore {version.reference} --yes: what is there now is kept "
        "aside, and nbmlops data undo brings it back. Or put the files elsewhere: --to DIR.",
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
