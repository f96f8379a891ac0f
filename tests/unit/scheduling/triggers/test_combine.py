"""Which fires follow from events, whatever the moments at which somebody looks."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nbmlops.domain.triggers import Event, Firing, Join, PipelineEnded, Progress, Trigger
from nbmlops.scheduling.triggers.combine import combine

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CAUSES = 3


def trigger(join: Join) -> Trigger:
    """Three causes."""
    return Trigger(causes=tuple(PipelineEnded(pipeline=name) for name in "abc"[:CAUSES]), join=join)


def events(causes: list[int]) -> list[Event]:
    """One event of each of these causes, a second apart."""
    return [
        Event(
            cause=cause,
            key=f"e{number}",
            at=NOON + timedelta(seconds=number),
            words=f"{cause} happened",
            files=(f"{number}.csv",),
        )
        for number, cause in enumerate(causes)
    ]


def followed(
    join: Join, batches: list[list[Event]], doors: list[bool]
) -> tuple[Progress, list[Firing]]:
    """What comes of events that are looked at batch by batch."""
    progress, fired = Progress(since=NOON), []
    for batch, is_open in zip(batches, doors, strict=True):
        progress, firings = combine(trigger(join), progress, batch, is_open=is_open)
        fired += firings
    return progress, fired


CAUSE_LISTS = st.lists(st.integers(0, CAUSES - 1), max_size=25)


@given(CAUSE_LISTS, st.sampled_from(["any", "all"]), st.data())
def test_it_makes_no_difference_when_somebody_looks(
    causes: list[int], join: Join, data: st.DataObject
) -> None:
    happened = events(causes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(happened)), max_size=5)))
    bounds = [0, *cuts, len(happened)]
    batches = [happened[a:b] for a, b in itertools.pairwise(bounds)]
    assert followed(join, batches, [True] * len(batches)) == followed(join, [happened], [True])


@given(CAUSE_LISTS, st.data())
def test_any_fires_once_for_each_event_however_long_it_had_to_wait(
    causes: list[int], data: st.DataObject
) -> None:
    batches = [[event] for event in events(causes)] + [[]]
    doors = [*data.draw(st.lists(st.booleans(), min_size=len(causes), max_size=len(causes))), True]
    _, fired = followed("any", batches, doors)
    assert [fire.key for fire in fired] == [f"e{number}" for number in range(len(causes))]


@given(CAUSE_LISTS, st.data())
def test_all_fires_only_when_each_has_happened_since_and_no_key_is_used_twice(
    causes: list[int], data: st.DataObject
) -> None:
    happened = events(causes)
    batches = [[event] for event in happened]
    doors = data.draw(st.lists(st.booleans(), min_size=len(causes), max_size=len(causes)))
    progress, fired = followed("all", batches, doors)
    used = [key for fire in fired for key in fire.key.split(" and ")]
    by_key = {event.key: event for event in happened}
    assert len(set(used)) == len(used)
    for fire in fired:
        assert {by_key[key].cause for key in fire.key.split(" and ")} == set(range(CAUSES))
    assert len({event.cause for event in progress.waiting}) == len(progress.waiting)
    changed = [path for fire in fired for path in fire.files]
    waiting = [path for event in progress.waiting for path in event.files]
    assert sorted(changed + waiting) == sorted(f"{number}.csv" for number in range(len(causes)))


def test_the_fire_of_all_is_as_late_as_the_last_of_them() -> None:
    _, (fire,) = followed("all", [events([0, 0, 2, 1])], [True])
    assert fire.at == NOON + timedelta(seconds=3)
    assert fire.words == "0 happened and 2 happened and 1 happened"
    assert fire.files == ("0.csv", "1.csv", "2.csv", "3.csv")
