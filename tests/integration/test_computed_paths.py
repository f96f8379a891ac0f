"""What libraries read without Python from paths that are computed is an input of the cell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="libraries that bypass Python need inotify"
    ),
]

SETUP = """
import os
import duckdb, fsspec, h5py, pandas as pd, polars as pl
import pyarrow as pa, pyarrow.dataset, pyarrow.feather, pyarrow.fs, pyarrow.parquet
frame = pd.DataFrame({'a': [1, 2]})
for folder in ('data', os.environ['BESIDE']):
    os.makedirs(f'{folder}/parts')
    frame.to_parquet(f'{folder}/parts/p.parquet')
    frame.to_parquet(f'{folder}/t.parquet')
    frame.to_feather(f'{folder}/t.feather')
    frame.to_csv(f'{folder}/t.csv')
    with h5py.File(f'{folder}/t.h5', 'w') as file: file['a'] = [1]
local, files = pa.fs.LocalFileSystem(), fsspec.filesystem('file')
"""
READERS = (
    ("t = pa.dataset.dataset(f'{base}/parts').to_table()", "parts/p.parquet"),
    ("t = pa.parquet.read_table(base + '/t' + '.parquet')", "t.parquet"),
    ("t = pa.feather.read_table(f'{base}/t.' + 'feather')", "t.feather"),
    ("t = pa.memory_map(f'{base}/t.csv').read()", "t.csv"),
    ("t = local.open_input_file(f'{base}/t.csv').read()", "t.csv"),
    ("with fsspec.open(f'{base}/t.csv') as file: t = file.read()", "t.csv"),
    ("t = files.cat(f'{base}/t.csv')", "t.csv"),
    ("t = pl.read_csv(f'{base}/t.csv')", "t.csv"),
    ("t = pl.scan_parquet(f'{base}/t.' + 'parquet').collect()", "t.parquet"),
    ("path = f'{base}/t.' + 'parquet'\nt = duckdb.read_parquet(path).fetchall()", "t.parquet"),
    ("t = duckdb.sql(f\"select * from '{base}/t.csv'\").fetchall()", "t.csv"),
    ("with h5py.File(f'{base}/t.' + 'h5', 'r') as file: t = file['a'][:]", "t.h5"),
)


@pytest.mark.parametrize("base", ["'data'", "os.environ['BESIDE']"])
def test_files_behind_computed_paths_are_read(base: str, kernel: Any, tmp_path: Path) -> None:
    """In the project, and beside it, where the code names no more than a variable."""
    kernel.run(f"import os\nos.environ['BESIDE'] = {str(tmp_path / 'beside')!r}")
    kernel.run("import shutil\nshutil.rmtree('data', ignore_errors=True)")
    assert kernel.run(SETUP).status == "ok"
    kernel.run("%mlops track")
    kernel.run(f"base = {base}")
    for source, path in READERS:
        assert kernel.run(source).status == "ok", source
        read = [file.path for file in kernel.latest().record.files if file.mode == "read"]
        assert any(one.endswith(f"/{path}") for one in read), (source, read)


def test_what_a_file_system_tells_of_a_computed_path_is_not_known(kernel: Any) -> None:
    kernel.run("import fsspec\nfiles = fsspec.filesystem('file')\nbase = '.'\n%mlops track")
    kernel.run("size = files.exists(f'{base}/none.csv')")
    record = kernel.latest().record
    assert not record.inputs_complete
    assert record.inputs_note == (
        "what `exists` of a file system, of a path that is computed, tells is not recorded"
    )
    kernel.run("size = files.exists('none.csv')")
    assert kernel.latest().record.inputs_complete
