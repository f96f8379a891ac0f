"""What makes a schedule fire, in words."""

from __future__ import annotations

from nbmlops.domain.clock import to_the_minute
from nbmlops.domain.triggers import (
    Cause,
    Cron,
    DataPinned,
    FilesChanged,
    HttpCall,
    Interval,
    MetricCrossed,
    Once,
    PipelineEnded,
    Trigger,
    Within,
)
from nbmlops.durations import as_written
from nbmlops.scheduling.timezones import zone
from nbmlops.scheduling.triggers.within import DAYS


def in_words(trigger: Trigger, timezone: str) -> str:
    """``0 6 * * * or data/*.csv changes, mon to fri``."""
    join = " or " if trigger.join == "any" else " and "
    causes = join.join(_cause(one, timezone) for one in trigger.causes)
    return ", ".join([causes, *_within(trigger.within)])


def _cause(cause: Cause, timezone: str) -> str:  # noqa: PLR0911 (one for each kind)
    match cause:
        case Cron():
            return cause.expression
        case Interval():
            return f"every {as_written(cause.seconds)}"
        case Once():
            return f"at {to_the_minute(cause.at.astimezone(zone(timezone)))}"
        case PipelineEnded():
            ended = "ended" if cause.outcome == "any" else cause.outcome
            return f"after {cause.pipeline} {ended}"
        case FilesChanged():
            return f"{' or '.join(cause.patterns)} changes"
        case MetricCrossed():
            condition = f"{cause.comparison} {cause.threshold:g}"
            return f"when {cause.pipeline}.{cause.metric} {condition}"
        case DataPinned():
            return f"{cause.dataset} is pinned"
        case HttpCall():
            return "when called"


def _within(within: Within) -> list[str]:
    found = [f"{within.start}-{within.end}"] if within.start else []
    if within.days:
        found.append(" ".join(DAYS[number] for number in within.days))
    if within.business_days:
        found.append("working days")
    if within.holidays:
        found.append(f"not on holidays of {within.holidays}")
    return found
