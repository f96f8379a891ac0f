"""Whatever is removed from the ledger, what fires and what people are told is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.domain.executions import Artifact
from nbmlops.domain.notices import Notice, NoticeKind, Streak
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Claim, Due, FireStatus, MissedPolicy, Policies, Schedule
from nbmlops.domain.wire import decode
from nbmlops.history.run_retention import RunRetentionService
from nbmlops.notifying.judging import judge
from nbmlops.scheduling.agenda import Agenda
from nbmlops.scheduling.deadlines import deadline_of
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.ledger_retention import LedgerRetentionRecords
from nbmlops.store.catalog.notices import NoticeRecords
from nbmlops.store.catalog.run_retention import RunRetentionRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.store.catalog.trace_retention import TraceRetentionRecords

if TYPE_CHECKING:
    from conftest import Catalog
else:
    from tests.unit.scheduling.conftest import Catalog

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (flushes take no time)
Act = tuple[Literal["wait", "work", "tell", "hand", "pause", "replace", "delete", "restart"], int]


@dataclass
class Site:
    """A catalog with schedules of each policy, and a scheduler on it that can be killed."""

    catalog: Catalog
    removes: bool
    log: list[object] = field(default_factory=list)
    notes: dict[str, Notice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ways: list[tuple[str, MissedPolicy, Policies]] = [
            ("0 */6 * * *", "all", Policies(keep=1, deadline="2h")),
            ("30 4 * * *", "latest", Policies(keep_for=2 * 86400.0, overlap="skip")),
            ("0 0 1 * *", "skip", Policies(keep=2, keep_for=86400.0)),
        ]
        self.made = [
            self.catalog.schedule(cron, missed=missed, policies=policies)
            for cron, missed, policies in ways
        ]
        self.agenda = Agenda(self.catalog.schedules)
        self.notices = NoticeRecords(self.catalog.database)
        self.retention = RunRetentionService(
            store=self.catalog.database.path.parent,
            records=RunRetentionRecords(self.catalog.database),
            ledger=LedgerRetentionRecords(self.catalog.database),
            traces=TraceRetentionRecords(self.catalog.database),
            sweep=lambda: None,
            clock=self.catalog.clock,
        )

    def act(self, act: Act) -> None:
        """Do one thing, and then look at what is due; afterwards remove what is old."""
        name, number = act
        getattr(self, name)(number)
        self.catalog.ledger.judge(self.catalog.now)
        entered = self.agenda.enter_due(self.catalog.now)
        self.log += [(fire.key, fire.status) for _, fires in entered.fires for fire in fires]
        if self.removes:
            self.retention.remove(self.retention.all_old())
            self.retention.remove_due_times(DAY)
            self.retention.remove_traces()
            self.retention.forget(self.retention.forgettable(DAY), DAY)

    def wait(self, number: int) -> None:
        self.catalog.now += number * 5 * HOUR

    def work(self, number: int) -> None:
        """Run what waits, and fail with each second one or not."""
        until, status = self.catalog.now + HOUR, FireStatus.SUCCEEDED
        for _ in range(number):
            claim = self.catalog.schedules.claim_next(
                owner="me", lease_until=until, now=self.catalog.now
            )
            if claim is None:
                break
            self.log.append(("claimed", claim.fire.key))
            self._run(claim, status)
            failed = status is FireStatus.SUCCEEDED and number % 2
            status = FireStatus.FAILED if failed else FireStatus.SUCCEEDED

    def _run(self, claim: Claim, status: FireStatus) -> None:
        """Run it, with a file that is kept as its schedule says."""
        run = self.catalog.start_run(claim.schedule)
        self.catalog.schedules.attach_run(claim.fire.id, claim.token, run.id)
        page = Artifact(name="page", media_type="text/html", object="ab" * 16, size=9)
        ended = RunStatus(status.value)
        self.catalog.runs.finish(run, status=ended, ended_at=self.catalog.now, artifacts=[page])
        self.catalog.schedules.finish(claim.fire.id, claim.token, status)

    def tell(self, number: int) -> None:
        del number
        now = self.catalog.now

        def judged(
            status: FireStatus, due_at: datetime, streak: Streak | None
        ) -> tuple[NoticeKind | None, Streak | None]:
            return judge(status, due_at, streak, now)

        self.notices.tell_of_ends(now, judged, lambda _: [])
        self.notices.tell_of_rest(now, lambda _: [])
        self._note()

    def hand(self, number: int) -> None:
        mine = self._one(number)
        due = Due(
            due_at=self.catalog.now,
            key=f"by hand {self.catalog.now}",
            source="hand",
            deadline_at=deadline_of(mine, self.catalog.now),
        )
        self.catalog.schedules.enter(mine.id, [due], forced=True)

    def pause(self, number: int) -> None:
        mine = self._one(number)
        self.catalog.schedules.pause(mine.id, "not now")
        if number % 2:
            self.catalog.schedules.resume(mine.id, self.catalog.now)

    def replace(self, number: int) -> None:
        self.catalog.schedules.change(self._one(number), since=None, progress=None)

    def delete(self, number: int) -> None:
        self.catalog.schedules.delete(self._one(number).id)

    def restart(self, number: int) -> None:
        del number
        self.agenda = Agenda(self.catalog.schedules)

    def told(self) -> list[tuple[NoticeKind, int, datetime | None, int]]:
        """Every notice that there ever was, oldest first."""
        return [(one.kind, one.schedule, one.due_at, one.count) for one in self.notes.values()]

    def _note(self) -> None:
        """Keep the notices that there are, some of which will go."""
        table = schema.notices
        with self.catalog.database.read() as connection:
            for row in connection.execute(sa.select(table).order_by(table.c.id)):
                again = self.notes.setdefault(row.key, decode(row.content, Notice))
                assert again.id == decode(row.content, Notice).id, "told twice"

    def horizons(self) -> list[tuple[int, datetime]]:
        return [(one.id, at) for one, at in self.catalog.schedules.horizons()]

    def rows(self) -> int:
        with self.catalog.database.read() as connection:
            return connection.execute(sa.select(sa.func.count(schema.fires.c.id))).scalar_one()

    def _one(self, number: int) -> Schedule:
        return self.made[number % len(self.made)]


@contextmanager
def sites() -> Iterator[list[Site]]:
    """Two that are alike, of which the first removes what is old."""
    with TemporaryDirectory(dir=_MEMORY) as folder:
        databases = [SqliteDatabase(Path(folder) / f"{name}.db") for name in "ab"]
        catalogs = [Catalog(database) for database in databases]
        for catalog in catalogs:
            catalog.decide("approved")
        yield [
            Site(catalog, removes) for catalog, removes in zip(catalogs, (True, False), strict=True)
        ]
        for database in databases:
            database.close()


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["wait"] * 5 + ["work"] * 4 + ["tell"] * 4)
        | st.sampled_from(["hand", "pause", "replace", "delete", "restart"]),
        st.integers(1, 8),
    ),
    min_size=10,
    max_size=25,
)


@settings(max_examples=6)
@given(ACTS)
def test_whatever_is_removed_the_next_fires_and_notices_are_the_same(acts: list[Act]) -> None:
    with sites() as both:
        for act in [*acts, ("tell", 1), ("wait", 8), ("work", 8), ("tell", 1)]:
            for site in both:
                site.act(act)
            one, other = both
            assert one.log == other.log
            assert one.horizons() == other.horizons()
        assert one.told() == other.told()


def test_a_schedule_that_goes_on_for_months_has_as_many_rows_as_it_keeps() -> None:
    with sites() as both:
        for _ in range(12):
            for site in both:
                for act in (("wait", 5), ("work", 8), ("tell", 1)):
                    site.act(act)
        one, other = both
        assert one.log == other.log
        assert (one.rows(), other.rows()) == (7, 62)
