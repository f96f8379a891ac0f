"""What a cell used beside names, in a real kernel; `test_io_matrix.py` has the files."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from nbmlops.domain.accesses import FileAccess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="libraries that bypass Python need inotify"
    ),
]

SETUP = (
    "import os, pathlib, subprocess\npathlib.Path('data').mkdir(); pathlib.Path('parts').mkdir()"
)
ROWS = "pathlib.Path('data/in.csv').write_text('a\\n1\\n')"


@pytest.fixture(scope="module")
def kernel(kernel: Any) -> Any:
    """A kernel with the libraries loaded and data to read."""
    assert kernel.run(f"{SETUP}\n{ROWS}").status == "ok"
    assert kernel.run("%mlops track").status == "ok"
    return kernel


def accesses(files: tuple[FileAccess, ...], mode: str) -> set[str]:
    """The paths that were accessed so; a journal of SQLite's is gone when the cell ends."""
    return {access.path for access in files if access.mode == mode}


def test_what_else_a_cell_uses_is_recorded(kernel: Any) -> None:
    """Processes, variables, databases, hosts and the working directory; never a secret."""
    cell = (
        "%mlops track elsewhere\n"
        "import socket, urllib.request\n"
        "os.environ['EXAMPLE_TOKEN'] = 'hush'\n"
        "token = os.environ['EXAMPLE_TOKEN']\n"
        "subprocess.run(['true', token], check=True)\n"
        "!ls > listing.txt\n"
        "try:\n"
        "    urllib.request.urlopen('http://me:hush@localhost:9/x?token=hush', timeout=1)\n"
        "except OSError:\n"
        "    pass\n"
        "del token\n"
        "os.chdir('parts')"
    )
    assert kernel.run(cell).status == "ok"
    record = kernel.latest().record
    kernel.run("os.chdir('..')")
    found = {(access.kind, access.name) for access in record.externals}
    assert found >= {
        ("variable", "EXAMPLE_TOKEN"),
        ("process", "true"),
        ("process", "ls"),
        ("directory", "parts"),
    }
    assert any(kind == "url" and name == "http://localhost:9/x" for kind, name in found)
    assert "hush" not in repr(record.externals)
    assert accesses(record.files, "write") == {"listing.txt"}
    workspace = kernel.workspace()
    assert workspace.history.steps()[0].name == "elsewhere"
    workspace.close()


def test_files_and_other_accesses_are_shown(kernel: Any) -> None:
    kernel.run("%mlops track reader\nrows = open('data/in.csv').read()")
    kernel.run("open('data/in.csv', 'a').write('9')")
    kernel.run("%mlops track reader\nrows = open('data/in.csv').read() + ''")
    shown = kernel.run("%mlops show reader").displayed[0]["text/plain"]
    assert "data/in.csv" in shown
    assert "opened" in shown
    compared = kernel.run("%mlops diff reader").displayed[0]["text/plain"]
    assert "read data/in.csv" in compared
