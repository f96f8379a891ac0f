"""Triggers as people write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from nbmlops.domain.datasets import DatasetReference
from nbmlops.domain.triggers import (
    Cause,
    Cron,
    DataPinned,
    FilesChanged,
    HttpCall,
    Interval,
    Join,
    Once,
    Outcome,
    PipelineEnded,
    Trigger,
    Within,
)
from nbmlops.durations import seconds_of
from nbmlops.errors import CronError, UsageError
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.triggers.clockwork import clockwork
from nbmlops.scheduling.triggers.interval import anchor_of
from nbmlops.scheduling.triggers.metrics import condition_of
from nbmlops.scheduling.triggers.once import moment_of
from nbmlops.scheduling.triggers.within import Gate, days_of, hours_of

_OUTCOMES: dict[str, Outcome] = {"succeeded": "succeeded", "failed": "failed", "any": "any"}


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When a schedule is to fire: at least one cause, and what it is combined with.

    Attributes:
        cron: expressions of five or six fields, or nicknames such as ``@daily``.
        every: lengths of time: ``15m``.
        at: points in time: ``2026-12-24T18:00``.
        after: pipelines, each perhaps with ``:succeeded`` (which it is without), ``:failed`` or
            ``:any``.
        on_change: patterns of files, which are one cause together.
        metric: conditions: ``train.auc < 0.8``.
        on_data: names of data sets.
        http: whether calls with the schedule's token count.
        join: whether any of the causes is enough, or all are needed.
        between: hours: ``08:00-18:00``.
        days: weekdays: ``mon-fri``.
        business_days: whether only on working days.
        holidays: where no holiday may be: ``DE-BE``.
    """

    cron: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    on_change: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    on_data: tuple[str, ...] = ()
    http: bool = False
    join: Join = "any"
    between: str | None = None
    days: str | None = None
    business_days: bool = False
    holidays: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said at all."""
        return self == When(join=self.join)

    @property
    def said(self) -> bool:
        """Whether anything is said."""
        return self != When()

    def trigger(self, now: datetime, timezone: str) -> Trigger:
        """What it means, for a schedule that is made now.

        Raises:
            CronError: an expression is wrong, the time zone is not known, or it never fires.
            UsageError: anything else cannot be read, or no cause is named.
        """
        causes = tuple(self._causes(now, timezone))
        if not causes:
            raise UsageError(
                "Nothing says when it is to fire.",
                cure="Write for example --cron '0 6 * * *', --every 15m, --at 2026-12-24T18:00, "
                "--on-change 'data/*.csv' or --after PIPELINE.",
            )
        found = Trigger(causes=causes, join=self.join, within=self._within(timezone))
        times = clockwork(found, timezone)
        if times is not None and times.next_after(now) is None:
            raise CronError(
                "It never fires: no due time lies within those hours and days.",
                cure="Compare the times with --between, --days, --business-days and --holidays.",
            )
        return found

    def _causes(self, now: datetime, timezone: str) -> Iterator[Cause]:
        for expression in self.cron:
            CronTrigger(expression, timezone)
            yield Cron(expression=expression)
        for text in self.every:
            seconds = seconds_of(text)
            yield Interval(seconds=seconds, anchor=anchor_of(seconds, now, timezone))
        for text in self.at:
            yield Once(at=moment_of(text, now, timezone))
        for text in self.after:
            yield _end_of(text)
        if self.on_change:
            yield FilesChanged(patterns=tuple(_pattern(text) for text in self.on_change))
        for text in self.metric:
            yield condition_of(text)
        for text in self.on_data:
            yield DataPinned(dataset=_dataset(text))
        if self.http:
            yield HttpCall()

    def _within(self, timezone: str) -> Within:
        start, end = hours_of(self.between) if self.between else ("", "")
        found = Within(
            start=start,
            end=end,
            days=days_of(self.days) if self.days else (),
            business_days=self.business_days,
            holidays=self.holidays or "",
        )
        Gate(found, timezone)
        return found


def _end_of(text: str) -> PipelineEnded:
    pipeline, _, outcome = text.partition(":")
    if not pipeline or (outcome or "succeeded") not in _OUTCOMES:
        raise UsageError(
            f"{text!r} is no end of a pipeline.",
            cure="Write --after clean, clean:succeeded, clean:failed or clean:any.",
        )
    return PipelineEnded(pipeline=pipeline, outcome=_OUTCOMES[outcome or "succeeded"])


def _dataset(text: str) -> str:
    reference = DatasetReference.parse(text)
    if "@" in text:
        raise UsageError(
            f"{text!r} is one version of a data set, and never another one.",
            cure=f"Write its name: --on-data {reference.name}.",
        )
    return reference.name


def _pattern(text: str) -> str:
    pattern = text.strip()
    if not pattern or ".." in PurePath(pattern).parts:
        raise UsageError(
            f"{text!r} is no pattern of files in the project.",
            cure="Write --on-change 'data/*.csv', or an absolute path; '..' is not taken.",
        )
    return pattern
