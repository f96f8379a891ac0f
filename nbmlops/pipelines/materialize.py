"""The notebook that a pipeline runs."""

from __future__ import annotations

import copy
import json
from typing import Any

from nbmlops.domain.pipelines import PipelineCell, PipelineSpec
from nbmlops.notebook.document import Document, parse
from nbmlops.notebook.labels import TAG_PREFIX, TAG_PREFIXES, label_of
from nbmlops.pipelines import parameters


def notebook_of(document: Document, spec: PipelineSpec) -> Document:
    """The cells that go along, in order, without outputs; ids, tags and kernel stay.

    A cell of a step that its first line does not name gets the tag that does, and the cell of the
    parameters the tag that papermill looks for.

    Args:
        document: the notebook that the spec was built from.
        spec: the pipeline.
    """
    raw = {key: copy.deepcopy(value) for key, value in document.raw.items() if key != "cells"}
    raw["metadata"].pop("widgets", None)
    raw["cells"] = [
        {
            **copy.deepcopy(document.raw["cells"][cell.index]),
            "source": cell.source,
            "outputs": [],
            "execution_count": None,
            "metadata": _metadata(document.raw["cells"][cell.index]["metadata"], cell),
        }
        for cell in spec.cells
    ]
    return parse(json.dumps(raw))


def _metadata(metadata: dict[str, Any], cell: PipelineCell) -> dict[str, Any]:
    result = copy.deepcopy(metadata)
    tags = list(result.get("tags", []))
    wanted = list(tags)
    if cell.role == "parameters" and parameters.TAG not in tags:
        wanted.append(parameters.TAG)
    elif cell.step is not None and label_of(cell.source) is None:
        wanted = [tag for tag in tags if not tag.startswith(TAG_PREFIXES)]
        wanted.append(f"{TAG_PREFIX}{cell.step}")
    elif cell.role == "support":
        wanted = [tag for tag in tags if not tag.startswith(TAG_PREFIXES)]
    if wanted != tags:
        result["tags"] = wanted
    return result
