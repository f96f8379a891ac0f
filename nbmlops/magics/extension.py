"""``%load_ext nbmlops``: the ``%mlops`` magic, the recorder and completion."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from nbmlops.capture.masking import SecretMask
from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import identify
from nbmlops.capture.writer import Ledger
from nbmlops.config import current_user
from nbmlops.domain.clock import system_clock
from nbmlops.errors import StoreError, UsageError
from nbmlops.magics.checking import CheckedCells
from nbmlops.magics.current import CurrentWorkspace
from nbmlops.magics.last_exception import LastException
from nbmlops.notebook.labels import Label, cell_test, label_of
from nbmlops.notebook.syntax import FOREIGN_CELL_MAGICS

if TYPE_CHECKING:
    from nbmlops.magics.kernel import KernelSurface
    from nbmlops.workspace import Workspace

_COMMAND = re.compile(r"\s*%%?mlops\b")
_PLAIN_LABEL = re.compile(r"%mlops +track [\w.=, -]*\n", re.ASCII)

_PATIENCE = 5.0
"""Seconds that a cell may wait for another process's transaction; a pipeline run waits longer."""

_loaded: WeakKeyDictionary[Any, Extension] = WeakKeyDictionary()


class Extension:
    """nbmlops in one shell.

    - attaches the recorder, which sleeps until something is tracked;
    - runs ``%mlops`` lines as commands;
    - lets a cell begin with ``%%mlops track NAME``, or with a label above another cell magic.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._surface: KernelSurface | None = None
        self._matcher: Any = None
        self._settled: str | None = None
        self._mask = SecretMask(shell)
        self.last_exception = LastException(shell)
        self._checked = CheckedCells(shell)
        session = identify(shell.user_ns)
        self._recordings = CurrentWorkspace(
            session.project,
            patience=None if session.run_id is not None else _PATIENCE,
            lost=self.store_lost,
        )
        self.recorder = Recorder(
            shell,
            session=session,
            ledger=self._ledger,
            clock=system_clock,
            author=current_user(),
        )

    @property
    def is_tracking(self) -> bool:
        """Whether all cells are recorded; the front end asks, by the name that this has."""
        return self.recorder.tracking

    def load(self) -> None:
        """Attach to the shell."""
        from nbmlops.magics.completion import matcher_of

        self._mask.attach()
        self._checked.attach()
        self.recorder.attach()
        self.shell.input_transformers_cleanup.extend((lift_label, call_label))
        self.shell.register_magic_function(self.mlops, "line", "mlops")
        self._matcher = matcher_of(self)
        self.shell.Completer.custom_matchers.append(self._matcher)

    def unload(self) -> None:
        """Leave the shell as it was found."""
        self.recorder.detach()
        self._mask.detach()
        self._checked.detach()
        for transformer in (lift_label, call_label):
            if transformer in self.shell.input_transformers_cleanup:
                self.shell.input_transformers_cleanup.remove(transformer)
        self.shell.magics_manager.magics["line"].pop("mlops", None)
        if self._matcher in self.shell.Completer.custom_matchers:
            self.shell.Completer.custom_matchers.remove(self._matcher)
        self._recordings.close()
        if self._surface is not None:
            self._surface.close()
        if self.recorder.tracking:
            sys.stderr.write("nbmlops: recording is off; %mlops track turns it on again.\n")

    def mlops(self, line: str) -> None:
        """Versioned cells, approved pipelines, schedules. Type %mlops --help."""
        if self._answers_label(line):
            return
        self.recorder.finish_storing()
        from nbmlops.magics.dispatch import run_line

        run_line(self, line)

    def _answers_label(self, line: str) -> bool:
        """Whether the line labels the cell that runs; the recorder has read it before the cell.

        Answered here, so that the commands are not loaded within the time of the user's cell.
        """
        label = self.recorder.current_label
        if label is None or label.kind != "step" or label_of(f"%mlops {line}") != label:
            return False
        if label.name is not None and label.problem is not None:
            return False  # the command knows its options best
        complaint = self._complaint(label)
        if complaint is not None:
            sys.stderr.write(f"nbmlops: {complaint}\n")
        return True

    def _complaint(self, label: Label) -> str | None:
        """Why a labelled cell is not recorded as a step."""
        if label.name is None:
            return f"this cell is no step: {label.problem}."
        if not self.recorder.current_is_empty:
            return None
        if hasattr(self.shell, "kernel"):
            return f"nothing is below the label, so that {label.name} is not recorded."
        return (
            "nothing is below the label. In a terminal, press Ctrl-O (or Esc then Enter) for a "
            f"second line, or begin with %%mlops track {label.name}: it waits for two empty lines."
        )

    @property
    def surface(self) -> KernelSurface:
        """Where commands typed in this shell answer."""
        if self._surface is None:
            from nbmlops.magics.kernel import KernelSurface

            self._surface = KernelSurface(self)
        return self._surface

    def _ledger(self, hurry: bool) -> Ledger:  # noqa: FBT001 (called by the recorder alone)
        workspace = self._recordings.get(hurry=hurry)
        self.settle(workspace)
        return workspace.ledger

    def open_store(self) -> None:
        """Open the store for the records that will come, and load what they are written with.

        Raises:
            StoreError: it cannot be opened.
        """
        workspace = self._recordings.get()
        _ = workspace.ledger, workspace.renames
        workspace.ended_kernels.settle()

    def miss_store(self) -> None:
        """Notice that the store is gone, before who asks it makes a new one."""
        if self._recordings.is_gone:
            with suppress(StoreError):  # whoever asks it is told the same
                self._recordings.get()

    def store_lost(self) -> None:
        """The store was deleted while the kernel used it: say so."""
        self.recorder.store_lost()
        self._settled = None
        sys.stderr.write(
            "nbmlops: the store of this project is gone, and a new one begins here: put back a "
            "backup of .nbmlops, or run again what is to be in it.\n"
        )

    def settle(self, workspace: Workspace) -> None:
        """Let the history of a renamed notebook go on, and say so; once per name."""
        session = self.recorder.session
        if session.path is None or session.run_id is not None or session.notebook == self._settled:
            return
        self._settled = session.notebook
        with suppress(StoreError):  # what is being done with the store will say so itself
            former = workspace.renames.adopt(session.notebook)
            if former is not None:
                sys.stderr.write(
                    f"nbmlops: renamed: the history of {former} goes on as {session.notebook}.\n"
                )


def lift_label(lines: list[str]) -> list[str]:
    """Make ``%%mlops track NAME`` a line, and take a label out of another cell magic's way.

    ``%%mlops test NAME`` is taken out altogether: the cell runs as any other.

    IPython takes a cell magic only as the first line, and a magic such as ``%%bash`` gives all
    lines below it to another program. The recorder reads the label from the cell as it was typed.
    """
    source = "".join(lines)
    is_test = cell_test(source) is not None
    if label_of(source) is None and not is_test:
        return lines
    position = next((at for at, text in enumerate(lines) if _COMMAND.match(text)), None)
    if position is None:
        return lines
    above, label, below = lines[:position], lines[position], lines[position + 1 :]
    header = next((at for at, text in enumerate(below) if text.strip()), None)
    if header is not None and below[header].startswith("%%") and not _magic_of(above):
        return below[header:]
    if is_test or _magic_of(above) in FOREIGN_CELL_MAGICS:
        return [*above, "\n", *below]
    return [*above, label.replace("%%mlops", "%mlops", 1), *below]


# A terminal asks the other transformers whether a cell is complete: it must see the %% there, so
# that it waits for the lines below.
lift_label.has_side_effects = True  # type: ignore[attr-defined]


def call_label(lines: list[str]) -> list[str]:
    """Write a plain ``%mlops track NAME`` as the call that IPython makes of it.

    IPython looks for magics by taking the whole cell apart into tokens, once more for each one
    that it finds.
    """
    for at, text in enumerate(lines):
        if _PLAIN_LABEL.fullmatch(text):
            name, _, rest = text[1:].rstrip().partition(" ")
            call = f"get_ipython().run_line_magic({name!r}, {rest!r})\n"
            return [*lines[:at], call, *lines[at + 1 :]]
        if text.strip() and not text.startswith("#"):
            break
    return lines


call_label.has_side_effects = True  # type: ignore[attr-defined] # as above


def _magic_of(lines: list[str]) -> str | None:
    """The cell magic with which lines begin."""
    first = next((text for text in lines if text.strip()), "")
    return first[2:].split(maxsplit=1)[0] if re.match(r"%%\S", first) else None


def load(shell: Any) -> Extension:
    """Load nbmlops into a shell; once, however often it is asked for."""
    if shell not in _loaded:
        extension = Extension(shell)
        extension.load()
        _loaded[shell] = extension
    return _loaded[shell]


def unload(shell: Any) -> None:
    """Take nbmlops out of a shell."""
    extension = _loaded.pop(shell, None)
    if extension is not None:
        extension.unload()


def show_panel(step: str | None) -> None:
    """The panel in the output of the running cell; loads the extension where it is not loaded.

    Raises:
        UsageError: no IPython runs.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        raise UsageError(
            "The panel needs a notebook.",
            cure="In a terminal, use nbmlops versions, or nbmlops ui for a browser.",
        )
    if shell not in _loaded:
        load(shell)
    shell.run_line_magic("mlops", f"panel {step}" if step else "panel")
