"""What a cell finds in folders, and of paths, is an input: a run looks whether it is so still."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.plans import CellPlan
from tests.unit.steps import step

Change = Callable[[Path], object]


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to look, what changes in the folder, and the reason that the plan gives then."""

    code: str
    changes: Change
    reason: str

    def __str__(self) -> str:
        return self.code


def new_file(folder: Path) -> None:
    (folder / "data" / "b.csv").write_text("v\n2\n")


def new_file_below(folder: Path) -> None:
    (folder / "data" / "deep" / "d.csv").write_text("v\n2\n")


def gone(folder: Path) -> None:
    (folder / "data" / "a.csv").unlink()


def flag(folder: Path) -> None:
    (folder / "flag.txt").write_text("x")


def longer(folder: Path) -> None:
    (folder / "data" / "a.csv").write_text("v\n111\n")


def later(folder: Path) -> None:
    os.utime(folder / "data" / "a.csv", (1, 1))


def other_link(folder: Path) -> None:
    (folder / "cur").unlink()
    (folder / "cur").symlink_to("v2")


def to_link(folder: Path) -> None:
    (folder / "v1" / "x.txt").unlink()
    (folder / "v1" / "x.txt").symlink_to("../v2/x.txt")


LED = "cur leads to v2 now, and led to v1"
MORE, THERE = "data/ has another list of files: +b.csv", "flag.txt is there now, and was not then"
MATCHES = "data/*.csv has another list of files: +b.csv"
WAYS = (
    Way(code="found = os.listdir('data')", changes=new_file, reason=MORE),
    Way(code="found = [one.name for one in os.scandir('data')]", changes=new_file, reason=MORE),
    Way(code="found = [one.name for one in Path('data').iterdir()]", changes=new_file, reason=MORE),
    Way(code="found = [str(one) for one in os.walk('data')]", changes=new_file, reason=MORE),
    Way(
        code="found = [str(one) for one in os.walk('data')]",
        changes=new_file_below,
        reason="data/ has another list of files: +deep/d.csv",
    ),
    Way(code="found = glob.glob('data/*.csv')", changes=new_file, reason=MATCHES),
    Way(code="found = list(glob.iglob('data/*.csv'))", changes=new_file, reason=MATCHES),
    Way(
        code="found = glob.glob('data/**/*.csv', recursive=True)",
        changes=new_file_below,
        reason="data/**/*.csv has another list of files: +deep/d.csv",
    ),
    Way(code="found = [*map(str, Path('data').glob('*.csv'))]", changes=new_file, reason=MATCHES),
    Way(
        code="found = list(map(str, Path('data').rglob('*.csv')))",
        changes=new_file_below,
        reason="data/**/*.csv has another list of files: +deep/d.csv",
    ),
    Way(
        code="import pkgutil\nfound = [one.name for one in pkgutil.iter_modules(['data'])]",
        changes=new_file,
        reason=MORE,
    ),
    Way(
        code="from sklearn.datasets import load_files\n"
        "found = load_files('data').filenames.tolist()",
        changes=new_file_below,
        reason="data/ has another list of files: +deep/d.csv",
    ),
    Way(code="found = os.path.exists('flag.txt')", changes=flag, reason=THERE),
    Way(code="found = os.path.lexists('flag.txt')", changes=flag, reason=THERE),
    Way(code="found = os.path.isfile('flag.txt')", changes=flag, reason=THERE),
    Way(code="found = os.path.isdir('flag.txt')", changes=flag, reason=THERE),
    Way(code="found = Path('flag.txt').exists()", changes=flag, reason=THERE),
    Way(code="found = Path('flag.txt').is_file()", changes=flag, reason=THERE),
    Way(code="found = Path('flag.txt').is_dir()", changes=flag, reason=THERE),
    Way(
        code="found = os.path.exists('data/a.csv')",
        changes=gone,
        reason="data/a.csv is not there any more",
    ),
    Way(
        code="try:\n    with open('flag.txt') as f:\n        found = f.read()\n    del f\n"
        "except OSError:\n    found = ''",
        changes=flag,
        reason=THERE,
    ),
    Way(
        code="try:\n    found = Path('flag.txt').read_text()\nexcept OSError:\n    found = ''",
        changes=flag,
        reason=THERE,
    ),
    Way(
        code="import configparser\nfound = configparser.ConfigParser().read(['flag.txt'])",
        changes=lambda folder: (folder / "flag.txt").write_text("[a]\n"),
        reason=THERE,
    ),
    Way(
        code="found = os.path.getsize('data/a.csv')",
        changes=longer,
        reason="data/a.csv is another one now: file, 6 bytes",
    ),
    Way(
        code="found = Path('data/a.csv').stat().st_size",
        changes=longer,
        reason="data/a.csv is another one now: file, 6 bytes",
    ),
    Way(
        code="found = os.path.getmtime('data/a.csv')",
        changes=later,
        reason="data/a.csv is another one now: file, changed 1970-01-01 00:00:01.000000000 UTC",
    ),
    Way(
        code="found = Path('data/a.csv').stat().st_mtime",
        changes=later,
        reason="data/a.csv is another one now: file, changed 1970-01-01 00:00:01.000000000 UTC",
    ),
    Way(code="found = Path('cur/x.txt').read_text()", changes=other_link, reason=LED),
    Way(code="found = Path('cur').resolve().name", changes=other_link, reason=LED),
    Way(code="found = os.path.realpath('cur')[-2:]", changes=other_link, reason=LED),
    Way(code="found = Path('cur').readlink().name", changes=other_link, reason=LED),
    Way(
        code="found = os.path.islink('cur')",
        changes=lambda folder: (folder / "cur").unlink(),
        reason="cur leads to cur now, and led to v1",
    ),
    Way(
        code="found = [one.resolve().name for one in [Path('v1/x.txt')] * 3]",
        changes=to_link,
        reason="v1/x.txt leads to v2/x.txt now, and led to v1/x.txt",
    ),
    Way(
        code="found = Path('data/a.csv').stat().st_mode & 0o777",
        changes=lambda folder: (folder / "data" / "a.csv").chmod(0o600),
        reason="data/a.csv is another one now: file, mode 0600",
    ),
    Way(
        code="import duckdb\nfound = duckdb.sql(\"select * from glob('data/*')\").fetchall()",
        changes=new_file,
        reason="data/* has another list of files: +b.csv",
    ),
    Way(
        code="import pyarrow.fs as fs\nat = fs.FileSelector('data')\n"
        "found = len(fs.LocalFileSystem().get_file_info(at))",
        changes=new_file,
        reason=MORE,
    ),
)

ALIKE = (
    Way(code="found = Path('v1').resolve().name", changes=other_link, reason=""),
    Way(
        code="found = os.path.exists('data/a.csv')",
        changes=lambda folder: (folder / "data" / "a.csv").chmod(0o600),
        reason="",
    ),
    Way(code="found = glob.glob('data/*.csv')", changes=flag, reason=""),
    Way(
        code="found = glob.glob('data/*.csv')",
        changes=lambda folder: (folder / "data" / "notes.txt").write_text("x"),
        reason="",
    ),
    Way(code="found = os.listdir('data')", changes=longer, reason=""),
    Way(code="found = os.path.exists('data/a.csv')", changes=longer, reason=""),
    Way(code="found = os.path.getsize('data/a.csv')", changes=later, reason=""),
    Way(code="os.makedirs('made', exist_ok=True)\nfound = 1", changes=flag, reason=""),
    Way(
        code="if not os.path.exists('made'):\n    os.mkdir('made')\nfound = 1",
        changes=flag,
        reason="",
    ),
    Way(
        code="import tempfile\nwith tempfile.TemporaryDirectory() as at:\n"
        "    found = os.listdir(at), os.path.exists(at + '/x')",
        changes=flag,
        reason="",
    ),
    Way(
        code="import shutil\nshutil.rmtree('out', ignore_errors=True)\nos.mkdir('out')\n"
        "Path('out/x').write_text('x')\nfound = os.listdir('out')",
        changes=flag,
        reason="",
    ),
    Way(
        code="Path('data/own.txt').write_text('x')\nfound = os.listdir('data')",
        changes=flag,
        reason="",
    ),
    Way(
        code="found = os.listdir('data')",
        changes=lambda folder: (folder / "data" / "__pycache__").mkdir(),
        reason="",
    ),
)


@pytest.fixture
def folder(project: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's folder with some data, which is the working directory."""
    root: Path = project.workspace.project
    for name in ("data/a.csv", "data/deep/c.csv", "v1/x.txt", "v2/x.txt"):
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text("v\n1\n")
    (root / "cur").symlink_to("v1")
    monkeypatch.chdir(root)
    return root


def cells(way: Way) -> list[str]:
    return ["import os, glob\nfrom pathlib import Path", step("look", way.code), step("z", "y = 1")]


def planned(project: Any, version: Any) -> dict[str, str]:
    """Of each step that would run, why."""
    steps = project.workspace.plans.plan(version, {}).steps
    return {one.title: one.reason for one in steps if one.state is not CellPlan.CACHED}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_is_found_otherwise_makes_its_finder_run(way: Way, project: Any, folder: Path) -> None:
    """And it runs once: what it finds then is what is there."""
    version = project.build(cells(way))
    assert project.run(version) is not None
    assert planned(project, version) == {}
    way.changes(folder)
    assert planned(project, version) == {"look": way.reason}
    assert project.run(version) is not None
    assert planned(project, version) == {}


def test_two_names_of_one_folder_are_two_folders_then(project: Any, folder: Path) -> None:
    version = project.build(
        cells(Way(code="x = os.path.samefile('cur', 'v1')", changes=other_link, reason=LED))
    )
    assert project.run(version) is not None
    assert planned(project, version) == {}
    other_link(folder)
    assert LED in planned(project, version)["look"]


def test_a_lazy_frame_reads_what_its_pattern_matches_now(project: Any, folder: Path) -> None:
    """Its plan is another one by then, and so is what the cell finds that collects it."""
    scan = "import polars as pl\nlazy = pl.scan_csv('data/*.csv')"
    version = project.build([scan, step("sum", "total = lazy.collect()['v'].sum()")])
    assert project.run(version) is not None
    assert planned(project, version) == {}
    new_file(folder)
    assert "sum" in planned(project, version)
    assert project.run(version) is not None
    assert planned(project, version) == {}


NEW_EACH_TIME = (
    ("when = 'now'", "x = pd.Timestamp(when)"),
    ("settings = {'end': 'today'}", "x = pd.to_datetime(settings['end'])"),
    ("rows = pd.DataFrame({'d': ['now']})", "x = pd.to_datetime(rows['d'])"),
    ("z = 1", "x = pd.read_csv('now.csv', parse_dates=['d'])"),
)


@pytest.mark.parametrize("case", NEW_EACH_TIME, ids=lambda case: case[1])
def test_a_word_for_the_present_time_is_asked_for_again(
    case: tuple[str, str], project: Any, folder: Path
) -> None:
    """Wherever it comes from; the same word where nothing makes a time of it is a word."""
    (folder / "now.csv").write_text("d\nnow\n")
    said, parsed = case
    cells = [f"import pandas as pd\n{said}", step("parse", parsed), step("z", "y = 1")]
    version = project.build(cells)
    assert project.run(version) is not None
    assert planned(project, version)["parse"] == "reads the clock"


@pytest.mark.parametrize("way", ALIKE, ids=str)
def test_what_was_not_asked_makes_nothing_run(way: Way, project: Any, folder: Path) -> None:
    version = project.build(cells(way))
    assert project.run(version) is not None
    way.changes(folder)
    assert planned(project, version) == {}


OUTPUTS = (
    "import os\ngen = (n for n in range(5))",
    step("before", "os.makedirs('out', exist_ok=True)\nhere = os.listdir('out')"),
    step("write", "with open('out/x.txt', 'w') as f:\n    _ = f.write(str(next(gen)))\ndel f"),
    step("after", "there = sorted(os.listdir('out'))"),
)


@pytest.mark.usefixtures("folder")
def test_a_folder_of_outputs_settles_with_the_second_run(project: Any) -> None:
    """The first run found it empty, every further one finds what the first has left."""
    version = project.build(OUTPUTS)
    for expected in (True, True, False):
        assert project.run(version) is not None
        project.succeed()
        assert bool(project.ran) is expected


CLEARED = (
    "import os, shutil\ngen = (n for n in range(5))",
    step("clear", "shutil.rmtree('out', ignore_errors=True)\nos.mkdir('out')"),
    step("before", "here = os.listdir('out')"),
    step("write", "with open('out/x.txt', 'w') as f:\n    _ = f.write(str(next(gen)))\ndel f"),
)


@pytest.mark.skipif(not os.path.exists("/proc"), reason="needs inotify")  # noqa: PTH110
def test_a_folder_that_each_run_clears_is_found_empty_each_time(project: Any, folder: Path) -> None:
    """What the cells above have removed is not there for those below, whatever the disk holds."""
    version = project.build(CLEARED)
    for expected in (True, True, False):
        assert project.run(version) is not None
        project.succeed()
        assert bool(project.ran) is expected
    (folder / "out" / "x.txt").write_text("other")
    assert project.run(version) is not None
    assert "write" in project.ran


@pytest.mark.usefixtures("folder")
def test_what_a_cell_above_may_write_is_waited_for(project: Any) -> None:
    """The list of files is known once that cell has run."""
    cells = (
        step("write", "from pathlib import Path\nsize = Path('data/z.csv').write_text('z' * n)"),
        step("look", "names = os.listdir('data')"),
    )
    project.run(project.build(["import os", step("n", "n = 1"), *cells]))
    edited = project.build(["import os", step("n", "n = 2"), *cells])
    assert planned(project, edited)["look"] == "data/ may change: write runs"
    assert project.run(edited) is not None
    assert project.ran == ["cell 1", "n", "write"]
