"""Cells that run again get copies of what they need, and change no original."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nbmlops.domain.accesses import AccessMode, FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.verifications import Verdict
from nbmlops.errors import UsageError
from nbmlops.history.repeated_files import (
    RepeatedFiles,
    changed_files,
    compared_files,
    digest_of,
    files_of,
    names_whole_paths,
    refuse_writing_elsewhere,
)
from nbmlops.history.scratch import Scratch, lay_out
from nbmlops.testing import NOON

LARGE = 65 * 1024 * 1024


def access(path: str, mode: AccessMode, digest: str | None = None) -> FileAccess:
    """An access of a file, seen as it was opened."""
    return FileAccess(path=path, mode=mode, digest=digest, known_by="open")


def cell(*files: FileAccess, source: str = "pass", **definitions: str) -> ExecutionRecord:
    """A recorded cell that accessed files."""
    return ExecutionRecord(
        notebook="flights.ipynb",
        step=None,
        cell_id=None,
        source=source,
        digest="",
        definitions=definitions,
        session="one",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        files=files,
        author="tester",
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a notebook's folder, data, a store and an environment."""
    home = tmp_path / "home" / "project"
    for folder in ("nb", "data", ".nbmlops", ".git", "node_modules", "own-env"):
        (home / folder).mkdir(parents=True)
        (home / folder / "file.txt").write_text(folder)
    (home / "own-env" / "pyvenv.cfg").touch()
    (tmp_path / "home" / "beside.txt").write_text("beside")
    return home


def laid_out(project: Path, files: RepeatedFiles) -> Scratch:
    """The scratch for a notebook in ``nb``."""
    root = project.parent.parent / "scratch"
    root.mkdir()
    return lay_out(root, project=project, folder=project / "nb", files=files)


def test_files_written_before_they_were_read_are_not_needed() -> None:
    found = files_of(
        [
            cell(access("raw.csv", "read"), access("clean.csv", "write"), **{"lib.py": "old"}),
            cell(access("clean.csv", "read"), access("raw.csv", "write"), **{"lib.py": "new"}),
            cell(access("gone.csv", "delete"), access("gone.csv", "write"), scale="def scale()"),
        ]
    )
    assert found.reads == {"raw.csv"}
    assert found.writes == {"raw.csv", "clean.csv", "gone.csv"}
    assert found.fresh == {"clean.csv", "gone.csv"}
    assert found.modules == {"lib.py": "new"}


def test_a_scratch_has_what_is_needed_and_small_files_at_their_places(project: Path) -> None:
    beside = project.parent / "beside.txt"
    files = RepeatedFiles(
        reads=frozenset([str(beside), "gone.txt"]),
        writes=frozenset(["data/out.txt"]),
        fresh=frozenset(["data/out.txt"]),
        modules={"nb/lib.py": "recorded"},
    )
    (project / "data" / "out.txt").write_text("mine")
    (project / "nb" / "lib.py").write_text("edited")
    scratch = laid_out(project, files)
    here = scratch.of(project / "nb")
    assert (here / "../data/file.txt").read_text() == "data"
    assert (here / "../../beside.txt").read_text() == "beside"
    assert (here / "lib.py").read_text() == "recorded"
    assert sorted(path.name for path in scratch.of(project).iterdir()) == ["data", "nb"]
    assert not scratch.of("data/out.txt").exists()


def test_large_files_are_links_unless_they_are_written(project: Path) -> None:
    for name in ("read.bin", "written.bin", "other.bin"):
        with (project / name).open("wb") as file:
            file.truncate(LARGE)
    files = RepeatedFiles(
        reads=frozenset(["read.bin", "written.bin"]), writes=frozenset(["written.bin"])
    )
    scratch = laid_out(project, files)
    assert scratch.of("read.bin").readlink() == project / "read.bin"
    assert not scratch.of("written.bin").is_symlink()
    assert scratch.of("written.bin").stat().st_size == LARGE
    assert not scratch.of("other.bin").exists()


def test_a_link_to_a_folder_leads_into_the_scratch(project: Path) -> None:
    outside = project.parent / "lake"
    outside.mkdir()
    (outside / "x.csv").write_text("1,2")
    (project / "lake").symlink_to(outside)
    scratch = laid_out(project, RepeatedFiles(reads=frozenset([str(outside / "x.csv")])))
    path = scratch.of("lake/x.csv")
    assert path.read_text() == "1,2"
    assert path.resolve().is_relative_to(scratch.root.resolve())


@dataclass(frozen=True, kw_only=True)
class Change:
    """A statement that changes a file, and whether the guard lets it."""

    code: str
    allowed: bool


CHANGES = (
    Change(code="open(PROJECT + '/data/file.txt').read()", allowed=True),
    Change(code="open('file.txt', 'a')", allowed=True),
    Change(code="open(PROJECT + '/.nbmlops/x', 'w')", allowed=True),
    Change(code="open(PROJECT + '/data/file.txt', 'a')", allowed=False),
    Change(code="open('large.bin', 'r+b')", allowed=False),
    Change(code="os.remove(PROJECT + '/data/file.txt')", allowed=False),
    Change(code="os.rename('file.txt', PROJECT + '/data/file.txt')", allowed=False),
    Change(code="pathlib.Path(PROJECT, 'new').mkdir()", allowed=False),
    Change(code="sqlite3.connect(PROJECT + '/data/x.db')", allowed=False),
    Change(code="shutil.rmtree(PROJECT + '/data')", allowed=False),
)


def test_the_guard_refuses_changes_of_originals_alone(project: Path) -> None:
    with (project / "nb" / "large.bin").open("wb") as file:
        file.truncate(LARGE)
    scratch = laid_out(project, RepeatedFiles(reads=frozenset(["nb/large.bin"])))
    code = "\n".join(
        [
            "import os, pathlib, shutil, sqlite3",
            "from nbmlops.history.guard import protect",
            f"PROJECT = {str(project)!r}",
            f"protect(PROJECT, {str(scratch.root)!r})",
            f"for code in {[change.code for change in CHANGES]!r}:",
            "    try: eval(code); print(True)",
            "    except PermissionError: print(False)",
        ]
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=scratch.of("nb"),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line == "True" for line in ran.stdout.split()]
    assert found == [change.allowed for change in CHANGES], ran.stdout
    assert (project / "data" / "file.txt").read_text() == "data"


def test_what_was_written_is_compared_with_the_record() -> None:
    recorded = [
        access("same", "write", "1"),
        access("other", "write", "1"),
        access("missing", "write", "1"),
        access("unknown", "write"),
        access("gone", "delete"),
        access("kept", "delete"),
        access("read", "read", "1"),
    ]
    found = {"same": "1", "other": "2", "missing": None, "unknown": "1", "gone": None, "kept": "1"}
    verdicts = {one.name: one.verdict for one in compared_files(recorded, found)}
    assert verdicts == {
        "file same": Verdict.IDENTICAL,
        "file other": Verdict.DIFFERENT,
        "file missing": Verdict.DIFFERENT,
        "file unknown": Verdict.NOT_COMPARABLE,
        "file gone": Verdict.IDENTICAL,
        "file kept": Verdict.DIFFERENT,
    }


def test_a_file_that_is_another_one_now_is_found(project: Path) -> None:
    same = access("data/file.txt", "read", digest_of(project / "data" / "file.txt"))
    assert changed_files([cell(same)], project) == ()
    assert changed_files([cell(replace(same, digest="0"))], project) == ("data/file.txt",)
    assert changed_files([cell(replace(same, path="gone"))], project) == ("gone",)
    older, written = replace(same, digest="0"), replace(same, mode="write")
    assert changed_files([cell(older), cell(same)], project) == ()
    assert changed_files([cell(older, written), cell(same)], project) == ("data/file.txt",)


def test_writing_past_the_copy_is_refused(project: Path) -> None:
    outside = project.parent / "beside.txt"
    whole = cell(access("data/x", "write"), source=f"open({str(project / 'data/x')!r}, 'w')")
    for record in (cell(access(str(outside), "write")), whole):
        with pytest.raises(UsageError, match="would write over"):
            refuse_writing_elsewhere("save", [record], project=project, named=())
    with pytest.raises(UsageError, match="would write over"):
        refuse_writing_elsewhere(
            "save", [cell(access("x", "write"))], project=project, named=[f"Config({project})"]
        )
    for record in (
        cell(access("data/x", "write")),
        cell(access(str(outside), "write"), source="open('../beside.txt', 'w')"),
        cell(access(str(project.parent / "new.txt"), "write")),
        cell(access("data/x", "read"), source=whole.source),
    ):
        refuse_writing_elsewhere("save", [record], project=project, named=())
    assert names_whole_paths([whole], project)
