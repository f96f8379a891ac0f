"""Tells of runs as they go on, whoever started them, and of what is recorded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbmlops.capture.watching import FolderWatch
from nbmlops.domain import wire
from nbmlops.errors import NbmlopsError
from nbmlops.server.additions import Additions
from nbmlops.server.alerts import Alerts
from nbmlops.server.events import (
    ALERT,
    CHANGED,
    RECORDED,
    RUN_PROGRESS,
    AlertEvent,
    ChangedEvent,
    RecordedEvent,
    RunEvent,
)
from nbmlops.server.lookout import Lookout
from nbmlops.server.plans import Plans
from nbmlops.server.projects import Projects
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from jupyter_events import EventLogger

HEARTBEAT = 10.0
"""Seconds after which a run that goes on is told of again, though nothing has changed."""

PAUSE = 0.2
"""Seconds between two looks at what has changed."""

SOON = 0.5
"""Seconds until the next look at a run that cannot be watched yet, or not on this system."""

LATER = (0.3, 1.0, 4.0, 15.0)
"""Seconds between looks after a change: the catalog's files are written first, and what was written
is there to be read once the disk has taken it, of which the system tells nothing."""

_WRITTEN = {"write", "delete"}

Event = RunEvent | RecordedEvent | ChangedEvent | AlertEvent

SCHEMA_OF: dict[type[Event], str] = {
    RunEvent: RUN_PROGRESS,
    RecordedEvent: RECORDED,
    ChangedEvent: CHANGED,
    AlertEvent: ALERT,
}
"""Which schema describes an event."""


class LiveRuns:
    """Watches the projects of which somebody has asked, and emits what `events` describes.

    Used within the server's event loop; what blocks is done in threads.

    Args:
        projects: the projects below the server's root.
        events: where to emit; the schema is registered there.
        log: where failures go.
    """

    def __init__(self, projects: Projects, events: EventLogger, log: logging.Logger) -> None:
        self._projects = projects
        self._events = events
        self._log = log
        self._watches: dict[Path, _ProjectWatch] = {}

    async def watch(self, notebook: str) -> None:
        """From now on tell of what happens in a notebook's project, as long as somebody listens.

        What is recorded once this has returned is told of.
        """
        try:
            path = self._projects.locate(notebook)
            workspace = await asyncio.to_thread(self._projects.workspace, path)
        except NbmlopsError:  # the request itself says what is wrong
            return
        if workspace is None:
            return
        current = self._watches.get(workspace.project)
        if current is not None and current.serves(workspace):
            current.wake()
            return
        looks = await self._begin(workspace)
        current = self._watches.get(workspace.project)
        if looks is None or (current is not None and current.serves(workspace)):
            return  # another request was quicker
        self._watches[workspace.project] = _ProjectWatch(workspace, looks, self._events, self._log)
        if current is not None:  # of a store that was replaced
            await current.stop()

    async def _begin(self, workspace: Workspace) -> Looks | None:
        try:
            return await asyncio.to_thread(Looks.at, workspace, self._projects)
        except NbmlopsError as error:  # the request itself says what is wrong
            self._log.warning("nbmlops: %s", error)
            return None

    async def close(self) -> None:
        """Tell of nothing any more."""
        watches, self._watches = list(self._watches.values()), {}
        for watch in watches:
            await watch.stop()


@dataclass(frozen=True, slots=True)
class Looks:
    """Those that look at one project.

    Blocking; for one thread at a time.
    """

    runs: Lookout
    recorded: Additions
    plans: Plans
    alerts: Alerts

    @classmethod
    def at(cls, workspace: Workspace, projects: Projects) -> Looks:
        """Begin to look; what came before is not told, but for the runs that go on.

        Raises:
            StoreError: the catalog cannot be read.
        """
        place = projects.place
        plans = Plans(workspace, projects.name(workspace))
        alerts = Alerts(workspace, place)
        return cls(Lookout(workspace, place), Additions(workspace, place), plans, alerts)

    def look(self) -> list[Event]:
        """What has become of the project since the last look.

        Raises:
            StoreError: the catalog cannot be read.
        """
        of_runs: list[Event] = [*self.runs.look(), *self.alerts.look()]
        return [*self.recorded.look(), *self.plans.look(), *of_runs]


class _ProjectWatch:
    """Tells of what happens in one project; sleeps while nothing changes, or nobody listens.

    The system tells of changes in the catalog and, while a run goes on, in its folder.
    """

    def __init__(
        self, workspace: Workspace, looks: Looks, events: EventLogger, log: logging.Logger
    ) -> None:
        self._workspace = workspace
        self._looks = looks
        self._events = events
        self._log = log
        self._told: dict[str, tuple[RunEvent, float]] = {}
        self._changed = asyncio.Event()
        self._folders: FolderWatch | None = None
        self._wanted: set[str] = set()
        self._later: list[float] = []
        self._task = asyncio.create_task(self._tell(), name="nbmlops-live-runs")

    def serves(self, workspace: Workspace) -> bool:
        """Whether this watches that workspace, and has not failed."""
        return workspace is self._workspace and not self._task.done()

    def wake(self) -> None:
        """Look again now."""
        self._changed.set()

    async def stop(self) -> None:
        """End, once a look that is under way is over."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _tell(self) -> None:
        try:
            while self._workspace.catalog.exists():  # to look at a removed store would make it
                self._watch_folders()
                heard = self._emit(await self._look())
                await asyncio.sleep(PAUSE)
                if not heard:
                    self._ignore_folders()
                await self._wait(heard=heard)
                if not heard:
                    self._looks.alerts.pass_over()
        except Exception:  # noqa: BLE001  # the server goes on without, and the next request anew
            self._log.exception("nbmlops: the runs of %s are not watched", self._workspace.project)
        finally:
            self._ignore_folders()

    async def _look(self) -> list[Event]:
        if self._changed.is_set():
            self._changed.clear()
            self._later = list(LATER)
        looking = asyncio.create_task(asyncio.to_thread(self._looks.look))
        try:
            return await asyncio.shield(looking)
        except asyncio.CancelledError:
            await asyncio.wait([looking])  # else its store is closed below it
            raise
        except NbmlopsError as error:
            self._log.warning("nbmlops: %s", error)
            return []

    def _emit(self, found: Iterable[Event]) -> bool:
        """Tell what is new; returns whether anybody listens, as far as that is known."""
        heard = True
        for event in found:
            if not isinstance(event, RunEvent):
                answer = self._events.emit(schema_id=SCHEMA_OF[type(event)], data=wire.plain(event))
                heard = heard and answer is not None
                continue
            before, at = self._told.get(event.run, (None, 0.0))
            same = before is not None and replace(before, seconds=event.seconds) == event
            if same and time.monotonic() - at < HEARTBEAT:
                continue
            self._told[event.run] = (event, time.monotonic())
            if event.state.ended:
                del self._told[event.run]
            answer = self._events.emit(schema_id=RUN_PROGRESS, data=wire.plain(event))
            heard = heard and answer is not None
        return heard

    async def _wait(self, *, heard: bool) -> None:
        """Until something has changed, or what has changed may be seen; with runs, a heartbeat."""
        timeout = self._later.pop(0) if heard and self._later else None
        if heard and self._looks.runs.has_running:
            watched = self._folders is not None and all(
                self._folders.watches(str(folder)) for folder in self._looks.runs.folders
            )
            timeout = min(timeout or HEARTBEAT, HEARTBEAT if watched else SOON)
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return

    def _watch_folders(self) -> None:
        if self._folders is not None and not self._looks.runs.has_running:
            self._ignore_folders()  # with them those of runs that have ended
        if self._folders is None:
            self._folders = FolderWatch(lambda folder: folder not in self._wanted)
            if self._folders.descriptor is not None:
                loop = asyncio.get_running_loop()
                loop.add_reader(self._folders.descriptor, self._note, self._folders)
        self._wanted = {str(self._workspace.store), *map(str, self._looks.runs.folders)}
        for folder in self._wanted:
            self._folders.add(folder)

    def _ignore_folders(self) -> None:
        if self._folders is None:
            return
        if self._folders.descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._folders.descriptor)
        self._folders.close()
        self._folders = None

    def _note(self, folders: FolderWatch) -> None:
        seen = folders.take()
        changed = (path for path, told in seen.files.items() if not _WRITTEN.isdisjoint(told))
        if not seen.complete or any(map(_matters, changed)):
            self._changed.set()


def _matters(path: str) -> bool:
    """Whether a file says how runs stand: the catalog or a journal."""
    return path.endswith((".db", ".db-wal", "journal.jsonl"))
