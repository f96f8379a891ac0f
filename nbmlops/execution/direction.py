"""What a notebook execution asks before each cell, and tells behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

CACHED = "cached"
"""The state of a cell whose recorded result was taken."""

NOT_NEEDED = "not needed"
"""The state of an unnamed cell that nothing needed which ran."""

ELSEWHERE = "elsewhere"
"""What is said of a cell that another kernel runs, has run, or need not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """What to do with a cell.

    ``state`` is empty for a cell that runs; else it says why it does not, and ``outputs`` (as in
    a notebook) and ``mark`` (under ``nbmlops`` in its metadata) are what it shows instead.
    ``before`` is code that prepares the kernel for a cell that runs, and ``reason`` says why it
    does, as the plan has it.
    """

    state: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    mark: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    reason: str = ""


class Director(Protocol):
    """Decides cell by cell."""

    def direct(self, cell: Any) -> Direction:
        """What to do with a code cell whose turn has come.

        Raises:
            UnforeseenError: the notebook must run as a whole.
        """

    def ended(self, cell: Any, status: str) -> None:
        """A cell that ran has ended."""

    def passed_over(self, cell: Any) -> None:
        """A code cell is not run, for what it depends on has failed, or it has itself."""
