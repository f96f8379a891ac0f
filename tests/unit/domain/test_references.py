"""How people name versions, and what that means."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from nbmlops.domain.references import Moment, PipelineReference, StepReference, parse_selector
from nbmlops.errors import UsageError


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time zone."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-01", datetime(2026, 11, 1, 22, 59, 59, 999999, tzinfo=UTC)),
        ("2026-06-01T12:00", datetime(2026, 6, 1, 10, tzinfo=UTC)),
        ("2026-06-01T12:00:30", datetime(2026, 6, 1, 10, 0, 30, tzinfo=UTC)),
        ("2026-06-01 12:00", datetime(2026, 6, 1, 10, tzinfo=UTC)),
        ("2026-06-01T12:00+00:00", datetime(2026, 6, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_day_means_its_end_and_a_time_is_local(text: str, at: datetime) -> None:
    assert parse_selector(text) == Moment(text=text, at=at)


def test_a_time_may_follow_a_notebook_and_a_step() -> None:
    found = StepReference.parse("reports/flights:train@2026-06-01T12:00")
    assert (found.notebook, found.name) == ("reports/flights", "train")
    assert str(found) == "reports/flights:train@2026-06-01T12:00"
    assert str(PipelineReference.parse("flights@2026-06-01").version) == "2026-06-01"


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "2026-01-01T25:00"])
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no day or time"):
        StepReference.parse(f"train@{text}")
