"""The commit and the dirty flag, from real repositories."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from nbmlops.capture import auditing
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
    """What is told of a short cell."""
    told: list[GitState] = []
    probe = GitProbe(folder)
    probe.begin()
    at_once = probe.collect()
    probe.tell(1, lambda _, state: told.append(state))
    probe.finish()
    assert at_once is None
    return told[0] if told else None


def processes_started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The list to which the program of each process is added that Python starts from now on."""
    started: list[str] = []
    popen = subprocess.Popen

    def counted(command: list[str], **options: Any) -> Any:
        started.append(Path(command[0]).name)
        return popen(command, **options)

    monkeypatch.setattr(subprocess, "Popen", counted)
    return started


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
    probe.finish()
    first = probe.collect()
    (repository / "file.txt").write_text("two")
    probe.begin()
    assert first is not None
    assert probe.collect() == first


def test_asking_takes_no_lock_that_could_stop_the_users_git(repository: Path) -> None:
    index = repository / ".git" / "index"
    before = index.stat().st_mtime_ns
    (repository / "file.txt").touch()
    assert ask(repository) is not None
    assert index.stat().st_mtime_ns == before


def test_a_folder_that_is_gone_has_no_state(tmp_path: Path) -> None:
    assert ask(tmp_path / "gone") is None


def test_a_cell_that_takes_longer_than_git_has_the_answer_when_it_ends(repository: Path) -> None:
    probe = GitProbe(repository)
    probe.begin()
    time.sleep(0.2)
    assert probe.collect() == GitState(commit=git(repository, "rev-parse", "HEAD"), dirty=False)


def test_short_cells_are_told_together_by_their_records(repository: Path) -> None:
    told: list[tuple[list[int], GitState]] = []

    def listener(executions: Collection[int], state: GitState) -> None:
        told.append((list(executions), state))

    probe = GitProbe(repository)
    for number in (1, 2, 3):
        probe.begin()
        assert probe.collect() is None
        probe.tell(number, listener)
    probe.finish()
    assert told == [([1, 2, 3], GitState(commit=git(repository, "rev-parse", "HEAD"), dirty=False))]


def test_what_git_reads_is_known_before_the_files_of_a_cell_are_looked_at(repository: Path) -> None:
    (repository / "file.txt").write_text("two")
    probe = GitProbe(repository)
    probe.begin()
    time.sleep(0.2)
    probe.collect()
    assert probe.modified == {"file.txt"}


def test_a_row_of_short_cells_does_not_put_git_off_for_ever(repository: Path) -> None:
    probe = GitProbe(repository)
    until = time.monotonic() + 10
    known = None
    while known is None and time.monotonic() < until:
        probe.begin()
        known = probe.collect()
        time.sleep(0.01)
    assert known is not None


def test_outside_of_a_repository_no_process_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    (inside / "deep" / "er").mkdir(parents=True)
    outside.mkdir()
    git(inside, "init", "-q")
    started = processes_started(monkeypatch)
    assert ask(outside) is None
    assert started == []
    ask(inside / "deep" / "er")
    assert started == ["git"]


def test_a_repository_that_a_variable_names_is_asked(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository))
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    assert ask(outside) == GitState(commit=commit, dirty=False)


def test_asking_is_no_doing_of_the_cell_that_runs_beside_it(repository: Path) -> None:
    heard = auditing.start()
    probe = GitProbe(repository)
    try:
        probe.begin()
        heard.events.clear()
        heard.files.clear()
        time.sleep(0.2)
        subprocess.run(["git", "--version"], check=True, capture_output=True)
    finally:
        auditing.stop()
    assert probe.collect() is not None
    assert [list(arguments[1]) for _, arguments in heard.events] == [["git", "--version"]]
    assert not any(str(repository) in path for path in heard.files)


def test_nobody_sees_a_thread_who_lists_those_of_python(repository: Path) -> None:
    before = threading.enumerate()
    probe = GitProbe(repository)
    probe.begin()
    beside = threading.enumerate()
    probe.finish()
    assert beside == before
    assert threading.enumerate() == before


def test_a_forked_process_does_not_wait_for_the_thread_that_it_has_not(repository: Path) -> None:
    probe = GitProbe(repository)
    probe.begin()
    child = os.fork()
    if child == 0:
        probe.finish()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    probe.finish()
