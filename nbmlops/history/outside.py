"""What cells did outside of the variables: files, and what holds for the whole process.

Nothing of it comes back with an earlier state, and a cell that runs again does it once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmlops.domain.executions import Execution
from nbmlops.history.executed import Deeds, ExecutedCells

SETTINGS = "settings of the process"
"""What stands for environment variables, options of libraries, and variables of modules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideChange:
    """What one execution changed outside of the variables: paths of files, and `SETTINGS`.

    >>> str(OutsideChange(execution=5, what=("o.txt", SETTINGS)))
    '@5 (o.txt, settings of the process)'
    """

    execution: int
    what: tuple[str, ...]

    def __str__(self) -> str:
        return f"@{self.execution} ({', '.join(self.what)})"


def changed_outside(
    executions: Sequence[Execution], *, among: Collection[int], session: str
) -> tuple[OutsideChange, ...]:
    """What some cells of a line changed outside of the variables.

    Args:
        executions: those of the line, in its order.
        among: the ids of those that count.
        session: the kernel's; settings of other processes are none of its own.
    """
    found = zip(executions, ExecutedCells(executions).deeds, strict=True)
    told = (
        OutsideChange(execution=done.id, what=_outside(deeds, done.record.session == session))
        for done, deeds in found
        if done.id in among and done.record.restored_from is None
    )
    return tuple(change for change in told if change.what)


def written_over(executions: Iterable[Execution], project: Path) -> tuple[OutsideChange, ...]:
    """What would be lost of files that are there if some cells ran again.

    Args:
        executions: those that would run again.
        project: the folder to which recorded paths are relative.
    """
    told = (
        OutsideChange(execution=done.id, what=_written_by(done, project)) for done in executions
    )
    return tuple(change for change in told if change.what)


def _written_by(done: Execution, project: Path) -> tuple[str, ...]:
    written = {access.path for access in done.record.files if access.mode != "read"}
    return tuple(sorted(path for path in written if (project / path).exists()))


def _outside(deeds: Deeds, own: bool) -> tuple[str, ...]:  # noqa: FBT001  one caller
    files = sorted(name.removeprefix("file:") for name in deeds.writes if name.startswith("file:"))
    return (*files, *([SETTINGS] if deeds.sets and own else []))
