"""What recording asks of the disk and the catalog for cells that change no large data."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

COUNT = """
import json, os, sqlite3, sys
import nbmlops
from IPython.core.interactiveshell import InteractiveShell

OURS = os.path.dirname(nbmlops.__file__) + os.sep
statements, opened, touched, calls = [], set(), [], []
connect = sqlite3.connect


def heard(*given, **options):
    connection = connect(*given, **options)
    if str(given[0]).endswith("catalog.db"):  # not the history of IPython
        connection.set_trace_callback(note)
    return connection


def note(statement):
    words = statement.split(None, 3)
    statements.append(" ".join(words[:3] if words[0] == "INSERT" else words[:1]))


def hook(event, arguments):
    if event == "open" and "objects" in str(arguments[0]):
        opened.add(str(arguments[0]).rpartition("/")[0])  # twice where the folder is new
    elif event == "os.utime":
        touched.append(arguments[0])


def count(frame, event, _):
    if event == "call" and frame.f_code.co_filename.startswith(OURS):
        calls.append(frame.f_code.co_name)


sqlite3.connect = heard
shell = InteractiveShell.instance()
for line in ("%load_ext nbmlops", sys.argv[1], "x = 0"):
    shell.run_cell(line, store_history=True).raise_error()
sys.addaudithook(hook)
for turn in range(3):
    del statements[:], touched[:], calls[:]
    opened.clear()
    sys.setprofile(count)
    shell.run_cell(sys.argv[2], store_history=True).raise_error()
    sys.setprofile(None)
print(json.dumps([statements, len(opened), len(touched), len(calls)]))
"""

WRITES = ["BEGIN", "INSERT INTO executions", "COMMIT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A cell that has run before; ``values`` are the rows that it adds, ``files`` the objects.

    ``calls`` are the functions of ours that may be called for it: some more than there are.
    """

    told: str
    tracking: str = "%mlops track"
    cell: str
    reads: int
    values: int
    files: int
    calls: int


CASES = (
    Case(told="a cell", cell="y = 1 + 1", reads=0, values=1, files=0, calls=430),
    Case(
        told="a cell, all values kept",
        tracking="%mlops track --values",
        cell="y = 1 + 1",
        reads=0,
        values=1,
        files=0,
        calls=455,
    ),
    Case(
        told="a cell that makes another value, all values kept",
        tracking="%mlops track --values",
        cell="x = x + 1",
        reads=0,
        values=2,
        files=0,
        calls=490,
    ),
    Case(
        told="a cell that makes another list, all values kept",
        tracking="%mlops track --values",
        cell="x = [x]",
        reads=0,
        values=2,
        files=1,
        calls=905,
    ),
    Case(told="a step", cell="%mlops track s\ny = 1 + 1", reads=1, values=3, files=0, calls=565),
    Case(
        told="a step that makes another value",
        cell="%mlops track s\nx = x + 1",
        reads=1,
        values=4,
        files=0,
        calls=595,
    ),
    Case(
        told="a step that makes another list",
        cell="%mlops track s\nx = [x]",
        reads=1,
        values=4,
        files=1,
        calls=1045,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case.told for case in CASES])
def test_a_cell_takes_one_short_transaction_and_a_file_for_what_its_record_does_not_say(
    tmp_path: Path, case: Case
) -> None:
    (tmp_path / ".nbmlops").mkdir()
    command = [sys.executable, "-c", COUNT, case.tracking, case.cell]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    statements, opened, touched, calls = json.loads(told.stdout.splitlines()[-1])
    others = [statement for statement in statements if "execution_values" not in statement]
    assert len(statements) - len(others) == case.values
    assert others == [*WRITES[:1], *["SELECT"] * case.reads, *WRITES[1:]]
    assert (opened, touched) == (case.files, 0)
    assert 0 < calls <= case.calls
