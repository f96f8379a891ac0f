"""The commit that a cell ran on, asked of git so that no short cell waits for the answer."""

from __future__ import annotations

import _thread
import atexit
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from nbmlops.capture import auditing
from nbmlops.domain.environments import GitState
from nbmlops.errors import StoreError

_FRESH = 5.0
"""Seconds for which an answer is used again."""

_SHARE = 20
"""An answer is used again for as many times as long as git took."""

_PAUSE = 0.05
"""Seconds after which git is asked, when a short cell and its record are over."""

_LONGEST_PAUSE = 1.0
"""Seconds after which git is asked though one short cell follows the other."""

_PATIENCE = 2.0
"""Seconds after which a process of git's is given up."""

_PORCELAIN_FIELDS = 9

Listener = Callable[[Collection[int], GitState], None]
"""Told on which commit executions ran, by their ids."""


class GitProbe:
    """Asks git for the state of a project, in a thread and a process beside the cell.

    - a cell that is shorter than the pause before git is asked does not wait: its record is
      completed when the answer is there;
    - a longer one runs beside git, and has the answer when it ends;
    - outside of a repository nothing is asked.

    Args:
        folder: the project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: _Question | None = None
        self._is_awaited = False
        self._until = float("-inf")

    @property
    def modified(self) -> frozenset[str]:
        """The modified files by their path in the repository: git reads them to see whether."""
        return frozenset() if self._asked is None else self._asked.modified

    def begin(self) -> None:
        """A cell begins: ask, unless the last answer is fresh, or will come."""
        if self._asked is not None and not self._asked.is_answered:
            return
        now = time.monotonic()
        fresh = self._until if self._asked is None else self._asked.fresh_until
        if now < fresh:
            return
        git = _git(os.environ.get("PATH"))
        if git is not None and is_in_repository(self._folder):
            self._asked = _Question(git, self._folder)
        else:
            self._asked, self._until = None, now + _FRESH

    def collect(self) -> GitState | None:
        """The answer; ``None`` outside a repository, without git, or where it comes later."""
        self._is_awaited = self._asked is not None and not self._asked.is_settled()
        return None if self._asked is None or self._is_awaited else self._asked.state

    def tell(self, execution_id: int, listener: Listener) -> None:
        """Say of the cell that has ended on which commit it ran, if that comes later.

        Args:
            execution_id: its record.
            listener: told in a thread, unless the answer has come meanwhile.
        """
        if self._is_awaited and self._asked is not None:
            self._asked.tell(execution_id, listener)
        self._is_awaited = False

    def finish(self) -> None:
        """Ask at once, and wait until all is told."""
        if self._asked is not None:
            self._asked.finish()


class _Question:
    """Git is asked once, in a thread that nobody sees who lists the threads of Python.

    No code is imported by it, and it holds no lock while git works: a cell may fork beside it.
    """

    def __init__(self, git: str, folder: Path) -> None:
        self._git, self._folder = git, folder
        self._process = os.getpid()
        self._born = time.monotonic()
        self._due = self._born + _PAUSE
        self._has_begun = False
        self._lock = _thread.allocate_lock()
        self._hurry, self._answered, self._told = (threading.Event() for _ in range(3))
        self._listeners: dict[Listener, list[int]] = {}
        self.state: GitState | None = None
        self.modified: frozenset[str] = frozenset()
        self.fresh_until = float("inf")
        atexit.register(self.finish)
        _thread.start_new_thread(self._ask, ())

    @property
    def is_answered(self) -> bool:
        """Whether git has answered, or was given up."""
        return self._answered.is_set()

    def is_settled(self) -> bool:
        """Whether the answer is there; false where git will be asked when all of a cell is over.

        What git reads must not be taken for what the cell read: where it has begun, it is waited
        for, and where it has not, it does not begin for another while.
        """
        with self._lock:
            now = time.monotonic()
            if not self._has_begun and now - self._born < _LONGEST_PAUSE:
                self._due = now + _PAUSE
                return False
        self._hurry.set()
        self._answered.wait(_PATIENCE)
        return True

    def tell(self, execution_id: int, listener: Listener) -> None:
        """Say on which commit an execution ran, now or later."""
        with self._lock:
            if not self.is_answered:
                self._listeners.setdefault(listener, []).append(execution_id)
                return
        self._say(listener, [execution_id])

    def finish(self) -> None:
        """Ask at once, and wait until all is told; a process that was forked has no thread."""
        if self._process == os.getpid():
            self._hurry.set()
            self._told.wait(2 * _PATIENCE)

    def _ask(self) -> None:
        with auditing.unheard():
            try:
                while not self._begins():
                    self._hurry.wait(max(0.0, self._due - time.monotonic()))
                text = _status(self._git, self._folder)
                self.state, self.modified = parse(text), modified(text)
            finally:
                now = time.monotonic()
                self.fresh_until = now + max(_FRESH, _SHARE * (now - self._due))
                with self._lock:
                    self._answered.set()
                self._tell_all()

    def _begins(self) -> bool:
        with self._lock:
            self._has_begun = self._hurry.is_set() or time.monotonic() >= self._due
            if self._has_begun:
                self._due = time.monotonic()
            return self._has_begun

    def _say(self, listener: Listener, executions: Collection[int]) -> None:
        if self.state is not None:
            with suppress(StoreError):  # deleted or full by now: the records say nothing of it
                listener(executions, self.state)

    def _tell_all(self) -> None:
        try:
            for listener, executions in self._listeners.items():
                self._say(listener, executions)
        finally:
            atexit.unregister(self.finish)
            self._told.set()


def is_in_repository(folder: Path) -> bool:
    """Whether git would find a repository at a folder or above it: a few questions to the disk."""
    return "GIT_DIR" in os.environ or any(
        os.path.lexists(f"{place}{os.sep}.git") for place in (folder, *folder.parents)
    )


@lru_cache(maxsize=8)
def _git(path: str | None) -> str | None:
    """The program, looked for before a cell, as it would seem to have read ``PATH``."""
    return shutil.which("git", path=path)


def _status(git: str, folder: Path) -> str:
    """What git says; nothing outside a repository, or where it is too slow."""
    # without optional locks it cannot get in the way of a git command of the user's
    command = [git, "--no-optional-locks", "status", "--porcelain=v2", "--branch"]
    command.append("--untracked-files=no")
    try:
        asked = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the user's cell, not for git
        )
    except OSError:
        return ""
    try:
        answer, _ = asked.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        asked.kill()
        asked.communicate()
        return ""
    return answer.decode(errors="replace") if asked.returncode == 0 else ""


def modified(status: str) -> frozenset[str]:
    """The paths of changed files in ``git status --porcelain=v2``."""
    changed = (line.split(" ", maxsplit=8) for line in status.splitlines() if line[:2] == "1 ")
    return frozenset(parts[8] for parts in changed if len(parts) == _PORCELAIN_FIELDS)


def parse(status: str) -> GitState | None:
    """Read ``git status --porcelain=v2 --branch``; ``None`` before the first commit."""
    lines = status.splitlines()
    commits = [line.split()[-1] for line in lines if line.startswith("# branch.oid ")]
    if not commits or commits[0] == "(initial)":
        return None
    return GitState(commit=commits[0], dirty=any(not line.startswith("#") for line in lines))
