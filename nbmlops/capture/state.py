"""What cells leave behind in their process, beside names and files."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbmlops.capture import process_state, variable_reads
from nbmlops.capture.externals import variable_access, variables_set_in
from nbmlops.capture.interludes import Interludes
from nbmlops.capture.module_shapes import ModuleShapes
from nbmlops.capture.module_state import ModuleState, ModuleStates
from nbmlops.capture.process_state import ProcessStates, Token
from nbmlops.domain.accesses import ExternalAccess
from nbmlops.notebook.dataflow.effects import Definition, Effects
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.takers import is_idle
from nbmlops.values.homes import file_of, is_own
from nbmlops.values.kinds import module_of, package_of

_Loaded = tuple[int, str, frozenset[str]]
"""How many modules are loaded, the last of them, and all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    process: Mapping[str, Token]
    modules: ModuleState
    mentioned: list[str]
    source: str
    used: tuple[str, ...]
    loaded: frozenset[str]
    threads: frozenset[int | None]


class StateWatch:
    """Says of each cell what it changed in the process that no name of the notebook holds.

    Args:
        shell: the IPython shell.
        shapes: tells which modules of the project are what they were; its own, if ``None``.
    """

    def __init__(self, shell: Any, shapes: ModuleShapes | None = None) -> None:
        self._shell = shell
        self._process = ProcessStates(shell)
        self._shapes = shapes or ModuleShapes()
        self._modules = ModuleStates(self._shapes)
        self._interludes = Interludes(shell)
        self._latest: Mapping[str, Token] = {}
        self._loaded: _Loaded = (0, "", frozenset())
        self._before: _Before | None = None
        self._is_as_left = False

    def attach(self) -> None:
        """Take how a cell left the process for how the next one finds it, if nothing else ran."""
        self._interludes.attach()

    def detach(self) -> None:
        """Look anew before each cell."""
        self._interludes.detach()

    def arrive(self, *, goes_on: bool = False) -> None:
        """A cell has come, and nothing was looked at yet.

        Args:
            goes_on: whether threads and tasks of the notebook run beside its cells.
        """
        self._is_as_left = self._interludes.end() and not goes_on
        self._shapes.trust(as_left=self._is_as_left)

    def forget(self) -> None:
        """A cell in which others ran has ended: what it did behind them is not known."""
        self._interludes.forget()

    def begin(self, effects: Effects, used: Mapping[str, Definition], *, source: str = "") -> None:
        """A cell is about to run.

        Args:
            effects: what its source says.
            used: the notebook's functions and classes that it uses.
            source: the cell.
        """
        self._before = None
        is_known, self._is_as_left = self._is_as_left, False
        does = effects.calls or effects.acts or effects.dynamic or effects.touched or used
        if not (does or PROCESS in effects.writes):
            return
        inner = (own.effects.uses for own in used.values())
        mentioned = sorted(effects.uses.union(effects.reads, *inner))
        self._before = _Before(
            process=self._latest if is_known else self._process.now(),
            modules=self._modules.now(self._values(mentioned), as_left=is_known),
            mentioned=mentioned,
            source=source,
            used=tuple(own.source for own in used.values()),
            loaded=self._names_loaded(),
            threads=frozenset(thread.ident for thread in threading.enumerate()),
        )

    def end(self, modules: Collection[str] = ()) -> tuple[ExternalAccess, ...]:
        """The cell has run: what is another than before, or may be.

        Args:
            modules: the modules of the project that it uses, as `ModuleSources` labels them.
        """
        before, self._before = self._before, None
        if before is None:
            return ()
        found = self._modules.changed(before.modules, self._values(before.mentioned))
        if not is_idle(before.source):
            found |= self._modules.perhaps_changed(before.modules, modules)
        now = self._latest = self._process.now()
        self._interludes.begin()
        if now != before.process:
            imported = sys.modules.keys() - before.loaded
            found |= process_state.changed(before.process, now, imported=imported)
        variables = self._variables_changed(before, now)
        started = [one for one in threading.enumerate() if one.ident not in before.threads]
        found |= {"a thread"} if any(map(_goes_on, started)) else set()
        return (
            *(ExternalAccess(kind="state", name=name) for name in sorted(found)),
            *(replace(variable_access(name), kind="environment") for name in variables),
        )

    def _variables_changed(self, before: _Before, now: Mapping[str, Token]) -> list[str]:
        """Variables of the environment that the cell set, also to what they were before.

        Not those that the import of a library has set.
        """
        found = set(process_state.variables_changed(before.process, now))
        if found and sys.modules.keys() - before.loaded:
            text = "\n".join((before.source, *before.used))
            written = variable_reads.written()
            found = {name for name in found if name in written or name in text}
        return sorted(found | variables_set_in(before.source))

    def _names_loaded(self) -> frozenset[str]:
        """The modules that are loaded; imports come last, so that the same end tells of none."""
        length, last = len(sys.modules), next(reversed(sys.modules))
        if self._loaded[:2] != (length, last):
            self._loaded = length, last, frozenset(sys.modules)
        return self._loaded[2]

    def _values(self, names: Iterable[str]) -> list[Any]:
        namespace = self._shell.user_ns
        return [namespace[name] for name in names if name in namespace]


_POOLS = ("asyncio", "concurrent", "multiprocessing", "nbmlops")
"""Packages whose threads serve whoever comes, and are made again where they are missing."""


def _goes_on(thread: threading.Thread) -> bool:
    """Whether the notebook or its project started a thread, and not a library for itself."""
    kind: Any = type(thread)
    if package_of(kind) != "threading" and not is_own(kind):
        return False
    target: Any = getattr(thread, "_target", None) or getattr(thread, "function", None)
    owner = getattr(target, "__self__", None)
    home = module_of(type(owner)) if owner is not None else str(getattr(target, "__module__", ""))
    path = file_of(sys.modules.get(home))
    return home.partition(".")[0] not in _POOLS and "-packages" not in (path or "")
