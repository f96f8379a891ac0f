"""The functions and classes of the project's modules, so that it is soon told that they stayed.

Most of what a module holds is code. That is compared name by name and attribute by attribute in
one go, which takes a tenth of the time that it takes to look into each part; what else there is,
whoever asks looks into each time.
"""

from __future__ import annotations

import gc
import re
import types
from collections.abc import Mapping
from operator import is_
from typing import Any

from nbmlops.values.homes import is_own, is_own_module
from nbmlops.values.kinds import ancestry, identity, is_a, is_dunder, module_of, namespace_of

_PLAIN: frozenset[type] = frozenset([bool, int, float, complex, str, bytes, type(None)])
_STILL: frozenset[type] = _PLAIN | {
    types.GetSetDescriptorType, types.MemberDescriptorType, re.Pattern,
}  # fmt: skip
"""Types of what cannot change, or holds nothing."""

_OF_DATA_CLASSES = ("dataclasses", "reprlib")
_WRAPPERS = (staticmethod, classmethod)
_FUNCTIONS = (types.FunctionType, *_WRAPPERS)


class ModuleShape:
    """The code in a module, as it was when it was looked at.

    It keeps functions and classes alive, and none of the values beside them.

    Args:
        names: the namespace of the module.

    Attributes:
        still: the names under which is nothing but code and constants; none of Python's own.
        moving: the other names.
        homes: the project's modules in which that code was defined.
        modules: the modules that the namespace holds.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._spaces: list[tuple[Mapping[str, Any], list[str], list[str], list[Any]]] = []
        self._functions: list[Any] = []
        self._cells: list[types.CellType] = []
        self._known: dict[int, bool] = {}
        self.homes: set[str] = set()
        self.modules: list[types.ModuleType] = []
        still = self._add(names, at_top=True)
        self.still = [name for name in still if not is_dunder(name)]
        inside = frozenset(still)
        self.moving = [name for name in list(names) if name not in inside and not is_dunder(name)]
        self._kept = gc.get_referents(*self._functions, *self._cells)
        self._noted = [function.__dict__ for function in self._functions]

    @property
    def is_current(self) -> bool:
        """Whether all of it is still there, and the same."""
        if any(self._noted):
            return False
        kept = gc.get_referents(*self._functions, *self._cells)
        if len(kept) != len(self._kept) or not all(map(is_, kept, self._kept)):
            return False
        return all(_is_same(*space) for space in self._spaces)

    def _add(self, names: Mapping[str, Any], *, at_top: bool = False) -> list[str]:
        """Note a namespace; gives the names in it under which nothing can change unseen."""
        held = dict(names)
        still = [name for name, value in held.items() if self._stays(value, at_top=at_top)]
        self._spaces.append((names, list(held), still, [held[name] for name in still]))
        return still

    def _stays(self, value: Any, *, at_top: bool = False) -> bool:
        kind = type(value)
        if kind is types.ModuleType:
            if at_top:
                self.modules.append(value)
            return True
        if kind is types.FunctionType:
            return self._is_still_function(value)
        if is_a(value, type):
            return self._is_still_class(value)
        if is_a(value, _WRAPPERS):
            return self._stays(value.__func__)
        if kind is property:
            ways = (value.fget, value.fset, value.fdel)
            return all(way is None or self._stays(way) for way in ways)
        return _is_constant(value)

    def _is_still_function(self, function: Any) -> bool:
        """Of the project, or a library; one of the notebook is looked into each time."""
        if function.__module__ == "__main__":
            return False
        if function.__globals__.get("__name__") in _OF_DATA_CLASSES:
            return True  # it keeps whose repr goes on
        cells = function.__closure__ or ()
        held = (*gc.get_referents(*cells), *(function.__defaults__ or ()))
        if function.__kwdefaults__ or function.__dict__ or not all(map(self._is_inert, held)):
            return False
        home = function.__globals__.get("__name__")
        if type(home) is str and is_own_module(home):
            self.homes.add(home)
        self._functions.append(function)
        self._cells += cells
        return True

    def _is_inert(self, value: Any) -> bool:
        return self._stays(value) or module_of(type(value)) in _OF_DATA_CLASSES

    def _is_still_class(self, kind: type) -> bool:
        if not is_own(kind):
            return True
        known = self._known.get(identity(kind))
        if known is None:
            self._known[identity(kind)] = True  # it may be one of its own attributes
            known = self._known[identity(kind)] = self._looks_still(kind)
        return known

    def _looks_still(self, kind: type) -> bool:
        home = module_of(kind)
        if home == "__main__":
            return False
        names = namespace_of(kind)
        still = frozenset(self._add(names))
        self.homes.add(home)
        counts = (
            name
            for name, value in list(names.items())
            if is_a(value, _FUNCTIONS) or not is_dunder(name)
        )
        return still.issuperset(counts) and all(map(self._is_still_class, ancestry(kind)[1:]))


class ModuleShapes:
    """The shapes of modules, each made anew where it is another by now."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, ModuleShape]] = {}

    def of(self, module: types.ModuleType) -> tuple[ModuleShape, bool]:
        """The shape of a module, and whether it was made anew."""
        names = types.ModuleType.__getattribute__(module, "__dict__")
        key = str(names.get("__name__"))
        which, known = self._known.get(key, (0, None))
        if known is not None and which == identity(module) and known.is_current:
            return known, False
        made = ModuleShape(names)
        self._known[key] = identity(module), made
        return made, True


def _is_same(
    names: Mapping[str, Any], all_names: list[str], still: list[str], values: list[Any]
) -> bool:
    """Whether a namespace has the same names, and holds the same under those that stay."""
    now = list(names)
    same = len(now) == len(all_names) and all(map(is_, now, all_names))
    return same and all(map(is_, map(names.get, still), values))


def _is_constant(value: Any) -> bool:
    kind = type(value)
    if kind is types.BuiltinFunctionType:
        return type(value.__self__) in (types.ModuleType, type(None))
    if kind is tuple or kind is frozenset:
        return all(_is_among(_PLAIN, type(part)) for part in value)
    return _is_among(_STILL, kind)


def _is_among(kinds: frozenset[type], kind: type) -> bool:
    try:
        return kind in kinds
    except Exception:  # noqa: BLE001 (its metaclass does not let it be hashed)
        return False
