"""Which cells of a notebook made the files that others read, and which changed them later."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution


class Disk(Protocol):
    """Tells whether a file is as a cell left it."""

    def is_left(self, access: FileAccess, execution: Execution, /) -> bool:
        """Whether a file is what an execution wrote, or is not there as that removed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a cell did to a file when it ran last; ``whole`` where it wrote and did not read it."""

    position: int
    access: FileAccess
    whole: bool


class FilesOfCells:
    """What the cells of a notebook did to files when they ran last.

    Run from the top, a cell reads the file that the nearest cell above it leaves: what a cell
    below it makes of that file later does not reach it. Where no cell above makes the file, it
    reads what is there, whoever has changed it.

    Args:
        ran: the latest execution of the cells, by position.
    """

    def __init__(self, ran: Mapping[int, Execution]) -> None:
        self._ran = ran
        self._changes: dict[str, list[Change]] = {}
        for position in sorted(ran):
            files = ran[position].record.files
            read = {access.path for access in files if access.mode == "read"}
            for access in files:
                if access.mode != "read":
                    whole = access.mode == "write" and access.path not in read
                    change = Change(position=position, access=access, whole=whole)
                    self._changes.setdefault(access.path, []).append(change)

    def is_made_above(self, position: int, path: str) -> bool:
        """Whether the nearest cell above that changes a file makes all of it."""
        change = self._nearest_above(position, path)
        return change is not None and change.whole

    def maker(self, position: int, read: FileAccess) -> Change | None:
        """The change by which the nearest cell above made all of a file as a cell read it."""
        change = self._nearest_above(position, read.path)
        if change is None or not change.whole or not _is_as_left(read, change.access):
            return None
        before = self._ran[change.position].id < self._ran[position].id
        return change if before else None

    def changed_by(self, position: int, path: str, disk: Disk) -> int | None:
        """The cell that has left a file as it is now: this one, or one below that ran since."""
        for one in self._changes.get(path, ()):
            execution = self._ran[one.position]
            since = one.position >= position and execution.id >= self._ran[position].id
            if since and disk.is_left(one.access, execution):
                return one.position
        return None

    def overwritten(self, position: int, disk: Disk) -> list[int]:
        """The cells above that made files which a cell read, and which other cells changed since.

        What something else has changed is not made anew: somebody may want to keep it.
        """
        found: set[int] = set()
        for read in self._read(position):
            made = self.maker(position, read)
            if made is None or disk.is_left(made.access, self._ran[made.position]):
                continue
            if self.changed_by(position, read.path, disk) is not None:
                found.add(made.position)
        return sorted(found)

    def _nearest_above(self, position: int, path: str) -> Change | None:
        changes = self._changes.get(path, [])
        place = bisect_left(changes, position, key=lambda one: one.position)
        return changes[place - 1] if place else None

    def _read(self, position: int) -> list[FileAccess]:
        execution = self._ran.get(position)
        return [one for one in execution.record.files if one.mode == "read"] if execution else []


def _is_as_left(read: FileAccess, written: FileAccess) -> bool:
    """Whether a cell read what another one had written; of a large file, the size has to do."""
    if read.digest is None and (read.size is None or read.size != written.size):
        return False
    return read.digest == written.digest
