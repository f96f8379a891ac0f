"""What a scheduler tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from nbmlops.domain.clock import Clock, to_the_minute
from nbmlops.domain.schedules import Fire, FireStatus, Schedule, late_in_words
from nbmlops.scheduling.journal import Journal

EventKind = Literal[
    "due",
    "started",
    "succeeded",
    "failed",
    "late",
    "skipped",
    "lost",
    "paused",
    "waiting",
    "resumed",
    "stopping",
]

_TOLD_SINGLY = 20
"""Due times that are found at once and told one by one; more are told together."""

_CROWD = 200
"""Rows of many schedules that come at once; to write a line for each would take the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerEvent:
    """Something happened to a due time, or to the scheduler where ``subject`` is empty.

    ``subject`` is a pipeline version such as ``flights@2``; ``run`` a run such as ``flights#3``.
    ``parameters`` are those of the due time that differ from the schedule's; ``facts`` are what
    its line in the log holds one by one.
    """

    at: datetime
    kind: EventKind
    message: str
    subject: str = ""
    due_at: datetime | None = None
    run: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """``06:00:00 flights@2 started run flights#3``, in the machine's time zone."""
        words = [f"{self.at.astimezone():%H:%M:%S}", self.subject, self.message]
        return " ".join(word for word in words if word)


class Reporter:
    """Tells events to whoever listens, and writes them into the log.

    Args:
        listener: called with each event; ``None`` where nobody listens.
        journal: takes each event, and what only somebody who looks for a cause wants to know.
    """

    def __init__(
        self,
        clock: Clock,
        listener: Callable[[SchedulerEvent], None] | None,
        journal: Journal,
    ) -> None:
        self._clock = clock
        self._listener = listener
        self._journal = journal

    def tell(
        self,
        kind: EventKind,
        message: str,
        *,
        schedule: Schedule | None = None,
        fire: Fire | None = None,
        run: str | None = None,
    ) -> None:
        """Tell that something happened, to a due time of a schedule where there is one."""
        facts: dict[str, Any] = {"kind": kind}
        if schedule is not None:
            facts |= due_facts(schedule, fire)
        if run is not None:
            facts["run"] = run
        self._write(message, schedule, fire, facts)
        if self._listener is None:
            return
        self._listener(
            SchedulerEvent(
                at=self._clock(),
                kind=kind,
                message=message,
                subject=f"{schedule.pipeline}@{schedule.version}" if schedule else "",
                due_at=fire.due_at if fire else None,
                run=run,
                parameters=fire.parameters if fire else {},
                facts=facts,
            )
        )

    def note(
        self, message: str, *, schedule: Schedule | None = None, fire: Fire | None = None
    ) -> None:
        """Write into the log alone."""
        facts = due_facts(schedule, fire) if schedule is not None else {}
        self._write(message, schedule, fire, facts)

    def _write(
        self,
        message: str,
        schedule: Schedule | None,
        fire: Fire | None,
        facts: Mapping[str, Any],
    ) -> None:
        about = f"{due_name(schedule, fire)}: " if schedule is not None else ""
        self._journal.write(f"{about}{message}", **facts)

    def tell_all_entered(self, entered: Iterable[tuple[Schedule, Sequence[Fire]]]) -> None:
        """As `tell_entered`, of many schedules: of a crowd in one line for each of them."""
        entered = list(entered)
        crowd = sum(len(fires) for _, fires in entered) > _CROWD
        for schedule, fires in entered:
            self.tell_entered(schedule, fires, singly=1 if crowd else _TOLD_SINGLY)

    def tell_entered(
        self, schedule: Schedule, fires: Sequence[Fire], *, singly: int = _TOLD_SINGLY
    ) -> None:
        """Tell what has come into the ledger at once: due, or skipped with the reason.

        Args:
            schedule: whose due times they are.
            fires: the rows, by due time; more than ``singly`` of them are told in one line.
            singly: how many are told one by one.
        """
        if len(fires) <= singly:
            for fire in fires:
                if fire.status is FireStatus.DUE:
                    message = f"due: {fire.cause}" if fire.cause else "due"
                    self.tell("due", message, schedule=schedule, fire=fire)
                else:
                    self.tell_skipped(schedule, fire, fire.note)
            return
        due = sum(fire.status is FireStatus.DUE for fire in fires)
        span = f"from {_moment(fires[0])} to {_moment(fires[-1])}"
        skipped = f", {len(fires) - due} skipped: {fires[0].note}" if due < len(fires) else ""
        self.tell("due", f"{due} due {span}{skipped}", schedule=schedule, fire=fires[-1])

    def tell_late(self, schedule: Schedule, fire: Fire) -> None:
        """Tell that a due time has not succeeded by its deadline."""
        message = f"late: {late_in_words(fire.status, fire.deadline_at)}"
        self.tell("late", message, schedule=schedule, fire=fire)

    def tell_skipped(self, schedule: Schedule, fire: Fire, note: str | None) -> None:
        """Tell that a due time is not run, and why."""
        self.tell("skipped", f"skipped {_moment(fire)}: {note}", schedule=schedule, fire=fire)


def _moment(fire: Fire) -> str:
    return to_the_minute(fire.due_at.astimezone())


def due_name(schedule: Schedule, fire: Fire | None) -> str:
    """``flights@2 (schedule 1, due 2026-05-04 06:00:00 UTC)``, for the log."""
    due = f", due {fire.due_at:%Y-%m-%d %H:%M:%S} UTC" if fire else ""
    return f"{schedule.pipeline}@{schedule.version} (schedule {schedule.id}{due})"


def due_facts(schedule: Schedule, fire: Fire | None) -> dict[str, Any]:
    """What lines of the log about a due time, or about all of a schedule, hold one by one."""
    facts: dict[str, Any] = {
        "schedule": schedule.id,
        "pipeline": f"{schedule.pipeline}@{schedule.version}",
    }
    if fire is not None:
        facts |= {"due_at": fire.due_at.isoformat(), "run_id": fire.run_id}
    return facts
