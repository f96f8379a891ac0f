"""What the project's own modules hold: objects that names of the notebook may hold as well."""

from __future__ import annotations

import sys
import types
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from nbmlops.capture.module_shapes import ModuleShape, ModuleShapes
from nbmlops.capture.part_kinds import is_bare
from nbmlops.capture.parts import Parts, parts_of, together
from nbmlops.values.homes import is_own_module, own_module
from nbmlops.values.kinds import ancestry, is_a, is_dunder, module_of, namespace_of


@dataclass(frozen=True, slots=True)
class _Quiet:
    """What a module holds as long as its shape is the same, and the modules where that is from."""

    module: types.ModuleType
    shape: ModuleShape
    parts: Parts
    homes: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class _Reached:
    """What some modules lead to, as long as the same modules are loaded, and are the same."""

    loaded: tuple[int, str]
    inside: Mapping[str, _Quiet]
    parts: Parts


@dataclass(frozen=True, slots=True)
class Holdings:
    """What modules hold: ``parts`` all of them together, ``inside`` what is known of each.

    They are looked into together, as most hold nothing that a name of the notebook holds.
    """

    parts: tuple[Parts, ...]
    inside: Mapping[str, _Quiet]

    def by_module(self) -> dict[str, Parts]:
        """The same, module by module, in the order of their names."""
        return {name: _parts_in(self.inside[name]) for name in sorted(self.inside)}


_MOST = 100
"""Ways into modules of which it is remembered where they lead."""


def modules_among(dotted: Iterable[str], values: Iterable[Any]) -> list[types.ModuleType]:
    """The project's own modules that a cell reaches by imports, and by what its names hold.

    Args:
        dotted: what it imports, ``pkg.sub`` for the module or for a name in ``pkg``.
        values: what it uses; of these the modules.
    """
    found = [_loaded(name) for name in dotted]
    found += [own_module(value) for value in values if is_a(value, types.ModuleType)]
    return [module for module in found if module is not None]


class Holders:
    """What modules hold, of which most is what it was when it was asked for the last time.

    Args:
        shapes: tells which modules are what they were.
    """

    def __init__(self, shapes: ModuleShapes) -> None:
        self._shapes = shapes
        self._quiet: dict[str, _Quiet] = {}
        self._reached: dict[tuple[str, ...], _Reached] = {}

    def holdings(self, modules: Collection[types.ModuleType]) -> Holdings:
        """What modules hold, with them those whose code they have or reach.

        Looks at their attributes, at those of their classes, and at what their functions keep.

        Args:
            modules: of the project.
        """
        roots = tuple(sorted({module.__name__ for module in modules}))
        known = self._reached.get(roots)
        if known is None or not self._is_as_it_was(known):
            if len(self._reached) >= _MOST:
                self._reached.clear()
            known = self._reached[roots] = self._look(modules)
        while True:
            homes: set[str] = set()
            moving = [
                one
                for each in known.inside.values()
                if each.shape.moving
                for one in _opened(_among(each.module, each.shape.moving), homes)
            ]
            parts = parts_of(tuple(moving)) if moving else Parts()
            further = [
                module
                for module in modules_among(parts.modules | homes, ())
                if module.__name__ not in known.inside
            ]
            if not further:
                return Holdings((known.parts, parts), known.inside)
            known = self._look([*(each.module for each in known.inside.values()), *further])
            self._reached[roots] = known

    def _look(self, modules: Iterable[types.ModuleType]) -> _Reached:
        """Follow modules to where their code is from, and what they hold that stays."""
        inside: dict[str, _Quiet] = {}
        waiting = list(modules)
        while waiting:
            new = {module.__name__: module for module in waiting if module.__name__ not in inside}
            inside |= {name: self._known(name, module) for name, module in new.items()}
            waiting = [
                module
                for name in new
                for module in modules_among(inside[name].homes, inside[name].shape.modules)
            ]
        parts = together([each.parts for each in inside.values()])
        return _Reached(_loaded_until_now(), inside, parts)

    def _is_as_it_was(self, known: _Reached) -> bool:
        return known.loaded == _loaded_until_now() and all(
            sys.modules.get(name) is each.module and self._shapes.of(each.module) is each.shape
            for name, each in known.inside.items()
        )

    def _known(self, name: str, module: types.ModuleType) -> _Quiet:
        """What is known of a module as long as its shape is the same."""
        shape = self._shapes.of(module)
        known = self._quiet.get(name)
        if known is None or known.shape is not shape:
            homes = set(shape.homes)
            parts = parts_of(tuple(_opened(_among(module, shape.quiet), homes)))
            known = _Quiet(module, shape, parts, homes | parts.modules)
            self._quiet[name] = known
        return known


def note_of(by_modules: Mapping[str, str], imported: Collection[str]) -> str | None:
    """What modules hold of the notebook's values, which importing them again does not bring.

    Args:
        by_modules: names with a module that holds parts of their values.
        imported: the names that imports have bound.
    """
    parts = [
        f"{name}, parts of which the module {module} holds as well"
        for name, module in sorted(by_modules.items())
        if name not in imported
    ]
    return "; ".join(parts) or None


def _loaded(dotted: str) -> types.ModuleType | None:
    """The innermost module of a dotted name, if it is the project's own."""
    while dotted:
        module = own_module(dotted)
        if module is not None:
            return module
        dotted = dotted.rpartition(".")[0]
    return None


def _loaded_until_now() -> tuple[int, str]:
    return len(sys.modules), next(reversed(sys.modules))


def _parts_in(known: _Quiet) -> Parts:
    moving = _opened(_among(known.module, known.shape.moving), set())
    return together([known.parts, parts_of(tuple(moving))]) if moving else known.parts


def _among(module: types.ModuleType, some: Iterable[str]) -> list[Any]:
    names = types.ModuleType.__getattribute__(module, "__dict__")
    return [names[name] for name in some if name in names]


def _opened(values: Iterable[Any], homes: set[str]) -> list[Any]:
    """Values, and what the functions and classes of the project among them keep.

    Functions that keep nothing are left out; the modules in which these were defined are added to
    the homes.
    """
    found: list[Any] = []
    for value in values:
        if _is_passed_over(value, homes):
            continue
        found.append(value)
        if not is_a(value, type):
            found += _kept_by(value)
            continue
        for kind in ancestry(value):
            if is_own_module(module_of(kind)):
                for name, part in list(namespace_of(kind).items()):
                    if not _is_passed_over(part, homes):
                        found += _kept_by(part)
                        if not is_dunder(name):
                            found.append(part)
    return found


def _is_passed_over(value: Any, homes: set[str]) -> bool:
    """Whether it is a function of others than the notebook that keeps nothing; notes its home."""
    if not is_bare(value) or value.__module__ == "__main__":
        return False
    home = value.__globals__.get("__name__")
    if type(home) is str and home not in homes and is_own_module(home):
        homes.add(home)
    return True


def _kept_by(value: Any) -> tuple[Any, ...]:
    inner = value.__func__ if is_a(value, (staticmethod, classmethod)) else value
    if not is_a(inner, types.FunctionType):
        return ()
    return inner.__closure__, inner.__defaults__, inner.__kwdefaults__, vars(inner)
