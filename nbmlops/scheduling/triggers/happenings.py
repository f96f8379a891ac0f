"""What happens to the causes of schedules, and the fires that follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Due, Fire, Schedule
from nbmlops.domain.triggers import (
    Cause,
    DataPinned,
    FilesChanged,
    Firing,
    HttpCall,
    MetricCrossed,
    PipelineEnded,
    Progress,
    Trigger,
)
from nbmlops.errors import UsageError
from nbmlops.scheduling.deadlines import deadline_of
from nbmlops.scheduling.triggers.base import Look, Watcher
from nbmlops.scheduling.triggers.calls import Calls, CallWatcher, CheckParameters
from nbmlops.scheduling.triggers.clocks import ClockWatcher
from nbmlops.scheduling.triggers.combine import combine
from nbmlops.scheduling.triggers.ends import EndWatcher
from nbmlops.scheduling.triggers.files import FileWatcher
from nbmlops.scheduling.triggers.metrics import MetricWatcher
from nbmlops.scheduling.triggers.pins import PinWatcher
from nbmlops.scheduling.triggers.within import Gate
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.triggers import TriggerRecords, Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one look at all schedules has come to.

    Attributes:
        fires: the new rows of the ledger, each with its schedule.
        broken: schedules whose trigger cannot be evaluated any more, and why.
        again_at: when to look again by the clock alone.
    """

    fires: list[tuple[Schedule, Fire]] = field(default_factory=list)
    broken: list[tuple[Schedule, UsageError]] = field(default_factory=list)
    again_at: datetime | None = None


class Happenings:
    """Looks at what events make schedules fire, and writes what follows into the ledger.

    Args:
        records: keeps how far that was followed.
        runs: what the runs of pipelines have reported.
        project: the folder that patterns of files are relative to.
    """

    def __init__(self, records: TriggerRecords, runs: RunRecords, project: Path) -> None:
        self._records = records
        self._files = FileWatcher(project)
        self._ends = EndWatcher(records)
        self._metrics = MetricWatcher(records, runs)
        self._pins = PinWatcher(records)

    def begin(self, trigger: Trigger, timezone: str, now: datetime) -> Progress | None:
        """The progress of a schedule that begins now; ``None`` where it waits for no event."""
        if not trigger.watched:
            return None
        cursors = {
            str(number): self._watcher(cause, timezone).begin(cause, now)
            for number, cause in trigger.watched
        }
        return Progress(since=now, cursors=cursors)

    def take(self, now: datetime) -> Taken:
        """Look at all schedules."""
        taken, moments = Taken(), []
        found = self._records.watched()
        self._files.attend(_file_causes(found))
        for watched in found:
            try:
                fires, again_at = self._advance(watched, now)
            except UsageError as error:  # its time zone or calendar is not known any more
                taken.broken.append((watched.schedule, error))
                continue
            taken.fires.extend((watched.schedule, fire) for fire in fires)
            moments.append(again_at)
        return replace(taken, again_at=_first(moments))

    def calls(self, clock: Clock, check: CheckParameters) -> Calls:
        """What takes calls of the schedules that wait for them."""
        return Calls(self._records, clock, check)

    def stirred(self) -> bool:
        """Whether a file that a schedule waits for may have changed since the last look."""
        return self._files.stirred()

    def close(self) -> None:
        """Stop listening to files."""
        self._files.close()

    def _advance(self, watched: Watched, now: datetime) -> tuple[list[Fire], datetime | None]:
        schedule, progress = watched.schedule, watched.progress
        gate = Gate(schedule.trigger.within, schedule.timezone)
        looks = self._looks(watched, now)
        events = sorted(
            (event for look in looks.values() for event in look.events),
            key=lambda event: (event.at, event.cause),
        )
        behind = replace(progress, cursors={name: look.cursor for name, look in looks.items()})
        later, firings = combine(schedule.trigger, behind, events, is_open=gate.is_open(now))
        again_at = _first(look.again_at for look in looks.values())
        if later.waiting:
            again_at = _first([again_at, gate.next_open(now)])
        if later == progress:
            return [], again_at
        made = self._records.advance(watched, later, _dues(schedule, firings, progress.since))
        return (made, again_at) if made is not None else ([], now)

    def _looks(self, watched: Watched, now: datetime) -> dict[str, Look]:
        trigger, timezone = watched.schedule.trigger, watched.schedule.timezone
        return {
            str(number): self._watcher(cause, timezone).look(
                number, cause, watched.progress.cursors[str(number)], now
            )
            for number, cause in trigger.watched
        }

    def _watcher(self, cause: Cause, timezone: str) -> Watcher:
        match cause:
            case FilesChanged():
                return self._files
            case PipelineEnded():
                return self._ends
            case MetricCrossed():
                return self._metrics
            case DataPinned():
                return self._pins
            case HttpCall():
                return CallWatcher()
            case _:
                return ClockWatcher(timezone)


def _file_causes(found: Iterable[Watched]) -> list[FilesChanged]:
    causes = (cause for watched in found for cause in watched.schedule.trigger.causes)
    return [cause for cause in causes if isinstance(cause, FilesChanged)]


def _dues(schedule: Schedule, firings: Iterable[Firing], since: datetime) -> list[Due]:
    """Rows for the ledger; the data interval of each reaches back to the one before."""
    dues = []
    for firing in firings:
        dues.append(
            Due(
                due_at=firing.at,
                key=firing.key,
                source="event",
                interval_start=min(since, firing.at),
                cause=firing.words,
                files=firing.files,
                parameters=firing.parameters,
                deadline_at=deadline_of(schedule, firing.at),
            )
        )
        since = firing.at
    return dues


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
