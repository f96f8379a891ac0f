"""The cell that gives the parameters of a run their values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbmlops.pipelines.parameters import TAG

INJECTED = "injected-parameters"
"""The tag that papermill gives this cell."""


def inject(notebook: Path, source: str, parameters: Mapping[str, Any]) -> None:
    """Put a cell behind the one tagged ``parameters``, and note the values as papermill does.

    papermill's own cell knows what JSON knows; ours has dates, paths and enumerations as well.

    Args:
        notebook: the file, which is rewritten.
        source: what the cell holds; where it is empty, no cell is added.
        parameters: every value of the run in its plain form.

    Raises:
        OSError: the file cannot be written.
    """
    import nbformat
    from papermill.version import version

    node = nbformat.read(notebook, as_version=4)
    if source:
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": [INJECTED]})
        tagged = [TAG in cell.metadata.get("tags", ()) for cell in node.cells]
        node.cells.insert(tagged.index(True) + 1, cell)
    node.metadata["papermill"] = {
        "default_parameters": {},
        "parameters": dict(parameters),
        "environment_variables": {},
        "version": version,
    }
    nbformat.write(node, notebook)
