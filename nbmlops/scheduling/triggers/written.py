"""Triggers as people would write them: the inverse of `When.trigger`."""

from __future__ import annotations

from nbmlops.domain.triggers import (
    Cron,
    DataPinned,
    FilesChanged,
    HttpCall,
    Interval,
    MetricCrossed,
    Once,
    PipelineEnded,
    Trigger,
)
from nbmlops.durations import as_written
from nbmlops.scheduling.timezones import zone
from nbmlops.scheduling.triggers.when import When
from nbmlops.scheduling.triggers.within import DAYS


def written(trigger: Trigger, timezone: str) -> When:
    """What makes a schedule fire, as it could be asked for.

    An interval is counted anew where it is asked for again: what is to stay need not be said.

    Args:
        trigger: what makes it fire.
        timezone: that of the schedule, on whose clock points in time are written.
    """
    causes, within = trigger.causes, trigger.within
    return When(
        cron=tuple(one.expression for one in causes if isinstance(one, Cron)),
        every=tuple(as_written(one.seconds) for one in causes if isinstance(one, Interval)),
        at=tuple(
            one.at.astimezone(zone(timezone)).strftime("%Y-%m-%dT%H:%M")
            for one in causes
            if isinstance(one, Once)
        ),
        after=tuple(
            one.pipeline if one.outcome == "succeeded" else f"{one.pipeline}:{one.outcome}"
            for one in causes
            if isinstance(one, PipelineEnded)
        ),
        on_change=tuple(
            pattern for one in causes if isinstance(one, FilesChanged) for pattern in one.patterns
        ),
        metric=tuple(
            f"{one.pipeline}.{one.metric} {one.comparison} {one.threshold:g}"
            for one in causes
            if isinstance(one, MetricCrossed)
        ),
        on_data=tuple(one.dataset for one in causes if isinstance(one, DataPinned)),
        http=any(isinstance(one, HttpCall) for one in causes),
        join=trigger.join,
        between=f"{within.start}-{within.end}" if within.start else None,
        days=",".join(DAYS[number] for number in within.days) or None,
        business_days=within.business_days,
        holidays=within.holidays or None,
    )
