"""What a cell leaves in modules: of the project, and of the libraries that it names."""

from __future__ import annotations

import sys
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from nbmlops.capture.module_contents import Contents, contents
from nbmlops.capture.module_shapes import ModuleShape, ModuleShapes
from nbmlops.values.homes import file_of, foreign, is_own, is_own_module, own_module
from nbmlops.values.kinds import ancestry, is_a, module_of, namespace_of

_CODE_KINDS = (types.FunctionType, types.BuiltinFunctionType)

_NOTHING = Contents(held={})

_Names = tuple[Sequence[str], Sequence[Any]]
"""The names of a namespace, and what they hold."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """What a module holds: what is known as long as its shape is the same, and the rest."""

    shape: ModuleShape
    stays: Contents
    moves: Contents

    def differing(self, now: _Inside) -> list[str]:
        """The names that hold another thing now, of a module that is divided as this one."""
        if self.stays is now.stays and self.moves.held == now.moves.held:
            return []
        one, other = ({**each.stays.held, **each.moves.held} for each in (self, now))
        return [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleState:
    """How modules are: those of the project, modules and classes of libraries, and their classes.

    Each maps a name to what is inside. Of a library's names that is the objects themselves: to
    compare these takes a fifth of the time that their identities take, and a state is kept only
    while its cell runs. Of the classes in a module it is the number of their attributes.
    """

    own: Mapping[str, _Inside]
    libraries: Mapping[str, _Names]
    sizes: Mapping[str, Sequence[int]]


class ModuleStates:
    """Compares modules before and after cells.

    - the project's own: what their names hold, and what is inside;
    - those of libraries that a cell names: what their public names hold, and whether classes have
      got attributes; what they keep to themselves is theirs.

    Args:
        shapes: tells which modules of the project are what they were.
    """

    def __init__(self, shapes: ModuleShapes) -> None:
        self._shapes = shapes
        self._looked_at: set[str] = set(foreign() & sys.modules.keys())
        self._own: dict[str, types.ModuleType] = {}
        self._latest: Mapping[str, _Inside] = {}
        self._known: dict[str, _Inside] = {}
        self._classes: dict[str, tuple[int, list[type]]] = {}

    def now(self, mentioned: Iterable[Any], *, as_left: bool = False) -> ModuleState:
        """The state of modules.

        Args:
            mentioned: what the names of the notebook hold that a cell uses.
            as_left: whether nothing ran since the state was taken the last time.
        """
        self._notice()
        named = _named(mentioned, self._own.keys())
        if not as_left or self._latest.keys() != self._own.keys():
            self._shapes.trust(as_left=False)
            self._latest = {name: self._inside(name, one) for name, one in self._own.items()}
        return ModuleState(
            own=self._latest,
            libraries={name: _names_of(vars(one)) for name, one in named.items()},
            sizes={
                name: tuple(map(len, map(namespace_of, self._classes_of(name, vars(one)))))
                for name, one in named.items()
                if not is_a(one, type)
            },
        )

    def _inside(self, name: str, module: types.ModuleType) -> _Inside:
        """What a module holds, known as far as its shape is the same."""
        shape, known = self._shapes.of(module), self._known.get(name)
        is_known = known is not None and known.shape is shape
        self._known[name] = found = _divided(module, shape, known if is_known else None)
        return found

    def _classes_of(self, name: str, names: Mapping[str, Any]) -> list[type]:
        """The classes of a module."""
        size, classes = self._classes.get(name, (0, []))
        if size != len(names):
            classes = [one for one in list(names.values()) if is_a(one, type)]
            self._classes[name] = len(names), classes
        return classes

    def changed(self, before: ModuleState, mentioned: Iterable[Any]) -> set[str]:
        """The modules and classes that are another now, in words; new ones are not."""
        values = list(mentioned)
        known = {name: classes for name, (_, classes) in self._classes.items()}
        now = self.now(values)
        found = set()
        for name in before.own.keys() & now.own.keys():
            then, inside = before.own[name], now.own[name]
            if then.shape is not inside.shape:
                inside = _divided(self._own[name], then.shape)
            keys = then.differing(inside)
            self._shapes.learn(name, keys)
            if keys:
                found.add(f"{name}.{min(keys)}")
        for name in before.libraries.keys() & now.libraries.keys():
            if not _is_same(before.libraries[name], now.libraries[name]):
                one = _named(values, self._own.keys())[name]
                keys = _other_names(before.libraries[name], now.libraries[name])
                told = [key for key in keys if _counts(key, one)]
                found |= {f"{name}.{min(told)}"} if told else set()
        grown = {
            _title(kind)
            for name in before.sizes.keys() & now.sizes.keys()
            if before.sizes[name] != now.sizes[name]
            for kind, size in zip(known[name], before.sizes[name], strict=True)
            if len(namespace_of(kind)) != size
        }
        return found | {title for title in grown if not any(t.startswith(title) for t in found)}

    def perhaps_changed(self, before: ModuleState, used: Collection[str]) -> set[str]:
        """What modules hold that is too much to be compared, in words.

        Args:
            before: how the modules were.
            used: the files of the modules that were used, as `ModuleSources` labels them.
        """
        ends = tuple(f"/{label}" for label in used)
        return {
            f"{name}.{min(partly)}, in part"
            for name, inside in before.own.items()
            if (partly := inside.stays.partly | inside.moves.partly)
            and f"/{file_of(self._own[name])}".endswith(ends)
        }

    def _notice(self) -> None:
        """The project's modules that were imported since, or anew."""
        for name, known in list(self._own.items()):
            if sys.modules.get(name) is not known:
                del self._own[name]
                self._looked_at.discard(name)
        if len(sys.modules) == len(self._looked_at):
            return
        for name in sys.modules.keys() - self._looked_at:
            self._looked_at.add(name)
            module = own_module(name) if is_own_module(name) else None
            if module is not None and file_of(module) is not None:
                self._own[name] = module


def _names_in(module: types.ModuleType) -> Mapping[str, Any]:
    """What a module holds, without asking it: it may load at its first use."""
    found: Mapping[str, Any] = types.ModuleType.__getattribute__(module, "__dict__")
    return found


def _divided(module: types.ModuleType, shape: ModuleShape, known: _Inside | None = None) -> _Inside:
    """What a module holds, divided as it was in a shape, and not looked into where it is known."""
    names, moving = _names_in(module), set(shape.moving)
    if known is not None:
        stays = known.stays
    else:
        others = {name: value for name, value in list(names.items()) if name not in moving}
        stays = contents(others, apart=shape.left | shape.borrowed)
    moves = {name: names[name] for name in shape.moving if name in names}
    return _Inside(shape, stays, contents(moves, apart=shape.borrowed) if moves else _NOTHING)


def _counts(name: str, of: Any) -> bool:
    """Whether a change is the notebook's: libraries import and set in themselves what they need."""
    value = vars(of).get(name)
    if name.startswith("_") or is_a(value, types.ModuleType):
        return False
    if is_a(of, type):
        return True
    home = getattr(value, "__module__", None) if callable(value) else None
    return not isinstance(home, str) or home == "__main__" or is_own_module(home)


def _names_of(names: Mapping[str, Any]) -> _Names:
    return tuple(names), tuple(names.values())


def _is_same(one: _Names, other: _Names) -> bool:
    return one[0] == other[0] and all(map(is_, one[1], other[1]))


def _other_names(one: _Names, other: _Names) -> list[str]:
    """The names that hold another object, or that only one of them has."""
    before, now = dict(zip(*one, strict=False)), dict(zip(*other, strict=False))
    return [
        key
        for key in before.keys() | now.keys()
        if key not in before or key not in now or before[key] is not now[key]
    ]


def _named(mentioned: Iterable[Any], known: Collection[str]) -> dict[str, Any]:
    """The modules and classes of libraries behind values."""
    found: dict[str, Any] = {}
    for value in mentioned:
        if is_a(value, types.ModuleType):
            home: str | None = vars(value).get("__name__")
        elif is_a(value, _CODE_KINDS):
            home = value.__module__
        else:
            kinds = ancestry(value if is_a(value, type) else type(value))
            found |= {_title(one): one for one in kinds if _is_of_library(one)}
            continue
        module = sys.modules.get(home or "")
        if module is not None and home is not None and home not in (*known, "builtins", "__main__"):
            found[home] = module
    return found


def _title(kind: type) -> str:
    return f"{module_of(kind)}.{kind.__qualname__}"


def _is_of_library(kind: type) -> bool:
    return module_of(kind) not in ("builtins", "abc") and not is_own(kind)
