"""What cells leave behind in their process, beside names and files."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbmlops.capture import process_state
from nbmlops.capture.interludes import Interludes
from nbmlops.capture.module_state import ModuleState, ModuleStates
from nbmlops.capture.process_state import ProcessStates, Token
from nbmlops.domain.accesses import ExternalAccess
from nbmlops.notebook.dataflow.effects import Definition, Effects
from nbmlops.values.homes import file_of, is_own
from nbmlops.values.kinds import module_of, package_of

_Loaded = tuple[int, str, frozenset[str]]
"""How many modules are loaded, the last of them, and all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    process: Mapping[str, Token]
    modules: ModuleState
    mentioned: list[str]
    loaded: frozenset[str]
    threads: frozenset[int | None]


class StateWatch:
    """Says of each cell what it changed in the process that no name of the notebook holds.

    Args:
        shell: the IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._process = ProcessStates(shell)
        self._modules = ModuleStates()
        self._interludes = Interludes(shell)
        self._latest: Mapping[str, Token] = {}
        self._loaded: _Loaded = (0, "", frozenset())
        self._before: _Before | None = None

    def attach(self) -> None:
        """Take how a cell left the process for how the next one finds it, if nothing else ran."""
        self._interludes.attach()

    def detach(self) -> None:
        """Look anew before each cell."""
        self._interludes.detach()

    def begin(
        self, effects: Effects, used: Mapping[str, Definition], *, goes_on: bool = False
    ) -> None:
        """A cell is about to run.

        Args:
            effects: what its source says.
            used: the notebook's functions and classes that it uses.
            goes_on: whether threads and tasks of the notebook run beside its cells.
        """
        self._before = None
        if not (effects.calls or effects.acts or effects.dynamic or effects.touched or used):
            return
        is_known = self._interludes.end() and not goes_on
        inner = (own.effects.uses for own in used.values())
        mentioned = sorted(effects.uses.union(effects.reads, *inner))
        self._before = _Before(
            process=self._latest if is_known else self._process.now(),
            modules=self._modules.now(self._values(mentioned)),
            mentioned=mentioned,
            loaded=self._names_loaded(),
            threads=frozenset(thread.ident for thread in threading.enumerate()),
        )

    def end(self) -> tuple[ExternalAccess, ...]:
        """The cell has run: what is another than before."""
        before, self._before = self._before, None
        if before is None:
            return ()
        found = self._modules.changed(before.modules, self._values(before.mentioned))
        now = self._latest = self._process.now()
        self._interludes.begin()
        if now != before.process:
            imported = sys.modules.keys() - before.loaded
            found |= process_state.changed(before.process, now, imported=imported)
        started = [one for one in threading.enumerate() if one.ident not in before.threads]
        found |= {"a thread"} if any(map(_goes_on, started)) else set()
        return tuple(ExternalAccess(kind="state", name=name) for name in sorted(found))

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
