"""What stands in a panel's place where no front end draws it: a table of versions."""

from __future__ import annotations

from nbmlops.commands import wording
from nbmlops.commands.views import Content, Span, View, line, table
from nbmlops.domain.executions import VersionRow
from nbmlops.domain.wire import document
from nbmlops.history.versions import HistoryService


def listing(history: HistoryService, notebook: str, step: str | None) -> View:
    """The versions of a step, or the latest one of each step of a notebook.

    Args:
        history: where versions come from.
        notebook: the notebook whose steps are meant.
        step: the name of one of them; all if not given.

    Raises:
        UnknownNameError: there is no such step.
    """
    if step is not None:
        return _table(list(reversed(history.versions(step, notebook))))
    found = history.versions_of(history.steps(notebook))
    rows = [of_step[-1] for of_step in found if of_step]
    if rows:
        return _table(rows)
    text = "No step yet. Put %mlops track NAME on a cell's first line and run it."
    return View(document=document("message/1", text=text), blocks=(line(text),))


def _table(rows: list[VersionRow]) -> View:
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
        for row in rows
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
