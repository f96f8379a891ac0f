"""The surface of a notebook: commands typed as ``%mlops …`` in a kernel."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nbmlops.commands import html, terminal, wording
from nbmlops.commands.views import View
from nbmlops.config import STORE
from nbmlops.domain.executions import Execution, Step
from nbmlops.domain.references import StepReference
from nbmlops.domain.runs import CellProgress
from nbmlops.errors import NbmlopsError, StoreError, UsageError
from nbmlops.magics import rerun, session_file
from nbmlops.magics.current import CurrentWorkspace
from nbmlops.magics.live import LiveKernel
from nbmlops.notebook.document import Cell
from nbmlops.notebook.labels import label_of, name_problem
from nbmlops.store.making import require_writable
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from nbmlops.history.versions import RestoredStep
    from nbmlops.magics.extension import Extension


class KernelSurface:
    """Answers in the cell's output, adds cells below, and puts values into the namespace."""

    def __init__(self, extension: Extension) -> None:
        self._extension = extension
        self._shell = extension.shell
        self._recorder = extension.recorder
        self._current = CurrentWorkspace(self._recorder.session.project, lost=extension.store_lost)

    @property
    def prefix(self) -> str:
        """What is typed before a verb here."""
        return "%mlops"

    @property
    def workspace(self) -> Workspace:
        """The project of this notebook."""
        self._extension.miss_store()
        workspace = self._current.get()
        self._extension.settle(workspace)
        workspace.ended_kernels.settle()
        return workspace

    @property
    def has_store(self) -> bool:
        """Whether anything was recorded in the project before."""
        return (self._recorder.session.project / STORE).is_dir()

    @property
    def notebook(self) -> Path | None:
        """This notebook's file; ``None`` in a plain IPython session."""
        return self._recorder.session.path

    @property
    def recorded_as(self) -> str:
        """The notebook's key in the ledger."""
        return self._recorder.session.notebook

    @property
    def session(self) -> str | None:
        """This kernel."""
        return self._recorder.session.id

    def close(self) -> None:
        """Give up the connections to the store."""
        self._current.close()

    def show(self, view: View) -> None:
        """Display the answer: as HTML and our own MIME type, or as text in a terminal."""
        if not hasattr(self._shell, "kernel"):
            terminal.render(view, terminal.console())
            return
        from IPython.display import display

        bundle = {
            "text/plain": terminal.to_text(view),
            "text/html": html.to_html(view),
            view.media_type: view.document,
        }
        display(bundle, raw=True)

    def print(self, text: str) -> None:
        """Print text as it is."""
        sys.stdout.write(f"{text}\n")

    def warn(self, text: str) -> None:
        """Tell of a mistake that does not stop the cell."""
        sys.stderr.write(f"nbmlops: {text}\n")

    @contextmanager
    def progress(
        self, title: str, *, brief: bool = False
    ) -> Iterator[Callable[[CellProgress], None]]:
        """One line in the cell's output, that follows the run."""
        if not hasattr(self._shell, "kernel"):
            with terminal.progress(title, sys.stderr, brief=brief) as observe:
                yield observe
            return
        from IPython.display import display

        handle = display({"text/plain": f"{title} (preparing) …"}, raw=True, display_id=True)
        began = False

        def follow(event: CellProgress) -> None:
            nonlocal began
            began = True
            text = wording.progress(title, event) or wording.counted(title, event)
            if text:
                handle.update({"text/plain": text}, raw=True)

        try:
            yield follow
        except NbmlopsError:
            if not began:  # what was refused never started
                handle.update({"text/plain": ""}, raw=True)
            raise

    def track(self, *, step: str | None, active: bool, values: bool) -> str:
        """Turn recording on or off, or confirm the label of this cell.

        Raises:
            UsageError: the label is not on the cell's first line.
        """
        if step is not None:
            self._confirm_label(step)
            return ""
        if active:
            require_writable(self._recorder.session.project / STORE)
        was = self._recorder.tracking
        self._recorder.tracking = active
        self._recorder.keeps_values = active and (values or self._recorder.keeps_values)
        if self._recorder.session.run_id is not None:
            return ""
        if active:
            self._recorder.warm_up(self._extension.open_store)
        where = self._recorder.session.project.resolve() / STORE
        if not active:
            return "Recording is off." if was else "This notebook is not being recorded."
        name = self._recorder.session.notebook
        told = f"Recording {name} in {where}" if not was else f"{name} is being recorded"
        values = self._recorder.keeps_values or self._recorder.settings().keep == "all"
        return f"{told}, with the values of all cells." if values else f"{told}."

    def _confirm_label(self, step: str) -> None:
        problem = name_problem(step)
        if problem is not None:
            raise UsageError(f"{problem}.")
        label = self._recorder.current_label
        if label is None or label.name != step:
            raise UsageError(
                f"%mlops track {step} names nothing here.",
                cure="Put it on the first line of the cell that is the step.",
            )
        if label.problem:
            raise UsageError(f"{label.problem}.", cure="See %mlops track --help.")

    def insert_cell(self, source: str, *, below: Step) -> str:
        """Put source into a new cell below this one; in a terminal, at the next prompt."""
        self._offer(source, below)
        if not hasattr(self._shell, "kernel"):
            return f"The source of {below.name} is at the next prompt: run it, and it holds again."
        return f"The source of {below.name} is in the cell below. {wording.two_cells(below.name)}"

    def offer_cell(self, source: str) -> str:
        """Put source as it is into a new cell below; in a terminal, at the next prompt."""
        self._shell.set_next_input(source, replace=False)
        return "in the cell below" if hasattr(self._shell, "kernel") else "at the next prompt"

    def _insert_cell_later(self, source: str, below: Step) -> str:
        """Put source into a new cell from a click: a front end adds it when a cell has run."""
        self._offer(source, below)
        told = f"Run this cell again, or any other: the source of {below.name} comes below it."
        return f"{told} {wording.two_cells(below.name)}"

    def _offer(self, source: str, step: Step) -> None:
        """Source as the next input, under the step's name; a tag does not come along."""
        named = source if label_of(source) else f"%mlops track {step.name}\n{source}"
        self._shell.set_next_input(named, replace=False)

    def assign(self, values: Mapping[str, Any]) -> None:
        """Put values into the namespace."""
        self._shell.user_ns.update(values)
        self._recorder.forget()

    def bring_back(self, restored: RestoredStep, command: str) -> RestoredStep:
        """Put the values of a version into the namespace, and record it."""
        from nbmlops.history.unbroken import Unbroken

        values = {value.name: value.value for value in restored.values}
        if restored.execution is None or not restored.records or self._recorder.records_current:
            self.assign(values)
            # what a recorded cell does is recorded as its own
            return self._with_needs(self._with_classes(restored, values), values)
        with Unbroken() as unbroken:
            back = self._bring_back(restored, restored.execution, values, command)
        return replace(back, was_interrupted=unbroken.came)

    def _bring_back(
        self, restored: RestoredStep, origin: Execution, values: Mapping[str, Any], command: str
    ) -> RestoredStep:
        """Put values into the objects that held them, and record that an execution made them."""
        from nbmlops.history import severed
        from nbmlops.history.mending import Mending, shared_in, stored_in

        stored = stored_in(restored)
        live = self._recorder.live()
        mending = Mending(
            self.workspace.values,
            self._recorder.witnesses,
            live,
            staying=live.keys() - {one.name for one in stored},
        )
        mended = mending.mend(stored, values)
        self.assign(mended)
        back = self._with_needs(self._with_classes(restored, mended), mended)
        back = replace(back, apart=tuple(mending.apart))
        try:
            done = self._recorder.restored(command, origin, values=restored.records)
        except StoreError as error:  # the values are back all the same
            return replace(back, unrecorded=error.message)
        mending.settle(done.id)
        shared, families = shared_in(restored), self._recorder.families
        return replace(back, severed=severed.found(values, shared, self.live_names(), families))

    def _with_classes(self, restored: RestoredStep, values: Mapping[str, Any]) -> RestoredStep:
        """Define the classes of values that came back, where the kernel has nothing of their name.

        They are those of the notebook that the version used.
        """
        from nbmlops.capture.parts import parts_of
        from nbmlops.values import classes

        came = classes.that_came(parts_of(list(values.values())).classes)
        missing = restored.version.definitions.keys() - self._shell.user_ns.keys()
        found = {name: came[name] for name in sorted(came.keys() & missing)}
        self._shell.user_ns.update(found)
        return replace(restored, defined=tuple(found))

    def _with_needs(self, restored: RestoredStep, values: Mapping[str, Any]) -> RestoredStep:
        """Say what functions and classes that came back need, and the kernel does not have."""
        from nbmlops.capture.globals_used import globals_of
        from nbmlops.values.kinds import is_a

        there = self._shell.user_ns.keys() | vars(builtins).keys()
        inside = type.__dict__["__dict__"]
        found = {}
        for name, value in sorted(values.items()):
            parts = (value, *inside.__get__(value).values()) if is_a(value, type) else (value,)
            needed = frozenset[str]().union(*map(globals_of, parts)) - there
            if needed:
                found[name] = tuple(sorted(needed))
        return replace(restored, lacking=found)

    def live_names(self) -> frozenset[str]:
        """The names that the namespace holds."""
        return frozenset(self._shell.user_ns)

    def run_cells(
        self, cells: Sequence[Cell], observe: Callable[[CellProgress], None]
    ) -> tuple[int, str]:
        """Run cells one after the other, up to the first that fails.

        Raises:
            UsageError: a cell awaits at its top level, which cannot be done within another.
        """
        return rerun.run_cells(self._shell, self._recorder, cells, observe)

    def kernel(self, verb: str) -> LiveKernel:
        """This kernel's namespace."""
        del verb
        return LiveKernel(self._shell, self._recorder)

    def serve_page(
        self, *, host: str, port: int | None, language: str | None, open_browser: bool
    ) -> None:
        """Refuse: a server would keep the kernel from running cells.

        Raises:
            UsageError: always.
        """
        del host, port, language, open_browser
        raise UsageError(
            "The page is served from a shell.",
            cure="Type nbmlops ui in a terminal; in JupyterLab, the panel at the left has it all.",
        )

    def open_panel(self, step: str | None) -> None:
        """Display the panel.

        Raises:
            UsageError: a terminal shows no widgets.
        """
        if not hasattr(self._shell, "kernel"):
            raise UsageError(
                "The panel needs a notebook front end.",
                cure="In a terminal, use %mlops versions and %mlops diff.",
            )
        from IPython.display import display

        from nbmlops.widgets.desk import KernelDesk
        from nbmlops.widgets.listing import listing
        from nbmlops.widgets.panel import Panel

        workspace = self.workspace
        where, _, name = (step or f"{self.recorded_as}:").rpartition(":")
        desk = KernelDesk(
            workspace.project,
            where,
            step=name or None,
            identity=workspace.author,
            restore=partial(self._restore_from_panel, where),
        )
        display(Panel(desk, instead=listing(workspace.history, where, name or None)))

    def _restore_from_panel(
        self, notebook: str, step: str, number: int, part: Literal["source", "values"]
    ) -> str:
        """Put the source or the values of a version back, from a click; says what it did."""
        reference = StepReference(name=step, notebook=notebook, version=number)
        history = self.workspace.history
        if part == "source":
            version = history.version(reference)
            return self._insert_cell_later(version.source, version.step)
        restored = history.restore(reference, values=True)
        command = f"%mlops restore {restored.version.reference} --values"
        return " ".join(self.bring_back(restored, command).told())

    def save_session(self, name: str | None) -> Path:
        """This notebook's file; in a plain IPython session, the session saved as one."""
        if self.notebook is not None:
            return self.notebook
        return session_file.save(
            self.workspace.executions.session_cells(self._recorder.session.id), name=name
        )
