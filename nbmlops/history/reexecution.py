"""Run recorded code again in a clean kernel, and bring home what the probe in it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbmlops.domain.executions import Failure
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.verifications import OutputVerdict, Verdict
from nbmlops.domain.wire import decode, encode
from nbmlops.execution.notebook_execution import Observer
from nbmlops.execution.replay import replay
from nbmlops.history.probe import Answer, Request
from nbmlops.history.slices import SliceCell
from nbmlops.notebook.document import Document, from_sources

_FAILS = "raises-exception"
_OPEN = """\
_nbmlops = __import__("nbmlops.workspace", fromlist=["Workspace"])
_nbmlops = _nbmlops.Workspace(_nbmlops.Path({project!r})).probe({request!r}, globals())
_nbmlops.begin()"""
_CLOSE = "_nbmlops.end()"

_RANKS = {Verdict.IDENTICAL: 0, Verdict.WITHIN_TOLERANCE: 1, Verdict.DIFFERENT: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reexecution:
    """What came of it: ``answer`` is ``None`` where the cells before the probe failed."""

    answer: Answer | None
    failure: Failure | None = None


def run_again(
    *,
    project: Path,
    before: Sequence[SliceCell],
    cells: Sequence[SliceCell],
    request: Request,
    kernel: str,
    working_directory: Path,
    observer: Observer,
) -> Reexecution:
    """Run cells in a clean kernel.

    Args:
        project: whose store holds the recorded values.
        before: cells that only prepare; inputs and random state are put back behind them.
        cells: what is run again.
        request: what to put back and to compare; its ``answer`` is chosen here.
        kernel: the kernel's name.
        working_directory: where relative paths of the cells begin.
        observer: called at each cell's start and end.

    Raises:
        KernelMissingError: the kernel is not installed.
        RunFailedError: the kernel did not start.
        KeyboardInterrupt: it was stopped.
    """
    with TemporaryDirectory(prefix="nbmlops-") as folder:
        asked, answer = Path(folder) / "request.json", Path(folder) / "answer.json"
        asked.write_bytes(encode(replace(request, answer=str(answer))))
        opening = _OPEN.format(project=str(project), request=str(asked))
        sources = [*map(_tagged, before), (opening, []), *map(_tagged, cells), (_CLOSE, [])]
        outcome = replay(
            from_sources(sources, kernel=kernel),
            working_directory=working_directory,
            observer=observer,
        )
        found = decode(answer.read_bytes(), Answer) if answer.exists() else None
    return Reexecution(answer=found, failure=outcome.failure)


def comparable(outputs: Sequence[ValueRecord]) -> tuple[ValueRecord, ...]:
    """The outputs without imported modules, which are part of the environment."""
    return tuple(value for value in outputs if value.summary.kind != "module")


def worst(verdicts: Sequence[OutputVerdict]) -> Verdict:
    """The verdict of several outputs: that of the worst which can be compared at all."""
    found = [item.verdict for item in verdicts if item.verdict is not Verdict.NOT_COMPARABLE]
    return max(found, key=_RANKS.__getitem__, default=Verdict.NOT_COMPARABLE)


def place_of(notebook: str, project: Path) -> Path:
    """The folder in which a notebook's cells run; the project's where it is gone."""
    folder = (project / notebook).parent
    return folder if folder.is_dir() else project


def kernel_of(document: Document | None) -> str:
    """The kernel of a notebook; Python's own where there is no file."""
    return document.kernel if document is not None else "python3"


def said(failure: Failure | None) -> str:
    """Why a re-execution ended early, in a few words."""
    return f"{failure.kind}: {failure.message}" if failure else "it ended early"


def _tagged(cell: SliceCell) -> tuple[str, list[Any]]:
    return cell.source, [_FAILS] if cell.fails else []
