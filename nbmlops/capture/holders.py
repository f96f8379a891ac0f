"""What the project's own modules hold: objects that names of the notebook may hold as well."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from nbmlops.capture.parts import Parts, parts_of
from nbmlops.values.homes import own_module
from nbmlops.values.kinds import ancestry, is_a, module_of


def modules_among(dotted: Iterable[str], values: Iterable[Any]) -> list[types.ModuleType]:
    """The project's own modules that a cell reaches by imports, and by what its names hold.

    Args:
        dotted: what it imports, ``pkg.sub`` for the module or for a name in ``pkg``.
        values: what it uses; of these the modules.
    """
    found = [_loaded(name) for name in dotted]
    found += [own_module(value) for value in values if is_a(value, types.ModuleType)]
    return [module for module in found if module is not None]


def holdings(modules: Iterable[types.ModuleType]) -> dict[str, Parts]:
    """What modules hold, by module; with them those whose code they have or reach.

    Looks at their attributes, at those of their classes, and at what their functions keep.
    """
    found: dict[str, Parts] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module.__name__ in found:
            continue
        inside = [value for name, value in _attributes(module) if not _is_dunder(name)]
        parts = parts_of(tuple(_opened(inside)))
        found[module.__name__] = parts
        waiting += modules_among(parts.modules, inside)
    return found


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


def _attributes(module: types.ModuleType) -> list[tuple[str, Any]]:
    return list(types.ModuleType.__getattribute__(module, "__dict__").items())


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _opened(values: Iterable[Any]) -> Iterator[Any]:
    """Values, and what the functions and classes of the project among them keep."""
    for value in values:
        yield value
        if is_a(value, type):
            for kind in ancestry(value):
                if own_module(module_of(kind)) is not None:
                    own = type.__dict__["__dict__"].__get__(kind)
                    yield from _kept_by_functions(own.values())
                    yield from (own[name] for name in list(own) if not _is_dunder(name))
        else:
            yield from _kept_by_functions([value])


def _kept_by_functions(values: Iterable[Any]) -> Iterator[Any]:
    for value in list(values):
        inner = value.__func__ if is_a(value, (staticmethod, classmethod)) else value
        if is_a(inner, types.FunctionType):
            yield from (inner.__closure__, inner.__defaults__, inner.__kwdefaults__, vars(inner))
