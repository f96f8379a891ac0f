"""In a later kernel everything comes back that can; the rest is named, with its cause."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

KERNEL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
for cell in ["%load_ext nbmlops", *sys.argv[1:]]:
    shell.run_cell(cell, store_history=True).raise_error()
"""


def _leaves(notebook: Notebook, cell: str) -> None:
    """Run a cell that does not come to its end."""
    notebook.shell.run_cell(cell, store_history=True)


def test_a_cell_that_draws_is_given_its_random_state_though_nothing_has_loaded_numpy(
    tmp_path: Path,
) -> None:
    """The state is put back before the cell runs, not only where ``numpy.random`` is there."""

    def kernel(*cells: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", KERNEL, *cells],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "NBMLOPS_PROJECT": str(tmp_path)},
        ).stdout

    tell = "print('drawn:', float(big[0]), float(small[0]))"
    cells = ("import numpy as np", "big = np.random.rand(10)\nview = [big[:3]]")
    first = kernel("%mlops track", *cells, "small = np.random.rand(3)", tell)
    second = kernel("%mlops checkout latest --yes", tell)
    assert second.splitlines()[-1] == first.splitlines()[-1]
    assert "not the same" not in second
    assert "it is as @3 left it" in second


def test_a_cell_that_awaits_runs_again_as_any_other(new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run("%mlops track", "import asyncio\nimport numpy as np\ndef f(x):\n    return x + 1")
    first.run("a = np.arange(5)", "await asyncio.sleep(0.01)\nb = f(a.sum())", "c = b + a.sum()")
    second = new_notebook()
    assert "--yes" in second.said("%mlops checkout latest")
    second.run("%mlops checkout latest --yes")
    assert second["b"] == 11
    assert second["c"] == 21


@pytest.mark.parametrize(
    ("rest", "told"),
    [("raise KeyboardInterrupt", "was interrupted"), ("1 / 0", "failed")],
)
def test_what_a_cell_left_midway_is_lost_alone_and_that_is_known_beforehand(
    rest: str, told: str, new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cell does not run again; its imports and what does not follow from it come back."""
    first = new_notebook()
    first.run("%mlops track", "import math", "base = [math.floor(2.5)]")
    first.run(
        "def even(n):\n    return not n or odd(n - 1)\ndef odd(n):\n    return n and even(n - 1)"
    )
    write = "import pathlib\nran = pathlib.Path('ran').write_text('x')"
    _leaves(first, f"import json\nleft = [math.floor(1.5)]\n{write}\n{rest}")
    Path("ran").unlink()
    first.run("n = [len(left) + base[0]]", "other = [math.floor(3.5) + base[0]]")
    first.run("text = json.dumps(1)")
    second = new_notebook()
    capsys.readouterr()
    assert "--yes" in second.said("%mlops checkout latest")
    plan = capsys.readouterr().out
    assert f"cannot come back: left (it follows from @4, which {told}: run again" in plan
    assert "cannot come back: n (it follows from @4" in plan
    assert plan.count("cannot come back") == 2
    second.run("%mlops checkout latest --yes")
    assert second["other"] == [5]
    assert second["text"] == "1"
    assert second["even"](4)
    assert second["base"] == [2]
    assert "n" not in second
    assert not Path("ran").exists()
    assert "but for 2 names" in capsys.readouterr().out


def test_a_cell_that_fails_when_it_runs_again_takes_only_what_follows_from_it(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    first = new_notebook()
    first.run("%mlops track", "import pathlib", "pathlib.Path('data').write_text('4')")
    first.run("a = [len('abc')]", "data = [pathlib.Path('data').read_text()]", "b = data * 2")
    first.run("c = [*a, 1]", "import math\nread = [pathlib.Path('data').read_text(), math.pi]")
    first.run("d = [math.floor(1.5)]")
    Path("data").unlink()
    second = new_notebook()
    capsys.readouterr()
    second.run("%mlops checkout latest --yes")
    assert second["c"] == [3, 1]
    assert second["d"] == [1]
    assert {"data", "b", "read"}.isdisjoint(second.shell.user_ns)
    told = capsys.readouterr().out
    assert "cannot come back: b (@4 was run again and failed: FileNotFoundError" in told


def test_what_hundreds_of_cells_changed_one_after_the_other_is_made_again(
    new_notebook: NewNotebook,
) -> None:
    """However long the line is that leads to a value, it is followed to its start."""
    first = new_notebook()
    first.run("%mlops track", "a = [object()]", *["a.append(object())"] * 350)
    second = new_notebook()
    second.run("%mlops checkout latest --yes")
    assert len(second["a"]) == 351


def test_what_is_interrupted_as_it_runs_again_stops_there_and_tells_what_is_back(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cells before the one that was stopped have left their values; those after it do not run."""
    first = new_notebook()
    first.run("%mlops track", "import time, os", "a = [len('abc')]")
    first.run(
        "b = [len('ab')]\nwhile os.path.exists('wait'):\n    time.sleep(0.01)", "c = [len('a')]"
    )
    Path("wait").touch()
    second = new_notebook()
    capsys.readouterr()
    main = threading.main_thread().ident
    assert main is not None
    clock = threading.Timer(1.5, signal.pthread_kill, (main, signal.SIGINT))
    clock.start()
    said = second.said("%mlops checkout latest --yes")
    clock.join()
    assert "Stopped at @3" in said
    assert second["a"] == [3]
    assert {"b", "c"}.isdisjoint(second.shell.user_ns)
    told = capsys.readouterr().out
    assert "cannot come back: b (@3 was stopped as it ran again)" in told
    assert "cannot come back: c (@4 was not run again, as @3 was stopped)" in told
    assert "by running again: @2, @3\n" in told
    Path("wait").unlink()
    second.run("%mlops checkout latest --yes")
    assert (second["a"], second["b"], second["c"]) == ([3], [2], [1])
