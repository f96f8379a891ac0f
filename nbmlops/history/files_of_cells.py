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

    def given(self, position: int) -> list[Change]:
        """The changes by which the nearest cells above left files as a cell read them."""
        read = self._read(position)
        nearest = ((self._nearest_above(position, one.path), one) for one in read)
        return [change for change, one in nearest if change and self._made(change, one, position)]

    def makers(self, position: int, read: FileAccess) -> tuple[Change, ...]:
        """The changes by which cells above made a file as a cell read it, the nearest first.

        The last one wrote all of it, each other one found what the one behind it had left. There
        are none where that is not so: something else had a part in it, or made it since.
        """
        found: list[Change] = []
        earlier: FileAccess | None = read
        while earlier is not None:
            change = self._nearest_above(position, read.path)
            if change is None or not self._made(change, earlier, position):
                return ()
            found.append(change)
            if change.whole:
                return tuple(found)
            position = change.position
            earlier = next((one for one in self._read(position) if one.path == read.path), None)
        return ()

    def _made(self, change: Change, read: FileAccess, position: int) -> bool:
        """Whether a change made a file as a cell read it afterwards."""
        before = self._ran[change.position].id < self._ran[position].id
        return before and change.access.mode == "write" and _is_as_left(read, change.access)

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
            made = self.makers(position, read)
            if not made or disk.is_left(made[0].access, self._ran[made[0].position]):
                continue
            if self.changed_by(position, read.path, disk) is not None:
                found |= {change.position for change in made}
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
