"""Whether what a fork server has loaded is still what a new process would load."""

from __future__ import annotations

import contextlib
import importlib.abc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nbmlops.values.homes import file_of, is_local

_INSTALLED = ("site-packages", "dist-packages")

Stamp = tuple[int, int, int]
"""Of a file or folder: its inode, its size, its time of change in nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was looked at while modules were imported.

    Attributes:
        stamps: of each file that a module was made of or that was read, of each folder that
            packages are installed in and of the files there that extend the path.
        asked: the names of modules at the top level that were looked for, found or not.
        own: the names among them that the user's folders on the path hold.
    """

    stamps: dict[str, Stamp | None]
    asked: frozenset[str]
    own: frozenset[str]

    def changed(self) -> str | None:
        """The first file that is not as it was; ``None`` where all are."""
        for path, stamp in self.stamps.items():
            if stamp_of(path) != stamp:
                return path
        if own_modules(sys.path, self.asked) != self.own:
            return "a folder of PYTHONPATH"
        return None

    def shadowed(self, folder: str) -> str | None:
        """A module of a kernel's working directory that one of those would have been."""
        found = own_modules([folder], self.asked)
        return min(found) if found else None


class Finder(importlib.abc.MetaPathFinder):
    """Finds nothing and notes what was looked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> None:
        """Note a name."""
        del path, target
        self.asked.add(fullname.partition(".")[0])


@contextmanager
def noted() -> Iterator[set[str]]:
    """The modules at the top level that are looked for while the context is open."""
    finder = Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield finder.asked
    finally:
        sys.meta_path.remove(finder)


def look(read: Iterable[str], asked: Iterable[str]) -> Loaded:
    """Take stock after the imports.

    Args:
        read: other files that were read meanwhile.
        asked: what was looked for.
    """
    files = {path for module in list(sys.modules.values()) if (path := file_of(module))}
    folders = [entry for entry in sys.path if os.path.basename(entry) in _INSTALLED]  # noqa: PTH119
    pointers = [
        entry.path
        for folder in folders
        for entry in _entries(folder)
        if entry.name.endswith((".pth", ".egg-link"))
    ]
    names = frozenset(asked)
    return Loaded(
        stamps={path: stamp_of(path) for path in sorted({*files, *folders, *pointers, *read})},
        asked=names,
        own=own_modules(sys.path, names),
    )


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a file or folder; ``None`` where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 (thousands of them at each start)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def own_modules(folders: Sequence[str], names: frozenset[str]) -> frozenset[str]:
    """Those names that a module in one of the user's folders has."""
    return frozenset(
        name
        for folder in folders
        if is_local(folder + os.sep)
        for entry in _entries(folder or ".")
        if (name := entry.name.partition(".")[0]) in names and _is_module(entry)
    )


def _is_module(entry: os.DirEntry[str]) -> bool:
    if entry.name.endswith((".py", ".so", ".pyc")):
        return True
    return os.path.exists(os.path.join(entry.path, "__init__.py"))  # noqa: PTH110, PTH118


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []
