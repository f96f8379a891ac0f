"""The project's own modules: their source is part of the version of a step that uses them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from nbmlops.capture.auditing import FileStamp, stamp
from nbmlops.notebook.dataflow.modules import imports_in
from nbmlops.values.homes import file_of, is_local, not_foreign, note_installed
from nbmlops.values.kinds import identity, is_a, module_of

_DIGITS = 16
_INIT = "__init__.py"
_RECORDS = "nbmlops"
"""The package that records: what it is does not change a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModule:
    """A module outside of the installed ones. ``label`` names its file: ``lib.py``."""

    name: str
    path: str
    label: str

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        is_package = os.path.basename(self.path) == _INIT
        return self.name if is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a module is: its path without ``.py``, the folder its import begins in, its file."""

    path: str
    root: str
    file: str | None


class ModuleSources:
    """Finds the sources of the local modules that code uses, transitively.

    - searches the folders of the notebook and the project, the local entries of ``sys.path``,
      and packages that are installed editable;
    - leaves out what belongs to the interpreter or an installed distribution.

    Args:
        project: the project's folder; modules inside are named relative to it.
        folder: the notebook's folder.
        read: gives the source of a module, ``None`` where there is none.
    """

    def __init__(
        self,
        project: str,
        folder: str,
        *,
        read: Callable[[LocalModule], str | None] | None = None,
    ) -> None:
        self._project = project
        self._folders = (folder, project)
        self._read = read or read_from_disk
        self._foreign: set[str] = {_RECORDS}
        self._places: dict[str, _Place | None] = {}
        self._entries: dict[str, Mapping[str, bool]] = {}

    def used(self, dotted: Iterable[str]) -> dict[str, str]:
        """The sources behind these imports, label → source, sorted."""
        note_installed(self._project)
        self._places.clear()  # the disk is asked once for each, each time
        self._entries.clear()
        found: dict[str, str] = {}
        waiting = sorted(dotted)
        asked: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in asked:
                continue
            asked.add(name)
            waiting.append(name.rpartition(".")[0])  # importing a module runs its packages
            place = self._place(name)
            if place is None or place.file is None:
                continue
            label = self._label(place)
            module = LocalModule(name=name, path=place.file, label=label)
            source = None if label in found else self._read(module)
            if source is not None:
                found[label] = source
                waiting += imports_in(source, module.package).every
        return dict(sorted(found.items()))

    def _place(self, dotted: str) -> _Place | None:
        """Where a module or package is, which is asked for once; ``None`` for no local one."""
        if dotted not in self._places:
            above, _, name = dotted.rpartition(".")
            place = self._inside(self._place(above), name) if above else self._top(name)
            self._places[dotted] = place
        return self._places[dotted]

    def _inside(self, package: _Place | None, name: str) -> _Place | None:
        """Where a module of a package is."""
        if package is None:
            return None
        entries, path = self._listed(package.path), f"{package.path}{os.sep}{name}"
        file = None
        if entries.get(name) is False and self._listed(path).get(_INIT):
            file = f"{path}{os.sep}{_INIT}"
        elif entries.get(f"{name}.py"):
            file = f"{path}.py"
        there = file is not None or entries.get(name) is False
        return _Place(path=path, root=package.root, file=file) if there else None

    def _listed(self, folder: str) -> Mapping[str, bool]:
        """What is in a folder, each with whether it is a file; nothing where there is none."""
        if folder not in self._entries:
            try:
                with os.scandir(folder) as entries:
                    self._entries[folder] = {one.name: one.is_file() for one in entries}
            except OSError:
                self._entries[folder] = {}
        return self._entries[folder]

    def _top(self, name: str) -> _Place | None:
        """Where a module outside of packages is."""
        if not name or name in self._foreign:
            return None
        for folder in dict.fromkeys([*self._folders, *_local_entries(tuple(sys.path))]):
            path = os.path.join(folder, name)
            file = _file_of(path)
            if file is not None or os.path.isdir(path):
                if is_local(file or os.path.join(path, _INIT)):
                    return _Place(path=path, root=folder, file=file)
                self._foreign.add(name)
                return None
        origin = _origin(name)
        if origin is None:
            return None  # it may be made later
        if not origin.endswith(".py") or not is_local(origin):
            self._foreign.add(name)
            return None
        path = origin.removesuffix(".py").removesuffix(f"{os.sep}__init__")
        return _Place(path=path, root=os.path.dirname(path), file=_file_of(path))

    def _label(self, place: _Place) -> str:
        path = str(place.file)
        inside = path.startswith(self._project + os.sep)
        base = self._project if inside else place.root.rstrip(os.sep)
        return path.removeprefix(base + os.sep).replace(os.sep, "/")


def _file_of(path: str) -> str | None:
    ways = (os.path.join(path, _INIT), f"{path}.py")
    return next(filter(os.path.isfile, ways), None)


def module_digests(sources: Iterable[str], *, project: str, folder: str) -> dict[str, str]:
    """The digests of the project's own modules that sources import, by their file.

    Args:
        sources: cells, scripts or modules.
        project: the project's folder.
        folder: where their imports begin to look.
    """
    imported = sorted({name for source in sources for name in imports_in(source).every})
    used = ModuleSources(project, folder).used(imported)
    return {
        name: hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
        for name, text in used.items()
    }


class LoadedSources:
    """The sources of modules as this process loaded them, which may not be those on disk.

    A module is read again when it was loaded again, or patched by autoreload.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, FileStamp | None, str]] = {}
        self._looked_at: dict[str, int] = {}
        self._count = 0
        self._last = ""

    def notice(self) -> None:
        """A cell has run: remember the local modules that it loaded."""
        last = next(reversed(sys.modules))
        if len(sys.modules) == self._count and last == self._last:
            return
        behind = self._come_since()
        names = not_foreign() if behind is None else behind
        self._count, self._last = len(sys.modules), last
        # Without a pair for each of thousands, which would call the garbage collector.
        now = dict(zip(names, map(identity, map(sys.modules.get, names)), strict=True))
        known = self._looked_at
        newer = [name for name, which in now.items() if known.get(name) != which]
        if behind is None:
            self._looked_at = now
        else:
            known.update(now)
        for name in newer:
            if name.partition(".")[0] == _RECORDS:
                continue
            path = file_of(sys.modules.get(name))
            if name not in self._known and path and path.endswith(".py") and is_local(path):
                self.read(LocalModule(name=name, path=path, label=path))

    def _come_since(self) -> list[str] | None:
        """The names of modules behind the last one of before; ``None`` where some are gone."""
        more = len(sys.modules) - self._count
        names = list(islice(reversed(sys.modules), more + 1)) if more > 0 else []
        return names[:-1] if names and names[-1] == self._last else None

    def read(self, module: LocalModule) -> str | None:
        """The source as it was loaded; that on disk of a module that is not loaded."""
        loaded = sys.modules.get(module.name)
        if loaded is None:
            return read_from_disk(module)
        known = self._known.get(module.name)
        spec = getattr(loaded, "__spec__", None)
        is_loaded = known is not None and known[0] is spec
        if known is not None and is_loaded and not _is_patched():
            return known[2]
        now = stamp(module.path)
        if known is not None and is_loaded and known[1] == now:
            return known[2]
        source = read_from_disk(module)
        if source is not None:
            self._known[module.name] = (spec, now, source)
        return source


def modules_in(namespace: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The modules that names already stand for, or that their functions and classes come from."""
    found = {}
    for name, value in namespace.items():
        if is_a(value, types.ModuleType):
            found[name] = (value.__name__,)
        elif is_a(value, type):
            found[name] = (module_of(value),)
        elif is_a(value, types.FunctionType):
            found[name] = (str(value.__module__),)
    return {name: modules for name, modules in found.items() if modules != ("__main__",)}


def read_from_disk(module: LocalModule) -> str | None:
    """The source of a module's file."""
    try:
        with open(module.path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return None


def _is_patched() -> bool:
    """Whether autoreload puts edited code into modules without loading them again."""
    return "IPython.extensions.autoreload" in sys.modules


@lru_cache(maxsize=16)
def _local_entries(entries: tuple[str, ...]) -> tuple[str, ...]:
    """The entries of ``sys.path`` that hold neither the library nor installed packages."""
    return tuple(
        entry
        for entry in entries
        if os.path.isabs(entry) and os.path.isdir(entry) and is_local(entry + os.sep)
    )


def _origin(name: str) -> str | None:
    """Where Python would find a module; ``None`` where it finds none."""
    if name in sys.stdlib_module_names:
        return "built-in"
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return spec.origin if spec is not None else None
