"""Programs of a cell that do nothing but show or copy files and folders, seen as they start.

They are lines after ``!`` and in ``%%bash``, and what ``subprocess.run`` and its like start.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from glob import glob, has_magic
from types import FrameType
from typing import Any

from nbmlops.capture.installed import are_installed
from nbmlops.capture.looks import Found, Looks, matches
from nbmlops.notebook.appending import appended_by
from nbmlops.notebook.shell_lines import Shown, shown_by

_SCRIPT = re.compile(r"\s*%%(bash|sh)(\s+--(out|err)[ =]+\w+)*[ \t]*\n(?P<body>[\s\S]*)")
_SYSTEM = "os.system"
_STARTS = frozenset(["os.forkpty", _SYSTEM, "subprocess.Popen"])
_SHELLS = (["bash"], ["sh"])
_OF_LINES = frozenset(["bash", "dash", "sh"])
_WAITING = frozenset([("subprocess", "call"), ("subprocess", "run")])
"""The functions that start a program and go on when it has ended; others are made of these."""

_PIP = re.compile(r"(pip|python)[\d.]*$")
_OTHERWISE = ("cwd", "env", "extra_groups", "group", "pass_fds", "preexec_fn", "user")
"""What a program is started with that makes it another one, or lets it run elsewhere."""

_LINE = {
    ("IPython.utils._process_posix", "system"): "cmd",
    ("IPython.utils._process_common", "process_handler"): "cmd",
}
"""The functions by which IPython starts a line, and what they call it."""


def script_of(source: str) -> str | None:
    """What the shell of a cell such as ``%%bash`` reads; ``None`` for other cells."""
    found = _SCRIPT.match(source)
    return found["body"] if found is not None else None


@dataclass(slots=True)
class Shells:
    """The lines that did no more than to show something; paths are absolute.

    Args:
        script: what the shell of the cell's magic reads; ``None`` where it has none.

    Attributes:
        adds_to: the files to which the program adds that was looked at last.
    """

    script: str | None = None
    programs: dict[str, None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)
    written: dict[str, None] = field(default_factory=dict)
    made: dict[str, None] = field(default_factory=dict)
    asks_place: bool = False
    variables: dict[str, None] = field(default_factory=dict)
    adds_to: tuple[str, ...] = ()

    @property
    def have_shown(self) -> bool:
        """Whether there is anything to be told of them."""
        return bool(self.programs or self.made or self.asks_place or self.variables)

    def takes(self, event: str, arguments: tuple[Any, ...], looks: Looks, after: int) -> bool:
        """Whether a program is about to start that only shows what is there.

        Args:
            event: what Python tells.
            arguments: of the event.
            looks: gets the folders that are shown, as they are now.
            after: how many files the cell has touched.
        """
        self.adds_to = ()
        if event not in _STARTS:
            return False
        with suppress(Exception):  # whatever it is: it counts as any other program
            text = self._text(event, arguments)
            shown = shown_by(text) if text is not None else None
            if shown is not None and _is_installed(shown) and self._found(shown, looks, after):
                self.variables |= dict.fromkeys(shown.variables)
                self.programs |= dict.fromkeys((*self._shell(event, arguments), *shown.programs))
                return True
            self.adds_to = appended_by(text) if text is not None else ()
        return False

    @staticmethod
    def _shell(event: str, arguments: tuple[Any, ...]) -> tuple[str, ...]:
        """The shell that a cell's magic starts."""
        own = event == "subprocess.Popen" and list(arguments[1]) in _SHELLS
        return tuple(arguments[1]) if own else ()

    def _text(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        if self._shell(event, arguments):
            return self.script
        if threading.current_thread() is not threading.main_thread():
            return None  # what the cell does meanwhile, nobody knows
        if event == _SYSTEM:
            return os.fsdecode(arguments[0])
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (nothing else tells)
        while frame is not None:
            name = _LINE.get((frame.f_globals.get("__name__", ""), frame.f_code.co_name))
            if name is not None:
                text = frame.f_locals.get(name)
                return text if type(text) is str else None
            below, frame = frame, frame.f_back
            if frame is not None and _name_of(frame) in _WAITING:
                return _line_of(below, frame, arguments)
        return None

    def _found(self, shown: Shown, looks: Looks, after: int) -> bool:
        """Note what is shown; false where one of the words is no file or folder."""
        files: list[str] = []
        patterns: dict[str, tuple[str, ...]] = {}
        for word in shown.files:
            path = os.path.abspath(word)
            if has_magic(word):
                patterns[path] = tuple(matches(path, False))
            meant = glob(path) if has_magic(word) else [path]
            files += [one for one in meant if one not in self.written]
            if not meant:
                return False
        folders = {os.path.abspath(word): None for word in shown.folders}
        written = {os.path.abspath(word): None for word in shown.written}
        if {*map(os.path.realpath, files)} & {*map(os.path.realpath, written)}:
            return False
        if any(fnmatch(path, pattern) for path in written for pattern in patterns):
            return False
        if not (all(map(os.path.isfile, files)) and all(map(os.path.isdir, folders))):
            return False
        for folder in folders:
            with os.scandir(folder) as entries:
                names = [_listed(entry) for entry in entries]
            looks.folders.setdefault(folder, Found(tuple(names), after))
        for pattern, found in patterns.items():
            looks.patterns.setdefault((pattern, False), Found(found, after))
        self.files |= dict.fromkeys(files)
        self.folders |= folders | dict.fromkeys(patterns)
        self.written |= written
        for folder in map(os.path.abspath, shown.made):
            looks.makes(folder)
            self.made[folder] = None
        self.asks_place = self.asks_place or shown.asks_place
        return True


def _name_of(frame: FrameType) -> tuple[str, str]:
    return frame.f_globals.get("__name__", ""), frame.f_code.co_name


def _line_of(frame: FrameType, waits: FrameType, arguments: tuple[Any, ...]) -> str | None:
    """The line by which a shell would start a program, where Python waits for its end.

    Args:
        frame: that of ``Popen`` itself.
        waits: that of the function which waits.
        arguments: of the event.
    """
    given = frame.f_locals
    limited = waits.f_locals.get("timeout") is not None
    otherwise = any(given.get(name) not in (None, ()) for name in _OTHERWISE)
    if limited or otherwise or given.get("umask", -1) != -1:
        return None
    program, words = os.fspath(arguments[0]), [os.fsdecode(word) for word in arguments[1]]
    if given.get("shell"):
        is_one = len(words) == 3 and os.path.basename(words[0]) in _OF_LINES  # noqa: PLR2004
        return words[2] if is_one else None
    return shlex.join(words) if os.fsdecode(program) == words[0] else None


def _is_installed(shown: Shown) -> bool:
    """Whether no pip is asked for anything, or that of this process for what is there."""
    if not shown.installed:
        return True
    own = os.path.dirname(sys.executable)
    programs = (shutil.which(name) or "" for name in shown.programs if _PIP.search(name))
    return all(os.path.dirname(one) == own for one in programs) and are_installed(shown.installed)


def _listed(entry: os.DirEntry[str]) -> str:
    return f"{entry.name}{os.sep}" if entry.is_dir(follow_symlinks=False) else entry.name
