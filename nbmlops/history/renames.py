"""Let the history of a renamed notebook go on."""

from __future__ import annotations

from pathlib import Path

from nbmlops.errors import NotebookError
from nbmlops.notebook.document import read
from nbmlops.store.catalog.notebooks import NotebookRecords

_MOST_CELLS = 500


class RenameService:
    """Gives a notebook what was recorded of it under a name whose file is gone.

    Args:
        project: the project's folder.
        records: the names in the ledger.
    """

    def __init__(self, *, project: Path, records: NotebookRecords) -> None:
        self._project = project
        self._records = records

    def adopt(self, notebook: str) -> str | None:
        """Take over the history of the same cells under a name whose file is gone.

        A copy takes nothing: the file of the original is still there. Nor does a notebook that
        has steps of its own.

        Args:
            notebook: the notebook's key in the ledger.

        Returns:
            The name that the history had; ``None`` where there was nothing to take over.

        Raises:
            StoreError: the store cannot be written.
        """
        if self._records.has_steps(notebook):
            return None
        try:
            cells = read(self._project / notebook).code_cells
        except NotebookError:
            return None  # there is no such file yet, or nobody can say what is in it
        for name in self._records.names_of_cells(cell.id for cell in cells[:_MOST_CELLS]):
            gone = name.endswith(".ipynb") and not (self._project / name).exists()
            if gone and name != notebook and self._records.rename(name, notebook):
                return name
        return None
