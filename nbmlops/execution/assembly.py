"""The executed notebook of a run in which no cell had to run."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from nbmlops.execution.direction import CACHED, Director
from nbmlops.execution.injection import INJECTED
from nbmlops.notebook.document import Document
from nbmlops.pipelines.parameters import TAG


def assembled(
    document: Document, director: Director, *, assignments: str, parameters: Mapping[str, Any]
) -> str:
    """The notebook with recorded outputs, as JSON.

    Args:
        document: the notebook of the pipeline version.
        director: gives the recorded result of each cell.
        assignments: what a kernel would have executed to set the parameters; empty for nothing.
        parameters: every value of the run in its plain form.

    Raises:
        UnforeseenError: a cell has to run after all.
    """
    raw = copy.deepcopy(document.raw)
    cells: list[dict[str, Any]] = []
    for cell in raw["cells"]:
        cells.append(_taken(cell, director) if cell["cell_type"] == "code" else cell)
        if assignments and TAG in cell["metadata"].get("tags", ()):
            cells.append(_injected(assignments))
    raw["cells"] = cells
    raw["metadata"]["papermill"] = {"parameters": dict(parameters), "exception": None}
    return json.dumps(raw, indent=1)


def _taken(cell: dict[str, Any], director: Director) -> dict[str, Any]:
    told = director.direct(cell)
    mark = {"nbmlops": told.mark} if told.mark else {}
    metadata = {**cell["metadata"], "papermill": {"status": told.state}, **mark}
    return {**cell, "metadata": metadata, "outputs": told.outputs, "execution_count": None}


def _injected(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": INJECTED,
        "metadata": {"tags": [INJECTED], "papermill": {"status": CACHED}},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
