"""The commit and the dirty flag, from real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nbmlops.capture.git import GitProbe
from nbmlops.domain.environments import GitState


def git(folder: Path, *words: str) -> str:
    """Run git with an identity of its own."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of one file."""
    git(tmp_path, "init", "-q")
    (tmp_path / "file.txt").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def ask(folder: Path) -> GitState | None:
    probe = GitProbe(folder)
    probe.begin()
    return probe.collect()


def test_a_clean_tree_is_its_commit(repository: Path) -> None:
    assert ask(repository) == GitState(commit=git(repository, "rev-parse", "HEAD"), dirty=False)


def test_a_changed_file_makes_it_dirty_and_an_untracked_one_does_not(repository: Path) -> None:
    (repository / "new.txt").write_text("new")
    untracked = ask(repository)
    (repository / "file.txt").write_text("two")
    changed = ask(repository)
    assert untracked is not None
    assert changed is not None
    assert (untracked.dirty, changed.dirty) == (False, True)


def test_there_is_none_before_the_first_commit_and_outside_of_a_repository(tmp_path: Path) -> None:
    assert ask(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert ask(tmp_path) is None


def test_a_fresh_answer_is_used_again_without_a_process(repository: Path) -> None:
    probe = GitProbe(repository)
    probe.begin()
    first = probe.collect()
    (repository / "file.txt").write_text("two")
    probe.begin()
    assert probe.collect() == first


def test_asking_takes_no_lock_that_could_stop_the_users_git(repository: Path) -> None:
    index = repository / ".git" / "index"
    before = index.stat().st_mtime_ns
    (repository / "file.txt").touch()
    assert ask(repository) is not None
    assert index.stat().st_mtime_ns == before


def test_a_folder_that_is_gone_has_no_state(tmp_path: Path) -> None:
    assert ask(tmp_path / "gone") is None
