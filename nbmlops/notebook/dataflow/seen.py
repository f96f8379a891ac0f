"""What recorded executions of a cell read and wrote, and edges by the files that they touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from nbmlops.domain.pipelines import FILE_SEEN
from nbmlops.notebook.dataflow.links import Links, at
from nbmlops.notebook.dataflow.running import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What recorded executions of exactly one piece of code read and wrote.

    Where ``complete`` is true nothing escaped the recorder: a change in place that the code only
    might make, and that was not recorded, was not made. ``files_read`` and ``files_written`` are
    paths; ``said`` is the execution that was seen: ``train@3``, or ``@12``.
    """

    reads: frozenset[str]
    writes: frozenset[str]
    complete: bool
    files_read: frozenset[str] = frozenset()
    files_written: frozenset[str] = frozenset()
    said: str = ""

    def beside(self, other: Observed) -> Observed:
        """What this or another execution of the same code did, in another cell."""
        return Observed(
            reads=self.reads | other.reads,
            writes=self.writes | other.writes,
            complete=self.complete and other.complete,
            files_read=self.files_read | other.files_read,
            files_written=self.files_written | other.files_written,
            said=other.said,
        )


class SeenFiles:
    """Remembers which cells were seen writing a file, and who comes after them.

    It only adds: a file that was not touched the last time may be at the next. What was seen
    counts as if the code named the file, so that cells whose code does are put in order with it.
    """

    def __init__(self) -> None:
        self._writers: dict[str, list[int]] = {}

    def follow(self, run: Run, seen: Observed, links: Links) -> None:
        """Take one more cell.

        Args:
            run: what it does; the files are added to it.
            seen: what an execution of it did.
            links: get the edges.
        """
        named = run.files_read | run.files_written | run.literals
        for path in sorted(seen.files_read | seen.files_written):
            if PurePath(path).name in named:
                continue  # found by the code
            for source in self._writers.get(path, ()):
                links.add(
                    run.position, f"{FILE_SEEN}{path} (seen in {seen.said})", at(source, "observed")
                )
        run.files_read |= _names(seen.files_read)
        run.files_written |= _names(seen.files_written)
        for path in seen.files_written:
            self._writers.setdefault(path, []).append(run.position)


def _names(paths: Iterable[str]) -> set[str]:
    return {PurePath(path).name for path in paths}
