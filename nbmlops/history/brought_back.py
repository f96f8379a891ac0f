"""Where a version whose values were brought back has to run again."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.verifications import Cause
from nbmlops.history.executed import ExecutedCells


class BroughtBack:
    """Values that were put back: made again where that was, or where they were made first.

    In its own place a version gives the same only where it finds what it read then. Otherwise it
    runs where it ran, if that led here as well.

    Args:
        cells: what a session ran, with the executions that made them for values put back.
        staying: positions whose values are made again in their place, whatever is there.
    """

    def __init__(self, cells: ExecutedCells, *, staying: Collection[int] = ()) -> None:
        self._cells = cells
        self._staying = staying
        ran = {
            done.id: place
            for place, done in enumerate(cells.executions)
            if done.record.restored_from is None
        }
        origins = {
            place: ran.get(done.record.restored_from)
            for place, done in enumerate(cells.executions)
            if done.record.restored_from is not None
        }
        self._elsewhere = {
            place: origin
            for place, origin in origins.items()
            if not self._finds_the_same(place, origin)
        }

    def place(self, position: int) -> int:
        """The position at which what an execution gave is made again."""
        if position in self._staying:
            return position
        origin = self._elsewhere.get(position)
        return position if origin is None else origin

    def overwritten(self, whole: Collection[int]) -> set[int]:
        """The positions that cannot do with the place where their values were made first.

        Args:
            whole: the positions of all cells that run.
        """
        return {
            place
            for place, origin in self._elsewhere.items()
            if origin is not None
            and any(
                origin < other < place
                and self._cells.deeds[other].writes & self._cells.deeds[origin].writes
                for other in whole
            )
        }

    def notes(self, whole: Collection[int]) -> Iterator[str]:
        """What runs in another place than it did, with something else than it read then."""
        for place in sorted(self._elsewhere.keys() & whole):
            done = self._cells.executions[place]
            name = done.version.reference if done.version else done.record.step
            yield (
                f"{name} was brought back after what it reads had changed: it runs with what is "
                f"there then (cause: {Cause.INPUT})"
            )

    def _finds_the_same(self, place: int, origin: int | None) -> bool:
        record = self._cells.executions[place].record
        if origin is None:  # of another line: its values tell, the code that it used does not
            return all(
                value.fingerprint is not None
                and value.fingerprint
                == self._left(value.name, self._cells.writer(value.name, place))
                for value in record.inputs
            )
        return all(
            self._cells.writer(name, place) == (then := self._cells.writer(name, origin))
            or self._equal(name, self._cells.writer(name, place), then)
            for name in self._cells.deeds[origin].reads
        )

    def _equal(self, name: str, now: int | None, then: int | None) -> bool:
        left = self._left(name, now)
        return left is not None and left == self._left(name, then)

    def _left(self, name: str, writer: int | None) -> str | None:
        """The fingerprint of what an execution left under a name."""
        if writer is None:
            return None
        return _fingerprint(self._cells.executions[writer].record, name)


def _fingerprint(record: ExecutionRecord, name: str) -> str | None:
    return next((value.fingerprint for value in record.outputs if value.name == name), None)
