"""Built pipelines in the catalog."""

from __future__ import annotations

import json

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.wire import decode

OLD = {
    "name": "flights",
    "notebook": "flights.ipynb",
    "kernel": "python3",
    "digest": "d" * 64,
    "cells": [
        {"cell_id": "a", "index": 0, "role": "parameters", "step": None, "source": "month = 1"},
        {"cell_id": "b", "index": 1, "role": "step", "step": "load", "source": "rows = [month]"},
    ],
    "steps": [{"name": "load", "digest": "e" * 64, "reads": ["month"], "writes": ["rows"]}],
    "edges": [],
    "parameters": [{"name": "month", "type": "int", "default": 1, "required": False, "help": ""}],
    "warnings": [],
}
"""A spec as the first catalogs hold it: before parameters had shapes and steps several cells."""


def test_a_spec_that_was_stored_before_fields_were_added_still_reads() -> None:
    spec = decode(json.dumps(OLD).encode(), PipelineSpec)
    assert spec.parameters[0].type == "int"
    assert (spec.parameters[0].choices, spec.parameters[0].items) == ((), None)
    assert spec.steps_from == "named"
    assert spec.steps[0].parts == ()
