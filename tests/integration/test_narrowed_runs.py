"""Runs after an edit execute what the edit concerns, though much could be one object with much."""

from __future__ import annotations

import sqlite3

import pytest

from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

CELLS = {
    "load": "import operator\nimport duckdb\nimport pandas as pd\ntable = {'a': [1, 2]}",
    "part": "first = table['a']\ndf = pd.DataFrame(table)",
    "sums": "con = duckdb.connect()\ncon.register('t', df)\n"
    "agg = con.sql('select sum(a) s from t').df()",
    "write": "agg.to_csv('agg.csv', index=False)\nprint('written')",
    "size": "n = operator.length_hint(table)",
    "end": "print(first, n, int(agg.s[0]))",
}


def run(workspace: Workspace, cells: dict[str, str]) -> tuple[list[str], str, bool]:
    """What a run executed, what its last cell printed, and whether it began anew."""
    notebook = Notebook(workspace.project)
    for name, source in cells.items():
        notebook.step(name, source)
    version = workspace.pipelines.build(notebook.save("sums.ipynb")).version
    done = workspace.runs.run(version, {}, page=False)
    made = read(workspace.runs.folder(done).notebook).raw["cells"]
    states = [cell["metadata"]["papermill"]["status"] for cell in made]
    ran = [name for name, state in zip(cells, states, strict=True) if state == "completed"]
    anew = any("began anew" in warning for warning in done.warnings)
    printed = "".join("".join(output.get("text", "")) for output in made[-1]["outputs"])
    return ran, printed, anew


def test_a_cell_that_reads_what_a_connection_gave_runs_without_the_connection(
    mlops_workspace: Workspace,
) -> None:
    """Nor does it run for a cell that changes what it has left alone so far.

    What holds a part of that comes back as one with it, and sees the change.
    """
    assert run(mlops_workspace, CELLS) == (list(CELLS), "[1, 2] 1 3\n", False)
    edited = CELLS | {"write": CELLS["write"].replace("written", "done")}
    assert run(mlops_workspace, edited) == (["write"], "[1, 2] 1 3\n", False)
    changing = edited | {"size": f"{CELLS['size']}\noperator.setitem(table['a'], 0, 5)"}
    ran = ["load", "size", "end"]
    assert run(mlops_workspace, changing) == (ran, "[5, 2] 1 3\n", False)


def test_who_reads_a_database_in_a_file_runs_again_as_soon_as_it_has_changed(
    mlops_workspace: Workspace,
) -> None:
    """And only then; and so does who writes one, until it leaves it as it had found it."""
    with sqlite3.connect(mlops_workspace.project / "rows.db") as database:
        database.execute("create table rows (v int)")
    cells = {
        "count": "import sqlite3\ncon = sqlite3.connect('rows.db')\n"
        "n = con.execute('select count(*) from rows').fetchone()[0]\ndel con",
        "keep": "import sqlite3\nout = sqlite3.connect('out.db')\n"
        "out.execute('create table if not exists sums (v int)')\n"
        "out.execute('delete from sums')\nout.execute('insert into sums values (?)', (n,))\n"
        "out.commit()\nout.close()\ndel out",
        "end": "print(n)",
    }
    assert run(mlops_workspace, cells) == (list(cells), "0\n", False)
    assert run(mlops_workspace, cells) == (["keep"], "0\n", False)
    assert run(mlops_workspace, cells) == ([], "0\n", False)
    with database:
        database.execute("insert into rows values (7)")
    database.close()
    assert run(mlops_workspace, cells) == (list(cells), "1\n", False)
