"""Cells without a name that do something outside of names run as in the notebook."""

from __future__ import annotations

import pytest

from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

CELLS = (
    "import os\nimport prepared\ndigits = 0",
    "os.chdir('out')\nrows = [1, 2]\nprepared.use(digits)",
    "from pathlib import Path\nPath('rows.txt').write_text(str(rows))",
    "Path('copy.txt').write_text('copied')",
    "%mlops track show\nimport decimal\nprint(open('rows.txt').read(), decimal.Decimal(1) / 3)",
)

PREPARED = """
from decimal import getcontext

getcontext().prec = 3

def use(digits):
    getcontext().prec += digits
"""


def run(workspace: Workspace, cells: tuple[str, ...]) -> tuple[list[int], str]:
    """The cells that a run executed, and what the step printed."""
    notebook = Notebook(workspace.project)
    for cell in cells:
        notebook.cell(cell)
    version = workspace.pipelines.build(notebook.save("unnamed.ipynb")).version
    done = workspace.runs.run(version, {}, page=False)
    assert done.failure is None
    made = read(workspace.runs.folder(done).notebook).raw["cells"]
    states = [cell["metadata"]["papermill"]["status"] for cell in made]
    printed = "".join("".join(one.get("text", "")) for one in made[4]["outputs"])
    return [number for number, state in enumerate(states) if state == "completed"], printed


def test_what_unnamed_cells_write_and_set_is_there(mlops_workspace: Workspace) -> None:
    """In the first run of a notebook that nobody ever ran, and as long as it has an effect."""
    project = mlops_workspace.project
    (project / "out").mkdir()
    (project / "prepared.py").write_text(PREPARED)
    assert run(mlops_workspace, CELLS) == ([0, 1, 2, 3, 4], "[1, 2] 0.333\n")
    assert run(mlops_workspace, CELLS) == ([], "[1, 2] 0.333\n")
    (project / "out" / "copy.txt").unlink()
    ran, _ = run(mlops_workspace, CELLS)
    assert 3 in ran
    assert 4 not in ran
    assert (project / "out" / "copy.txt").exists()
    edited = ("import os\nimport prepared\ndigits = 2", *CELLS[1:])
    assert run(mlops_workspace, edited)[1] == "[1, 2] 0.33333\n"
