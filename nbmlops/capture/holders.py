"""What the project's own modules hold: objects that names of the notebook may hold as well."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from nbmlops.capture.module_shapes import ModuleShapes
from nbmlops.capture.part_kinds import is_bare
from nbmlops.capture.parts import Parts, parts_of
from nbmlops.values.homes import is_own_module, own_module
from nbmlops.values.kinds import ancestry, is_a, is_dunder, module_of, namespace_of


def modules_among(dotted: Iterable[str], values: Iterable[Any]) -> list[types.ModuleType]:
    """The project's own modules that a cell reaches by imports, and by what its names hold.

    Args:
        dotted: what it imports, ``pkg.sub`` for the module or for a name in ``pkg``.
        values: what it uses; of these the modules.
    """
    found = [_loaded(name) for name in dotted]
    found += [own_module(value) for value in values if is_a(value, types.ModuleType)]
    return [module for module in found if module is not None]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What modules hold: ``parts`` all of them together, ``inside`` the objects of each.

    They are looked into together, as most hold nothing that a name of the notebook holds.
    """

    parts: tuple[Parts, ...]
    inside: Mapping[str, Sequence[Any]]

    def by_module(self) -> dict[str, Parts]:
        """The same, module by module, in the order of their names."""
        return {name: parts_of(tuple(self.inside[name])) for name in sorted(self.inside)}


def holdings(modules: Iterable[types.ModuleType], shapes: ModuleShapes) -> Holdings:
    """What modules hold, with them those whose code they have or reach.

    Looks at their attributes, at those of their classes, and at what their functions keep.

    Args:
        modules: of the project.
        shapes: tells what in them keeps nothing.
    """
    inside: dict[str, Sequence[Any]] = {}
    found: list[Parts] = []
    waiting = list(modules)
    while waiting:
        new = {module.__name__: module for module in waiting if module.__name__ not in inside}
        homes: set[str] = set()
        held: list[Any] = []
        for name, module in new.items():
            shape, _ = shapes.of(module)
            names = types.ModuleType.__getattribute__(module, "__dict__")
            inside[name] = _opened([names[key] for key in shape.moving if key in names], homes)
            homes |= shape.homes
            held += shape.modules
        parts = parts_of(tuple(chain.from_iterable(inside[name] for name in new)))
        found.append(parts)
        waiting = modules_among(parts.modules | homes, held) if new else []
    return Holdings(tuple(found), inside)


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
