"""The functions and classes of a notebook that libraries and modules were given to keep."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from nbmlops.capture.code_held import code_in
from nbmlops.notebook.dataflow.effects import CODE, INNER, PART, Definition, Effects, Holds, analyze
from nbmlops.notebook.dataflow.escaped import has_bases
from nbmlops.notebook.dataflow.modules import imports_in
from nbmlops.notebook.dataflow.takers import (
    SUBCLASSES,
    Reach,
    Taker,
    in_project,
    only_calls,
    taker_by_name,
)
from nbmlops.values.homes import file_of, own_module
from nbmlops.values.kinds import is_a, module_of, name_of

_MAIN = "__main__"


class HandedOut:
    """Follows code out of the notebook, and says which cells may call it from there.

    What a cell hands out counts as handed out when it begins, and for as long as the kernel lives.

    Args:
        namespace: that of the notebook.
        behind: gives the functions and classes behind names, transitively.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        behind: Callable[[Collection[str]], Mapping[str, Definition]],
    ) -> None:
        self._namespace = namespace
        self._behind = behind
        self._imported: dict[str, str] = {}
        self._kept: dict[Taker, dict[str, Definition]] = {}
        self._inheriting: dict[str, Definition] = {}

    def seen_from(self, behind: Callable[[Collection[str]], Mapping[str, Definition]]) -> Self:
        """The same, where others know what is behind names."""
        found = copy.copy(self)
        found._behind = behind  # noqa: SLF001 (one of its own kind)
        return found

    def may_be_called(
        self, source: str, effects: Effects, used: Mapping[str, Definition]
    ) -> dict[str, Definition]:
        """The code that a cell may call where it is kept, with what that uses.

        Args:
            source: the cell.
            effects: what it does, as far as its code tells.
            used: the functions and classes of other cells that it uses, or that values hold.
        """
        if used or effects.definitions:
            self._learn(source, effects, used)
        self._follow(effects)
        if not self._kept and not self._inheriting:
            return {}
        names = _names(effects, used)
        texts = (source, *(own.source for own in (*used.values(), *effects.definitions)))
        reach = Reach(source=source, texts=texts, packages=set(self._packages(names)))
        found: dict[str, Definition] = {}
        for taker, kept in self._kept.items():
            if reach.gets_to(taker):
                found |= kept
        if self._inheriting and any(SUBCLASSES in text for text in (*texts, *self._modules(names))):
            found |= self._inheriting
        needed = frozenset[str]().union(*(own.effects.uses for own in found.values()))
        return found | dict(self._behind(needed)) if found else {}

    def _follow(self, effects: Effects) -> None:
        for name in effects.writes | effects.deletes:
            self._imported.pop(name, None)
        self._imported |= effects.imports

    def _learn(self, source: str, effects: Effects, used: Mapping[str, Definition]) -> None:
        """A cell, and the functions that it calls, hand out what they do."""
        origins = dict(self._origins(_names(effects, used)))
        cell = analyze(source, origins) if self._may_hand_out(source, effects) else Effects()
        bodies = {name: _body(own, origins) for name, own in used.items()}
        bodies |= {own.name: own.effects for own in cell.definitions if own.name in cell.uses}
        owners = {**used, **{own.name: own for own in cell.definitions}}
        for name, body in {"": cell, **bodies}.items():
            for taker, holds in body.escapes.items():
                inner = [owners[name]] if INNER in holds and name else []
                self._take(taker, [*inner, *self._codes(holds, cell)])
            for called, holds in body.given.items():
                for taker in self._takers(called, bodies):
                    self._take(taker, self._codes(holds, cell))
        self._inherit(cell)

    def _may_hand_out(self, source: str, effects: Effects) -> bool:
        """Whether a cell itself does more with the notebook's code than to call it."""
        there = [name for name in effects.uses if name in self._namespace]
        code = frozenset(name for name in there if code_in([self._namespace[name]]))
        return bool(effects.definitions or effects.dynamic) or not only_calls(source, code)

    def _inherit(self, cell: Effects) -> None:
        """Whoever keeps a class may be told of those that inherit from it, or may ask for them."""
        inheriting = (own for own in cell.definitions if own.is_class and has_bases(own.source))
        self._inheriting |= {_key(own): own for own in inheriting}
        for made in cell.definitions if self._kept else ():
            held = cell.holds.get(made.name, {}) if made.is_class else {}
            bases = {thing: PART for thing, sure in held.items() if sure == CODE}
            above = {base.source for base in self._codes(bases, cell)}
            for kept in self._kept.values():
                if any(own.source in above for own in kept.values()):
                    kept[_key(made)] = made

    def _take(self, taker: Taker, given: Iterable[Definition]) -> None:
        keeps = None if self._is_own(taker) else in_project(taker, dict(_sources(taker)))
        found = {_key(own): own for own in given}
        if keeps is not None and found:
            self._kept.setdefault(keeps, {}).update(found)

    def _takers(self, called: str, bodies: Mapping[str, Effects]) -> Iterator[Taker]:
        """To whom a function hands on what it is given; a member of a module may keep it."""
        if called in bodies:
            yield from bodies[called].escapes
        elif (full := _member(self._namespace.get(called))) is not None:
            taker = taker_by_name(full)
            yield from [taker] if taker is not None else []

    def _is_own(self, taker: Taker) -> bool:
        """Whether it is a method of what the notebook has made: its value holds what it keeps."""
        value = self._namespace.get(taker.package)
        return bool(code_in([value])) and not is_a(value, types.ModuleType)

    def _codes(self, holds: Holds, cell: Effects) -> Iterator[Definition]:
        """The code among objects, and that which goes on in what it made."""
        own = {definition.object: definition for definition in cell.definitions}
        for thing, sure in holds.items():
            if thing in own and (sure > CODE or own[thing].lasting):
                yield own[thing]
            elif thing in self._namespace:
                yield from self._behind(code_in([self._namespace[thing]])).values()

    def _origins(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """What names stand for that are imports."""
        for name in names:
            full = self._imported.get(name) or _member(self._namespace.get(name))
            if full:
                yield name, full

    def _modules(self, names: Iterable[str]) -> Iterator[str]:
        """The sources of the project's modules behind names, and of those that they import."""
        values = [(self._imported.get(name), self._namespace.get(name)) for name in names]
        waiting = [full or _member(value) or module_of(type(value)) for full, value in values]
        done: set[str] = set()
        while waiting:
            words = waiting.pop().split(".")
            for name in {".".join(words[:end]) for end in range(1, len(words) + 1)} - done:
                done.add(name)
                path = file_of(own_module(name))
                if path is not None and path.endswith(".py"):
                    with suppress(OSError, UnicodeDecodeError):
                        yield (text := Path(path).read_text(encoding="utf-8"))
                        inside = path.endswith("__init__.py")
                        package = name if inside else name.rpartition(".")[0]
                        waiting += imports_in(text, package).every

    def _packages(self, names: Iterable[str]) -> Iterator[str]:
        """The packages that names stand for, or that their values come from."""
        for name in names:
            value = self._namespace.get(name)
            full = self._imported.get(name) or _member(value) or module_of(type(value)) or ""
            if full.partition(".")[0] != _MAIN:
                yield full.partition(".")[0]


def _key(own: Definition) -> str:
    return f"{own.name} {own.object} {own.source}"


def _names(effects: Effects, used: Mapping[str, Definition]) -> frozenset[str]:
    """The names that a cell uses, and the functions that it calls or makes."""
    parts = (*used.values(), *effects.definitions)
    return effects.uses.union(*(own.effects.uses for own in parts))


def _body(own: Definition, origins: Mapping[str, str]) -> Effects:
    """What a function of the notebook does, knowing what is imported."""
    found = analyze(own.source, origins).defines.get(own.name)
    return own.effects if found is None else found.effects


def _member(value: Any) -> str | None:
    """The dotted name of a module, or of a function or class of one; not of the notebook's own."""
    if is_a(value, types.ModuleType):
        return str(vars(value).get("__name__"))
    if is_a(value, types.FunctionType):
        home, name = value.__module__, value.__name__
    elif is_a(value, type):
        home, name = module_of(value), name_of(value)
    else:
        return None
    return None if home == _MAIN else f"{home}.{name}"


def _sources(taker: Taker) -> Iterator[tuple[str, str]]:
    """The sources of the modules of the project that a taker's name leads through."""
    words = taker.full.split(".")
    for end in range(1, len(words) + 1):
        path = file_of(own_module(".".join(words[:end])))
        if path is not None and path.endswith(".py"):
            try:
                yield f"{'/'.join(words[:end])}.py", Path(path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                return
