"""What a cell leaves in modules: of the project, and of the libraries that it names."""

from __future__ import annotations

import sys
import threading
import types
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from nbmlops.capture.process_state import Token, token
from nbmlops.values.beside import attributes_of
from nbmlops.values.homes import file_of, foreign, is_own, own_module
from nbmlops.values.kinds import ancestry, is_a, module_of

_DEPTH = 3
"""How deep the values of the project's own modules are compared."""

_PARTS = 1000
"""Items of a container that are compared; of more their number."""

_CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType)


_STILL = frozenset(
    [bool, int, float, complex, str, bytes, type(None), property, classmethod, staticmethod]
)
_COLLECTIONS = frozenset(
    [list, tuple, dict, set, frozenset, OrderedDict, defaultdict, Counter, deque]
)
_KINDS: tuple[Any, ...] = (
    *(dict, list, set, deque),
    *(weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet),
)
"""Collections whose heirs are as well."""

_Names = tuple[Sequence[str], Sequence[Any]]
"""The names of a namespace, and what they hold."""

_of_thread: Callable[[Any, str], Mapping[str, Any]] = threading.local.__getattribute__

_namespace_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleState:
    """How modules are: those of the project, modules and classes of libraries, and their classes.

    Each maps a name to what is inside. Of a library's names that is the objects themselves: to
    compare these takes a fifth of the time that their identities take, and a state is kept only
    while its cell runs. Of the classes in a module it is the number of their attributes.
    """

    own: Mapping[str, Token]
    libraries: Mapping[str, _Names]
    sizes: Mapping[str, Sequence[int]]


class ModuleStates:
    """Compares modules before and after cells.

    - the project's own: what their names hold, and what is inside;
    - those of libraries that a cell names: what their public names hold, and whether classes have
      got attributes; what they keep to themselves is theirs.
    """

    def __init__(self) -> None:
        self._looked_at: set[str] = set(foreign() & sys.modules.keys())
        self._own: dict[str, types.ModuleType] = {}
        self._classes: dict[str, tuple[int, list[type]]] = {}

    def now(self, mentioned: Iterable[Any]) -> ModuleState:
        """The state of modules.

        Args:
            mentioned: what the names of the notebook hold that a cell uses.
        """
        self._notice()
        named = _named(mentioned, self._own.keys())
        return ModuleState(
            own={name: _inside(_names_in(module), _DEPTH) for name, module in self._own.items()},
            libraries={name: _names_of(vars(one)) for name, one in named.items()},
            sizes={
                name: tuple(map(len, map(_namespace_of, self._classes_of(name, vars(one)))))
                for name, one in named.items()
                if not is_a(one, type)
            },
        )

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
        found = {f"{name}.{min(keys)}" for name, keys in _differing(before.own, now.own)}
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
            if len(_namespace_of(kind)) != size
        }
        return found | {title for title in grown if not any(t.startswith(title) for t in found)}

    def _notice(self) -> None:
        """The project's modules that were imported since."""
        if len(sys.modules) == len(self._looked_at):
            return
        for name in sys.modules.keys() - self._looked_at:
            self._looked_at.add(name)
            module = own_module(name)
            if module is not None and file_of(module) is not None:
                self._own[name] = module


def _names_in(module: types.ModuleType) -> Mapping[str, Any]:
    """What a module holds, without asking it: it may load at its first use."""
    found: Mapping[str, Any] = types.ModuleType.__getattribute__(module, "__dict__")
    return found


def _differing(
    before: Mapping[str, Token], now: Mapping[str, Token]
) -> Iterator[tuple[str, list[str]]]:
    """The names in both of what is another, with what in it is."""
    for name in before.keys() & now.keys():
        one, other = before[name], now[name]
        if one != other:
            yield name, [k for k in one.keys() | other.keys() if one.get(k) != other.get(k)]


def _counts(name: str, of: Any) -> bool:
    """Whether a change is the notebook's: libraries import and set in themselves what they need."""
    value = vars(of).get(name)
    if name.startswith("_") or is_a(value, types.ModuleType):
        return False
    if is_a(of, type):
        return True
    home = getattr(value, "__module__", None) if callable(value) else None
    return not isinstance(home, str) or home == "__main__" or own_module(home) is not None


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
        elif is_a(value, (types.FunctionType, types.BuiltinFunctionType)):
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


def _inside(names: Mapping[str, Any], depth: int) -> dict[str, Token]:
    """What a namespace of the project's own holds."""
    return {
        str(name): _deep(value, depth)
        for name, value in list(names.items())
        if not (str(name).startswith("__") and str(name).endswith("__"))
    }


def inside_code(value: Any) -> Token:
    """What a function or class of the notebook holds that can change; ``None`` for nothing."""
    if is_a(value, type):
        held = {name: one for name, one in _namespace_of(value).items() if _can_change(one)}
        return _inside(held, _DEPTH - 1) or None
    return _held_by(value, _DEPTH) or None


def _can_change(value: Any) -> bool:
    return not is_a(value, _CODE) and type(value) not in _STILL


def _held_by(function: Any, depth: int) -> list[Token]:
    """What a function has at hand: what it was made with, its defaults and its attributes."""
    if function.__closure__ is None and function.__defaults__ is None and not vars(function):
        return []
    held = [*map(_content, function.__closure__ or ()), *(function.__defaults__ or ())]
    held += [one for name, one in vars(function).items() if name != "__wrapped__"]
    return [_deep(one, depth - 1) for one in held if _can_change(one)]


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # it is empty


def _deep(value: Any, depth: int) -> Token:
    if depth and is_a(value, types.FunctionType) and own_module(value.__module__) is not None:
        return token(value), _held_by(value, depth)
    if not depth or is_a(value, _CODE):
        return token(value)
    if is_a(value, type):
        inside = _namespace_of(value)
        return (token(value), _inside(inside, depth - 1)) if is_own(value) else token(value)
    kind = type(value)
    if kind in _COLLECTIONS:
        return _items(value, depth) if len(value) <= _PARTS else (token(value), len(value))
    return token(value), _held_in(value, depth)


def _held_in(value: Any, depth: int) -> Token:
    """What an object holds that is no collection."""
    kind = type(value)
    if is_own(kind):
        return _inside(attributes_of(value), depth - 1), _number(value)
    if kind is threading.local:
        return _inside(_of_thread(value, "__dict__"), depth - 1)
    if kind is types.GeneratorType:
        return value.gi_frame and value.gi_frame.f_lasti
    return _number(value)


def _items(value: Any, depth: int) -> Token:
    """The items of a container; what is equal and another object is no change."""
    if is_a(value, dict):
        return [(token(key), _deep(item, depth - 1)) for key, item in list(value.items())]
    items = [_deep(item, depth - 1) for item in list(value)]
    return sorted(map(repr, items)) if type(value) in (set, frozenset) else items


def _number(value: Any) -> int | None:
    """How much a collection of another kind holds."""
    return next((base.__len__(value) for base in _KINDS if is_a(value, base)), None)
