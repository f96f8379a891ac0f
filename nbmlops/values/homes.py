"""Whose a module is: the project's own, or the interpreter's and its libraries'."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import types
from contextlib import suppress
from typing import TypeGuard

from nbmlops.values.kinds import identity, is_a, module_of

_INTERACTIVE = ("__main__", "__mp_main__")
_SITE, _DIST = (f"{os.sep}{name}-packages{os.sep}" for name in ("site", "dist"))

_foreign: frozenset[str] = frozenset()
_installed: tuple[str, ...] = ()
_noted: tuple[object, ...] | None = None
_order: list[str] = []


def file_of(module: object) -> str | None:
    """The file of a module, asked for so that one that loads at its first use stays unloaded."""
    if not _is_module(module):
        return None
    path = types.ModuleType.__getattribute__(module, "__dict__").get("__file__")
    return path if isinstance(path, str) else None


def own_module(module: object) -> types.ModuleType | None:
    """A loaded module, or that of a name, if it is the project's own or was made by the notebook.

    Not the notebook itself, nor what belongs to the interpreter or an installed distribution.
    """
    found = sys.modules.get(module) if isinstance(module, str) else module
    if not _is_module(found):
        return None
    inside = types.ModuleType.__getattribute__(found, "__dict__")
    if str(inside.get("__name__")).partition(".")[0] in ("__main__", "nbmlops"):
        return None
    path = file_of(found) or next(iter(inside.get("__path__") or ()), None)
    if path is None:
        return found if inside.get("__spec__") is None else None
    return found if is_local(path) else None


def note_foreign() -> None:
    """Note which loaded modules are not the project's own, for processes forked from this one."""
    global _foreign, _order  # noqa: PLW0603 (what a process has loaded is one thing)
    _order = list(sys.modules)
    _foreign = frozenset(name for name in list(sys.modules) if own_module(name) is None)


def foreign() -> frozenset[str]:
    """The names of modules, loaded before this process was forked, that need not be looked at."""
    return _foreign


def not_foreign() -> list[str]:
    """The names of the other loaded modules; all, where one of those was loaded anew since.

    A module comes behind those that are loaded already, and is looked at here by its name alone:
    to touch each of thousands would copy the pages that they share with the process before.
    """
    names = list(sys.modules)
    if names[: len(_order)] != _order:
        return names
    return [name for name in _order if name not in _foreign] + names[len(_order) :]


def note_installed(project: str) -> None:
    """Note what distributions have brought to other folders of the search path, if it changed.

    `pip install --target`, layers of functions and images of clusters put them there, at times
    beside other modules: what counts is what they list as theirs. What lies in the project is
    its own, for it may be edited there. Not to be called while a cell runs, of which it would be
    taken for what that reads.
    """
    global _installed, _noted
    now: tuple[object, ...] = (project, *sys.path)
    if now == _noted:
        return
    found: set[str] = set()
    for place in (entry for entry in now[1:] if isinstance(entry, str)):
        own = f"{place}{os.sep}".startswith(f"{project}{os.sep}")
        if not own and os.path.isabs(place) and _may_be_local(place):  # noqa: PTH117
            with suppress(OSError):
                found |= _brought_to(place)
    _installed, _noted = tuple(sorted(found)), now
    _is_own.cache_clear()


def _is_module(found: object) -> TypeGuard[types.ModuleType]:
    """Whether it is one by its type; what cffi puts among the modules only says that it is."""
    return is_a(found, types.ModuleType)


def is_local(path: str) -> bool:
    """Whether a module's file belongs to neither the interpreter nor an installed distribution."""
    return _may_be_local(path) and not path.startswith((*_interpreter(), *_installed))


def _may_be_local(path: str) -> bool:
    within = f"{os.sep}{path}{os.sep}"  # asked often: pathlib costs fifty times as much
    return _SITE not in within and _DIST not in within


def is_own(kind: type) -> bool:
    """Whether a class was defined in the notebook or in a module of the project."""
    module = module_of(kind)
    return module in _INTERACTIVE or is_own_module(module)


def is_own_module(name: str) -> bool:
    """Whether `own_module` finds a module of that name; many are asked for, and few are new."""
    return _is_own(name, identity(sys.modules.get(name)))


@functools.lru_cache(maxsize=4096)
def _is_own(module: str, _: int) -> bool:
    """The same of a loaded module, which may be another one the next time."""
    foreign = module == "builtins" or module.startswith(_COMPILED)
    return not foreign and own_module(module) is not None


_COMPILED = "_cython_"
"""Begins the names of modules without a file that compiled code brings along."""


@functools.cache  # asked for each module that a cell has loaded
def _interpreter() -> tuple[str, ...]:
    found = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    folders = {os.path.realpath(folder) for folder in found if folder} | {f for f in found if f}
    return tuple(folder + os.sep for folder in sorted(folders))


def _brought_to(place: str) -> set[str]:
    """The packages, with a separator behind, and modules that distributions list in a folder."""
    found: set[str] = set()
    with os.scandir(place) as entries:
        folders = [one.path for one in entries if one.name.endswith(".dist-info")]
    for folder in folders:
        files: list[str] = []
        with (
            suppress(OSError, UnicodeError),
            open(f"{folder}/RECORD", encoding="utf-8") as lines,  # noqa: PTH123  see `is_local`
        ):
            files = [line.split(",")[0].strip('"') for line in lines]
        tops = {file.partition("/")[:2] for file in files if file.endswith(".py")}
        found |= {f"{place}{os.sep}{top}{os.sep if inner else ''}" for top, inner in tops}
    return found
