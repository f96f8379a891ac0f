"""A day of many schedules, replayed against the real ledger in less time than it takes.

``python -m benchmarks.simulation --schedules 10000 --minutes 20 --history 1000000`` fires as many
schedules as it says by a clock of its own: what the ledger takes is real and moves the clock on,
what runs and waits take is skipped. It prints how late due times are claimed, what they cost, and
what an observer finds lost or doubled who reckons the due times without the scheduler's code.

Nothing is run: no process is started, no kernel, no record of cells.
"""

from __future__ import annotations

import argparse
import heapq
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa  # noqa: TID253 (it measures what the ledger asks of its database)

from benchmarks.figures import middle_and_tail
from nbmlops.domain.approvals import Approval
from nbmlops.domain.pipelines import PipelineSpec, PipelineVersion
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import Claim, FireStatus
from nbmlops.scheduling.agenda import Agenda
from nbmlops.scheduling.gate import Gate
from nbmlops.scheduling.occasion import trigger_of
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.ledger import LedgerRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase

_MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
_LEASE = timedelta(minutes=10)
_DAY = 86_400

MIXTURE: tuple[tuple[float, str, int], ...] = (
    (0.60, "0 * * * *", 60),
    (0.20, "*/15 * * * *", 15),
    (0.06, "*/5 * * * *", 5),
    (0.035, "* * * * *", 1),
    (1.0, "0 {hour} * * *", 0),
)
"""The share of each expression, and every how many minutes it is due; the rest is daily.

Ten thousand of them are due a million times a day, and nine in ten at minute 0.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is replayed: ``minutes`` from midnight on, after a ledger of ``history`` rows.

    ``seconds`` is how long a run takes, on average; ``crash`` is the chance that a scheduler dies
    in a turn, with all that it has in memory.
    """

    schedules: int
    minutes: int
    history: int
    workers: int
    seconds: float
    crash: float
    seed: int = 7


@dataclass
class World:
    """The ledger, the clock, and what an observer has seen."""

    load: Load
    database: Database
    now: datetime = _MONDAY
    slots: list[tuple[datetime, int]] = field(default_factory=list)
    running: dict[int, tuple[Claim, Run]] = field(default_factory=dict)
    claimed: Counter[tuple[int, datetime]] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    crashes: int = 0
    _mark: float = 0.0

    def __post_init__(self) -> None:
        database = self.database
        self.records, self.ledger = ScheduleRecords(database), LedgerRecords(database)
        self.runs, self.pipelines = RunRecords(database), PipelineRecords(database)
        self.chance = random.Random(self.load.seed)  # noqa: S311
        self.version = self._approved()
        self.crons = self._schedules()

    def clock(self) -> datetime:
        """The simulated present: it goes on while something real is done."""
        mark = time.perf_counter()
        self.now += timedelta(seconds=mark - self._mark)
        self._mark = mark
        return self.now

    def skip(self, until: datetime) -> None:
        """Go on at a later moment."""
        self.now = max(self.now, until)
        self._mark = time.perf_counter()

    def _approved(self) -> PipelineVersion:
        spec = PipelineSpec(name="simulated", notebook="simulated.ipynb", kernel="python3",
                            digest="d1", cells=(), steps=(), edges=(), parameters=())  # fmt: skip
        version, _ = self.pipelines.add(
            spec, notebook_object="o1", environment=None, author="bench", created_at=_MONDAY
        )
        approval = Approval(decision="approved", digest="d1", author="bench", comment="",
                            decided_at=_MONDAY)  # fmt: skip
        return self.pipelines.decide(version, approval)

    def _schedules(self) -> dict[int, tuple[int, int]]:
        """Writes them all at once; the minutes and the hour of each, by its id."""
        rows, crons = [], {}
        for number in range(self.load.schedules):
            expression, every = _of_mixture(number / self.load.schedules)
            hour = number % 24
            rows.append({
                "id": number + 1, "pipeline_version_id": self.version.id, "timezone": "UTC",
                "cron": expression.format(hour=hour), "parameters": {}, "missed": "all",
                "paused": False, "deleted": False, "author": "bench",
                "created_at": _MONDAY - timedelta(seconds=30),
            })  # fmt: skip
            crons[number + 1] = every, hour
        with self.database.write(durable=False) as connection:
            connection.execute(sa.insert(schema.schedules), rows)
        return crons

    def expected(self) -> set[tuple[int, datetime]]:
        """What is due, by counting minutes."""
        found = set()
        for minute in range(self.load.minutes):
            moment = _MONDAY + timedelta(minutes=minute)
            for number, (every, hour) in self.crons.items():
                hourly = every and minute % every == 0
                if hourly or (not every and minute == 60 * hour):
                    found.add((number, moment))
        return found


def _of_mixture(place: float) -> tuple[str, int]:
    """The expression of a schedule, by its place among all, from 0 to 1."""
    for share, expression, every in MIXTURE:
        if place < share:
            return expression, every
        place -= share
    raise AssertionError(place)


class Scheduling:
    """What a scheduler does in a turn of its loop, with runs that only take their time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._process = ProcessIdentity(host="here", process=os.getpid(), started_at=None)
        self._gate = Gate(
            records=world.records, ledger=world.ledger, runs=world.runs, versions=world.pipelines,
            clock=lambda: world.now,
        )  # fmt: skip
        self._agenda = Agenda(world.records)

    def turn(self, end: datetime) -> datetime | None:
        """End what has ended, enter what is due until ``end``, begin what has room.

        Returns:
            When to go on; ``None`` where nothing is left.
        """
        world = self._world
        began = world.clock()
        while world.slots and world.slots[0][0] <= world.now:
            self._finish(heapq.heappop(world.slots)[1])
        again_at = self._agenda.enter_due(min(world.clock(), end)).again_at
        while len(world.slots) < world.load.workers and self._claim():
            pass
        for fire in world.ledger.judge(world.now):
            raise AssertionError(f"no due time has a deadline, but {fire} is late")
        world.ledger.overtaken()
        world.records.next_lease_end()
        world.ledger.next_deadline()
        moments = [world.slots[0][0]] if world.slots else []
        moments += [again_at] if again_at is not None and again_at <= end else []
        world.turns.append((world.clock() - began).total_seconds())
        return min(moments, default=None)

    def _claim(self) -> bool:
        world = self._world
        now = world.clock()
        claim = world.records.claim_next(owner="bench", lease_until=now + _LEASE, now=now)
        if claim is None:
            return False
        key = claim.fire.schedule_id, claim.fire.due_at
        world.late.append((world.clock() - claim.fire.due_at).total_seconds())
        world.claimed[key] += 1
        assert self._gate.outcome(claim) is None, key
        run = world.runs.start(
            world.version, parameters={}, trigger=trigger_of(claim.schedule.id), author="bench",
            started_at=world.now, process=self._process,
        )  # fmt: skip
        assert world.records.attach_run(claim.fire.id, claim.token, run.id)
        world.running[claim.fire.id] = claim, run
        length = timedelta(seconds=world.chance.expovariate(1 / world.load.seconds))
        heapq.heappush(world.slots, (world.clock() + min(length, _LEASE / 2), claim.fire.id))
        return True

    def _finish(self, number: int) -> None:
        world = self._world
        claim, run = world.running.pop(number)
        world.runs.finish(run, status=RunStatus.SUCCEEDED, ended_at=world.now)
        assert world.records.finish(claim.fire.id, claim.token, FireStatus.SUCCEEDED)
        world.clock()


def replay(world: World) -> float:
    """Turn until the time is over and nothing runs; the real seconds that it took."""
    end = _MONDAY + timedelta(minutes=world.load.minutes) - timedelta(seconds=1)
    began, scheduling = time.perf_counter(), Scheduling(world)
    world.skip(_MONDAY)
    while (again_at := scheduling.turn(end)) is not None:
        if world.chance.random() < world.load.crash:
            world.crashes += 1
            scheduling = Scheduling(world)
        else:
            world.skip(again_at)
    return time.perf_counter() - began


def remember(world: World, rows: int) -> None:
    """Fill the ledger with due times of the days before, which have ended."""
    table, numbers = schema.fires, list(world.crons)
    for first in range(0, rows, 20_000):
        some = []
        for number in range(first, min(rows, first + 20_000)):
            due_at = _MONDAY - timedelta(minutes=2 + number // len(numbers))
            some.append({
                "schedule_id": numbers[number % len(numbers)], "source": "clock",
                "key": f"{due_at:%Y-%m-%d %H:%M:%S.%f}", "due_at": due_at, "queued_at": due_at,
                "rank": 0, "status": "succeeded", "attempts": 1, "token": 1, "told_at": due_at,
            })  # fmt: skip
        with world.database.write(durable=False) as connection:
            connection.execute(sa.insert(table), some)


def size_of(database: Database) -> tuple[int, int]:
    """Rows of the ledger, and bytes of the catalog."""
    size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    if not isinstance(database, SqliteDatabase):
        size = (
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c "
            "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
        )
    with database.read() as connection:
        rows = connection.execute(sa.select(sa.func.count()).select_from(schema.fires)).scalar_one()
        return rows, int(connection.exec_driver_sql(size).scalar_one())


@contextmanager
def opened(url: str | None) -> Iterator[Database]:
    """A new SQLite file, or a schema of its own in a PostgreSQL database, dropped afterwards."""
    if url is None:
        with tempfile.TemporaryDirectory() as folder:
            file = SqliteDatabase(Path(folder) / "catalog.sqlite")
            yield file
            file.close()
        return
    from nbmlops.store.catalog.postgres import PostgresDatabase

    name = f"simulation_{os.getpid()}"
    server = PostgresDatabase(url, schema=name)
    try:
        yield server
    finally:
        server.close()
        # not by `write`, which counts its changes in the schema
        engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
        engine.dispose()


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often each kind of statement reaches the database."""
    found: Counter[str] = Counter()

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        del connection, cursor, rest
        found[statement.split(None, 1)[0].upper()] += 1

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def simulate(load: Load, url: str | None = None) -> list[str]:
    """Replay a load; a line for each thing that came of it.

    Raises:
        SystemExit: a due time was lost, doubled or never asked for.
    """
    with opened(url) as database:
        world = World(load=load, database=database)
        remember(world, load.history)
        before, cpu = size_of(database), time.process_time()
        with counted() as statements:
            took = replay(world)
        cpu, after = time.process_time() - cpu, size_of(database)
    return _told(world, (took, cpu), statements, (after[0] - before[0], after[1] - before[1]))


def _told(
    world: World, costs: tuple[float, float], statements: Counter[str], grown: tuple[int, int]
) -> list[str]:
    expected, fires = world.expected(), sum(world.claimed.values())
    lost, foreign = len(expected - set(world.claimed)), len(set(world.claimed) - expected)
    doubled = sum(count - 1 for count in world.claimed.values())
    if lost or doubled or foreign:
        sys.exit(f"{lost} lost, {doubled} doubled, {foreign} never asked for")
    a_day = _per_day(world.load.schedules)
    rows, size = grown
    took, cpu = costs
    late = sorted(world.late)
    p99 = late[len(late) * 99 // 100]
    queries = statements["SELECT"] + statements["INSERT"] + statements["UPDATE"]
    turn, turn95 = middle_and_tail(world.turns)
    load = f"{world.load.schedules:,} schedules, due {a_day:,} times a day"
    played = (
        f"{fires:,} fires in {world.load.minutes} minutes by {world.load.workers} workers, "
        f"{world.load.history:,} rows before"
    )
    cost = f"{1000 * took / fires:.2f} ms, {1000 * cpu / fires:.2f} ms of it CPU"
    busy = f"{took / fires * a_day / _DAY:.0%} of the time, {cpu / fires * a_day / _DAY:.0%} CPU"
    return [
        load,
        played,
        f"lost 0, doubled 0, never asked for 0; {world.crashes} crashes of the scheduler",
        f"due to claimed: p50 {late[len(late) // 2]:.2f} s, p99 {p99:.2f} s, last {late[-1]:.2f} s",
        f"per fire: {cost}, {queries / fires:.1f} queries",
        f"a turn: p50 {1000 * turn:.1f} ms, p95 {1000 * turn95:.1f} ms, {len(world.turns):,} turns",
        f"ledger: {rows:,} rows and {size / 1e6:.1f} MB more, {size / fires:.0f} bytes per fire",
        f"a day: {a_day:,} rows, {size / fires * a_day / 1e9:.2f} GB, one process busy {busy}",
    ]


def _per_day(schedules: int) -> int:
    daily = 1 - sum(share for share, _, every in MIXTURE if every)
    often = sum(share * 1440 / every for share, _, every in MIXTURE if every)
    return round(schedules * (daily + often))


def main() -> None:
    """Simulate what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--minutes", type=int, default=20, help="from midnight on, simulated")
    parser.add_argument("--history", type=int, default=1_000_000, help="rows of the days before")
    parser.add_argument("--workers", type=int, default=500, help="runs at once")
    parser.add_argument("--seconds", type=float, default=20, help="what a run takes, on average")
    parser.add_argument("--crash", type=float, default=0.01, help="per turn of the scheduler")
    parser.add_argument("--catalog", help="postgresql://… instead of a SQLite file")
    given = vars(parser.parse_args())
    url = given.pop("catalog")
    print("\n".join(simulate(Load(**given), url)))


if __name__ == "__main__":
    main()
