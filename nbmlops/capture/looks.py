"""What code asks of folders and paths while a cell runs, noted at that moment.

Folders that are listed raise audit events. Whether a path is there does not: the functions of the
standard library that ask are Python, and their code objects are exchanged, once in a process, by
such that tell before they do what they did. The functions stay the objects that they were, and so
does every line of a traceback; while nothing is recorded, one comparison is made.
"""

from __future__ import annotations

import ast
import dis
import functools
import genericpath
import inspect
import os
import pathlib
import posixpath
import shutil
import stat as modes
import sys
import warnings
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from glob import escape, has_magic, iglob
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, Self

from nbmlops.domain.listings import ABSENT
from nbmlops.values.homes import is_local

_MOST = 20_000
"""Folders, and paths, of one cell that are kept."""

_MOST_NAMES = 1_000_000
"""Names of one cell that are kept."""

_NOT_THE_USERS = frozenset([
    "IPython", "_frozen_importlib", "_frozen_importlib_external", "coverage", "debugpy",
    "importlib", "inspect", "ipykernel", "jupyter_client", "linecache", "nbmlops", "pkg_resources",
    "pydevd", "tokenize", "tornado", "traitlets", "zipimport",
])  # fmt: skip
"""Modules that look for code, or work beside the cell."""

_LIBRARY = frozenset(["genericpath", "posixpath", "ntpath", "pathlib", "glob"])
_MAKERS = _LIBRARY | {"os", "shutil"}
_MAKING = frozenset(["makedirs", "mkdir", "rmtree", "_rmtree_unsafe", "_samefile"])
"""Functions whose result does not depend on what they find."""

_FOLLOWING = frozenset(["resolve", "realpath"])
"""Functions that ask only where links lead."""

_WALKING = frozenset(["walk", "_walk"])
"""Functions of which the lists of names tell more."""

_NAMES = frozenset([str, pathlib.PosixPath, pathlib.WindowsPath])
_FACTS = {
    "st_size": "size", "st_blocks": "size", "st_mtime": "time", "st_mtime_ns": "time",
    "st_ctime": "status", "st_ctime_ns": "status", "st_birthtime": "status", "st_mode": "mode",
    "st_uid": "owner", "st_gid": "owner", "st_ino": "number", "st_dev": "number",
    "st_nlink": "number",
}  # fmt: skip
"""What a status holds → the fact that it is of."""

_ALL = frozenset(_FACTS.values())
_LED = frozenset(["link", "entry", "number"])
"""Facts that are other ones as soon as a link leads elsewhere."""

_MARK = "nbmlops: the path that is asked of"
_MATCHING = frozenset([
    "_glob", "_iterate_directories", "_select_from", "glob", "rglob", "select_from",
])  # fmt: skip
_NEAR = 8
WRAPPING = (functools.update_wrapper, "wrapper")
"""What is called wherever a function is wrapped in another one, and the fact that it tells."""

_OPENS = "_modified_open"
"""What ``open`` is in a notebook."""

_OURS = ("nbmlops.capture.looks", "nbmlops.capture.auditing")


@dataclass(slots=True)
class Found:
    """A list of names; ``after`` counts the files that the cell had touched before."""

    names: tuple[str, ...]
    after: int


@dataclass(slots=True)
class Asked:
    """What a path was when it was asked of first.

    ``facts`` is what is known of it but for its being there, as `domain.listings` names it, times
    in nanoseconds; ``wants`` are those that were asked for. ``by_library`` says that no code of
    the notebook, nor of the project, has asked itself, and nobody has tried to read it.
    """

    state: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    wants: set[str] = field(default_factory=set)
    by_library: bool = True

    def told(self, wants: Container[str]) -> str:
        """What it was as a record holds it, with no more facts than were asked."""
        said = [_SAID[fact](value) for fact, value in self.facts.items() if fact in wants]
        return ", ".join([self.state, *said])


@dataclass(slots=True)
class Looks:
    """What was asked while a cell ran; paths are absolute, names of folders end with ``/``."""

    folders: dict[str, Found] = field(default_factory=dict)
    patterns: dict[tuple[str, bool], Found] = field(default_factory=dict)
    paths: dict[str, Asked] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    modes: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)
    temporary: set[str] = field(default_factory=set)
    complete: bool = True
    _names: int = 0
    _known: set[tuple[Any, str, CodeType]] = field(default_factory=set)
    _busy: bool = False

    @property
    def are_any(self) -> bool:
        """Whether anything was asked."""
        return bool(self.folders or self.patterns or self.paths or self.links or self.modes)

    def listed(self, path: Any, after: int) -> None:
        """A folder is about to be listed."""
        if self._busy or isinstance(path, int) or _asker(self.patterns) is None:
            return
        folder = os.path.abspath(os.fsdecode(os.curdir if path is None else path))
        if folder in self.folders or self._is_own(folder):
            return
        if len(self.folders) >= _MOST:
            self.complete = False
            return
        with self._looking(), suppress(OSError), os.scandir(folder) as entries:
            names = [
                f"{one.name}{os.sep}" if one.is_dir(follow_symlinks=False) else one.name
                for one in entries
            ]
            self._count(len(names))
            self.folders[folder] = Found(tuple(names), after)

    def matched(self, pattern: Any, folder: Any, after: int, *, deep: bool) -> None:
        """A pattern is about to be looked for."""
        if self._busy:
            return
        text, at = os.fsdecode(pattern), os.path.abspath(os.fsdecode(folder or os.curdir))
        key = (os.path.normpath(os.path.join(escape(at), text)), deep)
        if not has_magic(text):
            self.ask(os.path.join(at, text), "path")
        elif key not in self.patterns and _asker(()) is not None:
            with self._looking():
                found = tuple(matches(*key))
            self._count(len(found))
            self.patterns[key] = Found(found, after)

    def ask(self, path: Any, fact: str, *, to_read: bool = False) -> None:
        """A path is about to be asked of.

        Args:
            path: as it was given.
            fact: ``path`` where only its being there is asked, ``link`` for where it leads,
                ``entry`` for both, ``stat`` for what the code uses of all that is known of it, or
                one of these.
            to_read: whether it is opened to be read, and so needed, whoever does it.
        """
        if self._busy or isinstance(path, int):
            return
        by = _asker(self.patterns, _MAKING | (_WALKING if fact == "link" else _FOLLOWING))
        name = os.path.abspath(os.fsdecode(path))
        if by is None or self._is_own(name):
            return
        if len(self.paths) >= _MOST or len(self.links) >= _MOST:
            self.complete = False
            return
        if fact in _LED:
            self._follow(name)
        if fact != "link":
            asked = self.paths.get(name)
            if asked is None:
                asked = self.paths[name] = state_of(name)
            asked.wants |= _facts(*by) if fact == "stat" else {fact} - {"path", "entry"}
            asked.by_library &= not (to_read or is_local(by[0].f_code.co_filename))

    def changes_mode(self, path: Any) -> None:
        """The notebook, or the project, is about to change who may do what with a path."""
        by = _asker(())
        if by is not None and not isinstance(path, int) and is_local(by[0].f_code.co_filename):
            self.modes.add(os.path.abspath(os.fsdecode(path)))

    def _follow(self, name: str) -> None:
        if name not in self.links:
            with self._looking():
                self.links[name] = os.path.realpath(name)

    def is_known(self, path: Any, fact: str, caller: CodeType) -> bool:
        """Whether this code has asked the same before, or else that it has now."""
        if type(path) not in _NAMES:
            return False
        key = (path, fact, caller)
        if key in self._known:
            return True
        if len(self._known) < _MOST:
            self._known.add(key)
        return False

    def makes(self, folder: str) -> None:
        """A folder is about to be made, unless it is there."""
        if state_of(folder).state == ABSENT:
            self.made.add(folder)

    def forget_names(self) -> None:
        """The working directory changes: the same names stand for other paths."""
        self._known.clear()

    def absorb(self, other: Looks) -> None:
        """Take what another process asked; it touched its files beside those of this one."""
        self.folders = {**other.folders, **self.folders}
        self.patterns = {**other.patterns, **self.patterns}
        self.paths = {**other.paths, **self.paths}
        self.links = {**other.links, **self.links}
        self.modes |= other.modes
        self.made |= other.made
        self.cleared |= other.cleared
        self.temporary |= other.temporary
        self.complete = self.complete and other.complete

    def as_plain(self) -> dict[str, Any]:
        """What was asked, as JSON can hold it, for another process."""
        return {
            "folders": {path: found.names for path, found in self.folders.items()},
            "patterns": [(*key, found.names) for key, found in self.patterns.items()],
            "paths": {
                path: (asked.state, asked.facts, sorted(asked.wants), asked.by_library)
                for path, asked in self.paths.items()
            },
            "links": self.links,
            "modes": sorted(self.modes),
            "made": sorted(self.made),
            "temporary": sorted(self.temporary),
            "complete": self.complete,
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Self:
        """What another process asked; the files that it touched before are not known."""
        return cls(
            folders={path: Found(tuple(names), 0) for path, names in plain["folders"].items()},
            patterns={(text, deep): Found(tuple(n), 0) for text, deep, n in plain["patterns"]},
            paths={
                path: Asked(state, facts, set(wants), by_library)
                for path, (state, facts, wants, by_library) in plain["paths"].items()
            },
            links=dict(plain["links"]),
            modes=set(plain["modes"]),
            made=set(plain["made"]),
            temporary=set(plain["temporary"]),
            complete=plain["complete"],
        )

    def _is_own(self, path: str) -> bool:
        """Whether the cell had cleared it, or a folder that it is in, or it is a temporary one."""
        own = self.cleared | self.temporary
        while own and path not in own:
            above = os.path.dirname(path)
            if above == path:
                return False
            path = above
        return bool(own)

    def _count(self, names: int) -> None:
        self._names += names
        self.complete = self.complete and self._names <= _MOST_NAMES

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """While we look ourselves, nothing is noted."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False


def _when(moment: int) -> str:
    seconds, rest = divmod(moment, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d} UTC"


_SAID: Mapping[str, Callable[[Any], str]] = {
    "size": lambda size: f"{size} bytes",
    "time": lambda moment: f"changed {_when(moment)}",
    "status": lambda moment: f"its status {_when(moment)}",
    "mode": lambda mode: f"mode {modes.S_IMODE(mode):04o}",
    "owner": lambda pair: "owner {}:{}".format(*pair),
    "number": lambda three: "number {}:{} with {} links".format(*three),
}


def matches(pattern: str, deep: bool) -> Iterator[str]:  # noqa: FBT001 (one half of a key)
    """What is there that an absolute pattern stands for, with ``/`` behind folders."""
    for path in islice(iglob(pattern, recursive=deep, include_hidden=True), _MOST_NAMES):
        yield path.rstrip(os.sep) + os.sep if os.path.isdir(path) else path


def state_of(path: str) -> Asked:
    """What a path is now."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return Asked(ABSENT)
    is_file, is_folder = modes.S_ISREG(found.st_mode), modes.S_ISDIR(found.st_mode)
    facts = {
        "size": found.st_size,
        "time": found.st_mtime_ns,
        "status": found.st_ctime_ns,
        "mode": found.st_mode,
        "owner": (found.st_uid, found.st_gid),
        "number": (found.st_dev, found.st_ino, found.st_nlink),
    }
    return Asked("file" if is_file else "folder" if is_folder else "other", facts)


def listen(heard: Callable[[Any, str], None]) -> None:
    """Have it told from now on which paths are asked of, and for which fact."""
    for function, fact, paths in _ASKING:
        with suppress(Exception):  # without its source, as in a frozen program: it is not seen
            exchange(function, fact, heard, paths)


def prepare() -> None:
    """Compile what `listen` needs, also for processes that are forked from this one."""
    for function, fact, paths in (*_ASKING, (*WRAPPING, 1)):
        with suppress(Exception):  # as above
            _code_that_tells(function.__code__, fact, _file_of(function), paths)


_ASKING: tuple[tuple[Any, str, int], ...] = (
    (genericpath.exists, "path", 1),
    (genericpath.isfile, "path", 1),
    (genericpath.isdir, "path", 1),
    (genericpath.getsize, "size", 1),
    (genericpath.getmtime, "time", 1),
    (genericpath.getctime, "status", 1),
    (genericpath.samefile, "number", 2),
    (posixpath.islink, "link", 1),
    (posixpath.lexists, "entry", 1),
    (posixpath.realpath, "link", 1),
    (pathlib.Path.group, "owner", 1),
    (pathlib.Path.is_symlink, "link", 1),
    (pathlib.Path.lstat, "link", 1),
    (pathlib.Path.owner, "owner", 1),
    (pathlib.Path.readlink, "link", 1),
    (pathlib.Path.samefile, "number", 2),
    (pathlib.Path.stat, "stat", 1),
    (getattr(shutil, "_access_check", None), "mode", 1),  # of `shutil.which`
)
"""Functions that ask, for which fact, and how many of their arguments are paths of which."""


def exchange(function: Any, fact: str, heard: Callable[[Any, str], None], paths: int = 1) -> None:
    """Give a function the code that it has, with a call for each path before all that it does."""
    if not isinstance(function, FunctionType) or heard in function.__code__.co_consts:
        return
    old = function.__code__
    code = _code_that_tells(old, fact, _file_of(function), paths)
    consts = tuple(heard if one == _MARK else one for one in code.co_consts)
    function.__code__ = code.replace(co_consts=consts, co_qualname=old.co_qualname)


def _file_of(function: Any) -> str:
    return str(sys.modules[function.__module__].__file__)


def _definition(code: CodeType, file: str) -> ast.FunctionDef:
    """A function as its file has it, each part at its place there."""
    lines = Path(file).read_text("utf-8").splitlines(keepends=True)
    text = "".join(inspect.getblock(lines[code.co_firstlineno - 1 :]))
    is_method = text[0].isspace()
    tree = ast.parse(f"class _:\n{text}" if is_method else text)
    ast.increment_lineno(tree, code.co_firstlineno - (2 if is_method else 1))
    found = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    if (found.name, found.lineno) != (code.co_name, code.co_firstlineno):
        raise LookupError(code.co_name)  # the file is another one than was imported
    return found


@functools.cache
def _code_that_tells(old: CodeType, fact: str, file: str, paths: int) -> CodeType:
    """The code of a function that calls a text, `_MARK`, for each path before all that it does."""
    definition = _definition(old, file)
    arguments = [*definition.args.posonlyargs, *definition.args.args][:paths]
    first = int(ast.get_docstring(definition) is not None)
    for given in reversed(arguments):
        path = ast.Name(given.arg, ast.Load())
        tells = ast.Expr(ast.Call(ast.Constant(_MARK), [path, ast.Constant(fact)], []))
        definition.body.insert(first, ast.copy_location(tells, definition))
    tree = ast.fix_missing_locations(ast.Module([definition], []))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # text is not called
        whole = compile(tree, old.co_filename, "exec", dont_inherit=True)
    return next(one for one in whole.co_consts if isinstance(one, CodeType))


def is_asked_by(package: str) -> bool:
    """Whether what asks was called by a package of that name, close by."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (nothing else tells)
    for _ in range(_NEAR):
        if frame is None:
            return False
        if (frame.f_globals.get("__name__") or "").partition(".")[0] == package:
            return True
        frame = frame.f_back
    return False


def _asker(
    patterns: Any, making: Container[str] = _MAKING | _FOLLOWING
) -> tuple[FrameType, bool] | None:
    """Who asks, behind the functions of the standard library; ``None`` where it does not count.

    Args:
        patterns: what was looked for: folders and paths on the way to it are told by it.
        making: functions on behalf of which nothing is asked.

    Returns:
        The frame, and whether it has called what tells, without another function between.
    """
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 (nothing else tells)
    passed = 0
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        name, package = frame.f_code.co_name, module.partition(".")[0]
        if module.startswith(_OURS) or name == _OPENS:
            frame = frame.f_back
            continue
        if name in making and package in _MAKERS:
            return None
        if package not in _LIBRARY:
            return None if package in _NOT_THE_USERS else (frame, passed <= 1)
        if patterns and (package == "glob" or (package == "pathlib" and name in _MATCHING)):
            return None
        frame = frame.f_back
        passed += 1
    return None


def _facts(frame: FrameType, directly: bool) -> frozenset[str]:  # noqa: FBT001 (as it is found)
    """The facts of a status that whoever asks for it uses; all where that is not known."""
    if not directly:
        return frozenset()
    code = frame.f_code
    fact, stays = _taken_from(code, frame.f_lasti)
    if fact is not None:
        return frozenset([fact])
    if stays or not is_local(code.co_filename):
        named = frozenset(_FACTS[name] for name in code.co_names if name in _FACTS)
        return named or _ALL
    return _ALL


@functools.lru_cache(maxsize=1024)
def _taken_from(code: CodeType, at: int) -> tuple[str | None, bool]:
    """Which fact is taken at once from what a call gives, and whether it stays in the function."""
    after = (one for one in dis.get_instructions(code) if one.offset > at and one.opname != "CACHE")
    one = next(after, None)
    if one is None:
        return None, False
    fact = _FACTS.get(str(one.argval)) if one.opname in ("LOAD_ATTR", "LOAD_METHOD") else None
    return fact, one.opname == "STORE_FAST"
