"""The executed notebook as one HTML page, under a heading that says what ran."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from nbmlops.domain.runs import Run
from nbmlops.execution.outcome import Outcome

_AHEAD: list[Future[Any]] = []
"""The exporter that `prepare` makes, or that the page before has used, while no page uses it."""

_WHEN = "%Y-%m-%d %H:%M:%S UTC"
_LONGEST_WAIT = 30
"""Seconds; a copy of the process that was forked meanwhile has no thread that makes it."""


def prepare() -> None:
    """Make in the background what `write_html` needs: a kernel's start leaves time for it.

    That are imports, above all, and templates; a page of nothing needs most of them.
    """
    if not _AHEAD:
        _AHEAD.append(Future())
        # not a daemon: a process must not end in the middle of an import
        threading.Thread(target=_make_ahead, args=_AHEAD[-1:], name="nbmlops-report").start()


def prepare_now() -> None:
    """Do what `prepare` does before going on, for the processes that are forked from this one."""
    if not _AHEAD:
        _AHEAD.append(Future())
        _make_ahead(_AHEAD[-1])


def _make_ahead(promise: Future[Any]) -> None:
    try:
        import nbformat

        cells = [nbformat.v4.new_markdown_cell("# a"), nbformat.v4.new_code_cell("a = 1")]
        exporter = _exporter(with_code=True)
        exporter.from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    except BaseException as error:  # noqa: BLE001 # what it is, the page of the run says
        promise.set_exception(error)
    else:
        promise.set_result(exporter)


def _made_ahead() -> Any:
    """The exporter that is there; ``None`` where there is none."""
    with suppress(Exception):  # making one anew meets the same
        return _AHEAD.pop().result(_LONGEST_WAIT)
    return None


def _keep(exporter: Any) -> None:
    """Leave an exporter to the next page of this process."""
    if not _AHEAD:
        _AHEAD.append(Future())
        _AHEAD[-1].set_result(exporter)


_LEFT_OUT = {
    "remove_cell_tags": {"remove-cell", "remove_cell"},
    "remove_input_tags": {"remove-input", "remove_input"},
    "remove_all_outputs_tags": {"remove-output", "remove_output"},
}
"""The tags of nbconvert and Jupyter Book that leave out a part of a cell."""


def write_html(
    notebook: Path, target: Path, *, title: str, heading: str, with_code: bool = True
) -> None:
    """Render an executed notebook, figures included, as a page that needs no other file.

    Args:
        notebook: the executed ``.ipynb``.
        target: the ``.html`` to write.
        title: the page's title.
        heading: HTML that goes above the first cell.
        with_code: whether the source of the cells is shown.
    """
    import nbformat

    node = nbformat.read(notebook, as_version=4)
    node.cells = [
        shown
        for cell in node.cells
        for shown in (*map(nbformat.v4.new_markdown_cell, _banner(cell)), cell)
    ]
    node.cells.insert(0, nbformat.v4.new_markdown_cell(heading))
    page = page_of(node, title=title, folder=notebook.parent, with_code=with_code)
    target.write_text(page, encoding="utf-8")


def page_of(node: Any, *, title: str, folder: Path | None = None, with_code: bool = True) -> str:
    """A notebook node as a page that needs no other file.

    Args:
        node: the notebook.
        title: the page's title.
        folder: where the files are that its texts show.
        with_code: whether the source of the cells is shown.
    """
    exporter = (_made_ahead() if with_code else None) or _exporter(with_code=with_code)
    page, _ = exporter.from_notebook_node(
        node, resources={"metadata": {"name": title, "path": str(folder or Path.cwd())}}
    )
    if with_code:
        _keep(exporter)
    return str(page)


def _exporter(*, with_code: bool) -> Any:
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter(
        embed_images=True,
        exclude_input=not with_code,
        exclude_input_prompt=not with_code,
        exclude_output_prompt=not with_code,
        config={"TagRemovePreprocessor": {"enabled": True, **_LEFT_OUT}},
    )


def write_notebook(notebook: Path, target: Path, *, with_code: bool) -> None:
    """Copy an executed notebook, without what its tags leave out.

    Args:
        notebook: the executed ``.ipynb``.
        target: the ``.ipynb`` to write.
        with_code: whether the source of code cells is kept.
    """
    import nbformat
    from nbconvert.preprocessors import TagRemovePreprocessor

    node, _ = TagRemovePreprocessor(enabled=True, **_LEFT_OUT).preprocess(
        nbformat.read(notebook, as_version=4), {}
    )
    for cell in node.cells:
        cell.pop("transient", None)  # where nbconvert notes what it leaves out
        hidden = not _LEFT_OUT["remove_input_tags"].isdisjoint(cell.metadata.get("tags", ()))
        if cell.cell_type == "code" and (hidden or not with_code):
            cell.source = ""
    target.write_text(nbformat.writes(node), encoding="utf-8")


def heading_of(run: Run, outcome: Outcome, metrics: Mapping[str, float]) -> str:
    """What a reader of the page must know first, as HTML: the run, its parameters, its metrics."""
    started = run.started_at.strftime(_WHEN)
    by = f"{escape(run.author)} ({escape(run.trigger)})"
    lines = [
        f"<h1>{escape(run.reference)}: {outcome.status}</h1>",
        f"<p>{escape(run.pipeline)}@{run.version}, started {started} by {by}</p>",
    ]
    if run.rules.only is not None:
        lines.append(f"<p>Only {escape(', '.join(run.rules.only))}: a part of the pipeline</p>")
    lines += [f"<p>{escape(warning)}</p>" for warning in outcome.warnings]
    if outcome.failure is not None:
        place = f" in step {outcome.failure.step}" if outcome.failure.step else ""
        said = f"{outcome.failure.kind}{place}: {outcome.failure.message}"
        lines.append(f"<p><strong>{escape(said)}</strong></p>")
    lines.append(
        _table("parameter", ((name, repr(value)) for name, value in run.parameters.items()))
    )
    lines.append(_table("metric", ((name, f"{value:.6g}") for name, value in metrics.items())))
    return "\n".join(line for line in lines if line)


def _banner(cell: Any) -> list[str]:
    """What stands above a cell that did not run, or whose failure did not end the run."""
    mark = cell.metadata.get("nbmlops", {})
    if "cached" in mark:
        where = escape(mark["cached"]["run"] or "the notebook")
        ran = datetime.fromisoformat(mark["cached"]["ran_at"]).astimezone(UTC)
        said = f"cached: the result of {where}, {ran.strftime(_WHEN)}"
        return [_bar(said, "#2e9e5b")]
    if "not_run" in mark:
        return [_bar(f"not run: {escape(mark['not_run'])}", "#b8860b")]
    if mark.get("on_failure", "fail") != "fail":
        return [_bar(f"failed; on-failure {escape(mark['on_failure'])}", "#b8860b")]
    return []


def _bar(said: str, colour: str) -> str:
    style = f"border-left:3px solid {colour};padding-left:8px;margin:0"
    return f'<p style="{style}">{said}</p>'


def _table(name: str, rows: Iterable[tuple[str, Any]]) -> str:
    body = "".join(
        f"<tr><td>{escape(key)}</td><td>{escape(str(value))}</td></tr>" for key, value in rows
    )
    head = f"<tr><th>{name}</th><th>value</th></tr>"
    table = f"<thead>{head}</thead><tbody>{body}</tbody>"
    return f'<table style="margin-left:0">{table}</table>' if body else ""
