"""Changes by threads and tasks that outlive the cells that had started them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nbmlops.domain.executions import ExecutionRecord


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
    def told(self) -> str:
        """``rows was changed later, by a thread that @3 had started (@4)``."""
        verb = "was" if len(self.names) == 1 else "were"
        return f"{', '.join(self.names)} {verb} changed later, by {self.by} (@{self.execution})"


def late_writer(record: ExecutionRecord) -> str:
    """Who may have made the changes that a record tells of, where no cell did."""
    return who(record.late_of, [item.detail for item in record.externals if item.kind == "thread"])


def who(executions: Iterable[int], kinds: Iterable[str]) -> str:
    """Words for threads and tasks of these executions; 0 is a cell that was not recorded.

    >>> who([3, 4], ["a thread", "a thread"])
    'a thread that @3 or @4 had started'
    >>> who([0], ["a task"])
    'a task that a cell that was not recorded had started'
    """
    named = [f"@{number}" if number else "a cell that was not recorded" for number in executions]
    return f"{' or '.join(dict.fromkeys(kinds))} that {' or '.join(named)} had started"
