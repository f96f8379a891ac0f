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

from nbmlops.capture import git as module
from nbmlops.capture.git import GitProbe
from nbmlops.domain.environments import GitState


def git(folder: Path, *words: str) -> str:
    """Run git with an identity of its own."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of one file."""
    git(tmp_path, "init", "-q")
    (tmp_path / "file.txt").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


class Told:
    """What a probe says of executions, in the order in which it says it."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[int], GitState]] = []

    def listen(self, executions: Collection[int], state: GitState) -> None:
        self.calls.append((list(executions), state))

    @property
    def state(self) -> GitState | None:
        """What was said of the only execution."""
        assert len(self.calls) <= 1
        return self.calls[0][1] if self.calls else None


def run_cell(probe: GitProbe, told: Told, number: int = 1) -> GitState | None:
    """A cell that is recorded; gives what is known when it ends."""
    probe.begin()
    known = probe.collect()
    probe.tell(number, told.listen)
    return known


def ask(folder: Path) -> GitState | None:
    """What is said of a cell after its end."""
    probe, told = GitProbe(folder), Told()
    assert run_cell(probe, told) is None
    probe.close()
    return told.state


def until_told(told: Told) -> None:
    end = time.monotonic() + 20
    while not told.calls and time.monotonic() < end:
        time.sleep(0.01)


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
    assert ask(repository) == GitState(commit=head(repository), dirty=False)


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


def test_an_answer_comes_by_itself_after_a_cell(repository: Path) -> None:
    probe, told = GitProbe(repository), Told()
    assert run_cell(probe, told) is None
    until_told(told)
    assert told.calls == [([1], GitState(commit=head(repository), dirty=False))]
    probe.close()


def test_a_fresh_answer_is_used_again_without_a_process(repository: Path) -> None:
    probe, told = GitProbe(repository), Told()
    run_cell(probe, told)
    probe.finish()
    (repository / "file.txt").write_text("two")
    assert run_cell(probe, told, 2) == told.state
    probe.close()
    assert [executions for executions, _ in told.calls] == [[1]]


def test_nothing_is_asked_while_a_cell_runs(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, told = GitProbe(repository), Told()
    run_cell(probe, told)
    started = processes_started(monkeypatch)
    probe.begin()
    time.sleep(0.3)
    assert started == []
    assert probe.collect() is None
    probe.tell(2, told.listen)
    probe.close()
    assert started == ["git"]
    assert [executions for executions, _ in told.calls] == [[1, 2]]


def test_before_a_cell_that_may_ask_for_records_they_are_completed(repository: Path) -> None:
    probe, told = GitProbe(repository), Told()
    run_cell(probe, told)
    probe.begin(at_once=True)
    assert [executions for executions, _ in told.calls] == [[1]]
    assert probe.collect() == told.state
    probe.close()


def test_a_row_of_short_cells_does_not_put_git_off_for_ever(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbmlops.capture.git._FRESH", 0.5)
    started = processes_started(monkeypatch)
    probe, told = GitProbe(repository), Told()
    end, number = time.monotonic() + 20, 0
    while not told.calls and time.monotonic() < end:
        number += 1
        run_cell(probe, told, number)
        time.sleep(0.01)
    probe.close()
    assert [executions for executions, _ in told.calls] == [list(range(1, number))]
    assert started == ["git"]


def test_a_cell_during_which_another_commit_is_made_keeps_the_one_that_it_began_on(
    repository: Path,
) -> None:
    first = head(repository)
    probe, told = GitProbe(repository), Told()
    probe.begin()
    (repository / "file.txt").write_text("two")
    git(repository, "commit", "-q", "-a", "-m", "second")
    probe.tell(1, told.listen)
    run_cell(probe, told, 2)
    probe.close()
    assert told.calls == [
        ([1], GitState(commit=first, dirty=True)),
        ([2], GitState(commit=head(repository), dirty=False)),
    ]


def test_the_commit_is_read_as_git_has_written_it(repository: Path) -> None:
    root = str(repository)
    assert module.checked_out(root) == head(repository)
    git(repository, "pack-refs", "--all")
    assert module.checked_out(root) == head(repository)
    git(repository, "checkout", "-q", "--detach")
    assert module.checked_out(root) == head(repository)


def test_in_a_second_working_tree_git_alone_says_it(repository: Path, tmp_path: Path) -> None:
    other = tmp_path.parent / f"{tmp_path.name}-other"
    git(repository, "worktree", "add", "-q", "-b", "other", str(other))
    assert module.checked_out(str(other)) is None
    assert ask(other) == GitState(commit=head(other), dirty=False)


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
    commit = head(repository)
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository))
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    assert ask(outside) == GitState(commit=commit, dirty=False)


def test_asking_takes_no_lock_that_could_stop_the_users_git(repository: Path) -> None:
    index = repository / ".git" / "index"
    before = index.stat().st_mtime_ns
    (repository / "file.txt").touch()
    assert ask(repository) is not None
    assert index.stat().st_mtime_ns == before


def test_a_git_that_is_too_slow_is_given_up_and_not_asked_soon_again(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path.parent / f"{tmp_path.name}-programs"
    programs.mkdir()
    slow = programs / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setattr(module, "_PATIENCE", 0.3)
    monkeypatch.setattr(module, "_FRESH", 0.0)
    started = processes_started(monkeypatch)
    probe, told = GitProbe(repository), Told()
    run_cell(probe, told)
    probe.finish()
    run_cell(probe, told, 2)
    probe.close()
    assert started == ["git"]
    assert told.calls == []


def test_a_folder_that_is_gone_has_no_state(tmp_path: Path) -> None:
    assert ask(tmp_path / "gone") is None


def test_nobody_sees_a_thread_who_lists_those_of_python(repository: Path) -> None:
    before = threading.enumerate()
    probe, told = GitProbe(repository), Told()
    run_cell(probe, told)
    beside = threading.enumerate()
    until_told(told)
    assert told.calls
    assert beside == before
    assert threading.enumerate() == before
    probe.close()


def test_a_forked_process_neither_waits_for_the_thread_nor_asks(repository: Path) -> None:
    probe, told = GitProbe(repository), Told()
    run_cell(probe, told)
    child = os.fork()
    if child == 0:
        probe.finish()
        os._exit(7 if not told.calls else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    probe.close()
    assert told.calls
