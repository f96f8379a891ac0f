"""The versions of a step as ipywidgets: choose two, see the diff, look at values, restore."""

from __future__ import annotations

from collections.abc import Callable

from nbmlops.commands import html, wording
from nbmlops.commands.diff import diff_blocks
from nbmlops.commands.freshness import as_saved, standing_line
from nbmlops.commands.preview import value_view
from nbmlops.commands.views import Content, Span, View, line, table
from nbmlops.domain.executions import Step, StepVersion, VersionRow
from nbmlops.domain.references import StepReference
from nbmlops.domain.staleness import NotebookStatus
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.wire import document
from nbmlops.errors import NbmlopsError, NotebookFormatError, UsageError
from nbmlops.history.versions import HistoryService, RestoredStep


class VersionsPanel:
    """A panel over one notebook's steps.

    Args:
        history: where versions come from.
        step: the step to begin with, as ``notebook:name``; the first one if not given.
        notebook: the notebook whose steps are offered; all, where it has none.
        status: tells how the notebook's cells stand.
        restore_source: puts source into a cell; returns what to tell the person.
        restore_values: puts the values of a version into the kernel, by which command.
    """

    def __init__(
        self,
        history: HistoryService,
        *,
        step: str | None,
        notebook: str,
        status: Callable[[], NotebookStatus],
        restore_source: Callable[[str, Step], str],
        restore_values: Callable[[RestoredStep, str], RestoredStep],
    ) -> None:
        import ipywidgets as widgets

        self._history = history
        self._notebook = notebook
        self._status = status
        self._restore_source = restore_source
        self._restore_values = restore_values
        self._rows: list[VersionRow] = []
        wide = widgets.Layout(width="auto")
        self.step = widgets.Dropdown(description="Step", layout=wide)
        self.before = widgets.Dropdown(description="Compare", layout=wide)
        self.after = widgets.Dropdown(description="with", layout=wide)
        self.refresh = widgets.Button(description="Refresh", icon="refresh")
        self.source = widgets.Button(description="Restore source", icon="history")
        self.values = widgets.Button(description="Restore values", icon="download")
        self.look = widgets.Dropdown(description="Look at", layout=wide)
        self.inside = widgets.HTML()
        self.standing = widgets.HTML()
        self.listing = widgets.HTML()
        self.difference = widgets.HTML()
        self.message = widgets.HTML()
        self.widget = widgets.VBox(
            [
                widgets.HBox([self.step, self.refresh]),
                self.standing,
                self.listing,
                widgets.HBox([self.before, self.after, self.source, self.values]),
                self.message,
                self.difference,
                self.look,
                self.inside,
            ]
        )
        self._wire()
        self._load_steps(step)

    def _wire(self) -> None:
        self.step.observe(lambda _: self._guarded(self._load_versions), "value")
        self.before.observe(lambda _: self._guarded(self._compare), "value")
        self.after.observe(lambda _: self._guarded(self._compare), "value")
        self.look.observe(lambda _: self._guarded(self._show_inside), "value")
        self.refresh.on_click(lambda _: self._guarded(lambda: self._load_steps(self.step.value)))
        self.source.on_click(lambda _: self._guarded(self._bring_back_source))
        self.values.on_click(lambda _: self._guarded(self._bring_back_values))

    def _guarded(self, action: Callable[[], None]) -> None:
        self.message.value = ""
        try:
            action()
        except NbmlopsError as error:
            self.message.value = html.to_html(_message(str(error), bad=True))

    def _load_steps(self, chosen: str | None) -> None:
        steps = self._history.steps(self._notebook) or self._history.steps()
        names = [f"{step.notebook}:{step.name}" for step in steps]
        if chosen is not None and chosen not in names:
            names.append(chosen)
        self.step.options = [(name.rpartition(":")[2], name) for name in names]
        if not names:
            self.listing.value = html.to_html(
                _message("No step yet. Put %mlops track NAME on a cell's first line and run it.")
            )
            return
        self.step.value = chosen or names[0]
        self._load_versions()

    def _load_versions(self) -> None:
        if self.step.value is None:
            return
        notebook, _, name = self.step.value.rpartition(":")
        self._rows = self._history.versions(name, notebook)
        self.listing.value = html.to_html(_listing(self._rows))
        options = [(row.reference, row.number) for row in self._rows]
        latest = self._rows[-1].number
        earlier = self._rows[-2].number if len(self._rows) > 1 else latest
        self.before.options, self.after.options = options, options
        self.before.value, self.after.value = earlier, latest
        self._compare()
        self._tell_standing(name, notebook)

    def _tell_standing(self, name: str, notebook: str) -> None:
        """Whether the step is fresh; the notebook is read and analysed for it."""
        self.standing.value = ""
        if notebook != self._notebook:
            return
        try:
            found = self._status()
        except NotebookFormatError as error:
            view = _message(f"Whether {name} is fresh is not known: {error.message}")
        else:
            lines = [standing_line(cell) for cell in found.steps if cell.step == name]
            lines += as_saved(found) if lines else []
            view = View(document=document("status/1", notebooks=[found]), blocks=tuple(lines))
        self.standing.value = html.to_html(view)

    def _reference(self, number: int | None) -> StepReference:
        if self.step.value is None or number is None:
            raise UsageError(
                "There is no version to restore yet.", cure="Run a step, then click Refresh."
            )
        notebook, _, name = self.step.value.rpartition(":")
        return StepReference(name=name, notebook=notebook, version=number)

    def _compare(self) -> None:
        if self.before.value is None or self.after.value is None:
            return
        self._offer_values()
        if self.before.value == self.after.value:
            self.difference.value = html.to_html(_message("Choose two versions to compare."))
            return
        found = self._history.diff(
            self._reference(self.before.value), self._reference(self.after.value)
        )
        view = View(document=document("diff/1", diff=found), blocks=tuple(diff_blocks(found)))
        self.difference.value = html.to_html(view)

    def _offer_values(self) -> None:
        """The values that the chosen versions made, of which none is loaded to be looked at."""
        found = [
            (f"{value.name} of {version.reference}", (version.number, value.name))
            for version in map(self._version, sorted({self.before.value, self.after.value}))
            for value in self._made_by(version)
        ]
        self.look.options = [("-", None), *found]
        self.look.value = None

    def _show_inside(self) -> None:
        self.inside.value = ""
        if self.look.value is not None:
            number, name = self.look.value
            version = self._version(number)
            execution = self._history.representative(version)
            self.inside.value = html.to_html(value_view(version.reference, execution, name))

    def _version(self, number: int) -> StepVersion:
        return self._history.version(self._reference(number))

    def _made_by(self, version: StepVersion) -> tuple[ValueRecord, ...]:
        execution = self._history.representative(version)
        return execution.record.outputs if execution is not None else ()

    def _bring_back_source(self) -> None:
        version = self._history.version(self._reference(self.before.value))
        said = self._restore_source(version.source, version.step)
        self.message.value = html.to_html(_message(said))

    def _bring_back_values(self) -> None:
        restored = self._history.restore(self._reference(self.before.value), values=True)
        command = f"%mlops restore {restored.version.reference} --values"
        said = self._restore_values(restored, command).told()
        self.message.value = html.to_html(_message(" ".join(said)))


def _message(text: str, *, bad: bool = False) -> View:
    return View(
        document=document("message/1", text=text),
        blocks=(line(Span(text, "bad" if bad else "plain")),),
    )


def _listing(rows: list[VersionRow]) -> View:
    badge = ("verified",) if any(row.verified for row in rows) else ()
    note = ("inputs",) if any(row.inputs_note for row in rows) else ()
    columns = (
        *("version", "when", "who", "what changed", "status", *badge, *note),
        *("metrics", "duration"),
    )
    lines: list[tuple[Content, ...]] = [
        (
            Span(row.reference, "strong"),
            wording.when(row.started_at or row.created_at),
            row.author,
            row.changed,
            wording.status(row.status),
            *(_verified(row) for _ in badge),
            *(_inputs(row) for _ in note),
            wording.metrics(row.metrics),
            wording.duration(row.duration),
        )
        for row in reversed(rows)
    ]
    return View(
        document=document("versions/1", versions=rows),
        blocks=(table(columns, lines, right=("duration",)),),
    )


def _verified(row: VersionRow) -> Span:
    badge = wording.verdict(row.verified)
    return Span(f"{badge.text}: {row.verified_why}", badge.tone) if row.verified_why else badge


def _inputs(row: VersionRow) -> Span:
    return Span(f"not fully known: {row.inputs_note}", "warn") if row.inputs_note else Span("known")
