"""The same in a plain IPython shell, and what loading costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

HEAVY = (
    "IPython.nbconvert", "alembic", "click", "cloudpickle", "dask", "email.parser", "ipywidgets",
    "jupyter_server", "mlflow", "nbconvert", "nbformat", "numpy", "pandas", "papermill", "psutil",
    "pyarrow", "rich", "sklearn", "sqlalchemy", "tornado", "zstandard",
)  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    """No profile but an empty one, and a signing key of its own."""
    return os.environ | {
        "IPYTHONDIR": str(folder / "ipython"),
        "NBMLOPS_SIGNING_KEY_FILE": str(folder / "key"),
        "NBMLOPS_PROJECT": str(folder),
    }


def ipython(folder: Path, *lines: str) -> str:
    """What a shell answers to lines that are typed into it."""
    typed = "\n".join([*lines, "exit()", ""])
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--simple-prompt",
        "--no-banner",
        "--colors=NoColor",
        "--HistoryManager.hist_file=:memory:",  # no file of the project that changes
    ]
    done = subprocess.run(
        command, input=typed, capture_output=True, text=True, cwd=folder, check=False, timeout=100,
        env=environment(folder),
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_failed_run_is_brought_into_a_shell(tmp_path: Path) -> None:
    """The shell has no notebook of its own: it takes the state of a run of any."""
    notebook = Notebook(tmp_path).parameters(month=3).step("load", "rows = [month]")
    notebook.step("train", "score = rows[1]").save("f.ipynb")
    told = ipython(
        tmp_path,
        "%load_ext nbmlops",
        "%mlops build f.ipynb",
        "%mlops run f",
        "%mlops debug f#1 --yes",
        "print('here:', rows, month)",
    )
    assert "is at the next prompt. Mend it" in told
    assert "%mlops resume f#1" in told
    assert "here: [3] 3" in told


def test_a_session_records_shows_and_restores(tmp_path: Path) -> None:
    told = ipython(
        tmp_path,
        "%load_ext nbmlops",
        "%mlops track",
        "%cpaste -q",
        "%mlops track load",
        "rows = [1, 2]",
        "--",
        "rows.append(3)",
        "%mlops versions load",
        "%mlops versions laod",
        "%mlops restore load@1",
        "",
        "print('after', rows)",
        "%mlops restore load@1 --values --no-source",
        "print('restored', rows)",
    )
    assert "Recording ipython in" in told
    assert "load@1" in told
    assert "There is no step 'laod'. Did you mean 'load'?" in told
    assert "The source of load is at the next prompt: run it, and it holds again." in told
    assert "after [1, 2, 3]" in told
    assert "restored [1, 2]" in told
    assert "Traceback" not in told


def test_a_terminal_is_told_how_to_write_below_a_label_and_has_no_panel(tmp_path: Path) -> None:
    told = ipython(
        tmp_path,
        "%load_ext nbmlops",
        "%mlops track typed",
        "%mlops versions",
        "%mlops panel",
        "%%mlops track waited",
        "x = 1",
        "",
        "",
        "%mlops versions waited",
    )
    assert "nothing is below the label. In a terminal, press Ctrl-O" in told
    assert "No step has been recorded here yet" in told
    assert "The panel needs a notebook front end. In a terminal, use %mlops versions" in told
    assert "waited@1" in told


SCRIPT = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def run(source):
    result = shell.run_cell(source, store_history=True)
    assert result.success, source
run("%load_ext nbmlops")
run("%mlops track")
run("import math")
run("def double(n):\\n    return 2 * n")
run("%mlops track load\\nrows = [1, 2]")
run("rows")
run("%mlops track total\\ntotal = double(sum(rows)) + math.floor(0.5)")
run("%mlops track total\\ntotal = double(sum(rows)) + math.floor(1.5)")
run("%mlops restore total@1")
print("next:", repr(shell.rl_next_input))
run("%mlops build --name doubled")
run("%mlops run doubled")
"""


def test_a_session_becomes_a_pipeline_that_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, cwd=tmp_path, check=False,
        timeout=200, env=environment(tmp_path),
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "next: '%mlops track total\\ntotal = double(sum(rows)) + math.floor(0.5)'" in told
    sources = [cell.source for cell in read(tmp_path / "doubled.ipynb").code_cells]
    assert "def double(n):\n    return 2 * n" in sources
    assert sources[-1].endswith("math.floor(1.5)")
    workspace = Workspace(tmp_path)
    (run,) = workspace.runs.newest(pipeline="doubled", limit=5)
    workspace.close()
    assert run.status == "succeeded", told


def test_loading_imports_nothing_heavy_and_is_quick(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_cell('1')\n"
        "before = set(sys.modules)\n"
        "began = time.process_time()\n"
        "shell.run_line_magic('load_ext', 'nbmlops')\n"
        "print('CPU', time.process_time() - began)\n"
        "shell.run_cell('x = 1', store_history=True)\n"
        f"print('heavy', sorted((set(sys.modules) - before) & set({HEAVY!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True,
        env=environment(tmp_path),
    )  # fmt: skip
    *_, cpu, heavy = done.stdout.splitlines()
    assert heavy == "heavy []"
    assert float(cpu.split()[1]) < 0.5
    assert not (tmp_path / ".nbmlops").exists()


def test_a_session_without_a_notebook_has_lineage_and_is_refreshed(tmp_path: Path) -> None:
    """Cells without a name run again as the cells that they were."""
    (tmp_path / "a.txt").write_text("1")
    told = ipython(
        tmp_path,
        "%load_ext nbmlops",
        "%mlops track",
        "rows = [1, 2]",
        "%mlops status",
        "%cpaste -q",
        "%mlops track train",
        "total = sum(rows)",
        "--",
        "rows = [1, 2, 4]",
        "%mlops status",
        "%mlops refresh train",
        "total",
        "%mlops why total",
        "text = open('a.txt').read()",
        "%cpaste -q",
        "%mlops track size",
        "n = len(text)",
        "--",
        "!printf 22 > a.txt",
        "%mlops refresh size",
        "('size', n)",
    )
    assert "ipython has no steps. 1 recorded cell is fresh.\nName a cell that matters" in told
    assert "Ran 1 cell: train. train is fresh." in told
    assert "Refreshing size 1 of 2: cell @6 … done" in told
    assert "Ran 2 cells: cell @6, size. size is fresh." in told
    assert "]: ('size', 2)\n" in told
    assert "]: 7\n" in told
    assert "It was made from rows of the cell `rows = [1, 2, 4]`" in told
    assert "not unique" not in told
