"""Which schedulers of a project run on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from nbmlops.execution.process import ask_to_end, has_vanished, this_process
from nbmlops.store.catalog.runs import ProcessIdentity

FOLDER = "schedulers"
"""Its name in the store: a file for each scheduler that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningScheduler:
    """A scheduler that runs; ``listen`` is where it answers for its health, if anywhere."""

    host: str
    process: int
    process_started_at: float | None
    started_at: str
    listen: str = ""

    @property
    def identity(self) -> ProcessIdentity:
        """Its process, told from another that got its number later."""
        return ProcessIdentity(
            host=self.host, process=self.process, started_at=self.process_started_at
        )

    @property
    def gone(self) -> bool:
        """Whether it is certainly not there any more."""
        return has_vanished(self.identity)

    def stop(self) -> bool:
        """Ask it to stop; ``False`` where that is not allowed."""
        return ask_to_end(self.identity)


@contextmanager
def present(store: Path, started_at: datetime, listen: str = "") -> Iterator[None]:
    """Say that this process is a scheduler while the context is open.

    A store that cannot be written stops no scheduler: it is only not found then.
    """
    identity = this_process()
    path = store / FOLDER / f"{identity.host}-{os.getpid()}.json"
    running = RunningScheduler(
        host=identity.host,
        process=identity.process,
        process_started_at=identity.started_at,
        started_at=started_at.isoformat(),
        listen=listen,
    )
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(running)), encoding="utf-8")
        draft.replace(path)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()


def running_schedulers(store: Path) -> list[RunningScheduler]:
    """Those that run, oldest first; files of killed ones are removed."""
    found = []
    for path in (store / FOLDER).glob("*.json"):
        with suppress(OSError, ValueError, TypeError):
            one = RunningScheduler(**json.loads(path.read_text(encoding="utf-8")))
            if not one.gone:
                found.append(one)
                continue
        with suppress(OSError):
            path.unlink()
    return sorted(found, key=lambda one: one.started_at)
