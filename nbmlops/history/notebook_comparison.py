"""Two executed notebooks, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from nbmlops.domain.run_differences import CellDifference
from nbmlops.notebook.diff import unified
from nbmlops.notebook.displayed import compare_displayed, displayed_text
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import label_of

_INJECTED = "injected-parameters"
_SHOWS = frozenset(["completed", "cached", "failed", "cancelled"])
"""States of cells that show what they displayed, now or when their result was recorded."""


@dataclass(frozen=True)
class ExecutedNotebook:
    """The notebook of a run.

    Args:
        name: what the run is called.
        document: the notebook.
        numbers: those of the cells in the notebook that people edit, by their ids; others are
            counted in this one.
    """

    name: str
    document: Document
    numbers: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Its code cells, without the one that was put in for the parameters."""
        return tuple(cell for cell in self.document.code_cells if _INJECTED not in cell.tags)

    def number(self, cell: Cell) -> int:
        """The number of a cell in the notebook that people edit, counted from 1."""
        if cell.id in self.numbers:
            return self.numbers[cell.id]
        above = self.document.cells[: cell.index]
        return cell.index + 1 - sum(_INJECTED in other.tags for other in above)

    @cached_property
    def titles(self) -> Mapping[int, str]:
        """The name of each cell's step, else ``cell 4``, by the cell's index."""
        return {cell.index: _step(cell) or f"cell {self.number(cell)}" for cell in self.cells}

    def outputs(self, cell: Cell) -> list[dict[str, Any]]:
        """What a cell displayed."""
        found: list[dict[str, Any]] = self.document.raw["cells"][cell.index].get("outputs", [])
        return found

    def state(self, cell: Cell) -> str:
        """How a cell ended, as papermill's metadata say; ``completed`` where they do not."""
        metadata = self.document.raw["cells"][cell.index]["metadata"]
        return str(metadata.get("papermill", {}).get("status", "completed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPair:
    """A cell of two executed notebooks, whether it differs or not.

    ``difference`` is ``None`` where code and displays are the same. ``source`` is the code of the
    later one; ``outputs`` are what each displayed, as in a notebook, and empty without a cell.
    """

    title: str
    source: str
    difference: CellDifference | None
    outputs: tuple[list[dict[str, Any]], list[dict[str, Any]]]


def pair_notebooks(before: ExecutedNotebook, after: ExecutedNotebook) -> list[CellPair]:
    """All code cells of both, side by side, in the order of the second notebook."""
    found = []
    for one, other in _pairs(before.cells, after.cells):
        here, cell = (after, other) if other is not None else (before, one)
        if cell is not None:
            found.append(
                CellPair(
                    title=here.titles[cell.index],
                    source=cell.source,
                    difference=_difference(one, other, before, after),
                    outputs=(
                        before.outputs(one) if one else [],
                        after.outputs(other) if other else [],
                    ),
                )
            )
    return found


def compare_notebooks(before: ExecutedNotebook, after: ExecutedNotebook) -> list[CellDifference]:
    """The cells that are not the same in both, in the order of the second notebook.

    Addresses, times and progress bars in what cells displayed do not count.
    """
    pairs = list(_pairs(before.cells, after.cells))
    found = (_difference(one, other, before, after) for one, other in pairs)
    return [item for item in found if item is not None]


def _pairs(
    before: tuple[Cell, ...], after: tuple[Cell, ...]
) -> Iterator[tuple[Cell | None, Cell | None]]:
    """Each cell with the same one in the other notebook; where it left, behind those above it."""
    partner = _partners(before, after)
    taken = set(partner.values())
    gone = [cell for cell in before if cell.index not in taken]
    by_index = {cell.index: cell for cell in before}
    for cell in after:
        mate = partner.get(cell.index)
        while mate is not None and gone and gone[0].index < mate:
            yield gone.pop(0), None
        yield (None if mate is None else by_index[mate]), cell
    for cell in gone:
        yield cell, None


def _partners(before: tuple[Cell, ...], after: tuple[Cell, ...]) -> dict[int, int]:
    """The index before of each index after: by id, then by step, then by equal source."""
    partner: dict[int, int] = {}
    for key_of in (_id, _step):
        free = {key_of(cell): cell.index for cell in before if cell.index not in partner.values()}
        for cell in after:
            key = key_of(cell)
            if cell.index not in partner and key is not None and key in free:
                partner[cell.index] = free.pop(key)
    left = [cell for cell in before if cell.index not in partner.values()]
    new = [cell for cell in after if cell.index not in partner]
    matcher = SequenceMatcher(
        None, [cell.source for cell in left], [cell.source for cell in new], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            partner[new[block.b + offset].index] = left[block.a + offset].index
    return partner


def _id(cell: Cell) -> str:
    return cell.id


def _step(cell: Cell) -> str | None:
    label = label_of(cell.source, cell.tags)
    return label.name if label is not None else None


def _difference(
    one: Cell | None, other: Cell | None, before: ExecutedNotebook, after: ExecutedNotebook
) -> CellDifference | None:
    if one is None or other is None:
        return _one_sided(one, other, before, after)
    source = unified(one.source, other.source, before_name=before.name, after_name=after.name)
    displayed, why = _displayed(one, other, before, after)
    if not (source or why):
        return None
    return CellDifference(
        title=after.titles[other.index],
        before=before.number(one),
        after=after.number(other),
        source=source,
        displayed=displayed,
        why=why,
    )


def _one_sided(
    one: Cell | None, other: Cell | None, before: ExecutedNotebook, after: ExecutedNotebook
) -> CellDifference | None:
    here, cell = (before, one) if one is not None else (after, other)
    if cell is None:
        return None
    absent = after if one is not None else before
    return CellDifference(
        title=here.titles[cell.index],
        before=before.number(one) if one else None,
        after=after.number(other) if other else None,
        source=unified(
            one.source if one else "",
            other.source if other else "",
            before_name=before.name,
            after_name=after.name,
        ),
        why=f"not in {absent.name}",
    )


def _displayed(
    one: Cell, other: Cell, before: ExecutedNotebook, after: ExecutedNotebook
) -> tuple[str, str]:
    """How the displays of a cell differ: as a diff, and in words; empty where they do not."""
    states = [(before, before.state(one)), (after, after.state(other))]
    hidden = [(side.name, state) for side, state in states if state not in _SHOWS]
    if len(hidden) == len(states):
        return "", ""
    if hidden:
        name, state = hidden[0]
        return "", f"{state} in {name}"
    shown = before.outputs(one), after.outputs(other)
    told = compare_displayed(*shown)
    ends = [state for _, state in states]
    ended = "" if _ended_alike(*ends) else f"{ends[0]} before, {ends[1]} now"
    if told.kind != "different":
        return "", ended
    texts = [displayed_text(outputs) for outputs in shown]
    text = unified(texts[0], texts[1], before_name=before.name, after_name=after.name)
    return text, "; ".join(part for part in (ended, told.why) if part)


def _ended_alike(before: str, after: str) -> bool:
    well = {"completed", "cached"}
    return before == after or {before, after} <= well
