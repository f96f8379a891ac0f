"""Decisions on cells: which of them hold for a version of the pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbmlops.domain.approvals import CellReview
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec
from nbmlops.errors import UnknownNameError
from nbmlops.governance.reviews import title_of
from nbmlops.notebook.normalize import normalized

_ANY = ""
"""Stands for whichever cell has the code of a step."""


def digest_of(cell: PipelineCell) -> str:
    """What a decision on a cell is bound to: its code, and what it is in the pipeline."""
    told = "\0".join((cell.role, cell.step or "", normalized(cell.source)))
    return hashlib.sha256(told.encode()).hexdigest()


def holding(reviews: Sequence[CellReview], spec: PipelineSpec) -> tuple[CellReview, ...]:
    """The latest decision on each cell of a version, on whichever version it was made.

    A version in which the cell is another one has none. A step goes by its name, which its code
    goes along with; a cell without one by its id.

    Args:
        reviews: those of the pipeline, oldest first.
        spec: the version; the answer is in the order of its cells.
    """
    latest: dict[tuple[str, str], CellReview] = {}
    for review in reviews:
        latest[review.cell_id, review.digest] = latest[_ANY, review.digest] = review
    held = [
        (cell, latest.get((_ANY if cell.step else cell.cell_id, digest_of(cell))))
        for cell in spec.cells
    ]
    return tuple(
        replace(found, cell_id=cell.cell_id, title=title_of(cell))
        for cell, found in held
        if found is not None
    )


def open_requests(reviews: Iterable[CellReview]) -> tuple[CellReview, ...]:
    """Those that ask for changes."""
    return tuple(one for one in reviews if one.decision == "changes requested")


def cells_called(spec: PipelineSpec, name: str) -> tuple[PipelineCell, ...]:
    """The cells of a step, or the one of an id or a number, such as ``cell 4``.

    Raises:
        UnknownNameError: the version has none.
    """
    found = tuple(
        cell for cell in spec.cells if name in (cell.step, f"cell {cell.index + 1}", cell.cell_id)
    )
    if not found:
        titles = list(dict.fromkeys(map(title_of, spec.cells)))
        raise UnknownNameError("cell", name, titles)
    return found
