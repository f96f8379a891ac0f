"""When a due time is late."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nbmlops.errors import UsageError
from nbmlops.scheduling.deadlines import after

DUE = datetime(2026, 5, 4, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        ("45m", datetime(2026, 5, 4, 4, 45, tzinfo=UTC)),
        ("07:00", datetime(2026, 5, 4, 5, tzinfo=UTC)),
        ("06:00", datetime(2026, 5, 5, 4, tzinfo=UTC)),
        ("0:30", datetime(2026, 5, 4, 22, 30, tzinfo=UTC)),
    ],
)
def test_a_deadline_is_the_next_such_time_of_the_schedule_s_clock_or_a_length(
    deadline: str, expected: datetime
) -> None:
    assert after(deadline, DUE, "Europe/Berlin") == expected


@pytest.mark.parametrize("deadline", ["25:00", "soon", "0s", "07:60"])
def test_what_is_no_deadline_is_refused(deadline: str) -> None:
    with pytest.raises(UsageError):
        after(deadline, DUE, "UTC")
