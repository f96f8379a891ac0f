"""Lengths of time are read as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.durations import as_written, seconds_of
from nbmlops.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("30 min", 1800),
        ("1h30m", 5400),
        ("1 h 30 min", 5400),
        ("1.5H", 5400),
        ("500ms", 0.5),
        ("2d", 172800),
        ("1w", 604800),
        ("0s", 0),
    ],
)
def test_a_length_of_time_may_be_written_in_several_ways(text: str, seconds: float) -> None:
    """Units add up; case and spaces do not count."""
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "five minutes", "-3s", "1h30", "3 months", "9999999w"])
def test_what_is_none_is_refused_with_the_cure(text: str) -> None:
    """A number without a unit is none: it may be seconds or minutes."""
    with pytest.raises(UsageError, match="is no length of time") as refused:
        seconds_of(text)
    assert refused.value.cure == "Write 90s, 30m, 1h30m or 2d."


@given(st.integers(0, 10**10))
def test_what_is_written_reads_as_what_it_was(milliseconds: int) -> None:
    """Writing is the inverse of reading, to the millisecond."""
    assert seconds_of(as_written(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)
