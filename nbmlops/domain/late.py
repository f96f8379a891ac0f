"""Changes by threads, tasks and callbacks that outlive the cells that had started them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.verifications import Cause

CALLBACK = "a callback"
"""What was set up by a cell, and called later: by a widget, a timer, a signal, at another cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateWrite:
    """What was changed while no cell ran, by what earlier ones had started.

    ``execution`` is the record of it; ``by`` says who may have done it, ``of`` are the executions
    that had started that; ``names`` are those that it changed, each with its fingerprint then.
    """

    execution: int
    session: str
    by: str
    of: tuple[int, ...]
    names: dict[str, str | None]

    @property
    def is_called(self) -> bool:
        """Whether it may have been a callback, and not a thread or task that went on."""
        return CALLBACK in self.by

    @property
    def told(self) -> str:
        """``rows was changed later, by a thread that @3 had started (@4)``."""
        verb = "was" if len(self.names) == 1 else "were"
        return f"{', '.join(self.names)} {verb} changed later, by {self.by} (@{self.execution})"


def late_writer(record: ExecutionRecord) -> str:
    """Who may have made the changes that a record tells of, where no cell did."""
    return who(record.late_of, [item.detail for item in record.externals if item.kind == "thread"])


def late_cause(by: str) -> Cause:
    """Why what these words of `who` tell of cannot be repeated.

    >>> str(late_cause("a callback that @5 had set up"))
    'callback'
    """
    return Cause.CALLBACK if CALLBACK in by else Cause.THREAD


def who(executions: Iterable[int], kinds: Iterable[str]) -> str:
    """Words for what these executions had started; 0 is a cell that was not recorded.

    >>> who([3, 4], ["a thread", "a thread"])
    'a thread that @3 or @4 had started'
    >>> who([0], ["a task"])
    'a task that a cell that was not recorded had started'
    >>> who([5], ["a callback"])
    'a callback that @5 had set up'
    """
    named = [f"@{number}" if number else "a cell that was not recorded" for number in executions]
    distinct = list(dict.fromkeys(kinds))
    did = "set up" if distinct == [CALLBACK] else "started"
    return f"{' or '.join(distinct)} that {' or '.join(named)} had {did}"
