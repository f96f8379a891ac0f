"""What makes a schedule fire: times and events, any or all of them, within hours and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from nbmlops.domain.wire import plain, structured

Outcome = Literal["succeeded", "failed", "any"]
Comparison = Literal["<", "<=", ">", ">="]
Join = Literal["any", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A cron expression on the wall clock of the schedule's time zone."""

    kind: Literal["cron"] = "cron"
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Every so many seconds of elapsed time, counted from ``anchor`` in both directions."""

    kind: Literal["interval"] = "interval"
    seconds: float
    anchor: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One point in time."""

    kind: Literal["once"] = "once"
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineEnded:
    """A run of another pipeline has ended; ``failed`` counts a lost run as well."""

    kind: Literal["after"] = "after"
    pipeline: str
    outcome: Outcome = "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesChanged:
    """The content of files that match one of the patterns is new.

    A pattern is relative to the project, or absolute; ``**`` stands for any folders, and a
    folder for all that is in it.
    """

    kind: Literal["files"] = "files"
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCrossed:
    """A metric of a pipeline's runs has come to compare with the threshold, and had not before."""

    kind: Literal["metric"] = "metric"
    pipeline: str
    metric: str
    comparison: Comparison
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPinned:
    """A data set has got a new version."""

    kind: Literal["data"] = "data"
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """Somebody who has the schedule's token calls."""

    kind: Literal["http"] = "http"


Cause = (
    Cron | Interval | Once | PipelineEnded | FilesChanged | MetricCrossed | DataPinned | HttpCall
)

_KINDS: dict[str, type[Cause]] = {
    "cron": Cron,
    "interval": Interval,
    "once": Once,
    "after": PipelineEnded,
    "files": FilesChanged,
    "metric": MetricCrossed,
    "data": DataPinned,
    "http": HttpCall,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The hours and days at which a schedule may fire, on its own clock.

    Attributes:
        start: ``08:00``; empty where every hour will do.
        end: ``18:00``, which is the first minute outside; before ``start`` it is that of the day
            after.
        days: weekdays, 0 for Monday; all where empty. Hours past midnight belong to the day on
            which they began.
        business_days: whether only on working days.
        holidays: a country and perhaps a region, ``DE-BE``, on whose holidays it may not fire.
    """

    start: str = ""
    end: str = ""
    days: tuple[int, ...] = ()
    business_days: bool = False
    holidays: str = ""


_ALWAYS = Within()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The causes of a schedule, and how they are combined.

    With ``any``, each happening of each cause is a fire of its own. With ``all``, there is one
    fire each time that every cause has happened since the fire before, or since the schedule was
    made; how often a cause has happened by then makes no difference.

    Outside of the hours and days of ``within`` nothing fires: due times of clocks are left out,
    events wait for the next hour inside.
    """

    causes: tuple[Cause, ...]
    join: Join = "any"
    within: Within = _ALWAYS

    @property
    def times(self) -> tuple[Cron | Interval | Once, ...]:
        """The causes that the clock alone decides."""
        return tuple(one for one in self.causes if isinstance(one, Cron | Interval | Once))

    @property
    def clockwork(self) -> bool:
        """Whether the due times of its clocks are fires by themselves."""
        return bool(self.times) and (self.join == "any" or len(self.causes) == 1)

    @property
    def is_called(self) -> bool:
        """Whether calls make it fire."""
        return any(isinstance(one, HttpCall) for one in self.causes)

    @property
    def watched(self) -> tuple[tuple[int, Cause], ...]:
        """The causes whose happenings are events, with their numbers."""
        clocks = self.times if self.clockwork else ()
        return tuple((number, one) for number, one in enumerate(self.causes) if one not in clocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a cause has noticed, once.

    Attributes:
        cause: which cause of the trigger, counted from 0.
        key: names it among all that this schedule ever notices.
        at: when it happened.
        words: what happened, in a few words.
        files: the files that were made or changed, relative to the project.
        parameters: what a caller has asked for.
    """

    cause: int
    key: str
    at: datetime
    words: str
    files: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the causes of a schedule have been looked at.

    It is written in the same transaction as the fires that follow from it, and only over the
    progress that it came from: so whoever looks again neither misses an event nor sees it twice.

    Attributes:
        since: when the schedule was made, resumed, or last fired by an event.
        cursors: for each cause what it has seen, by its number as text; each kind has its own.
        waiting: events that have not led to a fire yet.
    """

    since: datetime
    cursors: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A fire that events have led to."""

    key: str
    at: datetime
    words: str
    files: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)


def trigger_of_plain(found: Mapping[str, Any]) -> Trigger:
    """The inverse of `plain`.

    Raises:
        msgspec.ValidationError: it is no trigger.
        KeyError: it has a cause of a kind that is not known.
    """
    causes = tuple(structured(one, _KINDS[one["kind"]]) for one in found["causes"])
    within = structured(found.get("within", {}), Within)
    return Trigger(causes=causes, join=found.get("join", "any"), within=within)


def plain_trigger(trigger: Trigger) -> dict[str, Any]:
    """A trigger as JSON has it."""
    found: dict[str, Any] = plain(trigger)
    return found
