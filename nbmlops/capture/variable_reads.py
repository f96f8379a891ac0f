"""Which environment variables are read while a cell runs, by whoever reads them.

``os.environ`` keeps its variables in a dict of its own. That dict is replaced once by one that is
told of each access: type, repr, pickles and errors of ``os.environ`` are as before. It costs a
fraction of a microsecond for each access, and a look at the stack for the first of each variable.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

from nbmlops.values.homes import is_local

Key = Any
"""A name or a value as the system has it: bytes, on Windows a text."""

_MOST_FRAMES = 2_000
_MAIN = ("__main__", "__mp_main__")
_OURS = str(Path(__file__).parent.parent) + os.sep
_KINDS = {"<frozen importlib": "importing", "<ipython": "project", "<stdin": "project"}
"""How names of code begin that is in no file."""

_PASSING = frozenset(["os", "_collections_abc", "collections", "contextlib", "copy", "functools",
            "genericpath", "getpass", "locale", "ntpath", "pathlib", "posixpath", "shutil",
            "tempfile", "threading"])  # fmt: skip
"""Modules of Python that read a variable for whoever called them."""

_SHELLS = ("IPython", "comm", "debugpy", "ipykernel", "jupyter_client", "matplotlib_inline",
           "pydevd", "tornado", "traitlets", "zmq")  # fmt: skip
"""Packages that read variables for the session."""

_FOR_THE_CELL = ("IPython/core/magics/osm.py", "IPython/lib/pretty.py")
"""What of these reads for the cell: ``%env NAME``, and a display of ``os.environ``."""

_HANDING_ON = frozenset(["joblib", "loky", "mock", "multiprocessing", "subprocess", "urllib"])
"""What hands all variables on to processes, keeps them to put them back, or looks for proxies."""


@dataclass(slots=True)
class VariableLog:
    """What a cell has read: each variable with its value at the first time, ``None`` for none.

    Not those that it had set before. ``written`` are those that something else than the import of
    a library has set or removed; ``everything`` says that the cell has looked at all of them;
    ``handing_on`` are calls that only hand all of them on.
    """

    reads: dict[Key, Key] = field(default_factory=dict)
    written: set[Key] = field(default_factory=set)
    everything: bool = False
    handing_on: set[int] = field(default_factory=set)


class _Process:
    """What is known of this process's environment.

    Attributes:
        variables: all of them.
        at_start: the same as the kernel was started with them; ``started`` by name, once asked.
        log: where accesses are noted; ``None`` while no cell runs.
        latest: where they were noted for the latest cell.
        of_libraries: those that the imports of libraries have set, with the values.
        preloaded: those that libraries have set which were imported before the kernel was there.
        of_modules: the file of a module of the project → what its code has read.
    """

    def __init__(self) -> None:
        self.variables: dict[Key, Key] = {}
        self.at_start: dict[Key, Key] = {}
        self.started: dict[str, str] | None = None
        self.log: VariableLog | None = None
        self.latest = VariableLog()
        self.of_libraries: dict[Key, Key] = {}
        self.preloaded: tuple[str, ...] = ()
        self.of_modules: dict[str, VariableLog] = {}


_process = _Process()


class _Listening(dict[Key, Key]):
    """The variables of ``os.environ``, with an ear for what is asked of them."""

    __slots__ = ()

    def __getitem__(self, key: Key) -> Key:
        if _process.log is not None and key not in _process.log.reads:
            _heard(_read, key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Key]:
        if _process.log is not None and not _process.log.everything:
            _heard(_read_all)
        return super().__iter__()

    def items(self) -> Any:
        """All of them; the repr of ``os.environ`` asks for this."""
        if _process.log is not None and not _process.log.everything:
            _heard(_read_all)
        return super().items()

    def __setitem__(self, key: Key, value: Key) -> None:
        super().__setitem__(key, value)
        _heard(_set, key)

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        _heard(_set, key)

    def __reduce_ex__(self, _: Any) -> Any:
        return dict, (plain(self),)


def plain(variables: Mapping[Key, Key]) -> dict[Key, Key]:
    """A copy that nobody hears of."""
    return dict(dict.items(variables)) if isinstance(variables, dict) else dict(variables)


def now() -> dict[Key, Key]:
    """All variables as they are, which nobody hears of."""
    encoded = getattr(os.environ, "_data", None)  # to read all of them decodes each
    return dict(os.environ) if encoded is None else plain(encoded)


def are(variables: Mapping[Key, Key]) -> bool:
    """Whether all variables are as `now` gave them, which nobody hears of either."""
    encoded = getattr(os.environ, "_data", None)
    same = dict.__eq__(encoded, variables) if isinstance(encoded, dict) else now() == variables
    return same is True


def note_preloaded(names: Iterable[str]) -> None:
    """Tell which variables libraries have set that were imported before the kernel was there."""
    _process.preloaded = tuple(names)


def install() -> None:
    """Listen to the environment of this process from now on."""
    environ: Any = os.environ
    data = getattr(environ, "_data", None)
    if type(data) is dict:
        _process.variables = _Listening(data)
        both: tuple[Any, ...] = (environ, getattr(os, "environb", None))
        for one in both:
            if getattr(one, "_data", None) is data:
                one._data = _process.variables  # noqa: SLF001 (whatever else, it would be noticed)
    _process.started = None
    _process.at_start = plain(_process.variables)  # empty where `os.environ` is not Python's own
    for name in map(os.fsencode, _process.preloaded):
        _process.of_libraries[name] = _process.at_start.get(name)
    _kind(os.__file__)  # where the library lies is found out by reading variables


def start() -> VariableLog:
    """Note what is read from now on."""
    log = VariableLog()
    _process.log = _process.latest = log
    return log


def stop() -> VariableLog:
    """Note nothing more; gives what was noted."""
    _process.log = None
    return _process.latest


def found_outside(log: VariableLog) -> dict[str, str | None]:
    """The variables that were found, by name, with their values as they were found.

    Left out is what the imports of libraries have set.
    """
    return {
        _text(name): None if value is None else _text(value)
        for name, value in list(log.reads.items())
        if value is None or _process.of_libraries.get(name) != value
    }


def environment_at_start() -> Mapping[str, str]:
    """All variables as the kernel was started with them; nothing where nobody listens."""
    if _process.started is None:
        known = _process.of_libraries
        _process.started = {
            _text(name): _text(value)
            for name, value in _process.at_start.items()
            if known.get(name) != value
        }
    return _process.started


def written() -> frozenset[str]:
    """The variables that the latest cell has set or removed, and not by the import of a library."""
    return frozenset(map(_text, _process.latest.written))


def read_by_modules(is_used: Callable[[str], bool]) -> VariableLog:
    """What the code of the project's modules has read in this process, at any time.

    It may have kept that: cells below get it without reading anything.

    Args:
        is_used: whether the file of a module counts.
    """
    found = VariableLog()
    for path, own in list(_process.of_modules.items()):
        if is_used(path):
            found.reads |= own.reads
            found.everything |= own.everything
    return found


def _text(encoded: Key) -> str:
    return os.fsdecode(encoded)


def _heard(note: Callable[[VariableLog, Key], None], key: Key = None) -> None:
    log = _process.log
    try:
        note(log if log is not None else VariableLog(), key)
    except Exception:  # noqa: BLE001 (an error here would be raised in the user's code)
        if log is not None:
            log.everything = True


def _read(log: VariableLog, key: Key) -> None:
    asked = _asked_by(sys._getframe(3))  # noqa: SLF001 (nothing else tells who asks)
    if asked.counts and key not in log.written and id(asked.frame) not in log.handing_on:
        value = log.reads[key] = dict.get(_process.variables, key)
        for file in asked.through:
            _process.of_modules.setdefault(file, VariableLog()).reads.setdefault(key, value)


def _read_all(log: VariableLog, _: Key) -> None:
    asked = _asked_by(sys._getframe(3))  # noqa: SLF001
    if asked.counts and asked.kind == "handing on":
        log.handing_on.add(id(asked.frame))
    elif asked.counts:
        log.everything = True
        for file in asked.through:
            _process.of_modules.setdefault(file, VariableLog()).everything = True


def _set(log: VariableLog, key: Key) -> None:
    if _is_importing(sys._getframe(3)):  # noqa: SLF001
        _process.of_libraries[key] = dict.get(_process.variables, key)
    else:
        log.written.add(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Who asked: whose code, in which call, and through which modules of the project."""

    counts: bool
    kind: str = ""
    frame: FrameType | None = None
    through: tuple[str, ...] = ()


def _asked_by(frame: FrameType | None) -> _Asked:
    asking: FrameType | None = None
    reader = inner = ""
    files: list[str] = []
    for _ in range(_MOST_FRAMES):
        if frame is None:
            break
        kind = _kind(frame.f_code.co_filename)
        if kind == "importing":
            if inner != "project":
                return _Asked(counts=False)
            break
        if kind != "passing":
            if kind == "session":
                if not reader:
                    return _Asked(counts=False)
                break  # what runs the cell
            if not reader:
                reader, asking = kind, frame
            inner = kind
            if kind == "project" and frame.f_globals.get("__name__") not in _MAIN:
                files.append(frame.f_code.co_filename)
        frame = frame.f_back
    return _Asked(counts=True, kind=reader, frame=asking, through=tuple(files))


def _is_importing(frame: FrameType | None) -> bool:
    """Whether the import of a library goes on."""
    inner = ""
    for _ in range(_MOST_FRAMES):
        if frame is None:
            break
        kind = _kind(frame.f_code.co_filename)
        if kind == "importing":
            return inner != "project"
        inner = inner if kind == "passing" else kind
        frame = frame.f_back
    return False


@lru_cache(maxsize=8192)
def _kind(file: str) -> str:
    """Whose code it is, by its file."""
    path = file.replace(os.sep, "/")
    if file.startswith("<"):
        return next((kind for start, kind in _KINDS.items() if file.startswith(start)), "passing")
    if "/ipykernel_" in path:
        return "project"
    if file.startswith(_OURS):
        return "session"
    if os.path.isabs(file) and is_local(file):  # noqa: PTH117 (asked for each frame)
        return "project"
    return _kind_of_library(path)


def _kind_of_library(path: str) -> str:
    _, packages, inside = path.replace("dist-packages", "site-packages").partition("site-packages/")
    parts = (inside if packages else "/".join(path.split("/")[-2:])).removesuffix(".py").split("/")
    if packages and parts[0] in _SHELLS:
        return "library" if path.endswith(_FOR_THE_CELL) else "session"
    if not packages and not _PASSING.isdisjoint(parts):
        return "passing"
    return "library" if _HANDING_ON.isdisjoint(parts) else "handing on"
