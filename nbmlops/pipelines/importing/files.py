"""The code of nodes, as it is in their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmlops.errors import NotebookFormatError
from nbmlops.notebook.document import read
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.pipelines.importing.scripts import CodeCell, cells_of

_PARAMETERS = "parameters"
_INJECTED = "injected-parameters"


class FileProblemError(Exception):
    """A node's file cannot be used; the message says why, as the second half of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookCode:
    """The cells of a notebook that run; ``at`` is where parameters are put in, as papermill does.

    ``declared`` is the source of its parameters cell, ``None`` where it has none.
    """

    cells: tuple[str, ...]
    at: int
    allowed: tuple[int, ...]
    kernel: str
    declared: str | None


def notebook_code(file: Path, name: str) -> NotebookCode:
    """Read a notebook, or a Python file that stands for one.

    Args:
        file: where it is.
        name: what problems call it.

    Raises:
        FileProblemError: it is not there, or not a Python notebook.
    """
    if not file.is_file():
        raise FileProblemError(f"there is no file {name}")
    if file.suffix == ".py":
        return _code(cells_of(file.read_text("utf-8")), "python3")
    if file.suffix != ".ipynb":
        raise FileProblemError(f"{name} is neither a notebook nor a Python file")
    try:
        document = read(file)
    except NotebookFormatError as error:
        raise FileProblemError(error.message.rstrip(".")) from error
    if not document.language.startswith(("python", "ipython")):
        raise FileProblemError(f"the kernel of {name} speaks {document.language}, not Python")
    cells = [CodeCell(source=cell.source, tags=cell.tags) for cell in document.code_cells]
    return _code(cells, document.kernel)


def _code(cells: Sequence[CodeCell], kernel: str) -> NotebookCode:
    kept = [cell for cell in cells if _INJECTED not in cell.tags]
    at = next((at for at, cell in enumerate(kept, 1) if _PARAMETERS in cell.tags), 0)
    return NotebookCode(
        # what our own commands record in a notebook of its own is recorded of the node here
        cells=tuple(strip_label(strip_commands(cell.source)) for cell in kept),
        at=at,
        allowed=tuple(n for n, cell in enumerate(kept) if "raises-exception" in cell.tags),
        kernel=kernel,
        declared=kept[at - 1].source if at else None,
    )
