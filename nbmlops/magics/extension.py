"""``%load_ext nbmlops``: the ``%mlops`` magic, the recorder and completion."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from nbmlops.capture.recorder import Ledger, Recorder
from nbmlops.capture.session import identify
from nbmlops.config import current_user
from nbmlops.domain.clock import system_clock
from nbmlops.notebook.labels import label_of

if TYPE_CHECKING:
    from nbmlops.magics.kernel import KernelSurface

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
        self.recorder = Recorder(
            shell,
            session=identify(shell.user_ns),
            ledger=self._ledger,
            clock=system_clock,
            author=current_user(),
        )

    def load(self) -> None:
        """Attach to the shell."""
        from nbmlops.magics import completion

        self.recorder.attach()
        self.shell.input_transformers_cleanup.append(lift_label)
        self.shell.register_magic_function(self.mlops, "line", "mlops")
        completion.register(self)

    def unload(self) -> None:
        """Leave the shell as it was found."""
        from nbmlops.magics import completion

        self.recorder.detach()
        if lift_label in self.shell.input_transformers_cleanup:
            self.shell.input_transformers_cleanup.remove(lift_label)
        self.shell.magics_manager.magics["line"].pop("mlops", None)
        completion.unregister(self)

    def mlops(self, line: str) -> None:
        """Versioned cells, approved pipelines, schedules. Type %mlops --help."""
        from nbmlops.magics.dispatch import run_line

        run_line(self, line)

    @property
    def surface(self) -> KernelSurface:
        """Where commands typed in this shell answer."""
        if self._surface is None:
            from nbmlops.magics.kernel import KernelSurface

            self._surface = KernelSurface(self)
        return self._surface

    def _ledger(self) -> Ledger:
        return self.surface.workspace.ledger


def lift_label(lines: list[str]) -> list[str]:
    """Make ``%%mlops track NAME`` a line, and drop a label above another cell magic.

    IPython takes a cell magic only as the first line. The recorder reads the label from the cell
    as it was typed; what runs keeps its number of lines.
    """
    if label_of("".join(lines)) is None:
        return lines
    for position, text in enumerate(lines):
        words = text.strip()
        if words.startswith("%%mlops"):
            return [*lines[:position], text.replace("%%mlops", "%mlops", 1), *lines[position + 1 :]]
        if words.startswith("%mlops"):
            below = next((line for line in lines[position + 1 :] if line.strip()), "")
            is_cell_magic = below.startswith("%%") and not lines[:position]
            return lines[position + 1 :] if is_cell_magic else lines
    return lines


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


def split(line: str) -> list[str]:
    """The words of a ``%mlops`` line; an open quote is taken as it stands."""
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()
