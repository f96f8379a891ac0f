"""Journeys to states that a notebook had, and how they went."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.timeline import KeptName, Moment, that_changed_something
from nbmlops.errors import UsageError
from nbmlops.history.live import LiveNamespace
from nbmlops.history.mending import Stored
from nbmlops.history.timetravel_plan import Plan
from nbmlops.history.unbroken import Unbroken


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What undo takes back: the last cell that changed something, whether it failed or not.

    ``target`` is the execution after which it was so, 0 for before the first; ``undone`` the one
    that is taken back. ``unchanging`` is the cell that ran last, if that one failed before it had
    changed anything: nothing of it is to be taken back.
    """

    target: int
    undone: int
    unchanging: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What putting a state back did: the plan, as it went.

    ``different`` are names that came back with another content than was recorded; ``apart`` those
    that came back as new objects, while others may still hold the object that they held.
    ``execution`` is the record of it; ``None`` where nothing was done, or where it could not be
    recorded, and ``unrecorded`` then says why. ``stopped`` is the execution that a person
    interrupted while it ran again; nothing ran after it. ``was_interrupted`` is whether a person
    interrupted what could not be left halfway.
    """

    plan: Plan
    title: str
    different: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    execution: int | None = None
    unrecorded: str | None = None
    stopped: int | None = None
    was_interrupted: bool = False

    @property
    def did_something(self) -> bool:
        """Whether the state was another one before."""
        return self.execution is not None or self.unrecorded is not None


@dataclass(slots=True)
class Arrival:
    """What came about on the way, on which ``unbroken`` lets Ctrl-C wait.

    ``prints`` are the fingerprints of what came back, ``lost`` the names that did not, each with
    the reason; ``rebuilt`` were made again, ``apart`` came back as new objects. ``stopped`` is
    the execution that a person interrupted while it ran again.
    """

    unbroken: Unbroken
    prints: dict[str, str | None] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    rebuilt: set[str] = field(default_factory=set)
    apart: list[str] = field(default_factory=list)
    stopped: int | None = None


def undoing(line: Sequence[Moment], *, is_tracked: bool) -> Undoing:
    """What undo takes back at the end of a line.

    Cells that only looked are passed over: to undo them would change nothing.

    Raises:
        UsageError: no cell changed anything; ``is_tracked`` is whether what runs next is recorded.
    """
    changed = that_changed_something(line)
    if not changed:
        raise UsageError(
            "There is nothing to undo: no cell that changed anything was recorded before.",
            cure="Recording is on: what cells change from here on can be undone."
            if is_tracked
            else "Turn recording on with %mlops track --values.",
        )
    last = next((moment for moment in reversed(line) if moment.is_cell), None)
    failed = last is not None and last.id > changed[-1] and last.status is not ExecutionStatus.OK
    return Undoing(
        target=changed[-2] if len(changed) > 1 else 0,
        undone=changed[-1],
        unchanging=last.id if last is not None and failed else None,
    )


def does_something(plan: Plan) -> bool:
    """Whether a plan changes anything."""
    return bool(plan.loaded or plan.reruns or plan.removed or plan.folder is not None)


def change_folder(folder: str | None, live: LiveNamespace, project: Path) -> None:
    """Go to a recorded working directory, if it is there.

    Args:
        folder: relative to the project; empty for that in which the kernel began, ``None`` where
            the present one stays.
        live: the kernel.
        project: the project's folder.
    """
    if folder is not None:
        place = live.folder if folder == "" else project / folder
        if place.is_dir():
            os.chdir(place)


def left_going_on(live: LiveNamespace, there: Sequence[Moment]) -> tuple[str, ...]:
    """The threads and tasks of cells that a journey leaves behind, as ``a task of @2``.

    Args:
        live: the kernel.
        there: the line that leads to where it goes.
    """
    stays = {moment.id for moment in there}
    return tuple(
        f"{kind} of @{execution}" if execution else f"{kind} of a cell that was not recorded"
        for execution, kind in live.going_on()
        if execution not in stays
    )


def settled_plan(plan: Plan, lost: Mapping[str, str]) -> Plan:
    """The plan as it went, without what was lost on the way."""
    return replace(
        plan,
        loaded=tuple(kept for kept in plan.loaded if kept.name not in lost),
        rebuilt=tuple(name for name in plan.rebuilt if name not in lost),
        lost=lost,
    )


def stored_under(state: Mapping[str, KeptName], names: Iterable[str]) -> list[Stored]:
    """What a state keeps in the store under some names."""
    return [
        Stored(name=name, execution=kept.execution, reference=kept.reference)
        for name in names
        if (kept := state[name]).reference is not None
    ]


def ran(moment: Moment) -> tuple[str, Collection[str] | None]:
    """A cell's source, with the names that it changed where it did not run to its end."""
    if moment.status is ExecutionStatus.OK:
        return moment.source, None
    return moment.source, {kept.name for kept in moment.names if kept.changed}


def turned_on_by(executions: Iterable[Execution]) -> str:
    """The verb that turns recording on as it was: with the values of all cells, or without."""
    cells = (found.record for found in executions if found.record.is_cell)
    unnamed = (cell for cell in cells if cell.step is None)
    kept = any(value.manifest for cell in unnamed for value in cell.outputs)
    return "track --values" if kept else "track"
