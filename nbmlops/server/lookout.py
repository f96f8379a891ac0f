"""What has become of the runs of one project since the last look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nbmlops.domain.runs import Run
from nbmlops.execution.journal_follower import JournalFollower
from nbmlops.server.events import RunEvent
from nbmlops.workspace import Workspace

NEWEST = 50
"""Runs that one look finds: a run that began and ended between two looks is among them."""


@dataclass(slots=True)
class _Watched:
    run: Run
    notebook: str
    follower: JournalFollower


class Lookout:
    """Turns what the catalog and the journals say of a project's runs into events.

    Blocking; for one thread at a time.

    Args:
        workspace: the project.
        place: the path of a notebook relative to the server's root; ``None`` outside of it.
    """

    def __init__(self, workspace: Workspace, place: Callable[[Path], str | None]) -> None:
        self._workspace = workspace
        self._place = place
        self._watched: dict[int, _Watched] = {}
        self._latest: int | None = None

    @property
    def folders(self) -> list[Path]:
        """Where something changes while the runs that it knows go on."""
        return [self._workspace.runs.folder(one.run).path for one in self._watched.values()]

    @property
    def has_running(self) -> bool:
        """Whether a run went on at the last look."""
        return bool(self._watched)

    def look(self) -> list[RunEvent]:
        """What is to be told now: of each run that goes on, and of each that has ended since.

        Raises:
            StoreError: the catalog cannot be read.
        """
        found = self._workspace.runs.newest(limit=NEWEST)
        events = [*self._ended({run.id: run for run in found}), *self._short(found)]
        for run in found:
            if not run.status.ended and run.id not in self._watched:
                self._watch(run)
        self._latest = max((run.id for run in found), default=0)
        return events + [_progress(one) for one in self._watched.values()]

    def _ended(self, found: dict[int, Run]) -> Iterator[RunEvent]:
        for number, one in list(self._watched.items()):
            run = found.get(number) or self._workspace.runs.get(one.run.pipeline, one.run.number)
            if run is None or run.status.ended:
                del self._watched[number]
            if run is not None and run.status.ended:
                yield _event(run, one.notebook)

    def _short(self, found: list[Run]) -> Iterator[RunEvent]:
        """Those that began and ended since the last look."""
        for run in found:
            new = self._latest is not None and run.id > self._latest
            if new and run.status.ended and run.id not in self._watched:
                notebook = self._notebook(run)
                if notebook is not None:
                    yield _event(run, notebook)

    def _watch(self, run: Run) -> None:
        notebook = self._notebook(run)
        if notebook is not None:
            follower = self._workspace.runs.files.follower(run)
            self._watched[run.id] = _Watched(run=run, notebook=notebook, follower=follower)

    def _notebook(self, run: Run) -> str | None:
        version = self._workspace.pipelines.of_run(run)
        return self._place(self._workspace.project / version.spec.notebook)


def _event(run: Run, notebook: str) -> RunEvent:
    return RunEvent(
        run=run.reference,
        notebook=notebook,
        pipeline=run.pipeline,
        number=run.number,
        state=run.status,
        seconds=run.duration or 0.0,
    )


def _progress(one: _Watched) -> RunEvent:
    now = datetime.now(UTC)
    seconds = max(0.0, (now - one.run.started_at).total_seconds())
    found = one.follower.progress(now)
    if found is None:
        return replace(_event(one.run, one.notebook), seconds=seconds)
    return replace(
        _event(one.run, one.notebook),
        seconds=seconds,
        step=found.step,
        cell=found.cell,
        cells=found.cells,
        done=found.done,
        line=found.line,
    )
