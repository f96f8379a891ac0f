"""What the journal of a run tells before the run has written its notebook."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from nbmlops.domain.executions import Failure
from nbmlops.execution.direction import CACHED
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.journal import LOST, NOT_RUN, PENDING, RUNNING
from nbmlops.execution.journal_file import lines_of
from nbmlops.notebook.document import read
from nbmlops.notebook.labels import label_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """What was saved of a run whose process vanished.

    ``failure`` names the cell that ran, ``taken`` are the executions whose results it had taken.
    """

    failure: Failure
    taken: tuple[int, ...]


def rescue(folder: RunFolder, failure: Failure) -> Rescued:
    """Write the notebook of a run whose process vanished, as far as it got.

    The cell that ran says ``lost`` and why, those behind it ``not run``.

    Args:
        folder: its files.
        failure: why it ended.

    Raises:
        OSError: the journal cannot be read, or the notebook not be written.
        NotebookFormatError: the notebook that it executed is not whole.
    """
    raw = _as_far_as_it_got(folder)
    place = failure
    for index, cell in enumerate(raw["cells"]):
        state = _state(cell)
        if state.get("status") == RUNNING:
            place = _placed(failure, cell, index)
            state |= {"status": LOST, "exception": True}
            cell["outputs"] = [*cell.get("outputs", ()), _error(failure)]
            raw["metadata"].setdefault("papermill", {})["exception"] = True
        elif state.get("status") == PENDING:
            state["status"] = NOT_RUN
    _write(folder.notebook, raw, folder)
    marks = (cell["metadata"].get("nbmlops", {}).get(CACHED) for cell in raw["cells"])
    return Rescued(failure=place, taken=tuple(mark["execution"] for mark in marks if mark))


def write_partial(folder: RunFolder) -> None:
    """Write the notebook of a run that is still going on, as far as it has got.

    Raises:
        OSError: the journal cannot be read, or the notebook not be written.
        NotebookFormatError: the notebook that it executes is not whole.
    """
    _write(folder.partial, _as_far_as_it_got(folder), folder)


def _as_far_as_it_got(folder: RunFolder) -> dict[str, Any]:
    """The notebook that is executed, with what the journal tells of each cell."""
    raw = read(folder.source).raw
    for cell in raw["cells"]:
        cell["metadata"]["papermill"] = {"status": PENDING}
    header, *lines = list(lines_of(folder.journal)) or [{}]
    if header.get("cells") != len(raw["cells"]):
        return raw  # it is that of an earlier attempt
    raw["metadata"]["papermill"] = header["metadata"]
    for line in lines:
        if "metadata" not in line:  # what a cell has printed while it ran
            continue
        cell = raw["cells"][line["cell"]]
        cell["metadata"] |= line["metadata"]
        if cell["cell_type"] == "code":
            cell["outputs"] = line["outputs"]
            cell["execution_count"] = line["execution_count"]
    return raw


def _write(path: Any, raw: dict[str, Any], folder: RunFolder) -> None:
    unfinished = folder.path / f".{path.name}"
    unfinished.write_text(json.dumps(raw, indent=1), encoding="utf-8")
    unfinished.replace(path)


def _placed(failure: Failure, cell: dict[str, Any], index: int) -> Failure:
    tags = tuple(cell["metadata"].get("tags", ()))
    label = label_of("".join(cell["source"]), tags)
    return replace(
        failure,
        step=label.name if label else None,
        cell_id=cell.get("id"),
        cell_index=index,
    )


def _state(cell: dict[str, Any]) -> dict[str, Any]:
    found = cell["metadata"].get("papermill")
    return found if isinstance(found, dict) else {}


def _error(failure: Failure) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": failure.kind,
        "evalue": failure.message,
        "traceback": [f"{failure.kind}: {failure.message}"],
    }
