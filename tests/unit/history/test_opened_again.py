"""A connection to a file is opened again in a later kernel without running its whole cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

OPEN = "con = sqlite3.connect('notes.db')\n"
FILL = "con.execute('create table if not exists t (a)')\ncon.commit()"


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(("import sqlite3", f"{OPEN}{FILL}"), id="a path that is written out"),
        pytest.param(
            ("from pathlib import Path\nimport sqlite3\nFOLDER = Path('.')",
             f"name = 'notes'\ncon = sqlite3.connect(str(FOLDER / f'{{name}}.db'))\n{FILL}"),
            id="a path that is made",
        ),
        pytest.param(
            (f"from sqlite3 import connect as link\ncon = link('notes.db')\n{FILL}",),
            id="imported in the same cell",
        ),
        pytest.param(
            ("import sqlalchemy as sa", "con = sa.create_engine('sqlite:///notes.db')",
             "import sqlite3\nsqlite3.connect('notes.db').execute('create table t (a)')"),
            id="an engine",
        ),
    ],
)  # fmt: skip
def test_it_comes_back_without_asking(cells: tuple[str, ...], new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run("%mlops track --values", *cells, "%mlops track count\nimport pandas as pd\n"
              "n = len(pd.read_sql('select * from t', con))")  # fmt: skip
    again = new_notebook()
    again.run("%mlops checkout latest")  # without --yes
    again.run("m = len(pd.read_sql('select * from t', con))")
    assert again["m"] == again["n"] == 0


def test_nothing_is_written_again(new_notebook: NewNotebook) -> None:
    """What the cell put into the file stays there once."""
    first = new_notebook()
    first.run(
        "%mlops track",
        "import sqlite3",
        OPEN + FILL.replace("con.commit", "con.execute('insert into t values (1)')\ncon.commit"),
    )
    again = new_notebook()
    again.run("%mlops checkout latest", "rows = con.execute('select * from t').fetchall()")
    assert again["rows"] == [(1,)]


def test_what_the_file_holds_now_is_not_undone_and_that_is_said(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with any file: what is opened again is what is there."""
    notebook.run(
        "import sqlite3",
        OPEN + FILL,
        "con.execute('insert into t values (1)'); con.commit(); con.close(); del con",
    )
    capsys.readouterr()
    notebook.run("%mlops undo")
    assert "not undone, as it is no variable: @3 (notes.db)" in capsys.readouterr().out
    assert notebook["con"].execute("select * from t").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param("con = sqlite3.connect(':memory:')", id="in memory"),
        pytest.param(f"{OPEN}con.row_factory = sqlite3.Row", id="set for the connection"),
        pytest.param(f"{OPEN}con.execute('create temp table t (a)')", id="kept by the connection"),
        pytest.param(f"{OPEN}con.create_function('f', 1, str)", id="a function of its own"),
        pytest.param(f"{OPEN}con = setup(con)", id="bound twice"),
        pytest.param(f"{OPEN}setup(con)", id="given to a function"),
        pytest.param("con = setup(sqlite3.connect('notes.db'))", id="opened by a function"),
        pytest.param("con = sqlite3.connect(input_path())", id="a path that a function gives"),
    ],
)
def test_what_the_statement_alone_does_not_give_is_asked_for(
    cell: str, new_notebook: NewNotebook
) -> None:
    first = new_notebook()
    first.run(
        "%mlops track",
        "import sqlite3\ndef setup(con):\n    return con\ndef input_path():\n    return 'notes.db'",
        cell,
    )
    again = new_notebook()
    assert "--yes" in again.said("%mlops checkout latest")


def test_a_file_that_is_gone_is_not_made_empty(new_notebook: NewNotebook, tmp_path: Path) -> None:
    first = new_notebook()
    first.run("%mlops track", "import sqlite3", f"{OPEN}{FILL}")
    [database] = tmp_path.rglob("notes.db")
    database.unlink()
    again = new_notebook()
    assert "--yes" in again.said("%mlops checkout latest")
    assert not database.exists()


def test_duckdb_connects_to_its_file_again(new_notebook: NewNotebook) -> None:
    """Its first connection is closed with its kernel, here before the next one begins."""
    first = new_notebook()
    first.run(
        "%mlops track",
        "import duckdb",
        "duck = duckdb.connect('t.duckdb')\nduck.execute('create table t as select 1 as a')",
    )
    first["duck"].close()
    again = new_notebook()
    again.run("%mlops checkout latest", "rows = duck.execute('from t').fetchall()")
    assert again["rows"] == [(1,)]
