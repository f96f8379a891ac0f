"""Add executions to a project as fast as it goes: ``writer.py PROJECT COUNT NUMBER``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.workspace import Workspace

VERSIONS = 37
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def main(project: Path, count: int, number: int) -> None:
    """Every writer runs the same step, in versions that all have in common."""
    executions = Workspace(project).executions
    for turn in range(count):
        executions.add(
            ExecutionRecord(
                notebook="shared.ipynb",
                step="shared",
                cell_id="c",
                source=f"x = {(turn * 7 + number) % VERSIONS}",
                digest=f"{(turn * 7 + number) % VERSIONS:064x}",
                session=f"writer-{number}",
                started_at=NOON,
                duration=float(turn),
                status=ExecutionStatus.OK,
                metrics=(Metric(name="turn", value=float(turn), recorded_at=NOON),),
                author="writer",
            )
        )


main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
