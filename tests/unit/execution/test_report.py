"""The page of a run begins with what ran."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import nbformat

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.execution.outcome import Outcome
from nbmlops.execution.report import heading_of, page_of, prepare, write_html, write_notebook
from nbmlops.testing import NOON, Notebook

RUN = Run(
    id=1,
    pipeline="flights",
    number=3,
    version=2,
    version_id=1,
    parameters={"month": 3, "name": "<b>"},
    status=RunStatus.RUNNING,
    trigger="schedule:1",
    author="ann",
    started_at=NOON,
)
GOOD = Outcome(status=RunStatus.SUCCEEDED)


def test_the_heading_says_run_version_parameters_and_metrics() -> None:
    heading = heading_of(RUN, GOOD, {"auc": 0.756417})
    for said in ("flights#3: succeeded", "flights@2", "schedule:1", "ann", "month", "0.756417"):
        assert said in heading
    assert "<b>" not in heading


def test_the_heading_says_why_a_run_failed() -> None:
    failure = Failure(kind="ValueError", message="no <data>", step="load")
    heading = heading_of(RUN, replace(GOOD, status=RunStatus.FAILED, failure=failure), {})
    assert "ValueError in step load: no &lt;data&gt;" in heading
    assert "metric" not in heading


def test_the_page_holds_the_heading_above_the_cells(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path).cell("print('in the first cell')").save()
    page = tmp_path / "page.html"
    write_html(notebook, page, title="flights#3", heading=heading_of(RUN, GOOD, {"auc": 0.9}))
    text = page.read_text("utf-8")
    assert "<title>flights#3</title>" in text
    assert text.index("flights#3: succeeded") < text.index("in the first cell")


def test_a_cell_whose_result_was_taken_says_whose_it_was_and_when_it_ran(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path).cell("x = 1").save()
    node = nbformat.read(notebook, as_version=4)
    taken = {"run": "flights#2", "ran_at": NOON.replace(microsecond=709053).isoformat()}
    node.cells[0].metadata["nbmlops"] = {"cached": taken}
    nbformat.write(node, notebook)
    page = tmp_path / "page.html"
    write_html(notebook, page, title="flights#3", heading="")
    said = f"cached: the result of flights#2, {NOON:%Y-%m-%d %H:%M:%S} UTC<"
    assert said in page.read_text("utf-8")


def test_what_a_tag_leaves_out_is_in_neither_page_nor_notebook(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    notebook.cell("seen = 1").cell("veiled = 2", "remove-input").cell(
        "struck_out = 3", "remove-cell"
    )
    path, page, copy = notebook.save(), tmp_path / "page.html", tmp_path / "copy.ipynb"
    write_html(path, page, title="flights#3", heading="")
    write_notebook(path, copy, with_code=True)
    for text in (page.read_text("utf-8"), copy.read_text("utf-8")):
        assert "seen" in text
        assert "veiled" not in text
        assert "struck_out" not in text


def test_a_report_without_code_shows_none(tmp_path: Path) -> None:
    path = Notebook(tmp_path).cell("secret_sauce = 1").save()
    page, copy = tmp_path / "page.html", tmp_path / "copy.ipynb"
    write_html(path, page, title="flights#3", heading="<h1>Flights</h1>", with_code=False)
    write_notebook(path, copy, with_code=False)
    assert "Flights" in page.read_text("utf-8")
    assert "secret_sauce" not in page.read_text("utf-8") + copy.read_text("utf-8")


def test_a_page_is_the_same_whatever_page_was_made_before(tmp_path: Path) -> None:
    """One exporter makes the pages of a process, whatever their language, title and heading."""
    plain = Notebook(tmp_path).cell("x = 1 # *not* a text", "remove-input").save("plain.ipynb")
    other = nbformat.read(Notebook(tmp_path).cell("select 1").save("other.ipynb"), as_version=4)
    other.metadata["language_info"] = {"name": "sql", "pygments_lexer": "sql"}
    page = tmp_path / "page.html"
    made = []
    for _ in range(2):
        write_html(plain, page, title="flights#3", heading="<h1>Flights</h1>")
        text = page.read_text("utf-8")
        made.append(re.sub(r'id="[^"]*"|cell-id=\w+', "", text))  # the heading has a new one
        assert "Trains" not in text
        assert "Trains" in page_of(other, title="Trains", folder=tmp_path)
    assert made[0] == made[1]


def test_a_page_that_was_prepared_for_is_the_same_page(tmp_path: Path) -> None:
    path = Notebook(tmp_path).cell("x = 1 # *not* a text").save()
    pages = []
    for times in (0, 1, 2):
        for _ in range(times):
            prepare()
        node = nbformat.read(path, as_version=4)
        title = nbformat.v4.new_markdown_cell("# A title\n\n$x$", id="title")
        node.cells.insert(0, title)
        node.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
        pages.append(page_of(node, title="flights#3", folder=tmp_path))
    assert pages[1:] == pages[:1] * 2
