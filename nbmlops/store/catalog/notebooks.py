"""The names of notebooks in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nbmlops.store.catalog.json_text import to_json
from nbmlops.store.catalog.prepared import Asking, Recorded

if TYPE_CHECKING:
    from nbmlops.store.catalog.base import Database

_STEPS, _OF_CELLS = Recorded("steps of a notebook"), Recorded("notebooks of cells")
_RENAMED = tuple(Recorded(f"rename {what}") for what in ("steps", "executions", "pipelines"))


class NotebookRecords:
    """Finds the names under which cells were recorded, and gives a notebook's history a new one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_steps(self, notebook: str) -> bool:
        """Whether a notebook has steps of its own."""
        with self._database.ask() as asking:
            return _has_steps(asking, notebook)

    def names_of_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """The notebooks that recorded any of these cells; the one that ran last comes first."""
        with self._database.ask() as asking:
            found = asking.all(_OF_CELLS, {"cells": to_json(list(cell_ids))})
        return [row["notebook"] for row in found]

    def rename(self, old: str, new: str) -> bool:
        """Give the whole history of a notebook a new name, pipelines included.

        Returns:
            Whether it was done: a name that has steps of its own takes no others.
        """
        with self._database.append() as ledger:
            if _has_steps(ledger, new):
                return False
            for statement in _RENAMED:
                ledger.run(statement, [{"old": old, "new": new}])
        return True


def _has_steps(asking: Asking, notebook: str) -> bool:
    return asking.first(_STEPS, {"notebook": notebook}) is not None
