"""What a cell did outside of the namespace."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbmlops.capture import auditing, externals
from nbmlops.capture.auditing import sqlite_path
from nbmlops.capture.files import CellFiles, mentioned_values
from nbmlops.capture.places import Places
from nbmlops.capture.session import Session
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.notebook.dataflow.effects import Definition, Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Accesses:
    """What was accessed; ``note`` says what may have escaped, ``None`` where nothing did."""

    files: tuple[FileAccess, ...] = ()
    externals: tuple[ExternalAccess, ...] = ()
    note: str | None = None


class OutsideWatch:
    """Watches files, variables, the network and processes, one cell at a time.

    Args:
        session: tells the project and the notebook.
        namespace: the kernel's names, some of which may hold paths.
    """

    def __init__(self, session: Session, namespace: Mapping[str, Any]) -> None:
        self._places = Places(session.project, session.path)
        self._namespace = namespace
        self._files = CellFiles(self._places)
        self._log = auditing.AuditLog()
        self._named: tuple[ExternalAccess, ...] = ()
        self._sources: list[str] = []
        self._folder = ""

    def look(self, source: str, effects: Effects, used: Mapping[str, Definition]) -> None:
        """Look at what a cell names, before it runs.

        Args:
            source: the cell.
            effects: what its source says.
            used: the notebook's functions and classes that it uses.
        """
        parts = _parts(effects, used.values())
        literals = frozenset[str]().union(*(part.literals for part in parts))
        values = mentioned_values(sorted(effects.reads), self._namespace)
        self._sources = [source, *(own.source for own in used.values())]
        self._named = externals.named_in(self._sources, literals)
        self._folder = _working_folder()
        self._files.begin([*values, *sorted(literals)])

    def begin(self) -> None:
        """The cell runs from now on."""
        self._log = auditing.start()

    def end(self) -> None:
        """The cell runs no more."""
        auditing.stop()
        self._files.end()

    def found(self, readers: Collection[str]) -> Accesses:
        """What the cell accessed.

        Args:
            readers: ends of paths that another program of ours read meanwhile.
        """
        for event, arguments in self._log.events:
            path = sqlite_path(arguments[0]) if event == "sqlite3.connect" else None
            if path is not None and self._places.counts(path):
                self._files.hold(path)
        files, complete = self._files.found(self._log, readers)
        found = (
            *self._named,
            *externals.audited(self._log.events, self._places, sources=self._sources),
            *externals.folder_change(self._folder, _working_folder(), self._places),
        )
        self._log = auditing.AuditLog()
        return Accesses(
            files=files,
            externals=tuple(dict.fromkeys(found)),
            note=None if complete else "more file accesses than could be followed",
        )

    def close(self) -> None:
        """Watch no more."""
        auditing.stop()
        self._files.close()


def _parts(effects: Effects, used: Iterable[Definition]) -> list[Effects]:
    """A cell with the bodies of the functions in it and of those that it uses."""
    found = [effects]
    waiting = [*effects.definitions, *used]
    while waiting:
        definition = waiting.pop()
        found.append(definition.effects)
        waiting += definition.effects.definitions
    return found


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""  # it was deleted
