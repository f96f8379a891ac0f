"""What a cell asks of folders and paths is noted, and the cell notices nothing."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.capture import auditing
from nbmlops.capture.looks import Looks
from nbmlops.capture.lookups import Lookups
from nbmlops.capture.outside import Accesses, OutsideWatch
from nbmlops.capture.session import Session
from nbmlops.domain.listings import NOTHING, Listing, detail_said
from nbmlops.notebook.dataflow.effects import analyze

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs inotify")


class Cells:
    """Runs cells in this process as the recorder does."""

    def __init__(self, project: Path) -> None:
        self.names: dict[str, object] = {"Path": Path, "os": os}
        self.watch = OutsideWatch(
            Session(project=project, notebook="n.ipynb", path=project / "n.ipynb"), self.names
        )

    def run(self, source: str) -> Accesses:
        """Run a cell and say what it accessed."""
        self.watch.look(source, analyze(source), {})
        self.watch.begin()
        try:
            exec(compile(source, "cell", "exec"), self.names)
        finally:
            self.watch.end()
        return self.watch.found()

    def looks(self, source: str) -> list[tuple[str, str, str]]:
        """Run a cell and say what it learned without reading."""
        return [
            (access.kind, access.name, detail_said(access))
            for access in self.run(source).externals
            if access.kind in {"listing", "path", "link"}
        ]


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cells]:
    """A project with some data, whose folder is the working directory."""
    project = tmp_path / "project"
    (project / "data" / "deep").mkdir(parents=True)
    (project / "data" / "a.csv").write_text("v\n1\n")
    (project / "data" / "deep" / "b.csv").write_text("v\n2\n")
    monkeypatch.chdir(project)
    cells = Cells(project)
    yield cells
    cells.watch.close()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell, and what is told of it."""

    code: str
    told: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        return self.code


CASES = (
    Case(code="x = 1", told=()),
    Case(code="os.listdir('data')", told=(("listing", "data", "a.csv, deep/"),)),
    Case(code="list(os.walk('data'))", told=(("listing", "data", "a.csv, deep/, deep/b.csv"),)),
    Case(
        code="next(os.walk('data'))",
        told=(("listing", "data", "a.csv, deep/"),),
    ),
    Case(
        code="list(Path('data').glob('*/*.csv'))",
        told=(("listing", "data/*/*.csv", "deep/b.csv"),),
    ),
    Case(code="os.path.exists('data/a.csv')", told=(("path", "data/a.csv", "file"),)),
    Case(
        code="os.path.exists('data/a.csv'); open('data/a.csv').close()",
        told=(("path", NOTHING, ""),),
    ),
    Case(code="os.path.getsize('data/a.csv')", told=(("path", "data/a.csv", "file, 4 bytes"),)),
    Case(code="Path('none').exists()", told=(("path", "none", "absent"),)),
    Case(code="os.makedirs('new', exist_ok=True)", told=()),
    Case(
        code="os.path.exists('dir') or os.mkdir('dir')",
        told=(("path", "dir", "absent, made"),),
    ),
    Case(
        code="open('mine', 'w').close(); os.path.exists('mine')",
        told=(("path", NOTHING, ""),),
    ),
    Case(
        code="[os.path.exists(f'data/{n}') for n in range(60)]",
        told=(("listing", "data", "a.csv, deep/"),),
    ),
    Case(code="import json.tool, wave", told=()),
    Case(code="import shutil\nshutil.copy('data/a.csv', 'copy.csv')", told=()),
    Case(
        code="import zipfile\ntry:\n    zipfile.ZipFile('b.zip')\nexcept FileNotFoundError:\n"
        "    Path('b.zip').write_text('1')",
        told=(("path", "b.zip", "absent"),),
    ),
    Case(
        code="if not os.path.exists('b.txt'):\n    Path('b.txt').write_text('1')",
        told=(("path", "b.txt", "absent"),),
    ),
)

LINK = (("link", "now", "data/deep"),)
LINKS = (
    ("Path('now').resolve().name", LINK),
    ("os.path.realpath('now')", LINK),
    ("Path('now').is_symlink()", (("path", "now", "folder"), *LINK)),
    ("Path('now').readlink()", LINK),
    ("os.path.islink('now')", LINK),
    ("Path('data/a.csv').resolve()", (("link", "data/a.csv", "data/a.csv"),)),
    ("Path('now/b.csv').resolve()", (("link", "now/b.csv", "data/deep/b.csv"),)),
    ("Path('.').resolve(); Path('..').resolve(); Path.cwd().resolve()", (("path", NOTHING, ""),)),
    (
        "[Path(f'data/{n}').resolve() for n in range(60)]",
        (("listing", "data", "nothing"), ("link", "data", "data")),
    ),
    ("import os\nos.symlink('data', 'mine')\nPath('mine').resolve()", (("path", NOTHING, ""),)),
)


@pytest.mark.parametrize("case", LINKS, ids=lambda case: case[0])
def test_where_links_lead_is_told(
    cells: Cells, case: tuple[str, tuple[tuple[str, str, str], ...]]
) -> None:
    Path("now").symlink_to("data/deep")
    code, told = case
    assert tuple(cells.looks(code)) == told


MODES = {
    "Path('data/a.csv').stat().st_mode & 0o777": "file, mode 0640",
    "Path('data/a.csv').owner()": "file, owner {owner}",
    "Path('data/a.csv').stat().st_size": "file, 4 bytes",
    "def f(p):\n    s = p.stat()\n    return s.st_size\nf(Path('data/a.csv'))": "file, 4 bytes",
    "import shutil\nshutil.which('./data/a.csv')": "file, mode 0640",
    "Path('data/a.csv').chmod(0o600)": "file, mode 0600, owner {owner}",
    "os.chmod('data/a.csv', 0o600)": "file, mode 0600, owner {owner}",
}


@pytest.mark.parametrize("code", MODES)
def test_mode_and_owner_are_told_where_they_are_asked_or_set(cells: Cells, code: str) -> None:
    """What a cell keeps of a status may be asked for anything."""
    Path("data/a.csv").chmod(0o640)
    owner = "{0.st_uid}:{0.st_gid}".format(Path("data/a.csv").stat())
    told = MODES[code].format(owner=owner)
    assert cells.looks(code) == [("path", "data/a.csv", told)]
    kept = cells.looks("status = Path('data/deep/b.csv').stat(); status.st_size")
    assert "mode" in kept[0][2]
    assert "changed" in kept[0][2]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cell_is_told_what_it_asked(cells: Cells, case: Case) -> None:
    assert tuple(cells.looks(case.code)) == case.told


NATIVE = (
    ("import polars\npolars.scan_csv('data/*.csv').collect()", "data/*.csv", "a.csv"),
    ("import duckdb\nduckdb.sql(\"from 'data/*.csv'\").fetchall()", "data/*.csv", "a.csv"),
    (
        "import pyarrow.dataset\npyarrow.dataset.dataset('data', format='csv').to_table()",
        "data",
        "a.csv, deep/, deep/b.csv",
    ),
)


@linux
@pytest.mark.parametrize("case", NATIVE, ids=lambda case: case[0])
def test_a_library_that_lists_without_python_is_found_by_what_it_read(
    cells: Cells, case: tuple[str, str, str]
) -> None:
    """A file that the code names is no reason to list its folder."""
    code, name, names = case
    assert ("listing", name, names) in cells.looks(code)
    assert cells.looks("import polars\npolars.read_csv('data/a.csv')") == []


def test_a_file_system_without_python_is_asked_of_what_the_code_names(cells: Cells) -> None:
    """But for what an ordinary method of the same name has nothing to do with."""
    cells.run("import fsspec\nsystem = fsspec.filesystem('file')")
    assert cells.looks("system.exists('data/z.csv')") == [("path", "data/z.csv", "absent")]
    [(_, name, told)] = cells.looks("system.size('data/a.csv')")
    assert (name, told.partition(",")[0]) == ("data/a.csv", "file")
    assert cells.looks("import logging\nlogging.info('data/a.csv')") == []


def test_a_tree_of_many_folders_is_one_short_fact(cells: Cells) -> None:
    for number in range(400):
        Path(f"tree/{number}").mkdir(parents=True)
        Path(f"tree/{number}/file").touch()
    found = cells.run("n = sum(len(files) for _, _, files in os.walk('tree'))")
    [access] = [one for one in found.externals if one.kind == "listing"]
    assert cells.names["n"] == 400
    assert (access.name, detail_said(access)) == ("tree", "800 names")
    assert len(access.detail) < 200
    assert found.note is None


def test_more_than_is_kept_is_said(cells: Cells) -> None:
    """Never silently less."""
    found = cells.run("[os.path.getsize('data/a.csv') for n in range(400)]")
    assert found.note is None
    found = cells.run("[os.path.exists(f'some{n}/x') for n in range(400)]")
    assert found.note == "more folders and paths were asked of than are kept"


UNSEEN = (
    "os.stat('data/a.csv')",
    "os.access('data/a.csv', os.R_OK)",
    "os.readlink('/proc/self/exe')",
    "from os import (stat,\n    path)\nstat('data/a.csv')",
    "import os as o\no.lstat('data/a.csv')",
    "list(map(os.stat, ['data/a.csv']))",
    "Path('data/a.csv').stat().st_atime",
    "import posix\nposix.environ.get(b'HOME')",
    "from posix import environ\nenviron.get(b'HOME')",
    "import ctypes\nctypes.CDLL(None).getenv(b'HOME')",
)


@pytest.mark.parametrize("code", UNSEEN)
def test_what_cannot_be_seen_is_said(cells: Cells, code: str) -> None:
    assert "is not recorded" in str(cells.run(code).note)


def test_functions_that_tell_are_the_same_functions(cells: Cells) -> None:
    """A cell that compares, pickles or looks into them, or fails in one, sees no difference."""
    before = os.path.exists, os.stat, Path.stat
    cells.run("from os.path import exists, getsize\nsame = exists, os.stat, Path.stat")
    assert cells.names["same"] == before
    assert pickle.loads(pickle.dumps(before[0])) is os.path.exists
    assert Path.stat.__qualname__ == "Path.stat"
    with pytest.raises(FileNotFoundError) as caught:
        cells.run("getsize('none')")
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames][-2:] == ["<module>", "getsize"]


_PREPARED = """
import sys
from nbmlops.capture import auditing, looks

looks.prepare()
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event in {"open", "compile"} else None)
auditing.start()
auditing.stop()
print(seen)
"""


def test_what_was_prepared_is_not_read_again() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _PREPARED], capture_output=True, text=True, check=True
    )

    assert told.stdout == "[]\n"


@pytest.mark.usefixtures("cells")
def test_what_another_process_asked_is_known_here() -> None:
    """As that of a node, which hands it over as JSON."""
    log = auditing.start()
    list(Path("data").iterdir())
    list(Path("data").glob("*.csv"))
    Path("none").exists()
    auditing.stop()
    other = Looks.of_plain(json.loads(json.dumps(log.looks.as_plain())))
    told, complete = Lookups(Path.cwd()).learned(
        other, touched=(), files=(), sources=(), mentioned=()
    )
    assert {access.name for access in told} == {"data", "data/*.csv", "none"}
    assert complete


def test_a_listing_says_how_another_differs() -> None:
    few = Listing.made("folder", ["a", "b"], own=["c"])
    assert Listing.read(few.detail) == few
    assert few.differs_from(["b", "a", "c"]) is None
    assert few.differs_from(["b", "d"]) == "has another list of files: +d, -a"
    many = Listing.made("folder", map(str, range(500)))
    assert many.differs_from(map(str, range(501))) == "has another list of files: 500 → 501 names"
