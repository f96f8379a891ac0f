"""Files are attributed to the cell whose time they were touched in, and to no other."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbmlops.capture import auditing, files
from nbmlops.capture.auditing import stamp
from nbmlops.capture.files import FileDigests
from nbmlops.capture.native_lists import NativeLists
from nbmlops.capture.outside import Accesses, OutsideWatch
from nbmlops.capture.places import Places
from nbmlops.capture.session import Session
from nbmlops.notebook.dataflow.effects import analyze

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs inotify")


class Cells:
    """Runs cells in this process as the recorder does."""

    def __init__(self, project: Path) -> None:
        notebook = project / "flights.ipynb"
        self.names: dict[str, object] = {"Path": Path}
        self.watch = OutsideWatch(
            Session(project=project, notebook=notebook.name, path=notebook), self.names
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


def test_the_history_of_a_debugger_is_no_file_of_the_cell_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IPython writes what was typed after ``%pdb on`` or ``%debug`` while the cell runs."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    places = Places(tmp_path / "project", None)
    assert not places.counts(str(tmp_path / "home" / ".pdbhistory"))
    assert places.counts(str(tmp_path / "home" / "rows.csv"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, which is the working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cells(project: Path) -> Iterator[Cells]:
    cells = Cells(project)
    yield cells
    cells.watch.close()


def told(found: Accesses) -> set[tuple[str, str, str]]:
    """Mode, path, and how it is known."""
    return {(access.mode, access.path, access.known_by) for access in found.files}


def test_an_access_belongs_to_one_cell(cells: Cells) -> None:
    assert told(cells.run("open('a.txt', 'w').close()")) == {("write", "a.txt", "open")}
    assert told(cells.run("x = 1")) == set()
    Path("a.txt").read_text()
    assert told(cells.run("x = 1")) == set()
    assert told(cells.run("open('a.txt').close()")) == {("read", "a.txt", "open")}


def test_what_happens_beside_a_cell_that_makes_numbers_of_numbers_is_told(cells: Cells) -> None:
    """Nothing is looked for where such a cell runs alone, as it does nearly always."""
    cells.names["n"] = 1

    def beside(happens: Callable[[], object]) -> Accesses:
        cells.watch.look("n = n + 1", analyze("n = n + 1"), {}, moves=False)
        cells.watch.begin()
        happens()
        cells.watch.end()
        return cells.watch.found()

    assert beside(lambda: None) == Accesses()
    assert told(beside(lambda: Path("a.txt").write_text("one"))) == {("write", "a.txt", "open")}
    assert told(beside(lambda: Path("a.txt").read_text())) == {("read", "a.txt", "open")}
    (read,) = beside(lambda: os.environ.get("RATE")).externals
    assert (read.kind, read.name) == ("variable", "RATE")
    (asked,) = beside(lambda: Path("b.txt").exists()).externals
    assert (asked.kind, asked.name) == ("path", "b.txt")


def test_the_digest_of_a_read_file_is_that_before_it_was_overwritten(cells: Cells) -> None:
    before = hashlib.sha256(b"one").hexdigest()
    cells.run("Path('a.txt').write_text('one')")
    found = cells.run("Path('a.txt').read_text(); Path('a.txt').write_text('four')").files
    assert [(access.mode, access.size) for access in found] == [("read", 3), ("write", 4)]
    assert found[0].digest == before


def test_what_is_read_and_overwritten_unknown_has_no_digest(cells: Cells) -> None:
    Path("a.txt").write_text("one")
    read, write = cells.run("Path('a.txt').read_text(); Path('a.txt').write_text('four')").files
    assert (read.digest, read.size) == (None, 3)
    assert write.digest == hashlib.sha256(b"four").hexdigest()


def test_a_deleted_file_keeps_the_digest_that_was_known(cells: Cells) -> None:
    cells.run("Path('a.txt').write_text('one')")
    (found,) = cells.run("import os; os.remove('a.txt')").files
    assert (found.mode, found.digest) == ("delete", hashlib.sha256(b"one").hexdigest())


@linux
def test_a_file_that_another_process_touches_is_told_by_its_folder(cells: Cells) -> None:
    cells.names["subprocess"] = subprocess
    found = told(cells.run("subprocess.run(['touch', 'deep.txt'], check=True)"))
    assert found == {("write", "deep.txt", "watch")}


@linux
def test_files_outside_the_project_are_watched_where_the_code_names_them(
    cells: Cells, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "in.txt").write_text("x")
    cells.names["run"] = subprocess.run
    found = told(cells.run(f"run(['cat', {str(data / 'in.txt')!r}], capture_output=True)"))
    assert found == {("read", str(data / "in.txt"), "watch")}


def test_a_named_file_is_flagged_where_nothing_else_tells(cells: Cells) -> None:
    """As on a system that cannot tell of its folders."""
    cells.watch._files._watch.close()
    for name in ("read.txt", "changed.txt", "gone.txt"):
        Path(name).write_text("x")
    cells.names["run"] = subprocess.run
    script = "echo y >> changed.txt; rm gone.txt"
    source = f"run(['sh', '-c', {script!r}]); names = ['read.txt', 'changed.txt', 'gone.txt']"
    assert told(cells.run(source)) == {
        ("read", "read.txt", "argument"),
        ("write", "changed.txt", "argument"),
        ("delete", "gone.txt", "argument"),
    }


@linux
def test_what_front_ends_save_is_not_the_cell_s(cells: Cells) -> None:
    Path("tracked.csv").write_text("x")
    cells.names["run"] = subprocess.run
    source = "run('cat tracked*; touch flights.ipynb other.ipynb .hidden', shell=True)"
    assert told(cells.run(source)) == {("read", "tracked.csv", "watch")}


def test_libraries_the_system_and_the_store_do_not_count(project: Path) -> None:
    places = Places(project, project / "flights.ipynb")
    own = ["a.csv", "sub/b.csv"]
    assert [places.counts(str(project / path)) for path in own] == [True, True]
    foreign = [".nbmlops/catalog.db", ".git/index", "pkg/__pycache__/x.pyc", "flights.ipynb"]
    assert not any(places.counts(str(project / path)) for path in foreign)
    assert not any(places.counts(p) for p in ("/proc/self/stat", os.__file__, pytest.__file__))


def test_a_large_file_has_its_size_and_no_digest(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_LARGEST", 2)
    Path("a.txt").write_text("one")
    (found,) = cells.run("Path('a.txt').read_text()").files
    assert (found.digest, found.size) == (None, 3)


def test_a_file_is_hashed_again_only_when_it_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(project / "a.txt")
    Path(path).write_text("one")
    digests, seen = FileDigests(), stamp(path)
    assert seen is not None
    first = digests.take(path, seen, budget=100)
    monkeypatch.setattr(files.hashlib, "file_digest", None)
    assert digests.take(path, seen, budget=100) == first
    assert digests.known(seen) == first


def test_more_accesses_than_are_kept_are_confessed(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "_MOST", 3)
    found = cells.run("for n in range(9): open(f'{n}.txt', 'w').close()")
    assert found.note is not None


def test_a_strange_argument_does_not_reach_the_user(cells: Cells) -> None:
    found = cells.run("try:\n    open('a\\0b')\nexcept ValueError:\n    ok = True")
    assert cells.names["ok"]
    assert found.files == ()


def test_a_cell_may_open_files_from_many_threads(cells: Cells) -> None:
    cells.names["Thread"] = threading.Thread
    source = (
        "def write(n):\n    open(f'{n}.txt', 'w').close()\n"
        "threads = [Thread(target=write, args=(n,)) for n in range(20)]\n"
        "for t in threads: t.start()\n"
        "for t in threads: t.join()"
    )
    assert len(cells.run(source).files) == 20


@linux
def test_a_slash_that_the_code_mentions_is_no_folder_that_is_watched(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes texts apart; the whole disk is everybody's."""
    added: list[str] = []
    monkeypatch.setattr(files.FolderWatch, "add_tree", lambda _self, path, *_: added.append(path))
    Path("sub").mkdir()
    cells.names["slash"] = "/"
    cells.run("'a/b'.split('/'), 'a'.join(['/*']), slash, './sub'")
    assert added == [str(Path.cwd()), str(Path.cwd() / "sub")]


def test_a_slash_that_the_code_mentions_is_no_folder_that_is_listed(project: Path) -> None:
    """Neither by the cell, nor for what a cell below it reads without Python."""
    lists = NativeLists(str(project), lambda _: True)
    mentioned = ["/", "a/b", "/*"]
    assert lists.found(["data/a.csv"], ["'a/b'.split('/')"], mentioned, tuple) == (
        ("folder", str(project / "data")),
    )
    assert lists.found(["data/b.csv"], ["read()"], [], tuple) == (
        ("folder", str(project / "data")),
    )


@pytest.mark.parametrize(
    "query",
    [
        "select id, sum(amount) total, count(*) n from orders group by id",
        "SELECT * FROM orders",
        "select amount/2, count(*) from orders",
        "with big as (select * from orders) select id from big where id like 'a?'",
        "from orders select id, count(*)",
        "pragma table_info(orders) -- which columns?",
    ],
)
def test_the_text_of_a_query_is_no_pattern(project: Path, query: str) -> None:
    """Its star counts rows: the database is read that the connection has open."""
    lists = NativeLists(str(project), lambda _: True)
    rows = f'rows = pd.read_sql("{query}", con)'
    found = lists.found(["orders.db"], [rows], [query], tuple)
    assert [place for place in found if "orders" in place[1].removeprefix(str(project))] == []


def test_the_pattern_in_the_text_of_a_query_is_one(project: Path) -> None:
    (project / "data").mkdir()
    lists = NativeLists(str(project), lambda _: True)
    query = "select count(*) from 'data/*.csv'"
    found = lists.found(["data/a.csv"], [f'rows = duckdb.sql("{query}")'], [query], tuple)
    assert found == (("deep pattern", str(project / "data/*.csv")),)
