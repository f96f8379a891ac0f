"""Copies of a project in which runs write."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.history import project_copy
from nbmlops.history.project_copy import ProjectCopy


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with data in it and beside it."""
    home = tmp_path / "home" / "project"
    (home / "notes" / "__pycache__").mkdir(parents=True)
    (home / ".nbmlops").mkdir()
    (home / ".nbmlops" / "catalog.db").write_text("store")
    (home / ".git").mkdir()
    (home / "notes" / "a.txt").write_text("a")
    (home / "b.txt").write_text("b")
    (home.parent / "data").mkdir()
    (home.parent / "data" / "x.csv").write_text("x")
    return home


def test_a_copy_has_the_files_and_reaches_what_lies_beside(project: Path, tmp_path: Path) -> None:
    copy = ProjectCopy.make(project, tmp_path / "at" / "project", without=["b.txt"])
    assert (copy.root / "notes" / "a.txt").read_text() == "a"
    assert (copy.root / ".." / "data" / "x.csv").read_text() == "x"
    assert sorted(path.name for path in copy.root.iterdir()) == [".git", "notes"]
    assert copy.changed() == set()


def test_what_was_written_made_and_removed_is_found(project: Path, tmp_path: Path) -> None:
    copy = ProjectCopy.make(project, tmp_path / "at" / "project")
    (copy.root / "b.txt").write_text("another")
    (copy.root / "notes" / "a.txt").unlink()
    (copy.root / "new.txt").write_text("new")
    assert copy.changed() == {"b.txt", "notes/a.txt", "new.txt"}
    assert copy.digest("notes/a.txt") is None
    assert (project / "b.txt").read_text() == "b"
    assert (project / "notes" / "a.txt").exists()


def test_a_large_file_is_the_original_and_its_writing_is_seen(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_copy, "_MOST_EACH", 3)
    (project / "b.txt").write_text("large")
    copy = ProjectCopy.make(project, tmp_path / "at" / "project")
    assert copy.linked.keys() == {"b.txt"}
    assert copy.overwritten() == set()
    with (copy.root / "b.txt").open("a") as file:
        file.write("r")
    assert copy.overwritten() == {"b.txt"}
    assert copy.changed() == set()
