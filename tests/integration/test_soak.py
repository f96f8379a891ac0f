"""The soak of the benchmarks, in its short form."""

from __future__ import annotations

import pytest

from benchmarks.soak import soak


@pytest.mark.slow
def test_killed_schedulers_and_workers_lose_and_double_no_due_time() -> None:
    found = soak(due=64, seconds=40, rounds=1)
    assert found.due == 64
    assert (found.lost, found.doubled, found.foreign) == (0, 0, 0), found.line
    assert found.scheduler_kills, "no scheduler was killed"
    assert found.worker_kills, "no worker was killed"
    # At the end of a lease at the latest; this leaves room for a slow start.
    assert max(found.recoveries) < 20
