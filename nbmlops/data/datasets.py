"""Data sets: pin inputs under a name, find them again, compare them, put them back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from nbmlops.data.contents import Progress, Reading, silent
from nbmlops.data.pinning import Found, Pinning
from nbmlops.data.restoring import Restoring
from nbmlops.domain.clock import Clock
from nbmlops.domain.datasets import (
    DatasetDiff,
    DatasetReference,
    DatasetUse,
    DatasetVersion,
    Member,
    MemberChange,
    MemberDifference,
    NewDatasetVersion,
    Pinned,
    RestoredDataset,
    Source,
)
from nbmlops.domain.executions import Execution, Step, StepVersion
from nbmlops.domain.references import NOT_COME, Moment, StepReference
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.store.catalog.datasets import DatasetRecords
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore

NOW = "the files now"
"""What a difference calls the project's files as they are."""

_PIN = "Pin what a step read: nbmlops data pin NAME --step STEP."


class FindsSteps(Protocol):
    """Whoever knows the steps of the project, and what their references mean."""

    def step(self, name: str, notebook: str | None = None) -> Step:
        """The step with that name."""

    def version(self, reference: StepReference) -> StepVersion:
        """The version that a reference names."""


class DatasetService:
    """Keeps inputs under names, in immutable versions.

    - pins what the latest execution of a step read, or files by their paths;
    - equal content is the version that has it already;
    - puts the files of a version back, and takes that back.
    """

    def __init__(
        self,
        *,
        project: Path,
        store: Path,
        records: DatasetRecords,
        executions: ExecutionRecords,
        find: FindsSteps,
        objects: ObjectStore,
        values: ValueStore,
        clock: Clock,
        author: str,
    ) -> None:
        self._project = project
        self._records = records
        self._executions = executions
        self._find = find
        self._clock = clock
        self._author = author
        self._pinning = Pinning(project, objects, values)
        self._restoring = Restoring(project, store / "restored", objects, clock)

    def versions(self, name: str | None = None) -> list[DatasetVersion]:
        """The versions of a data set, or of all by name, oldest first.

        Raises:
            UnknownNameError: there is no data set of that name.
        """
        found = self._records.versions(name)
        if name is not None and not found:
            raise self._unknown(name)
        return found

    def get(self, reference: DatasetReference) -> DatasetVersion:
        """The version that a reference names.

        Raises:
            UnknownNameError: there is none.
        """
        found = self.versions(reference.name)
        wanted = reference.version
        if isinstance(wanted, Moment):
            if wanted.is_to_come(self._clock()):
                cure = NOT_COME.format(found[-1].reference)
                raise UnknownNameError("data set", f"{reference.name}@{wanted}", cure=cure)
            found = [version for version in found if version.created_at <= wanted.at]
        elif isinstance(wanted, int):
            known = [version.reference for version in found]
            found = [version for version in found if version.number == wanted]
            if not found:
                raise UnknownNameError("data set", f"{reference.name}@{wanted}", known)
        if not found:
            raise UnknownNameError(
                "data set",
                f"{reference.name}@{wanted}",
                cure=f"Its first version is younger: nbmlops data show {reference.name}.",
            )
        return found[-1]

    def members(self, version: DatasetVersion, *, limit: int | None = None) -> list[Member]:
        """The members of a version, files before values; all, or the first of them."""
        return self._records.members(version, limit=limit)

    def uses(self, version: DatasetVersion) -> list[DatasetUse]:
        """Who read content of a version, as recorded: those that read most of it first."""
        return self._records.uses(version)

    def pin_step(
        self, name: str, step: StepReference, *, comment: str = "", progress: Progress = silent
    ) -> Pinned:
        """Pin what the latest execution of a step that succeeded has read.

        Args:
            name: of the data set.
            step: which; with a version, the latest execution of that one.
            comment: what a person says of it.
            progress: told of the bytes that are read.

        Raises:
            UsageError: there is no such step, it has not succeeded yet, or what it read is gone.
            StoreUnwritableError: the store is read-only or full.
        """
        name = _require_name(name)
        execution = self._latest(step)
        record = execution.record
        prints = [value.fingerprint for value in record.inputs if value.fingerprint]
        manifests = self._records.manifests(prints)
        found = self._pinning.of_execution(execution, manifests, name=name, progress=progress)
        reference = execution.version.reference if execution.version else ""
        source = Source(step=reference, notebook=record.notebook, execution=execution.id)
        return self._keep(name, found, comment, source)

    def pin_paths(
        self,
        name: str,
        patterns: Sequence[str],
        *,
        base: Path,
        comment: str = "",
        progress: Progress = silent,
    ) -> Pinned:
        """Pin files as they are now.

        Args:
            name: of the data set.
            patterns: paths of files and folders, or patterns such as ``data/*.csv``.
            base: where relative ones begin.
            comment: what a person says of it.
            progress: told of the bytes that are read.

        Raises:
            UsageError: there is no such file, or it cannot be read.
            StoreUnwritableError: the store is read-only or full.
        """
        name = _require_name(name)
        found = self._pinning.of_paths(patterns, base, progress=progress)
        return self._keep(name, found, comment, None)

    def diff(self, before: DatasetVersion, after: DatasetVersion) -> DatasetDiff:
        """What differs between two versions."""
        left, right = self.members(before), self.members(after)
        return _compared(before.reference, after.reference, left, right)

    def diff_now(self, version: DatasetVersion, *, progress: Progress = silent) -> DatasetDiff:
        """What differs between the files of a version and the project's as they are."""
        files = [member for member in self.members(version) if member.kind == "file"]
        reading = Reading(sum(member.size or 0 for member in files), progress)
        now = [found for one in files if (found := self._as_it_is(one, reading)) is not None]
        return _compared(version.reference, NOW, files, now)

    def restore(
        self,
        version: DatasetVersion,
        *,
        folder: Path | None = None,
        agreed: bool = False,
        progress: Progress = silent,
    ) -> RestoredDataset:
        """Put the files of a version back; see `Restoring.restore`.

        Raises:
            UsageError: it has no files, or one cannot be written there.
            ConsentNeededError: files hold something else.
            StoreError: the bytes of a file are gone.
        """
        files = [member for member in self.members(version) if member.kind == "file"]
        if not files:
            raise UsageError(
                f"{version.reference} has no files, only values.",
                cure="Bring the values back with the step that made them: "
                "nbmlops restore STEP@1 --values.",
            )
        return self._restoring.restore(
            version, files, folder=folder, agreed=agreed, progress=progress
        )

    def last_restored(self) -> str | None:
        """The version whose restore can be undone."""
        return self._restoring.last()

    def undo(self, *, agreed: bool = False) -> RestoredDataset:
        """Take the last restore back; see `Restoring.undo`."""
        return self._restoring.undo(agreed=agreed)

    def delete(self, versions: Sequence[DatasetVersion]) -> None:
        """Forget versions; a collection frees what nothing else keeps."""
        self._records.delete(versions)

    def _latest(self, step: StepReference) -> Execution:
        if step.version == "latest":
            of_step, version = self._find.step(step.name, step.notebook), None
        else:
            found = self._find.version(step)
            of_step, version = found.step, found.id
        number = self._records.latest_execution(of_step.id, version_id=version)
        if number is None:
            raise UsageError(
                f"{step} has not run to its end yet, so that it is not known what it reads.",
                cure="Run its cell, then pin.",
            )
        return self._executions.by_ids([number])[number]

    def _keep(self, name: str, found: Found, comment: str, source: Source | None) -> Pinned:
        return self._records.add(
            NewDatasetVersion(
                name=name,
                members=found.members,
                comment=comment.strip(),
                author=self._author,
                created_at=self._clock(),
                source=source,
                left_out=found.left_out,
            )
        )

    def _as_it_is(self, member: Member, reading: Reading) -> Member | None:
        path = self._project / member.name
        try:
            digest = reading.digest(path)
            size = path.stat().st_size
        except OSError:
            return None
        return Member(kind="file", name=member.name, digest=digest, size=size)

    def _unknown(self, name: str) -> UnknownNameError:
        known = {version.name for version in self._records.versions()}
        return UnknownNameError("data set", name, known, cure="" if known else _PIN)


def _require_name(text: str) -> str:
    reference = DatasetReference.parse(text)
    if "@" in text:
        raise UsageError(
            f"{text!r} names a version, and pinning makes a new one.",
            cure=f"Write the name alone: nbmlops data pin {reference.name}.",
        )
    return reference.name


def _compared(
    before: str, after: str, left: Sequence[Member], right: Sequence[Member]
) -> DatasetDiff:
    old = {(one.kind, one.name): one for one in left}
    new = {(one.kind, one.name): one for one in right}
    differences = []
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if one is not None and other is not None and one.digest == other.digest:
            continue
        change: MemberChange = "added" if one is None else "removed" if other is None else "changed"
        differences.append(
            MemberDifference(kind=key[0], name=key[1], change=change, before=one, after=other)
        )
    same = len(old.keys() | new.keys()) - len(differences)
    return DatasetDiff(before=before, after=after, differences=tuple(differences), same=same)
