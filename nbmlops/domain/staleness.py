"""Whether what a cell left behind still follows from the notebook as it is now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from nbmlops.domain.late import LateWrite

ReasonKind = Literal[
    "edited",
    "definition",
    "parameter",
    "file",
    "unmade",
    "upstream",
    "rerun",
    "restored",
    "failed",
    "named",
]


_MOST_ABOVE = 6
"""Cells above that are named as reasons where a result is shown; of others, how many they are."""


class State(StrEnum):
    """How the latest result of a cell stands to the notebook as it is now.

    ``UNRECORDED`` is an unnamed cell of which no execution is known: nothing can be said of it.
    """

    FRESH = "fresh"
    STALE = "stale"
    FAILED = "failed"
    NEVER_RUN = "never run"
    UNRECORDED = "not recorded"

    @property
    def needs_run(self) -> bool:
        """Whether the cell must run again, so that its result follows from the notebook."""
        return self in (State.STALE, State.FAILED, State.NEVER_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a result is stale; ``detail`` says it in a few words, ``cause`` is the cell behind it.

    ``cause`` is a step's name, ``cell 4``, a path or a name; ``None`` where it is the cell itself.
    """

    kind: ReasonKind
    detail: str
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An input of which the kernel, or the disk, holds another value than was used.

    ``by`` is the execution that left it, ``name`` a variable or the path of a file.
    """

    name: str
    by: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one cell stands. ``title`` is the step's name, or ``cell 4``, counted from 1.

    A cell that is in no file is called by its execution, ``cell @12``.

    ``execution`` is the latest that counts, with the version that it was of (``train@2``), when it
    ran and how long, ``duration`` in seconds; ``None`` where there was none. ``held`` are the
    inputs of which the kernel holds another value by now: what the cell left follows from the
    notebook all the same. ``named_in`` are the cells that have the step's name, counted from 1,
    where these are several: they stand as one. ``others_above`` is how many more cells above must
    run again than ``reasons`` name, which are the nearest and those with which it begins.
    """

    cell_id: str
    title: str
    step: str | None
    state: State
    reasons: tuple[Reason, ...] = ()
    execution: int | None = None
    version: str | None = None
    ran_at: datetime | None = None
    duration: float | None = None
    held: tuple[Held, ...] = ()
    named_in: tuple[int, ...] = ()
    others_above: int = 0

    def in_short(self) -> Standing:
        """The same with a few of the cells above for it, and the number of the others."""
        above = [at for at, reason in enumerate(self.reasons) if reason.kind == "upstream"]
        others = frozenset(above[_MOST_ABOVE:])
        named = tuple(reason for at, reason in enumerate(self.reasons) if at not in others)
        return replace(self, reasons=named, others_above=self.others_above + len(others))

    @property
    def is_undone(self) -> bool:
        """Whether it ran, and the kernel went back before it: it stands as if it never had."""
        told = any(reason.kind == "restored" for reason in self.reasons)
        return told and self.state is State.NEVER_RUN

    @property
    def more_above(self) -> str:
        """How many cells above are not named, in words; empty where all are."""
        cells = "cell" if self.others_above == 1 else "cells"
        return f"and {self.others_above} more {cells} above" if self.others_above else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known beside the state and its reasons."""
        names = " and ".join(map(str, self.named_in[-2:]))
        numbers = ", ".join([*map(str, self.named_in[:-2]), names])
        named = (f"named in cells {numbers}",) if self.named_in else ()
        return (*(held.detail for held in self.held), *named)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookStatus:
    """How the cells of a notebook stand, in notebook order; unnamed cells as well, steps once.

    ``late`` are the changes after their cells had ended which the asking kernel still holds.
    ``saved_at`` is when the file was saved from which the cells are, ``None`` of a plain session;
    ``ran_since`` is whether cells have run since, so that a front end is likely to hold edits
    which are not in the file.
    """

    notebook: str
    cells: tuple[Standing, ...]
    late: tuple[LateWrite, ...] = ()
    saved_at: datetime | None = None
    ran_since: bool = False

    def in_short(self) -> NotebookStatus:
        """The same with a few of the cells above for each, and the number of the others."""
        return replace(self, cells=tuple(cell.in_short() for cell in self.cells))

    def of_execution(self, number: int) -> Standing | None:
        """How the cell of an execution stands; ``None`` where that is gone or has run again."""
        return next((cell for cell in self.cells if cell.execution == number), None)

    @property
    def steps(self) -> tuple[Standing, ...]:
        """Those of the cells that are steps."""
        return tuple(cell for cell in self.cells if cell.step is not None)
