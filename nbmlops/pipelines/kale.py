"""The tags of Kale, which turn a notebook into a Kubeflow pipeline, read as Kale reads them.

`step:NAME`, formerly `block:NAME`, names a cell; a cell without such a tag belongs to the step or
block above it; `prev:NAME` says which step comes before; `imports` and `functions` belong to all
steps; `pipeline-parameters` and `pipeline-metrics` are cells of their own; `skip` is left out.
Source: `backend/kale/processors/nbprocessor.py` of kubeflow-kale/kale.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import TAG_PREFIXES, Label, label_of

PARAMETERS = "pipeline-parameters"
METRICS = "pipeline-metrics"
METADATA = "kubeflow_notebook"
"""Where Kale keeps its settings in the metadata of a notebook."""

_PREV = "prev:"
_EVERYWHERE = frozenset(["imports", "functions"])
_OWN = _EVERYWHERE | {PARAMETERS, METRICS}


@dataclass(slots=True)
class Blocks:
    """What Kale's tags say, by the position of the cells.

    ``step_at`` names the cells of steps; ``after`` the steps that a cell comes after; ``always``
    are the cells that every step has.
    """

    step_at: dict[int, str] = field(default_factory=dict)
    after: dict[int, tuple[str, ...]] = field(default_factory=dict)
    always: set[int] = field(default_factory=set)
    metrics: dict[int, tuple[str, ...]] = field(default_factory=dict)


def speaks(document: Document) -> bool:
    """Whether a notebook is annotated for Kale; one with labels of our own is not."""
    cells = document.code_cells
    if any(label_of(cell.source) is not None for cell in cells):
        return False
    return METADATA in document.raw["metadata"] or any(
        tag in _OWN or tag.startswith((_PREV, "block:")) for cell in cells for tag in cell.tags
    )


def read(cells: Sequence[Cell], labels: dict[int, Label]) -> Blocks:
    """Read the tags of the code cells that are not skipped.

    Args:
        cells: the cells, in notebook order.
        labels: the labels that were found at them, by position.
    """
    found = Blocks()
    block: str | None = None
    for position, cell in enumerate(cells):
        own = _OWN.intersection(cell.tags)
        label = labels.get(position)
        if label is not None:
            block = label.name
        elif own:
            block = min(own)
        if block in _EVERYWHERE or block == PARAMETERS:
            found.always.add(position)
        elif block is not None:
            found.step_at[position] = block
        if block == METRICS:
            found.metrics[position] = _printed(cell.source)
        before = tuple(tag.removeprefix(_PREV) for tag in cell.tags if tag.startswith(_PREV))
        if before:
            found.after[position] = before
    return found


def is_step_tag(tag: str) -> bool:
    """Whether a tag names a step."""
    return tag.startswith(TAG_PREFIXES)


def _printed(source: str) -> tuple[str, ...]:
    """The variables that a cell prints, each alone: Kale takes them for metrics."""
    try:
        tree = syntax.parse(source).tree
    except CellSyntaxError:
        return ()
    return tuple(
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Name)
    )
