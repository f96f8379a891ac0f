"""What the project's modules hold, noted so that it is soon told that it stayed.

Most of what a module holds is code. That is compared name by name and attribute by attribute in
one go, which takes a tenth of the time that it takes to look into each part. What code keeps is
compared level by level, as far as the garbage collector tells it; what else there is, whoever asks
looks into each time.
"""

from __future__ import annotations

import abc
import gc
import sys
import types
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from operator import is_
from typing import Any

from nbmlops.capture.data_shapes import DataShape, is_constant
from nbmlops.values.homes import file_of, is_own, is_own_module
from nbmlops.values.kinds import (
    ancestry,
    identity,
    is_a,
    is_dunder,
    module_of,
    name_of,
    namespace_of,
)

_OF_DATA_CLASSES = ("dataclasses", "reprlib")
_WRAPPERS = (staticmethod, classmethod)
_FUNCTIONS = (types.FunctionType, *_WRAPPERS)
_CODE = (type, types.FunctionType)

Owners = dict[int, tuple[str, str]]
"""By the identity of an object: a module, and the name in it that holds the object."""

_MOST_OWNED = 100_000
_PATIENCE, _TURNS, _CALM = 3, 4, 4
"""How often what a module keeps may be another one without any name that is; how often it is asked
again which names can be told once it is known which others are looked into each time; how many
cells leave a name alone before it is no longer looked into."""


class _Way(IntEnum):
    """How it is told that a value stays: by its being the same, by its parts, or not at all."""

    CODE = 0
    DATA = 1
    MOVES = 2


@dataclass(frozen=True, slots=True)
class _Space:
    """A namespace: its names, what is under those that hold code, and those that hold data."""

    names: Mapping[str, Any]
    all_names: list[str]
    code: list[str]
    values: list[Any]
    data: list[str]

    @property
    def is_same(self) -> bool:
        """Whether it has the same names, and holds the same code."""
        now = list(self.names)
        same = len(now) == len(self.all_names) and all(map(is_, now, self.all_names))
        return same and all(map(is_, map(self.names.get, self.code), self.values))


class ModuleShape:
    """What a module holds, as it was when it was looked at.

    It keeps functions and classes alive, and none of the values beside them.

    Args:
        names: the namespace of the module.
        moving: names that are looked into each time, so that the others need not see to them.
        notes_data: whether data is noted at all.
        owners: the module and name under which objects are looked into; takes those of this one.

    Attributes:
        still: the names under which is nothing but code and constants; none of Python's own.
        quiet: those under which is data of which it is told whether it stayed.
        moving: the other names.
        apart: those of ``moving`` whose reason is not that they hold what another one holds.
        left: the identities of what the names that were said to move hold.
        borrowed: the identities of what is looked into in another module.
        homes: the project's modules in which that code was defined.
        modules: the modules that the namespace holds.
    """

    def __init__(
        self,
        names: Mapping[str, Any],
        moving: Collection[str] = (),
        *,
        notes_data: bool = True,
        owners: Owners | None = None,
    ) -> None:
        self._name = str(names.get("__name__"))
        self._owners = {} if owners is None else owners
        self._spaces: list[_Space] = []
        self._functions: list[Any] = []
        self._cells: list[types.CellType] = []
        self._known: dict[int, _Way] = {}
        self._causes: dict[int, int] = {}
        self._data = DataShape(self._way_of_code) if notes_data else None
        self.homes: set[str] = set()
        self._elsewhere: dict[str, tuple[Mapping[str, Any], dict[str, Any]]] = {}
        self._borrowed: dict[tuple[str, str], int] = {}
        held = dict(names)
        self.modules = [one for one in held.values() if type(one) is types.ModuleType]
        apart = [value for name, value in held.items() if name in moving]
        self.left = frozenset(map(identity, apart))
        for value in apart:
            self._leave_to_others(value)
        ways = {
            name: _Way.MOVES if name in moving else self._way_under(name, value)
            for name, value in held.items()
        }
        self._add(names, held, ways)
        told = {name: way for name, way in ways.items() if not is_dunder(name)}
        self.still = [name for name, way in told.items() if way is _Way.CODE]
        self.quiet = [name for name, way in told.items() if way is _Way.DATA]
        self.moving = [name for name, way in told.items() if way is _Way.MOVES]
        values = {identity(held[name]) for name in self.moving}
        self.apart = {
            name
            for name in self.moving
            if self._causes.get(identity(held[name]), 0) not in values - {identity(held[name])}
        }
        self._kept = gc.get_referents(*self._functions, *self._cells)
        self._noted = [function.__dict__ for function in self._functions]
        if self._data is not None:
            self._data.note(self._roots())
        code = (one for _, held in self._elsewhere.values() for one in held.values())
        self.borrowed = frozenset(self._borrowed.values()).union(map(identity, code))
        for name in (*self.quiet, *self.moving):
            if not is_a(held[name], _CODE):
                self._owners.setdefault(identity(held[name]), (self._name, name))
        self._causes.clear()
        self._known.clear()

    @property
    def is_current(self) -> bool:
        """Whether all of it is still there, and the same."""
        return self.has_same_code and (self._data is None or self._data.is_same(self._roots()))

    @property
    def has_same_code(self) -> bool:
        """Whether the code is the same, whatever it keeps."""
        if any(self._noted):
            return False
        kept = gc.get_referents(*self._functions, *self._cells)
        if len(kept) != len(self._kept) or not all(map(is_, kept, self._kept)):
            return False
        return (
            all(space.is_same for space in self._spaces)
            and all(
                _namespace_of_module(home) is names
                and all(map(is_, map(names.get, code), code.values()))
                for home, (names, code) in self._elsewhere.items()
            )
            and all(_holds(*place, which) for place, which in self._borrowed.items())
        )

    def _leave_to_others(self, value: Any) -> None:
        """What is looked into each time under a name of its own is so nowhere else."""
        if is_a(value, _CODE):
            self._known[identity(value)] = _Way.CODE
        elif self._data is not None:
            self._data.leave(value)

    def _roots(self) -> Iterator[Any]:
        for space in self._spaces:
            yield from map(space.names.get, space.data)

    def _add(
        self, names: Mapping[str, Any], held: Mapping[str, Any], ways: Mapping[str, _Way]
    ) -> None:
        told = [name for name, way in ways.items() if way is not _Way.MOVES]
        data = [n for n in told if ways[n] is _Way.DATA and not is_a(held[n], type)]
        code = [name for name in told if name not in set(data)]  # classes have their own spaces
        values = [held[name] for name in code]
        self._spaces.append(_Space(names, list(held), code, values, data))

    def _way_under(self, name: str, value: Any) -> _Way:
        """How it is told of what a name holds; of Python's own names only code counts."""
        return self._way(value, deep=not is_dunder(name))

    def _way(self, value: Any, *, deep: bool) -> _Way:
        kind = type(value)
        if kind is types.ModuleType or _is_fixed(value):
            return _Way.CODE
        way = None
        if kind is types.FunctionType or is_a(value, type):
            way = self._way_of(value)
        elif is_a(value, _WRAPPERS):
            way = self._way(value.__func__, deep=False)
        elif kind is property:
            ways = (value.fget, value.fset, value.fdel)
            way = max(self._way(one, deep=False) for one in ways)
        if way is _Way.CODE or (way is not None and is_a(value, type)):
            return way
        if not deep or self._data is None:
            return _Way.MOVES
        cause = self._data.what_moves(value)
        if cause is None:
            return _Way.DATA
        self._causes[identity(value)] = cause
        return _Way.MOVES

    def _way_of_code(self, value: Any) -> bool | None:
        """The same of code in data, and of what others see to: whether it is not looked into."""
        if not is_a(value, _CODE):
            return True if self._is_borrowed(value) else None
        way = self._way_of(value)
        if is_a(value, type):
            return way is not _Way.MOVES
        return True if way is _Way.CODE else False if way is _Way.MOVES else None

    def _is_borrowed(self, value: Any) -> bool:
        """Whether another module of the project has it under a name, and looks into it."""
        which = identity(value)
        place = self._owners.get(which)
        if place is None or place[0] == self._name:
            return False
        if not _holds(*place, which):
            del self._owners[which]
            return False
        self.homes.add(place[0])
        self._borrowed[place] = which
        return True

    def _way_of(self, code: Any) -> _Way:
        """The same of a function or class."""
        known = self._known.get(identity(code))
        if known is None:
            self._known[identity(code)] = _Way.CODE  # it may be among what it holds
            way = self._way_of_class if is_a(code, type) else self._way_of_function
            known = self._known[identity(code)] = way(code)
        return known

    def _way_of_function(self, function: Any) -> _Way:
        """Of the project, or a library; one of the notebook is looked into each time."""
        home = function.__globals__.get("__name__")
        if function.__module__ == "__main__":
            return _Way.MOVES
        if home in _OF_DATA_CLASSES or self._is_at_home(function, function.__module__):
            return _Way.CODE  # the former keeps whose repr goes on
        cells = function.__closure__ or ()
        held = (*gc.get_referents(*cells), *(function.__defaults__ or ()))
        if function.__kwdefaults__ or function.__dict__ or not all(map(self._is_inert, held)):
            return _Way.DATA
        if type(home) is str and is_own_module(home):
            self.homes.add(home)
        self._functions.append(function)
        self._cells += cells
        return _Way.CODE

    def _is_inert(self, value: Any) -> bool:
        is_code = self._way(value, deep=False) is _Way.CODE
        return is_code or module_of(type(value)) in _OF_DATA_CLASSES

    def _way_of_class(self, kind: type) -> _Way:
        home = module_of(kind)
        if not is_own(kind) or self._is_at_home(kind, home):
            return _Way.CODE
        if home == "__main__":
            return _Way.MOVES
        self.homes.add(home)
        names = namespace_of(kind)
        held = dict(names)
        ways = {name: self._way_under(name, value) for name, value in held.items()}
        way = max(
            way
            for name, way in ways.items()
            if is_a(held[name], _FUNCTIONS) or not is_dunder(name) or way is _Way.CODE
        )
        for ancestor in ancestry(kind)[1:]:
            above = self._way_of(ancestor)
            if above is _Way.MOVES and way is not _Way.MOVES:
                self._causes[identity(kind)] = identity(ancestor)
            way = max(way, above)
        if way is _Way.MOVES:
            ways = {name: one for name, one in ways.items() if one is _Way.CODE}
        self._add(names, held, ways)
        return way

    def _is_at_home(self, code: Any, home: Any) -> bool:
        """Whether another module of the project has it, where it is looked into as well."""
        if type(home) is not str or home == self._name or not is_own_module(home):
            return False
        name = name_of(code) if is_a(code, type) else code.__name__
        names = _namespace_of_module(home)
        if names is None or names.get(name) is not code or file_of(sys.modules[home]) is None:
            return False
        self.homes.add(home)
        self._elsewhere.setdefault(home, (names, {}))[1][name] = code
        return True


def _namespace_of_module(name: str) -> Mapping[str, Any] | None:
    module = sys.modules.get(name)
    if not is_a(module, types.ModuleType):
        return None
    found: Mapping[str, Any] = types.ModuleType.__getattribute__(module, "__dict__")
    return found


def _holds(module: str, name: str, which: int) -> bool:
    names = _namespace_of_module(module)
    return names is not None and name in names and identity(names[name]) == which


def _is_fixed(value: Any) -> bool:
    kind = type(value)
    if kind is types.BuiltinFunctionType:
        return type(value.__self__) in (types.ModuleType, type(None))
    if kind is tuple or kind is frozenset:
        return all(map(is_constant, value))
    return is_constant(value)


def _shape_of(
    names: Mapping[str, Any], moving: Iterable[str], *, notes_data: bool, owners: Owners
) -> ModuleShape:
    """The shape of a namespace, in which each name sees to what no other one does."""
    known = set(moving)
    for _ in range(_TURNS):
        made = ModuleShape(names, known, notes_data=notes_data, owners=owners)
        if not notes_data or made.apart <= known:
            break
        known |= made.apart
    return made


class ModuleShapes:
    """The shapes of modules, each made anew where it is another by now."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, ModuleShape]] = {}
        self._moving: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
        self._patience: defaultdict[tuple[str, str], int] = defaultdict(lambda: _CALM)
        self._owners: Owners = {}
        self._tries: Counter[str] = Counter()
        self._compared: set[str] = set()
        self._trusts = False
        self._registered = abc.get_cache_token()

    def trust(self, *, as_left: bool) -> None:
        """Say whether modules are as they were when they were compared last, so that none is."""
        self._trusts = as_left
        if not as_left:
            self._compared.clear()

    def of(self, module: types.ModuleType) -> ModuleShape:
        """The shape of a module, which is another object if it was made anew."""
        names = types.ModuleType.__getattribute__(module, "__dict__")
        key = str(names.get("__name__"))
        which, known = self._known.get(key, (0, None))
        if known is not None and which == identity(module):
            if self._trusts and key in self._compared:
                return known
            if self._registered == abc.get_cache_token() and known.is_current:
                self._compared.add(key)
                return known
            self._tries[key] += known.has_same_code
        notes_data = self._tries[key] <= _PATIENCE
        if len(self._owners) > _MOST_OWNED:
            self._owners.clear()
        made = _shape_of(names, self._moving[key], notes_data=notes_data, owners=self._owners)
        if self._registered != abc.get_cache_token():
            self._registered = abc.get_cache_token()
            self._known.clear()
        self._known[key] = identity(module), made
        self._compared.add(key)
        return made

    def learn(self, module: str, changed: Collection[str]) -> None:
        """Learn how a cell left a module: what another one was is looked into from now on.

        Until it has stayed for some cells, which are more each time.

        Args:
            module: its name.
            changed: the names that hold another thing than before the cell.
        """
        moving = self._moving[module]
        for name in changed:
            _, patience = moving.get(name) or (0, self._patience[module, name])
            moving[name] = 0, patience
            self._tries[module] = 0
        for name, (stayed, patience) in list(moving.items()):
            if name in changed:
                continue
            moving[name] = stayed + 1, patience
            if stayed + 1 >= patience:
                del moving[name]
                self._patience[module, name] = 2 * patience
                self._known.pop(module, None)
