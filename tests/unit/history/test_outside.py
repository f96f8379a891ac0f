"""What cells did outside of the variables is named, and files are not written over unasked."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

_DATABASE = (
    "import os, sqlite3",
    """if os.path.exists('a.db'): os.remove('a.db')
con = sqlite3.connect('a.db')
con.row_factory = sqlite3.Row
con.execute('create table t(a)')
con.execute('insert into t values(1)')
con.commit()
n = 1""",
    "con.execute('insert into t values(2)'); con.commit(); n = 2; con.close(); del con",
)
_MAPPED = (
    "import numpy as np",
    "mm = np.memmap('mm.bin', dtype='f8', mode='w+', shape=(4,)); mm[:] = 1; mm.flush()",
    "mm[0] = 7; mm.flush()",
)


def _rows() -> list[int]:
    connection = sqlite3.connect("a.db")
    found = [row[0] for row in connection.execute("select a from t")]
    connection.close()
    return found


@dataclass(frozen=True, kw_only=True)
class OverFile:
    """Cells the second of which writes a file that the third changes, and what that holds."""

    name: str
    cells: tuple[str, ...]
    file: str
    left: list[float]
    made_again: list[float]

    def held(self) -> list[float]:
        """What the file holds."""
        if self.file == "a.db":
            return list(map(float, _rows()))
        return np.fromfile(self.file).tolist()  # type: ignore[no-any-return]  # numpy's own


OVER_FILES = (
    OverFile(name="database", cells=_DATABASE, file="a.db", left=[1, 2], made_again=[1]),
    OverFile(
        name="mapped", cells=_MAPPED, file="mm.bin", left=[7, 1, 1, 1], made_again=[1, 1, 1, 1]
    ),
)


@pytest.mark.parametrize("case", OVER_FILES, ids=lambda case: case.name)
def test_a_cell_does_not_run_again_over_files_that_are_there_unless_told_so(
    case: OverFile, notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan names the files, ``--yes`` alone changes nothing; ``--in-place`` writes over."""
    notebook.run(*case.cells)
    capsys.readouterr()
    for verb in ("checkout @2", "undo"):
        said = notebook.said(f"%mlops {verb} --yes")
        assert f"write over files: @2 ({case.file})" in said
        assert f"%mlops {verb} --yes --in-place" in said
        assert f"would be written over: files of @2 ({case.file})" in capsys.readouterr().out
    assert "--yes" in notebook.said("%mlops checkout @2 --in-place")
    assert case.held() == case.left
    notebook.run("%mlops checkout @2 --yes --in-place")
    assert f"written over: files of @2 ({case.file})" in capsys.readouterr().out
    assert case.held() == case.made_again


def test_a_file_that_is_gone_is_written_again_with_yes_alone(notebook: Notebook) -> None:
    """There is nothing to be lost."""
    notebook.run(*_MAPPED)
    Path("mm.bin").unlink()
    notebook.run("%mlops checkout @2 --yes")
    assert np.fromfile("mm.bin").tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("verb", ["undo", "checkout @1"])
def test_what_a_cell_did_outside_is_named_where_its_variables_are_undone(
    verb: str,
    notebook: Notebook,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before and afterwards; a cell that did nothing of the kind is not named."""
    monkeypatch.setenv("NBMLOPS_TEST_OUTSIDE", "0")
    notebook.run("import os")
    notebook.run("flag = 1\nos.environ['NBMLOPS_TEST_OUTSIDE'] = '1'\nopen('n.txt', 'w').close()")
    told = "not undone, as it is no variable: @2 (n.txt, settings of the process)"
    for dry in (" --dry-run", ""):
        capsys.readouterr()
        notebook.run(f"%mlops {verb}{dry}")
        assert told in capsys.readouterr().out
    assert (os.environ["NBMLOPS_TEST_OUTSIDE"], Path("n.txt").exists()) == ("1", True)
    notebook.run("flag = 2", "%mlops undo")
    assert "not undone" not in capsys.readouterr().out


def test_settings_of_another_kernel_are_not_said_to_stay(
    new_notebook: NewNotebook,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The process that had them is gone; its files are there."""
    new_notebook().run(
        "%mlops track --values",
        "import warnings",
        "warnings.simplefilter('ignore', BytesWarning); open('n.txt', 'w').close(); flag = 1",
    )
    later = new_notebook()
    later.run("%mlops checkout latest")
    capsys.readouterr()
    later.run("%mlops checkout @1")
    assert "not undone, as it is no variable: @2 (n.txt)\n" in capsys.readouterr().out
