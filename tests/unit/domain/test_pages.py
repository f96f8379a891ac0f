"""Places in a long list, as they stand in an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.domain.pages import Choice, Position, SortBy
from nbmlops.errors import UsageError
from nbmlops.testing import NOON

OF_KIND = {
    SortBy.RECORDED: st.integers(0, 2**62),
    SortBy.STARTED: st.just(NOON),
    SortBy.DURATION: st.floats(allow_nan=False),
    SortBy.METRIC: st.floats(allow_nan=False),
}


@pytest.mark.parametrize("sort", SortBy)
@given(data=st.data())
def test_a_place_is_read_as_it_was_written(sort: SortBy, data: st.DataObject) -> None:
    value = data.draw(OF_KIND.get(sort, st.text(max_size=20)))
    place = Position(value=value, row=data.draw(st.integers(0, 2**62)))
    assert Position.read(place.written(), sort) == place


@given(text=st.text() | st.binary().map(lambda some: some.decode("latin-1")))
@pytest.mark.parametrize("sort", SortBy)
def test_what_is_no_place_is_refused_in_one_sentence(sort: SortBy, text: str) -> None:
    with pytest.raises(UsageError):
        Position.read(text, sort)


@pytest.mark.parametrize("told", ["WzEsIDJd", "WzEwMF0=", "W251bGwsIDFd", "WyJ4IiwgMWU5OTld"])
def test_a_place_of_another_order_is_refused(told: str) -> None:
    with pytest.raises(UsageError):
        Position.read(told, SortBy.STEP)


def test_to_sort_by_a_metric_takes_its_name() -> None:
    with pytest.raises(UsageError, match="takes its name"):
        Choice(sort=SortBy.METRIC)
