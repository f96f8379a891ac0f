"""The commit that a cell ran on, asked of git while the cell runs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from nbmlops.domain.environments import GitState

_FRESH = 5.0
"""Seconds for which an answer is used again."""

_PORCELAIN_FIELDS = 9

_PATIENCE = 2.0
"""Seconds to wait for git after the cell has ended."""


class GitProbe:
    """Asks git in a process of its own, started before the cell and read after it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: subprocess.Popen[bytes] | None = None
        self._answered_at = float("-inf")
        self._state: GitState | None = None
        self._modified: frozenset[str] = frozenset()

    @property
    def modified(self) -> frozenset[str]:
        """The modified files by their path in the repository: git reads them to see whether."""
        return self._modified

    def begin(self) -> None:
        """Start asking, unless the last answer is fresh."""
        if self._asked is not None or time.monotonic() - self._answered_at < _FRESH:
            return
        # without optional locks it cannot get in the way of a git command of the user's
        command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch"]
        command.append("--untracked-files=no")
        try:
            self._asked = subprocess.Popen(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the user's cell, not for git
            )
        except OSError:
            self._answered_at = time.monotonic()

    def collect(self) -> GitState | None:
        """The answer; ``None`` outside a repository, without git, or where git is too slow."""
        if self._asked is None:
            return self._state
        asked, self._asked = self._asked, None
        try:
            answer, _ = asked.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            asked.kill()
            asked.communicate()
            return self._state
        self._answered_at = time.monotonic()
        text = answer.decode(errors="replace") if asked.returncode == 0 else ""
        self._state, self._modified = parse(text), modified(text)
        return self._state


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
