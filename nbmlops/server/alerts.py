"""What people are told of the schedules of one project since the last look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbmlops.domain.notices import Notice, NoticeKind, Streak
from nbmlops.domain.references import PipelineReference
from nbmlops.errors import UnknownNameError
from nbmlops.notifying.judging import is_due
from nbmlops.server.events import AlertEvent
from nbmlops.values.secrets import masked
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from nbmlops.store.catalog.notices import NoticeRecords

_FOLDED = (NoticeKind.FAILED, NoticeKind.DRIFT)


class Alerts:
    """Turns the notices that schedulers write into events, whether a channel wants them or not.

    Of a schedule that goes on failing, or finding drift, schedulers write each time as long as no
    channel has told one: it folds these as channels are told. Blocking; for one thread at a time.
    Made, it has looked once: what came before is not told.

    Args:
        workspace: the project.
        place: the path of a notebook relative to the server's root; ``None`` outside of it.

    Raises:
        StoreError: the catalog cannot be read.
    """

    def __init__(self, workspace: Workspace, place: Callable[[Path], str | None]) -> None:
        self._workspace = workspace
        self._place = place
        self._passed: datetime | None = None
        self._streaks: dict[tuple[NoticeKind, str, int | None], Streak] = {}
        self._seen = self._records().newest()

    def pass_over(self) -> None:
        """Tell of nothing that was found until now: nobody has listened."""
        self._passed = self._workspace.clock()

    def look(self) -> list[AlertEvent]:
        """What is to be told now.

        Raises:
            StoreError: the catalog cannot be read.
        """
        found = self._records().after(self._seen)
        events = list(self._events(notice for _, notice in found))
        self._seen = max((number for number, _ in found), default=self._seen)
        return events

    def _records(self) -> NoticeRecords:
        from nbmlops.store.catalog.notices import NoticeRecords

        return NoticeRecords(self._workspace.database)

    def _events(self, notices: Iterable[Notice]) -> Iterator[AlertEvent]:
        for notice in notices:
            if self._passed is not None and notice.at < self._passed:
                continue
            if notice.kind in _FOLDED and not self._is_due(notice):
                continue
            notebook = self._notebook(notice)
            if notebook is not None:
                yield _event(notice, notebook)

    def _is_due(self, notice: Notice) -> bool:
        """Whether a failure, or a drift, is told, or folded with one that was told a while ago."""
        since = notice.since or notice.at
        whose = (notice.kind, notice.pipeline, notice.schedule)
        known = self._streaks.get(whose)
        if known is None or known.since != since:
            known = Streak(count=0, since=since, told=0, told_at=notice.at)
        due = is_due(known, notice.at)
        if due:
            told = replace(known, count=notice.count, told=known.told + 1, told_at=notice.at)
            self._streaks[whose] = told
        return due

    def _notebook(self, notice: Notice) -> str | None:
        try:
            version = self._workspace.pipelines.get(
                PipelineReference(name=notice.pipeline, version=notice.version)
            )
        except UnknownNameError:
            return None
        return self._place(self._workspace.project / version.spec.notebook)


def _event(notice: Notice, notebook: str) -> AlertEvent:
    return AlertEvent(
        id=notice.id,
        kind=notice.kind,
        at=notice.at,
        notebook=notebook,
        pipeline=notice.pipeline,
        version=notice.version,
        schedule=notice.schedule,
        due_at=notice.due_at,
        run=notice.run,
        message=masked(notice.message),
        count=notice.count,
        since=notice.since,
    )
