"""The simulation of many schedules, in its short form."""

from __future__ import annotations

import pytest

from benchmarks.simulation import Load, simulate


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_simulated_half_hour_loses_and_doubles_nothing_while_schedulers_crash(
    request: pytest.FixtureRequest, kind: str
) -> None:
    """The observer counts minutes; it does not ask the scheduler what was due."""
    load = Load(schedules=20, minutes=31, history=500, workers=10, seconds=20, crash=0.1)
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    told = "\n".join(simulate(load, url))
    assert "lost 0, doubled 0, never asked for 0" in told
