"""Runs for logical times of the past: planned, then written into the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, product
from typing import Any, Literal
from zoneinfo import ZoneInfo

from nbmlops.domain.clock import Clock, to_the_minute
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Due, FireStatus, Policies, Schedule
from nbmlops.domain.wire import plain
from nbmlops.durations import as_written
from nbmlops.errors import UsageError
from nbmlops.pipelines.typed import check as typed
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.schedules import Approvals, Pipelines
from nbmlops.scheduling.timezones import local_zone, zone
from nbmlops.store.catalog.ledger import LedgerRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

Order = Literal["oldest", "newest"]

MOST = 100_000
"""Due times that one backfill may have."""

BEHIND = -1
"""The priority of a backfill: what a schedule has due goes first."""

_DAY = timedelta(days=1)
_NO_RULES = RunRules()
_NO_POLICIES = Policies(priority=BEHIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The logical times of a backfill: from ``start`` to ``end``, both included.

    Either ``every`` says how far they lie apart, or ``cron`` when they are. Whole days are
    counted on the clock of ``timezone``, through its changes; what is shorter is elapsed time.
    Times without a zone are on that clock.
    """

    start: datetime
    end: datetime
    every: timedelta | None = None
    cron: str | None = None
    timezone: str = field(default_factory=local_zone)

    @property
    def step(self) -> str:
        """``every 1d``, or the cron expression."""
        return self.cron or f"every {as_written((self.every or _DAY).total_seconds())}"

    def intervals(self) -> list[tuple[datetime, datetime]]:
        """Each logical time with the one before it, earliest first, in UTC.

        Raises:
            UsageError: there is none, or there are more than `MOST`.
            CronError: the cron expression or the time zone is wrong.
        """
        place = zone(self.timezone)
        first, last = _in_zone(self.start, place), _in_zone(self.end, place)
        if last < first:
            raise UsageError(
                f"--to {last:%Y-%m-%d %H:%M} is before --from {first:%Y-%m-%d %H:%M}.",
                cure="Give the earlier time to --from.",
            )
        times = list(islice(self._times(first, last, place), MOST + 2))
        found = list(pairwise(times))
        if not found:
            raise UsageError(
                f"{self.step} names no time between these.", cure="Widen --from and --to."
            )
        if len(found) > MOST:
            raise UsageError(
                f"These are more than {MOST} times.", cure="Split them into several backfills."
            )
        return found

    def _times(self, first: datetime, last: datetime, place: ZoneInfo) -> Iterator[datetime]:
        """The time before the first, then each."""
        if self.cron is not None:
            trigger = CronTrigger(self.cron, self.timezone)
            just_before = first - timedelta(microseconds=1)
            yield trigger.last_before(first) or just_before
            yield from trigger.between(just_before, last)
            return
        every = self.every or _DAY
        number = -1
        while (moment := _stepped(first, every, number, place)) <= last:
            yield moment
            number += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillPlan:
    """What a backfill would run.

    Attributes:
        pipeline: what runs; ``version`` is the number that is approved.
        step: how far its times lie apart.
        first: the earliest logical time; ``last`` is the latest.
        times: how many logical times; each is run for each of the ``combinations``.
        combinations: of the values in the grid; 1 without one.
        done: due times that have succeeded before; ``failed`` those that have failed.
        open: due times that wait or run already.
        new: due times that would be written.
        schedule_id: under which number the ledger has it; ``None`` where it is new.
    """

    pipeline: str
    version: int
    step: str
    timezone: str
    first: datetime
    last: datetime
    times: int
    combinations: int
    done: int
    failed: int
    open: int
    new: int
    schedule_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillRequest:
    """What somebody asks for.

    ``grid`` has values by parameter: each combination is run for each time. ``order`` says at
    which end to begin; ``retry_failed`` whether what has failed is run again.
    """

    pipeline: str
    span: Span
    parameters: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    order: Order = "oldest"
    retry_failed: bool = False
    rules: RunRules = _NO_RULES
    policies: Policies = _NO_POLICIES


class BackfillService:
    """Plans backfills and writes them into the ledger, from which schedulers run them.

    A backfill is one row for each logical time and combination, under a key of both. The same
    request again finds the same rows: what has run does not run twice, and what a killed
    scheduler left is gone on with. Another version, other parameters or another step is another
    backfill.
    """

    def __init__(
        self,
        *,
        records: ScheduleRecords,
        ledger: LedgerRecords,
        approvals: Approvals,
        pipelines: Pipelines,
        clock: Clock,
        author: str,
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._approvals = approvals
        self._pipelines = pipelines
        self._clock = clock
        self._author = author

    def plan(self, request: BackfillRequest) -> BackfillPlan:
        """What it would run, and what has been run.

        Raises:
            NotApprovedError: no version is approved, or the notebook is not what was approved.
            UsageError: there are no such times, or a parameter is wrong.
        """
        version, dues = self._dues(request)
        found = self._find(version, request)
        known = self._ledger.keys(found.id) if found else {}
        standing = [known.get(due.key) for due in dues]
        moments = [due.due_at for due in dues]
        return BackfillPlan(
            pipeline=version.spec.name,
            version=version.number,
            step=request.span.step,
            timezone=request.span.timezone,
            first=min(moments),
            last=max(moments),
            times=len(set(moments)),
            combinations=len(dues) // len(set(moments)),
            done=standing.count(FireStatus.SUCCEEDED),
            failed=standing.count(FireStatus.FAILED) + standing.count(FireStatus.SKIPPED),
            open=standing.count(FireStatus.DUE) + standing.count(FireStatus.CLAIMED),
            new=standing.count(None),
            schedule_id=found.id if found else None,
        )

    def enter(self, request: BackfillRequest) -> Schedule:
        """Write what is missing into the ledger; a paused backfill goes on.

        Raises:
            NotApprovedError, UsageError: as `plan`.
        """
        version, dues = self._dues(request)
        found = self._find(version, request) or self._records.create(
            version,
            cron=request.span.step,
            timezone=request.span.timezone,
            parameters=plain(dict(request.parameters)),
            missed="all",
            author=self._author,
            created_at=self._clock(),
            rules=request.rules,
            policies=request.policies,
            backfill=True,
        )
        if found.paused:
            self._records.resume(found.id, self._clock())
        self._keep_to(found, request)
        self._records.enter(found.id, dues, forced=True)
        if request.retry_failed:
            self._ledger.open_again(found.id, [due.key for due in dues], self._clock())
        return self._records.get(found.id) or found

    def _keep_to(self, found: Schedule, request: BackfillRequest) -> None:
        """Let what is asked for now hold for what has not run yet, as for memory or a pool."""
        asked = replace(found, rules=request.rules, policies=request.policies)
        if asked != found:
            self._records.change(asked, since=None, progress=None)
        self._ledger.run_at_once(found.id, request.policies.at_once)

    def all(self) -> list[Schedule]:
        """Every backfill that is not deleted, oldest first."""
        return [one for one in self._records.all() if one.backfill and not one.on_demand]

    def counts(
        self, backfill_id: int, request: BackfillRequest | None = None
    ) -> dict[FireStatus, int]:
        """How many of its due times stand where: all, or those that a request asks for."""
        if request is None:
            return self._ledger.counts([backfill_id]).get(backfill_id, {})
        known = self._ledger.keys(backfill_id)
        combinations = _combinations(request.grid)
        keys = [
            _key(due_at, combination)
            for _, due_at in request.span.intervals()
            for combination in combinations
        ]
        return dict(Counter(known[key] for key in keys if key in known))

    def is_open(self, backfill_id: int) -> bool:
        """Whether some of its due times have not ended."""
        return not self.counts(backfill_id).keys().isdisjoint({FireStatus.DUE, FireStatus.CLAIMED})

    def _find(self, version: PipelineVersion, request: BackfillRequest) -> Schedule | None:
        wanted = (version.id, request.span.step, request.span.timezone)
        parameters = plain(dict(request.parameters))
        for found in self.all():
            if (found.version_id, found.cron, found.timezone) == wanted and (
                found.parameters == parameters
            ):
                return found
        return None

    def _dues(self, request: BackfillRequest) -> tuple[PipelineVersion, list[Due]]:
        """The rows that it consists of, in the order in which they are to run."""
        version = self._approvals.schedulable_version(request.pipeline)
        self._pipelines.check_unchanged(version)
        intervals = request.span.intervals()
        combinations = _combinations(request.grid)
        if len(intervals) * len(combinations) > MOST:
            raise UsageError(
                f"These are more than {MOST} runs.", cure="Split them into several backfills."
            )
        occasion = _occasion(intervals[0], request.span.timezone)
        for combination in combinations:
            given = {**request.parameters, **combination}
            typed.check(version.spec.parameters, given, occasion)
        now = self._clock()
        _check_past([due_at for _, due_at in intervals], now, request.span.timezone)
        ordered = intervals if request.order == "oldest" else intervals[::-1]
        row = Due(due_at=now, source="backfill", queued_at=now)
        return version, [
            replace(
                row,
                due_at=due_at,
                key=_key(due_at, combination),
                interval_start=before,
                parameters=combination,
            )
            for before, due_at in ordered
            for combination in combinations
        ]


def _check_past(times: Sequence[datetime], now: datetime, timezone: str) -> None:
    """A backfill is of what has passed: data of days to come is not there, and would be missed."""
    to_come = [due_at for due_at in times if due_at > now]
    if to_come:
        first = to_the_minute(to_come[0].astimezone(zone(timezone)))
        of = f"{len(to_come)} of the {len(times)} times are" if len(times) > 1 else "The time is"
        raise UsageError(
            f"{of} still to come, from {first} on.",
            cure="End the backfill before it; what is to come is for a schedule.",
        )


def _occasion(interval: tuple[datetime, datetime], timezone: str) -> Occasion:
    start, end = (moment.astimezone(zone(timezone)) for moment in interval)
    return Occasion(logical_date=end, interval_start=start, interval_end=end, trigger="backfill")


def _combinations(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each combination of the values once, also where a value is given twice."""
    values = [plain(list(grid[name])) for name in grid]
    found = [dict(zip(grid, chosen, strict=True)) for chosen in product(*values)]
    return list({json.dumps(one, sort_keys=True): one for one in found}.values())


def _key(due_at: datetime, combination: Mapping[str, Any]) -> str:
    moment = f"{due_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    if not combination:
        return moment
    return f"{moment} {json.dumps(combination, sort_keys=True, ensure_ascii=False)}"


def _in_zone(moment: datetime, place: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=place) if moment.tzinfo is None else moment.astimezone(place)


def _stepped(first: datetime, every: timedelta, number: int, place: ZoneInfo) -> datetime:
    """So many steps after the first: whole days by the calendar, the rest by elapsed time."""
    if every % _DAY:
        return first.astimezone(UTC) + number * every
    wall = first.replace(tzinfo=None) + number * every
    return wall.replace(tzinfo=place).astimezone(UTC)
