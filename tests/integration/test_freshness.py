"""Lineage, status and refresh in a real kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nbmlops.testing import Notebook

pytestmark = pytest.mark.slow

CELLS = {
    "setup": "def tidy(rows, least=1):\n    return [row for row in rows if row > least]",
    "load": "%mlops track load\nrows = [1, 2, 3]",
    "clean": "%mlops track clean\nkept = tidy(rows)",
    "train": "%mlops track train --metric mean\nmean = sum(kept) / len(kept)\nmean",
    "tagged": "total = sum(rows)",
}
TAGS = {"tagged": ("step:total",)}


def save(path: Path, **changed: str) -> None:
    """Write the notebook as the front end does, with some cells edited."""
    notebook = Notebook(path.parent)
    for name, source in (CELLS | changed).items():
        notebook.cell(source, *TAGS.get(name, ()))
    notebook.save(path.name)
    raw = json.loads(path.read_text("utf-8"))
    for cell, name in zip(raw["cells"], CELLS | changed, strict=True):
        cell["id"] = name
    path.write_text(json.dumps(raw), encoding="utf-8")


def status(kernel: Any) -> dict[str, str]:
    """The state of each step."""
    (found,) = json.loads(kernel.run("%mlops status --json").stdout)["notebooks"]
    return {cell["title"]: cell["state"] for cell in found["cells"] if cell["step"]}


@pytest.fixture(scope="module")
def notebook(kernel: Any) -> Any:
    """A kernel that has run every cell of its notebook."""
    save(kernel.notebook)
    kernel.run("%mlops track")
    for name, source in CELLS.items():
        outcome = kernel.run(source, cell_id=name, tags=TAGS.get(name, ()))
        assert outcome.status == "ok", outcome.traceback
    return kernel


FRESH = dict.fromkeys(["load", "clean", "train", "total"], "fresh")


def test_what_was_run_is_fresh_and_needs_nothing(notebook: Any) -> None:
    assert status(notebook) == FRESH
    (shown,) = notebook.run("%mlops refresh train").displayed
    assert shown["text/plain"] == "train is fresh: nothing has to run."


def test_why_tells_the_story_in_a_paragraph(notebook: Any) -> None:
    (shown,) = notebook.run("%mlops why kept").displayed
    text = shown["text/plain"]
    assert text.startswith("kept (list of 2")
    assert "was made by clean@1 (flights.ipynb)" in text
    assert "It was made from rows of load@1" in text
    assert "Since then it was used by train@1." in text
    assert "It still follows from the code and data that are there now." in text
    # its cells have run since it was saved, so that there may be edits which nobody knows of
    assert text.endswith("; save the notebook to see later edits.")


def test_lineage_is_a_tree_and_a_graph(notebook: Any) -> None:
    (shown,) = notebook.run("%mlops lineage mean").displayed
    assert "train@1\n└─ kept ← clean@1\n   └─ rows ← load@1" in shown["text/plain"]
    assert "<svg" in shown["text/html"]
    assert "application/vnd.nbmlops.lineage+json" in shown
    (shown,) = notebook.run("%mlops lineage rows --forward").displayed
    assert "├─ rows → clean@1\n│  └─ kept → train@1\n└─ rows → total@1" in shown["text/plain"]


def test_tab_offers_variables_and_steps(notebook: Any) -> None:
    assert "%mlops why kept" in notebook.complete("%mlops why ke")
    assert "%mlops lineage train@1" in notebook.complete("%mlops lineage tr")
    assert "%mlops refresh train" in notebook.complete("%mlops refresh tr")


def test_refresh_runs_what_is_stale_and_records_it(notebook: Any) -> None:
    save(notebook.notebook, clean="%mlops track clean\nkept = tidy(rows, 2)")
    assert status(notebook) == FRESH | {"clean": "stale", "train": "stale"}
    before = len(notebook.executions())
    outcome = notebook.run("%mlops refresh train")
    assert outcome.status == "ok", outcome.stderr
    assert outcome.displayed[-1]["text/plain"] == "Ran 2 cells: clean, train. train is fresh."
    assert [
        (found.version.reference, found.record.cell_id)
        for found in notebook.executions()[before:]
        if found.version
    ] == [("clean@2", "clean"), ("train@1", "train")]
    assert notebook.value("mean") == 3
    assert status(notebook) == FRESH
    assert notebook.run("1 + 1").text == "2"


def test_what_a_refresh_does_around_its_cells_is_not_taken_for_the_next_cell(
    notebook: Any,
) -> None:
    """Who has left something else in the process would hand on what it has read."""
    save(notebook.notebook, clean="%mlops track clean\nkept = tidy(rows, 0)")
    notebook.run("%mlops refresh train")
    (notebook.notebook.parent / "data.csv").write_text("1\n2\n")
    for source in ("open('data.csv').read()", "%mlops track later\nimport time\ntime.sleep(0)"):
        assert notebook.run(source).status == "ok"
    *_, reading, later = notebook.executions()
    assert [one.path for one in reading.record.files] == ["data.csv"]
    assert [one.name for one in reading.record.externals if one.kind == "state"] == []
    assert later.record.files == ()
    save(notebook.notebook, clean="%mlops track clean\nkept = tidy(rows, 2)")
    notebook.run("%mlops refresh train")


def test_a_changed_function_makes_its_users_stale(notebook: Any) -> None:
    save(
        notebook.notebook,
        setup="def tidy(rows, least=2):\n    return [row for row in rows if row >= least]",
        clean="%mlops track clean\nkept = tidy(rows, 2)",
    )
    (shown,) = notebook.run("%mlops why mean").displayed
    assert (
        "It no longer follows from what is there now: clean is stale: tidy" in shown["text/plain"]
    )
    outcome = notebook.run("%mlops refresh train")
    assert outcome.displayed[-1]["text/plain"].startswith("Ran 3 cells: cell 1, clean, train.")
    assert notebook.value("mean") == 2.5
    assert status(notebook) == FRESH


def test_a_step_named_by_a_tag_is_refreshed_as_that_step(notebook: Any) -> None:
    CELLS.update(
        setup="def tidy(rows, least=2):\n    return [row for row in rows if row >= least]",
        clean="%mlops track clean\nkept = tidy(rows, 2)",
    )
    save(notebook.notebook, tagged="total = sum(rows) * 2")
    assert status(notebook) == FRESH | {"total": "stale"}
    notebook.run("%mlops refresh total")
    version = notebook.latest().version
    assert version is not None
    assert (version.reference, notebook.value("total")) == ("total@2", 12)


def test_a_failing_cell_stops_the_refresh(notebook: Any) -> None:
    save(notebook.notebook, clean="%mlops track clean\nkept = tidy(nothing)")
    outcome = notebook.run("%mlops refresh train")
    assert outcome.status == "error"
    assert "Refreshing train stopped at clean, which ended in NameError." in outcome.stderr
    assert notebook.latest().record.step == "clean"
    assert status(notebook)["clean"] == "failed"
    save(notebook.notebook)
    notebook.run("%mlops refresh train")
    assert status(notebook) == FRESH | {"total": "stale"}


def test_a_cell_that_awaits_is_left_to_the_person(notebook: Any) -> None:
    save(notebook.notebook, clean="%mlops track clean\nimport asyncio\nawait asyncio.sleep(0)")
    before = len(notebook.executions())
    outcome = notebook.run("%mlops refresh clean")
    assert "clean awaits at its top level" in outcome.stderr
    assert len(notebook.executions()) == before


def test_after_a_restart_what_the_kernel_does_not_hold_runs_again(notebook: Any) -> None:
    notebook.restart()
    notebook.run("%load_ext nbmlops")
    notebook.run("%mlops track")
    save(notebook.notebook, train="%mlops track train --metric mean\nmean = max(kept)")
    outcome = notebook.run("%mlops refresh train")
    assert outcome.displayed[-1]["text/plain"].startswith(
        "Ran 4 cells: cell 1, load, clean, train."
    )
    assert notebook.value("mean") == 3


def test_a_module_that_the_kernel_still_holds_as_it_was_is_not_called_fresh(notebook: Any) -> None:
    module = notebook.notebook.with_name("shift.py")
    module.write_text("def shifted():\n    return 1\n", encoding="utf-8")
    source = "%mlops track moved\nimport shift\nmoved = shift.shifted()"
    save(notebook.notebook, moved=source)
    notebook.run(source, cell_id="moved")
    module.write_text("def shifted():\n    return 1 + 1\n", encoding="utf-8")
    outcome = notebook.run("%mlops refresh moved")
    assert outcome.status == "error"
    assert "Ran 1 cell: moved. moved is stale still: shift.py, which it uses, was edited" in (
        outcome.stderr
    )
    assert "The kernel still holds shift.py as it was imported: restart" in outcome.stderr
    notebook.restart()
    notebook.run("%load_ext nbmlops")
    notebook.run("%mlops track")
    shown = notebook.run("%mlops refresh moved").displayed[-1]["text/plain"]
    assert shown == "Ran 1 cell: moved. moved is fresh."
    assert notebook.value("moved") == 2


TAXES = {
    "rate": "import pandas as pd\nrate = 1",
    "tax": "@pd.api.extensions.register_dataframe_accessor('tax')\nclass Tax:\n"
    "    def __init__(self, frame):\n        self.frame = frame\n"
    "    def all(self):\n        return float(self.frame['x'].sum() * rate)",
    "frame": "frame = pd.DataFrame({'x': [1, 2]})",
    "due": "%mlops track due\ndue = frame.tax.all()",
    "other": "%mlops track other\nother = float(frame['x'].sum())",
}


def test_what_an_accessor_reads_is_an_input_of_who_uses_it(kernel: Any) -> None:
    notebook = Notebook(kernel.notebook.parent)
    for source in TAXES.values():
        notebook.cell(source)
    notebook.save(kernel.notebook.name)
    raw = json.loads(kernel.notebook.read_text("utf-8"))
    for cell, name in zip(raw["cells"], TAXES, strict=True):
        cell["id"] = name
    kernel.notebook.write_text(json.dumps(raw), encoding="utf-8")
    for name, source in TAXES.items():
        outcome = kernel.run(source, cell_id=name)
        assert outcome.status == "ok", outcome.traceback
    assert status(kernel) == {"due": "fresh", "other": "fresh"}

    raw["cells"][0]["source"] = "import pandas as pd\nrate = 3"
    kernel.notebook.write_text(json.dumps(raw), encoding="utf-8")
    kernel.run("import pandas as pd\nrate = 3", cell_id="rate")
    assert status(kernel) == {"due": "stale", "other": "fresh"}
