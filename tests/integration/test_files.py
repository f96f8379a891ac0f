"""Every reader and writer that people use is attributed to its cell, by a real kernel."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from nbmlops.domain.accesses import FileAccess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="libraries that bypass Python need inotify"
    ),
]

SETUP = """
import os, pathlib, shutil, sqlite3, subprocess
import joblib, numpy as np, pandas as pd, polars as pl
import pyarrow as pa, pyarrow.csv, pyarrow.dataset, pyarrow.feather, pyarrow.parquet as pq
pathlib.Path('data').mkdir()
frame = pd.DataFrame({'a': [1, 2, 3]})
frame.to_csv('data/in.csv', index=False)
frame.to_parquet('data/in.parquet')
frame.to_feather('data/in.feather')
np.save('data/in.npy', np.arange(4))
joblib.dump([1, 2], 'data/in.joblib')
pathlib.Path('data/in.txt').write_text('text')
pathlib.Path('parts').mkdir()
frame.to_parquet('parts/one.parquet')
frame.to_parquet('parts/two.parquet')
base = sqlite3.connect('data/in.db')
base.execute('create table t (a int)'); base.commit(); base.close()
names = ['data/in.txt', 'data/in.csv']
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell and the files that it reads, writes and deletes, relative to the project."""

    name: str
    cell: str
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    needs: str | None = None


CSV, PARQUET, TEXT = {"data/in.csv"}, {"data/in.parquet"}, {"data/in.txt"}

CASES = (
    Case(name="open to read", cell="open('data/in.txt').read()", reads=TEXT),
    Case(name="open to write", cell="open('out.txt', 'w').write('x')", writes={"out.txt"}),
    Case(name="open to append", cell="open('out.txt', 'a').write('y')", writes={"out.txt"}),
    Case(
        name="open to change",
        cell="f = open('out.txt', 'r+'); f.read(); f.write('z'); f.close()",
        reads={"out.txt"},
        writes={"out.txt"},
    ),
    Case(
        name="a path from a variable",
        cell="for name in names: open(name).close()",
        reads=TEXT | CSV,
    ),
    Case(name="a file that is not there", cell="try: open('gone.txt')\nexcept OSError: pass"),
    Case(
        name="a temporary file",
        cell="open('t.tmp', 'w').write('x'); os.remove('t.tmp')",
    ),
    Case(
        name="a temporary file that takes a name",
        cell="open('t.tmp', 'w').write('x'); os.replace('t.tmp', 'kept.txt')",
        writes={"kept.txt"},
    ),
    Case(name="pathlib reads", cell="pathlib.Path('data/in.txt').read_text()", reads=TEXT),
    Case(name="pathlib writes", cell="pathlib.Path('p.bin').write_bytes(b'1')", writes={"p.bin"}),
    Case(name="pathlib deletes", cell="pathlib.Path('p.bin').unlink()", deletes={"p.bin"}),
    Case(
        name="pathlib renames",
        cell="pathlib.Path('kept.txt').rename('moved.txt')",
        writes={"moved.txt"},
        deletes={"kept.txt"},
    ),
    Case(
        name="the folder changed in the cell",
        cell="os.chdir('data'); open('in.txt').read(); os.chdir('..')",
        reads=TEXT,
    ),
    Case(name="pandas reads CSV", cell="pd.read_csv('data/in.csv')", reads=CSV),
    Case(name="pandas writes CSV", cell="frame.to_csv('p.csv')", writes={"p.csv"}),
    Case(name="pandas reads Parquet", cell="pd.read_parquet('data/in.parquet')", reads=PARQUET),
    Case(name="pandas writes Parquet", cell="frame.to_parquet('p.parquet')", writes={"p.parquet"}),
    Case(
        name="pandas reads a folder",
        cell="pd.read_parquet('parts')",
        reads={"parts/one.parquet", "parts/two.parquet"},
    ),
    Case(name="Polars reads CSV", cell="pl.read_csv('data/in.csv')", reads=CSV),
    Case(name="Polars reads Parquet", cell="pl.read_parquet('data/in.parquet')", reads=PARQUET),
    Case(
        name="Polars scans",
        cell="pl.scan_parquet('parts/*.parquet').collect()",
        reads={"parts/one.parquet", "parts/two.parquet"},
    ),
    Case(
        name="Polars writes",
        cell="pl.DataFrame({'a': [1]}).write_parquet('pl.parquet')",
        writes={"pl.parquet"},
    ),
    Case(name="Arrow reads Parquet", cell="pq.read_table('data/in.parquet')", reads=PARQUET),
    Case(name="Arrow reads CSV", cell="pa.csv.read_csv('data/in.csv')", reads=CSV),
    Case(
        name="Arrow reads Feather",
        cell="pa.feather.read_table('data/in.feather')",
        reads={"data/in.feather"},
    ),
    Case(
        name="Arrow maps a file",
        cell="pa.memory_map('data/in.feather').read_buffer().size",
        reads={"data/in.feather"},
    ),
    Case(
        name="Arrow writes a new folder",
        cell="pa.dataset.write_dataset(pa.table({'a': [1]}), 'made/deep', format='parquet')",
        writes={"made/deep/part-0.parquet"},
    ),
    Case(name="numpy loads", cell="np.load('data/in.npy')", reads={"data/in.npy"}),
    Case(
        name="numpy maps",
        cell="int(np.load('data/in.npy', mmap_mode='r')[1])",
        reads={"data/in.npy"},
    ),
    Case(name="numpy saves", cell="np.save('n.npy', np.arange(3))", writes={"n.npy"}),
    Case(
        name="numpy makes a map",
        cell="m = np.memmap('m.bin', dtype='u1', mode='w+', shape=(4,)); m[:] = 7; m.flush()",
        writes={"m.bin"},
    ),
    Case(name="joblib loads", cell="joblib.load('data/in.joblib')", reads={"data/in.joblib"}),
    Case(name="joblib dumps", cell="joblib.dump([3], 'j.joblib')", writes={"j.joblib"}),
    Case(
        name="sqlite3 reads",
        cell="c = sqlite3.connect('data/in.db'); c.execute('select * from t').fetchall()",
        reads={"data/in.db"},
    ),
    Case(
        name="sqlite3 writes in a later cell",
        cell="c.execute('insert into t values (1)'); c.commit()",
        writes={"data/in.db"},
    ),
    Case(
        name="sqlite3 reads in a later cell",
        cell="sqlite3.Connection.execute(c, 'select * from t').fetchall()",
        reads={"data/in.db"},
    ),
    Case(
        name="pandas reads SQL",
        cell="pd.read_sql('select * from t', sqlite3.connect('data/in.db'))",
        reads={"data/in.db"},
    ),
    Case(
        name="a process",
        cell="subprocess.run(['cp', 'data/in.txt', 'copied.txt'], check=True)",
        reads=TEXT,
        writes={"copied.txt"},
    ),
    Case(name="a shell line", cell="!cp data/in.txt again.txt", reads=TEXT, writes={"again.txt"}),
    Case(
        name="a bash cell",
        cell="%%bash\ncat data/in.csv > bash.csv",
        reads=CSV,
        writes={"bash.csv"},
    ),
    Case(
        name="shutil copies",
        cell="shutil.copy('data/in.txt', 'shutil.txt')",
        reads=TEXT,
        writes={"shutil.txt"},
    ),
    Case(
        name="shutil deletes a folder",
        cell="shutil.rmtree('made')",
        deletes={"made/deep/part-0.parquet"},
    ),
    Case(
        name="h5py",
        cell="import h5py\nwith h5py.File('h.h5', 'w') as f: f['a'] = [1]",
        writes={"h.h5"},
        needs="h5py",
    ),
    Case(
        name="DuckDB",
        cell="import duckdb\n"
        "duckdb.sql(\"copy (from 'data/in.csv') to 'd.parquet' (format parquet)\")",
        reads=CSV,
        writes={"d.parquet"},
        needs="duckdb",
    ),
    Case(name="nothing", cell="1 + 1"),
)


@pytest.fixture(scope="module")
def kernel(kernel: Any) -> Any:
    """A kernel with the libraries loaded and data to read."""
    assert kernel.run(SETUP).status == "ok"
    assert kernel.run("%mlops track").status == "ok"
    return kernel


def accesses(files: tuple[FileAccess, ...], mode: str) -> set[str]:
    """The paths that were accessed so; a journal of SQLite's is gone when the cell ends."""
    return {access.path for access in files if access.mode == mode}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_files_are_attributed_to_the_cell(case: Case, kernel: Any) -> None:
    if case.needs and importlib.util.find_spec(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed")
    assert kernel.run(case.cell).status == "ok"
    files = kernel.latest().record.files
    found = {mode: accesses(files, mode) for mode in ("read", "write", "delete")}
    assert found == {"read": case.reads, "write": case.writes, "delete": case.deletes}
    for access in files:
        path = kernel.project / access.path
        if path.exists():
            assert access.digest == hashlib.sha256(path.read_bytes()).hexdigest() or (
                access.mode == "read" and access.path in case.writes
            )


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
