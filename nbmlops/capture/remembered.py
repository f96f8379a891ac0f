"""What cells have read and left in the process, from where later cells have it without reading.

A function that remembers its results, a dict in a module, an option of a library: a cell that gets
there depends on the files, folders and variables on which that depends. Which of all that a cell
has read it was, nothing tells; so it is taken to be all.
"""

from __future__ import annotations

import sys
import types
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbmlops.capture.caches import Caches
from nbmlops.capture.module_contents import Contents, inside_code
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.notebook.dataflow.takers import is_idle
from nbmlops.notebook.dataflow.written_out import settings_are_written_out
from nbmlops.pipelines.novelties import novelties
from nbmlops.values.homes import file_of, foreign, is_own_module
from nbmlops.values.kinds import is_a, module_of

_MAIN = "__main__"
_PROCESS = "process"
_KEPT = frozenset(["variable", "secret", "listing", "path", "link", "machine"])
_NEW_EACH_TIME = frozenset(["chance", "clock", "database", "process", "url"])
"""What cannot be compared: it counts where what was left behind is known to be made of it."""

_CODE_ONLY = frozenset(
    [
        *("exit handlers", "hooks of IPython", "hooks of imports", "magics", "signal handlers"),
        *("limits of the process", "the garbage collector", "the interpreter"),
    ]
)
"""State of the process in which nothing is kept that was read: code that is called, and limits."""

_MODULE = "module "
_NAME = "name "


@dataclass(slots=True)
class Reads:
    """Files and other things that were read; dicts that keep their order."""

    files: dict[FileAccess, None] = field(default_factory=dict)
    others: dict[ExternalAccess, None] = field(default_factory=dict)

    def add(self, other: Reads) -> None:
        """Take what another one has."""
        self.files |= other.files
        self.others |= other.others

    def lasting(self) -> Reads:
        """The same without what is new each time."""
        kept = {one: None for one in self.others if one.kind not in _NEW_EACH_TIME}
        return Reads(self.files, kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a cell has of what others have read; ``notes`` say what of that is not known."""

    files: tuple[FileAccess, ...] = ()
    externals: tuple[ExternalAccess, ...] = ()
    notes: tuple[str, ...] = ()


_NOTHING = Taken()


class Remembered:
    """Follows what cells have read to where they left it, and from there to the cells below.

    - functions with a memory, by what they count;
    - functions and classes of the notebook, by what is inside of them;
    - modules of the project, and the process, by what was found to be another.

    Args:
        namespace: that of the notebook.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._caches = Caches(namespace)
        self._by_call: weakref.WeakKeyDictionary[Any, Reads] = weakref.WeakKeyDictionary()
        self._left: dict[str, Reads] = {}
        self._loaded: dict[str, str] = {}
        self._seen: set[str] = set(foreign() & sys.modules.keys())
        self._inside: dict[str, Contents | None] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no cell has left anything that was read."""
        return not self._left

    def look(self, names: Iterable[str]) -> None:
        """A cell is about to run; ``names`` are those that it, or what it calls, uses."""
        self._caches.begin()
        self._inside = {name: self._inside_of(name) for name in names}
        self._new_modules()

    def found(
        self,
        files: Collection[FileAccess],
        externals: Collection[ExternalAccess],
        *,
        source: str,
        state: Iterable[ExternalAccess],
        modules: Collection[str],
    ) -> Taken:
        """The cell has run.

        Args:
            files: what it did to files.
            externals: what else it used.
            source: the cell.
            state: what it changed in the process.
            modules: the modules of the project that it uses, as `ModuleSources` labels them.
        """
        calls, new = self._caches.end(), self._new_modules()
        new_each_time = novelties(source).items()
        if not (files or externals or new_each_time or calls.answered or self._left):
            return _NOTHING
        taken = Reads()
        for one in calls.answered:
            taken.add(self._by_call.get(one, Reads()))
        for place in self._asked(source, modules) if self._left else ():
            taken.add(self._left.get(place, Reads()))
        asked = [ExternalAccess(kind=kind, name=name) for name, kind in new_each_time]
        own = Reads(
            {one: None for one in files if one.mode == "read"},
            {one: None for one in (*externals, *asked) if one.kind in _KEPT | _NEW_EACH_TIME},
        )
        notes = [f"what `{name}` remembers was read in a cell that is not recorded"
                 for name in calls.unknown]  # fmt: skip
        notes += _contradictions(own, taken)
        found = Taken(
            files=tuple(one for one in taken.files if one not in own.files),
            externals=tuple(one for one in taken.others if one not in own.others),
            notes=tuple(notes),
        )
        self._leave(own, taken, calls.learned, self._grown(source, state), new)
        return found

    def _leave(
        self, own: Reads, taken: Reads, learned: Iterable[Any], grown: set[str], new: set[str]
    ) -> None:
        """What it has read is in what it has left behind."""
        own.add(taken)
        if not (own.files or own.others):
            return
        for one in learned:
            self._by_call.setdefault(one, Reads()).add(own)
        for place in grown | new:
            certain = place in grown and place != _PROCESS
            self._left.setdefault(place, Reads()).add(own if certain else own.lasting())

    def _asked(self, source: str, modules: Collection[str]) -> Iterator[str]:
        """The places that a cell may get to."""
        yield from (f"{_NAME}{name}" for name in self._inside)
        ends = tuple(f"/{label}" for label in modules)
        if ends:
            yield from (place for place in self._left if place.endswith(ends))
        if _PROCESS in self._left and not is_idle(source):
            yield _PROCESS

    def _grown(self, source: str, state: Iterable[ExternalAccess]) -> set[str]:
        """The places in which it has left something that it may have read."""
        kept = (one for one in state if one.kind == "state" and one.name not in _CODE_ONLY)
        found = {self._place(one.name) for one in kept}
        if _PROCESS in found and settings_are_written_out(source):
            found.remove(_PROCESS)
        for name, before in self._inside.items():
            now = self._inside_of(name)
            if now is not None and (now != before or now.partly):
                found.add(f"{_NAME}{name}")
        return found

    def _place(self, state: str) -> str:
        """The module of the project in which something was changed; otherwise the process."""
        words = state.split(".")
        tried = (".".join(words[:end]) for end in range(len(words), 0, -1))
        return next((self._loaded[name] for name in tried if name in self._loaded), _PROCESS)

    def _inside_of(self, name: str) -> Contents | None:
        """What is inside of a function or class of the notebook."""
        value: Any = self._namespace.get(name)
        if is_a(value, types.FunctionType):
            home = value.__module__
        elif is_a(value, type):
            home = module_of(value)
        else:
            return None
        return inside_code(value) if home == _MAIN else None

    def _new_modules(self) -> set[str]:
        """The places of modules of the project that were imported since this was asked."""
        if len(sys.modules) == len(self._seen):
            return set()
        new = sys.modules.keys() - self._seen
        self._seen |= new
        paths = {name: file_of(sys.modules.get(name)) for name in new if is_own_module(name)}
        found = {name: f"{_MODULE}/{path.lstrip('/')}" for name, path in paths.items() if path}
        self._loaded |= found
        return set(found.values())


def _contradictions(own: Reads, taken: Reads) -> list[str]:
    """A file cannot be compared with two contents."""
    digests = {one.path: one.digest for one in taken.files}
    return [
        f"{one.path} is another file now than it was when a function remembered it"
        for one in own.files
        if digests.get(one.path, one.digest) != one.digest
    ]
