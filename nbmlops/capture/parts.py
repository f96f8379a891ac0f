"""What values consist of: who sees a change to whom, and what changes when it is merely used."""

from __future__ import annotations

import datetime as dt
import decimal
import dis
import enum
import functools
import gc
import sys
import types
from collections import ChainMap, Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbmlops.notebook.dataflow.known import PURE_PACKAGES

_MOST_PARTS = 1_000_000
"""Parts of one value that are looked at; a larger one counts as sharing with every other."""

_PLAIN = frozenset([
    bool, int, float, complex, str, bytes, range, slice, type(None), type(Ellipsis),
    type(NotImplemented), dt.date, dt.datetime, dt.time, dt.timedelta,
    decimal.Decimal, types.ModuleType, types.CodeType, types.FrameType,
])  # fmt: skip
"""Types of what cannot change, or is no part of a value."""

_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
_FIXED = (tuple, frozenset)
_OPEN_TO_ALL = (type, types.FunctionType)
_LOOKED_AT = (*_OPEN_TO_ALL, *_METHODS, *_FIXED, enum.Enum)

_HARMLESS = PURE_PACKAGES | {"lightgbm", "polars", "pyarrow", "xgboost"} | sys.stdlib_module_names
"""Packages whose objects do not change when an attribute, an item or a comparison is asked for."""

_MACHINERY = frozenset(["IPython", "ipykernel", "logging", "tornado", "traitlets", "zmq"])
"""Packages whose objects lead to the whole kernel, and are no part of a value."""

_OF_GLOBALS = frozenset(["LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"])

_HARMLESS_MISSING = (ChainMap, Counter)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a value consists of.

    ``mutable`` are the identities of its parts that can change, views counting as the memory
    they look at; ``classes`` those of the notebook's classes that it has instances of, or is.
    ``lively`` says that it may change when it is merely used: iterated over, called, or asked
    for an attribute; ``drawn`` that it is a figure, or has some. ``whole`` is false for a value
    of too many parts. ``names`` are the globals that functions of the notebook in it load or bind.
    """

    mutable: frozenset[int] = frozenset()
    classes: frozenset[int] = frozenset()
    lively: bool = False
    drawn: bool = False
    names: frozenset[str] = frozenset()
    whole: bool = True


class KnownParts:
    """Remembers the parts of each name's value until a cell may have changed them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Parts]] = {}

    def forget(self, names: Iterable[str] | None = None) -> None:
        """These values may have changed; all of them where no names are given."""
        if names is None:
            self._known.clear()
            return
        for name in names:
            self._known.pop(name, None)

    def of(self, name: str, value: Any) -> Parts:
        """The parts of what a name holds."""
        if type(value) in _PLAIN:
            return _NOTHING
        known = self._known.get(name)
        if known is not None and known[0] == id(value):
            return known[1]
        found = parts_of(value)
        self._known[name] = (id(value), found)
        return found

    def sharing_with(self, names: Collection[str], values: Mapping[str, Any]) -> set[str]:
        """The names whose values change where one of the given names' values changes in place."""
        held = [self.of(name, values[name]) for name in names]
        touched = frozenset[int]().union(*(parts.mutable for parts in held))
        if not touched:
            return set()
        return {
            name
            for name, value in values.items()
            if name in names or _meet(self.of(name, value), touched)
        }

    def made_of(self, classes: Collection[int], values: Mapping[str, Any]) -> set[str]:
        """The names whose values have instances of these classes, or are one of them."""
        return {
            name
            for name, value in values.items()
            if not self.of(name, value).classes.isdisjoint(classes)
        }


_NOTHING = Parts()


def _meet(parts: Parts, touched: frozenset[int]) -> bool:
    return not parts.whole or not touched.isdisjoint(parts.mutable)


def parts_of(value: Any) -> Parts:
    """What a value consists of; looks into every part, and runs none of their code."""
    seen: set[int] = set()
    fixed: set[int] = set()
    classes: set[int] = set()
    names: set[str] = set()
    lively = drawn = False
    level = _changing([value])
    while level and len(seen) + len(level) <= _MOST_PARTS:
        level, seen = _fresh(level, seen)
        kinds = set(map(type, level))
        classes |= {id(kind) for kind in kinds if _of_notebook(kind)}
        drawn = drawn or any(map(_is_drawing, kinds))
        if any(map(_is_looked_at, kinds)):
            lively = lively or any(map(_code_acts, level))
            fixed |= {id(part) for part in level if not _changes(part)}
            level = [part for part in level if _counts(part)]
            classes |= {id(part) for part in level if isinstance(part, type)}
            names.update(*map(_globals_of, level))
        lively = lively or any(map(_acts, kinds))
        level = _changing(_inside(level, kinds))
    return Parts(
        mutable=frozenset(seen - fixed) if fixed else frozenset(seen),
        classes=frozenset(classes),
        lively=lively or bool(level),
        drawn=drawn,
        names=frozenset(names),
        whole=not level,
    )


def _changing(parts: list[Any]) -> list[Any]:
    """The parts without those that cannot change and hold nothing that can."""
    kinds = set(map(type, parts))
    if kinds <= _PLAIN:
        return []
    if kinds.isdisjoint(_PLAIN):
        return parts
    return [part for part in parts if type(part) not in _PLAIN]


def _fresh(parts: list[Any], seen: set[int]) -> tuple[list[Any], set[int]]:
    """The parts that were not seen before, each once, and all that were seen by now."""
    ids = set(map(id, parts))
    if len(ids) < len(parts):
        parts = list(dict(zip(map(id, parts), parts, strict=True)).values())
    if not ids.isdisjoint(seen):
        parts = [part for part in parts if id(part) not in seen]
    if not seen:
        return parts, ids
    seen |= ids
    return parts, seen


def _inside(parts: list[Any], kinds: set[type]) -> list[Any]:
    """What parts consist of, all of them in one go where the collector knows."""
    special = {kind for kind in kinds if _opens(kind) or issubclass(kind, _OPEN_TO_ALL)}
    if not special:
        return gc.get_referents(*parts)
    found = gc.get_referents(*(part for part in parts if type(part) not in special))
    for part in parts:
        if type(part) in special:
            found += _opened(part)
    return found


@functools.lru_cache(maxsize=4096)
def _opens(kind: type) -> bool:
    numpy = _package(kind) == "numpy" and hasattr(kind, "__array_interface__")
    return kind is memoryview or numpy or _is_drawing(kind)


def _opened(part: Any) -> list[Any]:
    """What is in a part whose contents the garbage collector does not tell, or tells too well."""
    if isinstance(part, memoryview):
        return [part.obj]
    if isinstance(part, types.FunctionType):
        return [
            *(part.__closure__ or ()), *(part.__defaults__ or ()),
            *(part.__kwdefaults__ or {}).values(), *vars(part).values(),
        ]  # fmt: skip
    if isinstance(part, type):
        return [*vars(part).values(), *part.__bases__]
    kind: Any = type(part)
    if _is_drawing(kind):
        return [part.figure]  # a figure, which is its own, is what all of its parts change
    inside = [] if getattr(part, "base", None) is None else [part.base]
    if part.dtype.hasobject and part.size <= _MOST_PARTS:
        inside += part.ravel().tolist()
    return inside


def _globals_of(part: Any) -> frozenset[str]:
    """The globals that a function loads or binds, if it is one."""
    return _globals_in(part.__code__) if isinstance(part, types.FunctionType) else frozenset()


@functools.lru_cache(maxsize=1024)
def _globals_in(code: types.CodeType) -> frozenset[str]:
    inner = [_globals_in(part) for part in code.co_consts if isinstance(part, types.CodeType)]
    own = (step.argval for step in dis.get_instructions(code) if step.opname in _OF_GLOBALS)
    return frozenset(own).union(*inner)


def _counts(part: Any) -> bool:
    """Whether a part is data: of functions and classes, those of the notebook."""
    if isinstance(part, _OPEN_TO_ALL):
        return _of_notebook(part)
    return not isinstance(part, enum.Enum) and _package(type(part)) not in _MACHINERY


def _changes(part: Any) -> bool:
    return _counts(part) and type(part) not in (*_FIXED, *_METHODS)


def _of_notebook(code: Any) -> bool:
    return code.__module__ == "__main__" and not isinstance(code, enum.EnumMeta)


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=4096)
def _acts(kind: type) -> bool:
    """Whether instances may change when they are merely used."""
    if issubclass(kind, _OPEN_TO_ALL) or issubclass(kind, enum.Enum):
        return False  # looked at one by one
    if kind is types.MethodType or kind is functools.partial or hasattr(kind, "__next__"):
        return True
    if hasattr(kind, "__missing__") and not issubclass(kind, _HARMLESS_MISSING):
        return True
    return _package(kind) not in _HARMLESS


@functools.lru_cache(maxsize=4096)
def _is_looked_at(kind: type) -> bool:
    """Whether parts of a type have to be looked at one by one."""
    return issubclass(kind, _LOOKED_AT) or _package(kind) in _MACHINERY


@functools.lru_cache(maxsize=4096)
def _is_drawing(kind: type) -> bool:
    return any(
        ancestor.__name__ == "Artist" and _package(ancestor) == "matplotlib"
        for ancestor in kind.__mro__
    )


def _package(kind: type) -> str:
    module: Any = kind.__module__  # a class may say anything
    return module.partition(".")[0] if isinstance(module, str) else ""


def _code_acts(part: Any) -> bool:
    if isinstance(part, types.FunctionType):
        kept = (part.__closure__, part.__defaults__, part.__kwdefaults__, part.__dict__)
        return _of_notebook(part) and any(kept)
    if isinstance(part, type):
        return _of_notebook(part)
    owner = getattr(part, "__self__", None) if isinstance(part, _METHODS) else None
    return owner is not None and type(owner) not in _PLAIN and not isinstance(owner, type)
