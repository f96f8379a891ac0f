"""Nodes of notebooks, as they are in their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmlops.errors import NotebookFormatError
from nbmlops.notebook.document import read
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.pipelines.importing.nodes import Node
from nbmlops.pipelines.importing.scripts import CodeCell, cells_of

_PARAMETERS = "parameters"
_INJECTED = "injected-parameters"


class FileProblemError(Exception):
    """A node's file cannot be used; the message says why, as the second half of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookNode:
    """A notebook as a node that has no name yet.

    ``declared`` is the source of its parameters cell, ``None`` where it has none.
    """

    node: Node
    declared: str | None


def notebook_node(folder: Path, path: str) -> NotebookNode:
    """Read a notebook, or a Python file that stands for one.

    Args:
        folder: where the pipeline's file is.
        path: the notebook, relative to the folder.

    Raises:
        FileProblemError: it is not there, or not a Python notebook.
    """
    file = folder / path
    if not file.is_file():
        raise FileProblemError(f"there is no file {path}")
    if file.suffix == ".py":
        return _node(path, cells_of(file.read_text("utf-8")), "python3")
    if file.suffix != ".ipynb":
        raise FileProblemError(f"{path} is neither a notebook nor a Python file")
    try:
        document = read(file)
    except NotebookFormatError as error:
        raise FileProblemError(error.message.rstrip(".")) from error
    if not document.language.startswith(("python", "ipython")):
        raise FileProblemError(f"the kernel of {path} speaks {document.language}, not Python")
    cells = [CodeCell(source=cell.source, tags=cell.tags) for cell in document.code_cells]
    return _node(path, cells, document.kernel)


def _node(path: str, cells: Sequence[CodeCell], kernel: str) -> NotebookNode:
    """The cells that run; parameters are put in behind those that are tagged, as papermill does."""
    kept = [cell for cell in cells if _INJECTED not in cell.tags]
    at = next((at for at, cell in enumerate(kept, 1) if _PARAMETERS in cell.tags), 0)
    node = Node(
        name="",
        path=path,
        kind="notebook",
        # what our own commands record in a notebook of its own is recorded of the node here
        code=tuple(strip_label(strip_commands(cell.source)) for cell in kept),
        at=at,
        allowed=tuple(n for n, cell in enumerate(kept) if "raises-exception" in cell.tags),
        kernel=kernel,
    )
    return NotebookNode(node=node, declared=kept[at - 1].source if at else None)
