"""What is due is found by what has changed or come due, not by looking at every schedule."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from nbmlops.domain.schedules import FireStatus, Policies
from nbmlops.errors import StoreBusyError
from nbmlops.scheduling import agenda as agenda_module
from nbmlops.scheduling.agenda import Agenda
from nbmlops.store.catalog.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from conftest import Catalog, ZoneDatabase

    from nbmlops.scheduling.agenda import Entered

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach the database, and for each the rows that come back."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        del connection, cursor, rest
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def due(entered: Entered) -> list[tuple[int, int]]:
    """Which schedules were entered, with how many rows."""
    return [(schedule.id, len(fires)) for schedule, fires in entered.fires]


@pytest.mark.parametrize("others", [0, 300])
def test_a_look_asks_as_much_beside_many_schedules_that_are_not_due(
    catalog: Catalog, others: int
) -> None:
    """Nothing due is one query, one due schedule five, however many others there are."""
    for number in range(others):
        catalog.schedule(f"{1 + number % 59} 3 * * *")
    often = catalog.schedule("* * * * *")
    agenda = Agenda(catalog.schedules)
    agenda.enter_due(catalog.now)
    with counted() as idle:
        assert due(agenda.enter_due(catalog.now)) == []
    assert len(idle) == 1
    catalog.now += MINUTE
    with counted() as busy:
        assert due(agenda.enter_due(catalog.now)) == [(often.id, 1)]
    assert len(busy) == 4


def test_many_that_are_due_at_once_are_written_in_one_transaction(catalog: Catalog) -> None:
    made = [catalog.schedule("0 * * * *").id for _ in range(300)]
    agenda = Agenda(catalog.schedules)
    agenda.enter_due(catalog.now)
    catalog.now += HOUR
    with counted() as statements:
        assert due(agenda.enter_due(catalog.now)) == [(number, 1) for number in made]
    assert len(statements) == 4


def test_it_says_when_to_look_again(catalog: Catalog) -> None:
    catalog.schedule("30 * * * *")
    catalog.schedule("15 13 * * *")
    agenda = Agenda(catalog.schedules)
    assert agenda.enter_due(catalog.now).again_at == catalog.now + 30 * MINUTE
    catalog.now += 30 * MINUTE
    assert agenda.enter_due(catalog.now).again_at == catalog.now + 45 * MINUTE


def test_what_is_paused_resumed_or_deleted_is_seen(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    agenda = Agenda(catalog.schedules)
    agenda.enter_due(catalog.now)
    catalog.schedules.pause(schedule.id, "not now")
    catalog.now += HOUR
    assert agenda.enter_due(catalog.now).again_at is None
    catalog.schedules.resume(schedule.id, catalog.now + MINUTE)
    catalog.now += MINUTE
    entered = agenda.enter_due(catalog.now)
    assert (due(entered), entered.again_at) == ([], catalog.now + 59 * MINUTE)
    catalog.schedules.delete(schedule.id)
    catalog.now += HOUR
    assert agenda.enter_due(catalog.now).again_at is None


def test_one_that_pauses_between_two_looks_and_goes_on_has_nothing_to_make_up_for(
    catalog: Catalog,
) -> None:
    schedule = catalog.schedule("0 * * * *")
    agenda = Agenda(catalog.schedules)
    agenda.enter_due(catalog.now)
    catalog.schedules.pause(schedule.id, "not now")
    catalog.schedules.resume(schedule.id, catalog.now + 3 * HOUR)
    catalog.now += 3 * HOUR
    assert due(agenda.enter_due(catalog.now)) == []


def test_two_schedulers_write_each_due_time_once(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    one, other = Agenda(catalog.schedules), Agenda(catalog.schedules)
    one.enter_due(catalog.now)
    other.enter_due(catalog.now)
    catalog.now += 5 * HOUR
    assert due(one.enter_due(catalog.now)) == [(schedule.id, 5)]
    assert due(other.enter_due(catalog.now)) == []
    catalog.now += HOUR
    assert due(other.enter_due(catalog.now)) == [(schedule.id, 1)]
    assert due(one.enter_due(catalog.now)) == []


def test_a_clock_that_is_put_back_fires_nothing_twice(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    agenda = Agenda(catalog.schedules)
    catalog.now += 2 * HOUR
    agenda.enter_due(catalog.now)
    catalog.now -= 2 * HOUR
    assert due(agenda.enter_due(catalog.now + MINUTE)) == []
    catalog.now += 3 * HOUR
    assert due(agenda.enter_due(catalog.now)) == [(schedule.id, 1)]


def test_an_update_of_the_time_zone_database_holds_for_what_is_to_come(
    catalog: Catalog, zones: ZoneDatabase
) -> None:
    """What has fired stays as it is, however late it would be by the new rules."""
    catalog.now = datetime(2026, 6, 30, 12, tzinfo=UTC)
    schedule = catalog.schedule("0 6 * * *", timezone="Europe/Berlin")
    agenda = Agenda(catalog.schedules)
    catalog.now = datetime(2026, 7, 1, 4, tzinfo=UTC)
    entered = agenda.enter_due(catalog.now)
    assert due(entered) == [(schedule.id, 1)]
    assert entered.again_at == datetime(2026, 7, 2, 4, tzinfo=UTC)
    assert not agenda.is_outdated
    zones.update("Europe/Berlin", rules_of="Asia/Tokyo")
    assert agenda.is_outdated
    entered = agenda.enter_due(catalog.now)
    assert (due(entered), entered.again_at) == ([], datetime(2026, 7, 1, 21, tzinfo=UTC))
    assert not agenda.is_outdated
    catalog.now = datetime(2026, 7, 1, 21, tzinfo=UTC)
    assert due(agenda.enter_due(catalog.now)) == [(schedule.id, 1)]


def test_a_time_zone_whose_file_is_away_for_a_moment_stays_as_it_was(
    catalog: Catalog, zones: ZoneDatabase
) -> None:
    catalog.schedule("0 6 * * *", timezone="Antarctica/Nowhere")
    agenda = Agenda(catalog.schedules)
    before = agenda.enter_due(catalog.now).again_at
    (zones.folder / "Antarctica/Nowhere").unlink()
    assert not agenda.is_outdated
    assert agenda.enter_due(catalog.now).broken == []
    zones.update("Antarctica/Nowhere", rules_of="Europe/Berlin")
    assert agenda.is_outdated
    assert agenda.enter_due(catalog.now).again_at != before


def test_what_could_not_be_written_is_written_at_the_next_look(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    impatient = SqliteDatabase(catalog.database.path, busy_timeout=1)
    agenda = Agenda(type(catalog.schedules)(impatient))
    agenda.enter_due(catalog.now)
    catalog.now += HOUR
    with catalog.database.write(), pytest.raises(StoreBusyError):
        agenda.enter_due(catalog.now)
    assert due(agenda.enter_due(catalog.now)) == [(schedule.id, 1)]
    impatient.close()


def test_a_long_absence_is_made_up_for_over_several_looks(catalog: Catalog) -> None:
    """What is held in memory at once has a limit; nothing is left out."""
    made = [catalog.schedule("* * * * *").id for _ in range(12)]
    agenda = Agenda(catalog.schedules)
    catalog.now += 1000 * MINUTE
    first, second = agenda.enter_due(catalog.now), agenda.enter_due(catalog.now)
    assert first.again_at == catalog.now
    assert due(first) + due(second) == [(number, 1000) for number in made]
    assert second.again_at == catalog.now + MINUTE


def test_one_schedule_is_made_up_for_over_several_looks_as_well(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many due times it has missed, a look holds so many of them in memory."""
    monkeypatch.setattr(agenda_module, "_ROWS", 100)
    made = catalog.schedule("* * * * *", policies=Policies(max_age=1e6))
    agenda = Agenda(catalog.schedules)
    agenda.enter_due(catalog.now)
    catalog.now += 250 * MINUTE
    looks = [agenda.enter_due(catalog.now) for _ in range(3)]
    assert [due(look) for look in looks] == [[(made.id, 100)], [(made.id, 100)], [(made.id, 50)]]
    times = [look.again_at for look in looks]
    assert times[0] is not None
    assert times[0] <= catalog.now
    assert times[-1] == catalog.now + MINUTE
    fires = catalog.schedules.fires(made.id, limit=1000)
    assert len({fire.due_at for fire in fires}) == 250
    assert {fire.status for fire in fires} == {FireStatus.DUE}


def test_a_schedule_that_skips_overlaps_is_passed_over_beside_one_that_does_not(
    catalog: Catalog,
) -> None:
    skips = catalog.schedule("0 * * * *", policies=Policies(overlap="skip"))
    waits = catalog.schedule("0 * * * *")
    agenda = Agenda(catalog.schedules)
    for _ in range(2):
        catalog.now += HOUR
        agenda.enter_due(catalog.now)
    assert catalog.statuses(skips) == [FireStatus.DUE, FireStatus.SKIPPED]
    assert catalog.statuses(waits) == [FireStatus.DUE, FireStatus.DUE]
