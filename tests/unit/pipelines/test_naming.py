"""Which cells are steps: by names, by Kale's tags, by headings, or all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from nbmlops.domain.pipelines import PipelineSpec, StepsFrom
from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.document import Document, from_sources, parse, serialize
from nbmlops.notebook.labels import label_of
from nbmlops.notebook.normalize import digest
from nbmlops.pipelines.convert import build
from nbmlops.pipelines.materialize import notebook_of


def _document(*cells: str | tuple[str, ...]) -> Document:
    """Each cell is its source, followed by tags; one that begins with ``md:`` is Markdown."""
    rows = [(cell,) if isinstance(cell, str) else cell for cell in cells]
    document = from_sources([(source, tags) for source, *tags in rows])
    raw = json.loads(serialize(document))
    for cell, (source, *_) in zip(raw["cells"], rows, strict=True):
        if source.startswith("md:"):
            cell.update(cell_type="markdown", source=source.removeprefix("md:"))
            del cell["outputs"], cell["execution_count"]
    return parse(json.dumps(raw))


def _build(*cells: str | tuple[str, ...], steps_from: StepsFrom = "named") -> PipelineSpec:
    return build(_document(*cells), name="p", notebook="n.ipynb", steps_from=steps_from)


def _cells_of(spec: PipelineSpec) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for cell in spec.cells:
        found.setdefault(cell.step or cell.role, []).append(cell.index)
    return found


@dataclass(frozen=True)
class Case:
    """Cells; step or role → the cells that go along; the edges as ``a→b: names``."""

    cells: tuple[str | tuple[str, ...], ...]
    found: dict[str, list[int]]
    edges: tuple[str, ...] = ()
    steps_from: StepsFrom = "named"


CASES = {
    "a tag on several cells makes one step": Case(
        (("x = 1", "step:a"), ("y = x", "step:a"), ("y + x", "step:b")),
        {"a": [0, 1], "b": [2]},
        ("a→b: x, y",),
    ),
    "between our tags, a cell without one is nobody's": Case(
        (("x = 1", "step:a"), "print(x)", ("x", "step:b")), {"a": [0], "b": [2]}, ("a→b: x",)
    ),
    "in Kale's notebooks it belongs to the step above": Case(
        (("import json", "imports"), ("x = 1", "step:a"), "x += 1", ("x", "step:b", "prev:a")),
        {"support": [0], "a": [1, 2], "b": [3]},
        ("a→b: <order>, x",),
    ),
    "Kale's older word for a step": Case(
        (("x = 1", "block:a"), "y = x", ("y", "block:b")),
        {"a": [0, 1], "b": [2]},
        ("a→b: y",),
    ),
    "an empty tag names nothing": Case(
        (("x = 1", "block:a"), ("y = x", "block:"), ("y", "block:b")),
        {"a": [0, 1], "b": [2]},
        ("a→b: y",),
    ),
    "every step has Kale's imports and functions": Case(
        (("import json", "imports"), "import csv", ("def f(): 0", "functions"), ("1", "step:a")),
        {"support": [0, 1, 2], "a": [3]},
    ),
    "Kale leaves what is above the first tag": Case(
        ("z = 1", ("w = 2",), ("x = w", "block:a")), {"support": [1], "a": [2]}
    ),
    "what is skipped ends no block": Case(
        (("x = 1", "block:a"), ("y = 0", "skip"), "y = x", ("y", "block:b")),
        {"a": [0, 2], "b": [3]},
        ("a→b: y",),
    ),
    "Kale's parameters and metrics": Case(
        (("n = 1", "pipeline-parameters"), ("x = n", "step:a"), ("print(x)", "pipeline-metrics")),
        {"parameters": [0], "a": [1], "pipeline-metrics": [2]},
        ("a→pipeline-metrics: x",),
    ),
    "an order that a tag declares": Case(
        (("x = 1", "step:a"), ("y = 1", "step:b", "prev:a")),
        {"a": [0], "b": [1]},
        ("a→b: <order>",),
    ),
    "with labels of our own, Kale's tags say nothing": Case(
        (("import json", "imports"), "%mlops track a\nx = 1", "x += 1"), {"a": [1]}
    ),
    "headings": Case(
        ("md:# Flights\ntext", "import json", "md:## 1. Load", "x = 1", "y = x", "md:### More",
         "md:## Train\n```\n# no heading\n```", "json.dumps(y)"),
        {"support": [1], "step-1-load": [3, 4], "train": [7]},
        ("step-1-load→train: y",),
        "headings",
    ),
    "headings of one text, and none at first": Case(
        ("x = 1", "md:# A", "y = x", "md:# A", "y", "md:# a!", "y"),
        {"start": [0], "a": [2], "a-2": [4], "a-3": [6]},
        ("start→a: x", "a→a-2: y", "a→a-3: y"),
        "headings",
    ),
    "a section with a named cell": Case(
        ("md:# A", "%mlops track fit\nx = 1", "y = x"), {"a": [1, 2]}, (), "headings"
    ),
    "cells": Case(
        ("import json", "md:# A", "x = 1", "%mlops track b\ny = x", "def f():\n    0", "y", "# no"),
        {"cell-3": [2], "b": [3], "cell-6": [5]},
        ("cell-3→b: x", "b→cell-6: y"),
        "cells",
    ),
    "cells that open what others use": Case(
        ("import sqlite3", "con = sqlite3.connect('x.db')", "%mlops track b\ncon.execute('')",
         "f = open('a')", "con.commit()"),
        {"support": [0, 1], "b": [2], "cell-4": [3], "cell-5": [4]},
        ("b→cell-5: con",),
        "cells",
    ),
    "all cells": Case(
        ("%load_ext nbmlops", "import json", ("n = 1", "parameters"), "x = n", ("x", "skip")),
        {"cell-2": [1], "parameters": [2], "cell-4": [3]},
        (),
        "all",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cells_become_steps(name: str):
    case = CASES[name]
    spec = _build(*case.cells, steps_from=case.steps_from)
    assert _cells_of(spec) == case.found
    edges = tuple(f"{edge.source}→{edge.target}: {', '.join(edge.names)}" for edge in spec.edges)
    assert edges == case.edges
    assert spec.steps_from == case.steps_from


@pytest.mark.parametrize("name", CASES)
def test_what_runs_is_recorded_under_the_names_of_the_build(name: str):
    case = CASES[name]
    spec = _build(*case.cells, steps_from=case.steps_from)
    ran = notebook_of(_document(*case.cells), spec)
    for cell, made in zip(ran.cells, spec.cells, strict=True):
        label = label_of(cell.source, cell.tags)
        assert (label and label.name) == made.step
        assert ("parameters" in cell.tags) == (made.role == "parameters")


def test_a_step_of_several_cells_has_the_versions_that_they_have_alone():
    (step, _) = _build(("x = 1", "step:a"), ("y = x", "step:a"), ("y", "step:b")).steps
    assert step.parts == (digest("x = 1"), digest("y = x"))
    assert step.digest not in step.parts
    assert step.reads == ()
    assert step.writes == ("x", "y")


def test_printed_variables_are_kale_s_metrics():
    cells = [("x = 1", "step:a"), ("print(x)\nprint('x', x)", "pipeline-metrics")]
    last = _build(*cells).cells[-1]
    assert last.source.startswith("%mlops track pipeline-metrics --metric x\n")


REFUSALS = {
    "two cells named on their first lines": (
        ("%mlops track a\nx = 1", "%mlops track a\nx = 2"),
        "named in cells 1 and 2; keep one.*a tag step:a each",
    ),
    "a line and a tag": (("%mlops track a\nx = 1", ("x = 2", "step:a")), "named in cells 1 and 2"),
    "steps that run between the cells of another": (
        (("x = 1", "step:a"), ("y = x", "step:b"), ("y", "step:a")),
        "step 'a' is made of cells 1 and 3.*'a' needs y from 'b'; 'b' needs x from 'a'",
    ),
    "an order against the notebook": (
        (("x = 1", "step:a", "prev:b"), ("y = 1", "step:b")),
        "step 'a' is tagged 'prev:b', and step 'b' is not above it",
    ),
    "a step before that is not there": (
        (("x = 1", "step:a", "prev:nope"),),
        "step 'nope' is not there",
    ),
    "several names": ((("x = 1", "step:a", "step:b"),), "several step tags"),
    "Kale's functions below their use": (
        (("f()", "step:a"), ("def f():\n    pass", "functions")),
        "'f'.*only further down, in cell 2",
    ),
    "nothing named": (("x = 1",), "--steps headings"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_naming_that_no_pipeline_can_follow_is_refused(name: str):
    cells, words = REFUSALS[name]
    with pytest.raises(BuildRefusedError, match=words):
        _build(*cells)
