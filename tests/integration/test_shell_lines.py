"""Cells whose programs only show or copy files are taken as long as these are what they were."""

from __future__ import annotations

import pytest

from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

CELLS = (
    "!head -n 2 data.csv",
    "!ls parts",
    "names = !cut -d, -f1 data.csv\nprint(len(names))",
    "count = 2\nplace = 'data.csv'",
    "!tail -n {count} $place",
    "%%bash\nwc -l data.csv\ncat parts/*.txt > all.txt\ngrep a all.txt",
    "import subprocess\nwc = ['wc', '-l', 'data.csv']\nprint(subprocess.check_output(wc).decode())",
    "!mkdir -p made/deep\n!cp data.csv made/copy.csv",
    "!pwd",
    "!uname > system.txt\n!cat data.csv",
    "!echo a note > note.txt\n!cat note.txt",
    "import subprocess\nprint(subprocess.run(['cat', 'one.txt'], cwd='parts').returncode)",
)


def run(workspace: Workspace) -> tuple[list[int], list[str]]:
    """The cells that a run executed, and what each cell printed."""
    notebook = Notebook(workspace.project)
    for cell in CELLS:
        notebook.cell(cell)
    path = notebook.save("shown.ipynb")
    version = workspace.pipelines.build(path, steps_from="cells").version
    done = workspace.runs.run(version, {}, page=False)
    made = read(workspace.runs.folder(done).notebook).raw["cells"]
    states = [cell["metadata"]["papermill"]["status"] for cell in made]
    printed = ["".join("".join(one.get("text", "")) for one in cell["outputs"]) for cell in made]
    return [number for number, state in enumerate(states) if state == "completed"], printed


def test_what_shell_lines_show_is_an_input(mlops_workspace: Workspace) -> None:
    data, parts = mlops_workspace.project / "data.csv", mlops_workspace.project / "parts"
    data.write_text("a,1\nb,2\n")
    parts.mkdir()
    (parts / "one.txt").write_text("a1\n")
    _, first = run(mlops_workspace)
    assert run(mlops_workspace) == ([9, 11], first)
    data.write_text("a,1\nb,2\nc,3\n")
    ran, shown = run(mlops_workspace)
    assert ran == [0, 2, 4, 5, 6, 7, 9, 11]
    assert shown[2:5] == ["3\n", "", "b,2\r\nc,3\r\n"]
    assert shown[6] == "3 data.csv\n\n"
    (parts / "two.txt").write_text("a2\n")
    (mlops_workspace.project / "made" / "deep").rmdir()
    ran, shown = run(mlops_workspace)
    assert ran == [1, 5, 6, 7, 9, 11]
    assert shown[5].splitlines() == ["3 data.csv", "a1", "a2"]
