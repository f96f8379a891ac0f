"""Run recorded code again in a clean kernel, and bring home what the probe in it found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Failure
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.verifications import OutputVerdict, Verdict
from nbmlops.domain.wire import decode, encode
from nbmlops.execution.notebook_execution import Observer
from nbmlops.execution.replay import replay
from nbmlops.history.guard import REFUSAL
from nbmlops.history.probe import Answer, Request
from nbmlops.history.repeated_files import RepeatedFiles, compared_files, digests_of
from nbmlops.history.scratch import lay_out
from nbmlops.history.slices import SliceCell
from nbmlops.notebook.document import Document, from_sources
from nbmlops.notebook.labels import TAG_PREFIX

_FAILS = "raises-exception"
_PROTECT = """\
__import__("nbmlops.history.guard", fromlist=["protect"]).protect({project!r}, {scratch!r})"""
_QUIET = """\
__import__("nbmlops.magics.quiet", fromlist=["print_nowhere_else"]).print_nowhere_else(
    *map(__import__("sys").__dict__.get, ("stdout", "stderr"))
)"""
_OPEN = """\
_nbmlops = __import__("nbmlops.workspace", fromlist=["Workspace"])
_nbmlops = _nbmlops.Workspace(_nbmlops.Path({project!r})).probe({request!r}, globals())
_nbmlops.begin()"""
_CLOSE = "_nbmlops.end()"

_RANKS = {Verdict.IDENTICAL: 0, Verdict.WITHIN_TOLERANCE: 1, Verdict.DIFFERENT: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reexecution:
    """What came of it: ``answer`` is ``None`` where the cells before the probe failed.

    ``written`` compares the files that the cells wrote with the recorded ones, ``digests`` are
    theirs.
    """

    answer: Answer | None
    failure: Failure | None = None
    written: tuple[OutputVerdict, ...] = ()
    digests: dict[str, str | None] = field(default_factory=dict)
    figures: tuple[OutputVerdict, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether it ended because a cell would have changed an original."""
        return self.failure is not None and REFUSAL in self.failure.message

    @property
    def outputs(self) -> tuple[OutputVerdict, ...]:
        """Everything that was compared: values, metrics, files and figures."""
        return (*self.answer.outputs, *self.written, *self.figures) if self.answer else ()

    def equals(self, other: Reexecution) -> bool:
        """Whether two repetitions made the same, as far as can be told."""
        if self.answer is None or other.answer is None:
            return True
        return (self.answer.prints, self.digests, self.answer.figures) == (
            other.answer.prints,
            other.digests,
            other.answer.figures,
        )


def run_again(
    *,
    project: Path,
    before: Sequence[SliceCell],
    cells: Sequence[SliceCell],
    request: Request,
    kernel: str,
    working_directory: Path,
    observer: Observer,
    files: RepeatedFiles | None,
    written: Sequence[FileAccess] = (),
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
        files: what the cells need on disk, of which they get a copy; ``None`` to run them in the
            folder itself.
        written: files that were written and deleted, to be compared.

    Raises:
        UsageError: what they need on disk is too large to be copied.
        KernelMissingError: the kernel is not installed.
        RunFailedError: the kernel did not start.
        KeyboardInterrupt: it was stopped.
    """
    with TemporaryDirectory(prefix="nbmlops-") as name:
        folder = Path(name).resolve()
        place, opened = working_directory, [(_QUIET, list[Any]())]
        of: Callable[[str], Path] = project.joinpath
        if files is not None:
            root = folder / "scratch"
            root.mkdir()
            scratch = lay_out(root, project=project, folder=working_directory, files=files)
            request = replace(request, scratch=str(root))
            opened.append((_PROTECT.format(project=str(project), scratch=str(root)), []))
            place, of = scratch.of(working_directory), scratch.of
        asked, answer = folder / "request.json", folder / "answer.json"
        asked.write_bytes(encode(replace(request, answer=str(answer), project=str(project))))
        opening = _OPEN.format(project=str(project), request=str(asked))
        outcome = replay(
            from_sources(
                [*opened, *tagged(before), (opening, []), *tagged(cells), (_CLOSE, [])],
                kernel=kernel,
            ),
            working_directory=place,
            observer=observer,
        )
        found = decode(answer.read_bytes(), Answer) if answer.exists() else None
        digests = digests_of(written, of)
    return Reexecution(
        answer=found,
        failure=outcome.failure,
        written=compared_files(written, digests),
        digests=digests,
    )


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


def tagged(cells: Sequence[SliceCell]) -> list[tuple[str, list[Any]]]:
    """The sources of cells with their tags, those that put random states back included."""
    found: list[tuple[str, list[Any]]] = []
    for cell in cells:
        if cell.restoration is not None:
            found.append((cell.restoration, []))
        step = [TAG_PREFIX + cell.step] if cell.step else []
        found.append((cell.source, [*step, *([_FAILS] if cell.fails else [])]))
    return found
