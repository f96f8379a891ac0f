"""The notebook that a pipeline runs."""

from __future__ import annotations

import copy
import json

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.notebook.document import Document, parse


def notebook_of(document: Document, spec: PipelineSpec) -> Document:
    """The cells that go along, in order, without outputs; ids, tags and kernel stay.

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
        }
        for cell in spec.cells
    ]
    return parse(json.dumps(raw))
