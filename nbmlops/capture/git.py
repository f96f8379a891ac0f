"""The commit that a cell ran on, asked of git when nobody waits for it."""

from __future__ import annotations

import _thread
import os
import subprocess
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbmlops.domain.environments import GitState
from nbmlops.errors import StoreError
from nbmlops.store.endings import at_the_end, not_at_the_end

_FRESH = 5.0
"""Seconds for which an answer is used again, and after which one that is due is waited for."""

_SHARE = 20
"""An answer is used again for as many times as long as git took."""

_PAUSE = 0.05
"""Seconds behind a cell after which git is asked, unless the next one has begun."""

_PATIENCE = 2.0
"""Seconds after which a process of git's is given up."""

_REFERENCE = "ref: "

Listener = Callable[[Collection[int], GitState], None]
"""Told on which commit executions ran, by their ids."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An execution whose commit is asked for; ``commit`` was checked out when it began."""

    execution_id: int
    listener: Listener
    commit: str | None


class GitProbe:
    """Asks git for the state of a project, between cells, and completes their records.

    - hardly any cell waits: git is asked a moment after one, and where each follows the other at
      once, before one of them in five seconds;
    - never beside a cell, as what git reads would seem to be what the cell reads, and a cell may
      fork;
    - outside of a repository nothing is asked.

    Args:
        folder: the project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state: GitState | None = None
        self._until = float("-inf")
        self._is_due = False
        self._commit: str | None = None
        self._waiting: list[_Waiting] = []
        self._waits_since = 0.0
        self._thread: _Between | None = None
        self._process = os.getpid()
        at_the_end(self.finish)

    def begin(self, *, at_once: bool = False) -> None:
        """A cell begins.

        Args:
            at_once: whether it may ask for the records of earlier cells.
        """
        self._stop()
        now = time.monotonic()
        if self._waiting and (at_once or now - self._waits_since > _FRESH):
            self._answer()
            now = time.monotonic()
        self._is_due = now >= self._until
        if not self._is_due:
            return
        root = _root_of(self._folder)
        if root is None and "GIT_DIR" not in os.environ:
            self._is_due, self._state, self._until = False, None, now + _FRESH
        self._commit = None if root is None else checked_out(root)

    def collect(self) -> GitState | None:
        """The answer; ``None`` outside a repository, without git, or where it comes later."""
        return None if self._is_due else self._state

    def tell(self, execution_id: int, listener: Listener) -> None:
        """Say of the cell that has ended on which commit it ran, if that comes later.

        Args:
            execution_id: its record.
            listener: told in a thread.
        """
        if not self._is_due:
            return
        self._is_due = False
        if not self._waiting:
            self._waits_since = time.monotonic()
        self._waiting.append(_Waiting(execution_id, listener, self._commit))
        self._thread = _Between(self._answer)

    def finish(self) -> None:
        """Ask now what is still to be asked, and tell it; not in a process that was forked."""
        self._stop()
        if self._waiting and self._process == os.getpid():
            self._answer()

    def close(self) -> None:
        """Finish, for good."""
        not_at_the_end(self.finish)
        self.finish()

    def _stop(self) -> None:
        """Have nothing asked from now on."""
        if self._thread is not None and self._process == os.getpid():
            self._thread.stop()
        self._thread = None

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, []
        began = time.monotonic()
        self._state = parse(_status(self._folder))
        ended = time.monotonic()
        self._until = ended + max(_FRESH, _SHARE * (ended - began))
        told: dict[tuple[Listener, GitState], list[int]] = {}
        for one in waiting:
            state = _on(one.commit, self._state)
            if state is not None:
                told.setdefault((one.listener, state), []).append(one.execution_id)
        for (listener, state), executions in told.items():
            with suppress(StoreError):  # deleted or full by now: the records say nothing of it
                listener(executions, state)


class _Between:
    """Does something a moment after a cell, unless another one begins before.

    Its thread is none of those that Python lists, for whoever counts these.

    Args:
        task: what is to be done.
    """

    def __init__(self, task: Callable[[], None]) -> None:
        self._task = task
        self._lock = _thread.allocate_lock()
        self._is_stopped, self._has_begun = False, False
        self._stopping, self._ended = threading.Event(), threading.Event()
        _thread.start_new_thread(self._run, ())

    def stop(self) -> None:
        """Not to be done any more, or to be waited for."""
        with self._lock:
            self._is_stopped = not self._has_begun
        self._stopping.set()
        if not self._is_stopped:
            self._ended.wait(2 * _PATIENCE)

    def _run(self) -> None:
        self._stopping.wait(_PAUSE)
        with self._lock:
            self._has_begun = not self._is_stopped
        if self._has_begun:
            with suppress(Exception):  # the edge of the thread: a record says nothing of it then
                self._task()
        self._ended.set()


def _on(commit: str | None, state: GitState | None) -> GitState | None:
    """The state for a cell that began on a commit: where git knows another one, it moved since."""
    if state is None or commit is None or commit == state.commit:
        return state
    return GitState(commit=commit, dirty=True)


def _root_of(folder: Path) -> str | None:
    """Where the repository of a folder lies, if it has one."""
    places = map(str, (folder, *folder.parents))
    return next((place for place in places if os.path.lexists(f"{place}{os.sep}.git")), None)


def checked_out(root: str) -> str | None:
    """The commit that is checked out, as git has written it down.

    Args:
        root: the folder in which ``.git`` is.

    Returns:
        ``None`` before the first commit, and where it stands elsewhere, as in a second working
        tree.
    """
    head = _first_line(f"{root}/.git/HEAD")
    if head is None or not head.startswith(_REFERENCE):
        return head
    name = head.removeprefix(_REFERENCE)
    loose = _first_line(f"{root}/.git/{name}")
    if loose is not None:
        return loose
    with suppress(OSError, UnicodeDecodeError):
        for line in Path(root, ".git", "packed-refs").read_text("utf-8").splitlines():
            if line.endswith(f" {name}"):
                return line.partition(" ")[0]
    return None


def _first_line(path: str) -> str | None:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(file, 1024).decode(errors="replace").partition("\n")[0].strip() or None
    except OSError:
        return None
    finally:
        os.close(file)


def _status(folder: Path) -> str:
    """What git says; nothing without git, outside a repository, or where it is too slow."""
    # without optional locks it cannot get in the way of a git command of the user's
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch"]
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
        with suppress(subprocess.TimeoutExpired):
            asked.communicate(timeout=_PATIENCE)
        return ""
    return answer.decode(errors="replace") if asked.returncode == 0 else ""


def parse(status: str) -> GitState | None:
    """Read ``git status --porcelain=v2 --branch``; ``None`` before the first commit."""
    lines = status.splitlines()
    commits = [line.split()[-1] for line in lines if line.startswith("# branch.oid ")]
    if not commits or commits[0] == "(initial)":
        return None
    return GitState(commit=commits[0], dirty=any(not line.startswith("#") for line in lines))
