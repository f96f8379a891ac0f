"""A journey to an earlier state that the store could not take."""

from __future__ import annotations

from dataclasses import dataclass

from nbmlops.domain.executions import ExecutionRecord


@dataclass(slots=True)
class UnwrittenJourney:
    """The last journey, while no store knows of it; it is written before what is recorded next."""

    record: ExecutionRecord | None = None

    @property
    def to(self) -> int | None:
        """The execution after which the namespace is as it is now; ``None`` where a store knows."""
        return None if self.record is None else self.record.travelled_to
