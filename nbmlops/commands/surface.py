"""What a command needs of the place where it is run: a notebook's kernel or a shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from nbmlops.commands.views import View
from nbmlops.domain.executions import Step
from nbmlops.domain.runs import CellProgress
from nbmlops.domain.wire import pretty
from nbmlops.errors import UsageError
from nbmlops.notebook.document import Cell
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from nbmlops.history.live import LiveNamespace
    from nbmlops.history.versions import RestoredStep


class Surface(Protocol):
    """Where a command was typed, and how it answers there."""

    @property
    def workspace(self) -> Workspace:
        """The project's workspace, made where there is none yet."""

    @property
    def prefix(self) -> str:
        """What is typed before a verb: ``%mlops`` in a notebook, ``nbmlops`` in a shell."""

    @property
    def notebook(self) -> Path | None:
        """The file of the notebook in which the command was typed; ``None`` in a shell."""

    @property
    def session(self) -> str | None:
        """The kernel session in which the command was typed; ``None`` in a shell."""

    def show(self, view: View) -> None:
        """Show the answer to a person."""

    def print(self, text: str) -> None:
        """Print text as it is."""

    def progress(
        self, title: str, *, brief: bool = False
    ) -> AbstractContextManager[Callable[[CellProgress], None]]:
        """Show the progress of a run while the context is open.

        ``brief`` is for one run of several: where lines are written, it is one line.
        """

    def track(self, *, step: str | None, active: bool, values: bool) -> str:
        """Turn recording on or off, with the values of all cells or of steps alone.

        Returns:
            What to tell the person.
        """

    def insert_cell(self, source: str, *, below: Step) -> str:
        """Put source into a new cell; returns what to tell the person."""

    def offer_cell(self, source: str) -> str:
        """Put source as it is into a new cell below; in a terminal, at the next prompt.

        Returns:
            Where it is, in words.

        Raises:
            UsageError: there is no kernel.
        """

    def assign(self, values: Mapping[str, Any]) -> None:
        """Put values into the running kernel's namespace."""

    def bring_back(self, restored: RestoredStep, command: str) -> RestoredStep:
        """Put the values of a version into the running kernel's namespace, and record it.

        Args:
            restored: the version with its values.
            command: what a person typed, for the record.

        Returns:
            It, with the names that came back as new objects.

        Raises:
            UsageError: there is no kernel.
        """

    def live_names(self) -> frozenset[str]:
        """The names that the kernel's namespace holds; none in a shell."""

    def run_cells(
        self, cells: Sequence[Cell], observe: Callable[[CellProgress], None]
    ) -> tuple[int, str]:
        """Run cells of the notebook in the kernel, recorded as if a person had run each.

        Returns:
            How many ran to their end, and why the next one did not: empty where all did.

        Raises:
            UsageError: there is no kernel, or a cell cannot be run from within another.
        """

    def kernel(self, verb: str) -> LiveNamespace:
        """The running kernel's namespace, for a verb that puts an earlier one back.

        Raises:
            UsageError: there is no kernel.
        """

    def open_panel(self, step: str | None) -> None:
        """Show the versions panel."""

    def serve_page(
        self, *, host: str, port: int | None, language: str | None, open_browser: bool
    ) -> None:
        """Serve the project's page until it is stopped.

        Raises:
            UsageError: this is a kernel, or there is nothing to listen at.
        """

    def save_session(self, name: str | None) -> Path:
        """The notebook to build: this one, or what a plain IPython session ran, as a file."""


Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """The ``--json`` option of every command that lists or shows."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON with a stable schema.")(
        command
    )


def answer(surface: Surface, view: View, *, as_json: bool) -> None:
    """Show a view, or print its document."""
    if as_json:
        surface.print(pretty(view.document))
        return
    surface.show(view)


def needs_kernel(verb: str) -> UsageError:
    """The error of a verb that only means something inside a notebook."""
    return UsageError(
        f"{verb} works on a running kernel.", cure=f"Type %mlops {verb} in a notebook cell."
    )
