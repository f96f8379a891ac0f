"""What the Jupyter server loads."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Unicode

from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.server.events import SCHEMAS
from nbmlops.server.live import LiveRuns
from nbmlops.server.page import BUILT, PAGE, PageFileHandler, PageHandler
from nbmlops.server.projects import Projects
from nbmlops.server.scheduler import SchedulerProcess
from nbmlops.server.settings_texts import translate_settings

if TYPE_CHECKING:
    from jupyter_events import EventLogger
    from jupyter_server.serverapp import ServerApp


class NbmlopsServer(ExtensionApp):
    """The server extension: the endpoints, and a scheduler if it is switched on.

    Responsibilities: registers the endpoints and the events, owns the workspaces they read, and
    starts and stops the scheduler process with the server.
    """

    name = "nbmlops"
    description = "The history of notebook steps for front ends, and the embedded scheduler."
    serverapp: ServerApp

    scheduler = Bool(
        default_value=False,
        help="Start `nbmlops scheduler` with the server, and stop it with the server.",
    ).tag(config=True)

    language = Unicode(
        default_value="",
        help="That of the page without JupyterLab, such as `de_DE`; the browser's by default.",
    ).tag(config=True)

    def initialize_handlers(self) -> None:
        """Called by the server: register the endpoints."""
        translate_settings()
        root = Path(self.serverapp.root_dir)
        self._projects = Projects(root)
        events = cast("EventLogger", self.serverapp.event_logger)  # made before extensions
        for schema in SCHEMAS.values():
            events.register_event_schema(schema)
        self._live = LiveRuns(self._projects, events, self.log)
        served = {"projects": self._projects, "live": self._live}
        self.handlers.extend(
            [
                *((f"/nbmlops/api/{name}", one, served) for name, one in ENDPOINTS.items()),
                (PAGE, PageHandler, {"projects": self._projects, "language": self.language}),
                (f"{PAGE}/files/(.*)", PageFileHandler, {"path": str(BUILT)}),
            ]
        )
        self._process = SchedulerProcess(root) if self.scheduler else None
        if self._process is not None:
            self.log.info("nbmlops: started the scheduler as process %s", self._process.pid)

    async def stop_extension(self) -> None:
        """Called by the server: stop the scheduler and close the stores."""
        await self._live.close()
        if self._process is not None:
            code = await asyncio.to_thread(self._process.stop)
            self.log.info("nbmlops: the scheduler ended with code %s", code)
        await asyncio.to_thread(self._projects.close)
