"""The surface of a shell."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbmlops.commands import terminal
from nbmlops.commands.surface import needs_kernel
from nbmlops.commands.views import View
from nbmlops.commands.wording import two_cells
from nbmlops.config import choose_project
from nbmlops.domain.executions import Step
from nbmlops.domain.runs import CellProgress
from nbmlops.errors import NotebookFormatError, NotebookUnwritableError, StoreError, UsageError
from nbmlops.notebook.document import Cell, insert_code_cell, read, serialize
from nbmlops.notebook.labels import TAG_PREFIX, label_of
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from nbmlops.history.live import LiveNamespace
    from nbmlops.history.versions import RestoredStep

_RELOAD = "If it is open in JupyterLab, reload it there: File → Reload Notebook from Disk."


class ShellSurface:
    """Commands typed in a shell: text on standard output, notebooks as files."""

    def __init__(self, workspace: Workspace | None = None) -> None:
        self._workspace = workspace
        self._is_settled = False

    @property
    def workspace(self) -> Workspace:
        """The project of the current folder, unless another one was named."""
        if self._workspace is None:
            self._workspace = Workspace(choose_project(Path.cwd()))
        if not self._is_settled:
            self._is_settled = True
            self._workspace.ended_kernels.settle()
        return self._workspace

    def delay(self) -> StoreError | None:
        """What keeps what a verb has stored from arriving where the team finds it."""
        if self._workspace is None or "objects" not in vars(self._workspace):
            return None
        try:
            self._workspace.objects.settle()
        except StoreError as error:
            return error
        return None

    @property
    def prefix(self) -> str:
        """What is typed before a verb."""
        return "nbmlops"

    @property
    def notebook(self) -> Path | None:
        """A shell belongs to no notebook."""
        return None

    @property
    def session(self) -> str | None:
        """A shell is no kernel."""
        return None

    def show(self, view: View) -> None:
        """Print the answer."""
        terminal.render(view, terminal.console())

    def print(self, text: str) -> None:
        """Print text as it is."""
        click.echo(text)

    @contextmanager
    def progress(
        self, title: str, *, brief: bool = False
    ) -> Iterator[Callable[[CellProgress], None]]:
        """A progress bar on standard error, where that is a terminal; else a line per step."""
        with terminal.progress(title, sys.stderr, brief=brief) as observe:
            yield observe

    def track(self, *, step: str | None, active: bool, values: bool) -> str:
        """Refuse: there is no kernel here.

        Raises:
            UsageError: always.
        """
        del step, active, values
        raise needs_kernel("track")

    def insert_cell(self, source: str, *, below: Step) -> str:
        """Put source into the notebook file, below the step's cell.

        Raises:
            UsageError: the step was recorded in a session without a notebook file.
            NotebookUnwritableError: the file cannot be written; it is as it was.
        """
        path = self.workspace.project / below.notebook
        try:
            document = read(path)
        except NotebookFormatError as error:
            raise UsageError(
                f"The notebook of {below.name} is not here: {error.message}",
                cure=f"Print the source instead: nbmlops show {below.name} --source.",
            ) from error
        cells = [
            cell.id
            for cell in document.code_cells
            if (label := label_of(cell.source, cell.tags)) and label.name == below.name
        ]
        target = cells[-1] if cells else None
        tags = [] if label_of(source) else [TAG_PREFIX + below.name]
        edited = insert_code_cell(document, source, tags=tags, after_cell_id=target)
        _replace(path, serialize(edited))
        told = f"Added a cell with the restored source to {below.notebook}. {_RELOAD}"
        return f"{told} {two_cells(below.name)}" if cells else told

    def offer_cell(self, source: str) -> str:
        """Refuse: there is no notebook here.

        Raises:
            UsageError: always.
        """
        del source
        raise needs_kernel("debug")

    def assign(self, values: Mapping[str, Any]) -> None:
        """Refuse: there is no kernel here.

        Raises:
            UsageError: always.
        """
        del values
        raise needs_kernel("debug")

    def bring_back(self, restored: RestoredStep, command: str) -> RestoredStep:
        """Refuse: there is no kernel here.

        Raises:
            UsageError: always.
        """
        del restored, command
        raise needs_kernel("restore --values")

    def live_names(self) -> frozenset[str]:
        """A shell holds no names."""
        return frozenset()

    def run_cells(
        self, cells: Sequence[Cell], observe: Callable[[CellProgress], None]
    ) -> tuple[int, str]:
        """Refuse: there is no kernel here.

        Raises:
            UsageError: always.
        """
        del cells, observe
        raise needs_kernel("refresh")

    def kernel(self, verb: str) -> LiveNamespace:
        """Refuse: there is no kernel here.

        Raises:
            UsageError: always.
        """
        raise needs_kernel(verb)

    def open_panel(self, step: str | None) -> None:
        """Refuse: there is no notebook here.

        Raises:
            UsageError: always.
        """
        del step
        raise needs_kernel("panel")

    def serve_page(
        self, *, host: str, port: int | None, language: str | None, open_browser: bool
    ) -> None:
        """Serve the project's page until Ctrl-C or SIGTERM.

        Raises:
            UsageError: there is nothing to listen at, no such language, or no built page.
        """
        from nbmlops.server.standalone import serve

        project = self.workspace.project
        serve(
            project,
            host=host,
            port=port,
            language=language,
            open_browser=open_browser,
            say=self.print,
        )

    def save_session(self, name: str | None) -> Path:
        """Ask for the notebook's name.

        Raises:
            UsageError: always; names the notebooks that are here.
        """
        del name
        here = sorted(path.name for path in Path.cwd().glob("*.ipynb"))
        known = f" Here: {', '.join(here)}." if here else ""
        raise UsageError(
            "Say which notebook to build.", cure=f"Type nbmlops build NOTEBOOK.ipynb.{known}"
        )


def _replace(path: Path, content: bytes) -> None:
    """Write a person's notebook whole or not at all."""
    beside = path.with_name(f".{path.name}.nbmlops")
    try:
        beside.write_bytes(content)
        shutil.copymode(path, beside)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise NotebookUnwritableError(
            f"{path} cannot be written: {error.strerror}.",
            cure="Make its folder writable, or free some space; the notebook is as it was.",
        ) from error
