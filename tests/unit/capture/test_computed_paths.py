"""A file system that nobody sees asked is known to be asked of a path that no name holds."""

from __future__ import annotations

import logging

import pyarrow.fs
import pytest
from fsspec.implementations.local import LocalFileSystem

from nbmlops.capture.computed_paths import asked_of_computed

NAMES = {
    "fs": LocalFileSystem(),
    "arrow": pyarrow.fs.LocalFileSystem(),
    "log": logging.getLogger("x"),
    "base": "data",
    "path": "data/a.csv",
    "paths": ["data/a.csv"],
    "at": pyarrow.fs.FileSelector(".", allow_not_found=True),
    "n": 1,
}

COMPUTED = (
    "size = fs.info(f'{base}/a.csv')['size']",
    "there = fs.exists(base + '/a.csv')",
    "info = arrow.get_file_info(f'{base}/a.csv')",
    "infos = arrow.get_file_info([f'{base}/a.csv'])",
    "p = f'{base}/a.csv'\nthere = fs.exists(p)",
    "for p in paths:\n    print(fs.size(p))",
    "import fsspec\nprint(fsspec.filesystem('file').info(base + '/a.csv'))",
    "def size(path):\n    return fs.info(path)['size']\nprint(size(base))",
    "import fsspec\ndef size(system, path):\n    return system.info(path)",
    "infos = arrow.get_file_info(pyarrow.fs.FileSelector(base + '/x'))",
    "at = pyarrow.fs.FileSelector(base_dir=f'{base}/x')\ninfos = arrow.get_file_info(at)",
    "from pyarrow.fs import FileSelector\nat = FileSelector(f'{base}/x')",
)
NAMED = (
    "size = fs.info('data/a.csv')",
    "size = fs.info(path)",
    "infos = arrow.get_file_info(['a.csv', 'b.csv'])",
    "infos = arrow.get_file_info(paths)",
    "infos = arrow.get_file_info(pyarrow.fs.FileSelector(base))",
    "at = pyarrow.fs.FileSelector('data')\ninfos = arrow.get_file_info(at)",
    "with fs.open(f'{base}/a.csv') as file:\n    text = file.read()",
    "log.info(f'{base} fsspec')",
    "print(n.size(f'{base}'))",
    "table.info(f'{base}')",
    "not python (",
)


@pytest.mark.parametrize("source", COMPUTED)
def test_a_computed_path_is_told(source: str) -> None:
    found = asked_of_computed([source], NAMES, {"p", "at"})
    assert found is not None
    assert found.endswith("of a file system, of a path that is computed,")


@pytest.mark.parametrize("source", NAMED)
def test_a_path_that_is_named_or_another_call_is_not(source: str) -> None:
    assert asked_of_computed([source], NAMES, {"p", "at"}) is None


def test_what_a_function_of_the_notebook_asks_is_asked() -> None:
    found = asked_of_computed(
        ["print(size('a'))", "def size(path):\n    return fs.size(path)"], NAMES, ()
    )
    assert found is not None
