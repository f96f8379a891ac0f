"""Run cells of the notebook again from within a cell, so that each is recorded for itself."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nbmlops.domain.runs import CellProgress
from nbmlops.errors import UsageError
from nbmlops.notebook.document import Cell
from nbmlops.notebook.labels import label_of, strip_commands

if TYPE_CHECKING:
    from nbmlops.capture.recorder import Recorder


def run_cells(
    shell: Any,
    recorder: Recorder,
    cells: Sequence[Cell],
    observe: Callable[[CellProgress], None],
) -> tuple[int, str]:
    """Run cells one after the other, up to the first that fails.

    Other ``%mlops`` lines than labels are left out: they are not what a cell computes.

    Returns:
        How many ran to their end, and the kind of error of the next one; empty where all did.

    Raises:
        UsageError: a cell awaits at its top level, which cannot be done within another.
    """
    for cell in cells:
        _refuse_await(shell, cell)
    recorder.step_aside()
    shell.execution_count += 1  # that of the cell in which this runs is in the history already
    for number, cell in enumerate(cells, 1):
        title = _title(cell)
        observe(CellProgress(cell=number, cells=len(cells), step=title, event="started"))
        error = _run(shell, cell)
        event = "ok" if error is None else "error"
        observe(CellProgress(cell=number, cells=len(cells), step=title, event=event))
        if error is not None:
            return number - 1, type(error).__name__
    return len(cells), ""


def _run(shell: Any, cell: Cell) -> BaseException | None:
    from IPython.core.interactiveshell import InteractiveShell

    source, options = strip_commands(cell.source), {}
    if "cell_meta" in inspect.signature(InteractiveShell.run_cell).parameters:
        options = {"cell_meta": {"tags": list(cell.tags)}}
    elif label_of(source) is None and (label := label_of(source, cell.tags)):
        source = f"%mlops track {label.name or ''}\n{source}"  # an IPython that passes no tags on
    result = shell.run_cell(source, store_history=True, cell_id=cell.id, **options)
    error: BaseException | None = result.error_in_exec or result.error_before_exec
    return error


def awaits(shell: Any, source: str) -> bool:
    """Whether code awaits at its top level where the event loop is busy with the running cell.

    In a terminal nothing else keeps it busy, so that the shell runs such code as any other.
    """
    if not shell.should_run_async(source, transformed_cell=shell.transform_cell(source)):
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _refuse_await(shell: Any, cell: Cell) -> None:
    if not awaits(shell, strip_commands(cell.source)):
        return
    raise UsageError(
        f"{_title(cell)} awaits at its top level, which cannot be done from within another cell.",
        cure="Run that cell yourself, then type %mlops refresh again.",
    )


def _title(cell: Cell) -> str:
    label = label_of(cell.source, cell.tags)
    return (label and label.name) or f"cell {cell.index + 1}"
