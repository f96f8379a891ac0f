"""Who stands behind a pipeline version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Decision = Literal["approved", "withdrawn", "changes requested"]
"""What somebody may decide on a version; only the first of them lets it be scheduled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A decision on a pipeline version, bound to its digest. The latest decision holds."""

    decision: Decision
    digest: str
    author: str
    comment: str
    decided_at: datetime

    @property
    def approved(self) -> bool:
        """Whether this decision allows the version to be scheduled."""
        return self.decision == "approved"


CellDecision = Literal["approved", "changes requested"]
"""What somebody may decide on a cell of a version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReview:
    """A decision on a cell of a pipeline version, with its comment.

    ``title`` is the step's name, or ``cell 4``, counted from 1; ``digest`` that of the cell as it
    was in the version ``reference``. It holds for every version that has the cell like this.
    """

    cell_id: str
    title: str
    decision: CellDecision
    digest: str
    reference: str
    author: str
    comment: str
    decided_at: datetime
