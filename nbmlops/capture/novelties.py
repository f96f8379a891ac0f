"""Clocks and chance that a cell reaches through values, and not by what its code says.

``tick()`` where ``tick`` is ``time.time``; a property, a default factory or a function of the
project's modules that asks for the time; a generator of random numbers that the system seeds.
"""

from __future__ import annotations

import argparse
import configparser
import dis
import functools
import operator
import random
import re
import types
import weakref
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Literal

from nbmlops.capture.local_code import is_local_code
from nbmlops.notebook.dataflow.lookups import UNSEEN
from nbmlops.pipelines.novelties import PARSERS, WORDS, Kind, is_of_a_clock, kind_of
from nbmlops.values.homes import is_own, own_module
from nbmlops.values.kinds import ancestry, is_a, name_of

Sort = Kind | Literal["unseen", "word", "parser"]
"""``unseen`` are functions that tell of paths, or hold variables, and that nobody sees asked;
a ``word`` is "now" or "today" in a list or set, a ``parser`` what would take it for the time."""

_MOST, _MOST_INSIDE = 500, 100
"""Values that are looked at, and those in one collection: a cell must not wait for large ones."""

_SILENT = frozenset([bool, int, float, complex, bytes, bytearray, type(None), range])
_PLAIN = _SILENT | {str}
_LOADS = frozenset(["LOAD_GLOBAL", "LOAD_NAME"])
_ATTRIBUTES = frozenset(["LOAD_ATTR", "LOAD_METHOD"])
_MAKING = frozenset(["__init__", "__new__", "__post_init__", "__init_subclass__"])
_COLLECTIONS = (list, tuple, set, frozenset)
_FIELDS = frozenset(["Attribute", "Factory", "Field", "FieldInfo"])
_MAPPINGS = frozenset(["ChainMap", "DictConfig", "SectionProxy", "UserDict"])
"""Classes that hold settings, as `configparser` and omegaconf have them."""

_LONGEST_WORD = 12
_FACTORIES = ("default", "default_factory", "factory")
"""What fields of classes have, as dataclasses, attrs and pydantic make them, that is called."""

_MADE = "<"
"""Begins the file of code that is in none, such as a method that was made for a class."""

_WORD = re.compile(r"\w+")

_NAMED = re.compile(r"operator\.(methodcaller|attrgetter)\('(?:[\w.]+\.)?(\w+)'").match
_ASKED_UNSEEN: Mapping[str, frozenset[str]] = {
    "os": UNSEEN,
    "posix": UNSEEN | {"environ"},
    "nt": UNSEEN | {"environ"},
    "shutil": frozenset(["disk_usage"]),
}

_members_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


def reached(source: str, names: Iterable[str], namespace: Mapping[str, Any]) -> Mapping[str, Sort]:
    """What a cell reaches through the values of names → its kind.

    Args:
        source: the cell.
        names: those that it, or what it calls, uses.
        namespace: what they hold.
    """
    held = [(name, namespace.get(name)) for name in names]
    telling = [(name, value) for name, value in held if not _is_among(_SILENT, type(value))]
    if not telling:
        return {}
    search = _Search(source)
    for name, value in telling:
        if is_a(value, str) and isinstance(value, str):  # a proxy may raise if it is asked first
            search.text(value)
        else:
            search.name(name, value)
    return search.end()


class _Search:
    """Follows values to the code that they run.

    - functions by what their code names, in their own globals, closures and defaults;
    - classes of the notebook and the project by the members that the cell, or code that is
      reached, could mean;
    - not into libraries: what these ask of a clock is theirs.

    Args:
        source: the cell.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._words: set[str] = set()
        self._seen: dict[int, Any] = {}
        self._classes: dict[int, type] = {}
        self._whole: set[int] = set()
        self._waiting: list[Any] = []
        self._found: dict[str, Sort] = {}

    def name(self, name: str, value: Any) -> None:
        """The cell uses a name; what it hands on whole may be asked for anything."""
        if is_a(value, types.ModuleType):
            self._module(name, value)
            return
        before = len(self._classes)
        self._waiting.append(value)
        self._follow()
        if len(self._classes) > before and re.search(rf"\b{name}\b(?!\s*[.(\w])", self._source):
            self._whole.update(islice(self._classes, before, None))

    def text(self, value: str, *, is_listed: bool = False) -> None:
        """The cell uses a text."""
        word = str.strip(value)
        if len(word) < _LONGEST_WORD and word.lower() in WORDS:
            if is_listed:
                self._found.setdefault(f'"{word}"', "word")
            else:
                self._found[f'"{word}"'] = "clock"

    def end(self) -> Mapping[str, Sort]:
        """What was found, with all members that some code may mean."""
        known = -1
        if self._classes:
            self._words |= _words_of(self._source)
        while known != len(self._seen):
            known = len(self._seen)
            for key, kind in list(self._classes.items()):
                self._waiting += self._members(kind, key in self._whole)
            self._follow()
        return self._found

    def _follow(self) -> None:
        while self._waiting and len(self._seen) < _MOST:
            value = self._waiting.pop()
            if type(value) is str:
                self.text(value)
            elif id(value) not in self._seen and (sort := _sort_of(type(value))):
                self._seen[id(value)] = value
                with suppress(Exception):  # whatever the user's values say of themselves
                    self._look(value, sort)

    def _look(self, value: Any, sort: str) -> None:
        if sort == "inside":
            self._collection(value)
        elif sort == "called" and (told := _novelty(value)) is not None:
            self._found[told[0]] = told[1]
        elif is_a(value, types.FunctionType):
            self._function(value)
        elif is_a(value, types.MethodType):
            self._waiting += (value.__func__, value.__self__)
        elif is_a(value, type):
            self._class(value)
        elif sort == "field":
            self._waiting += [getattr(value, word, None) for word in _FACTORIES]
        elif sort == "asks":
            self._found |= _asked_by(value)
        elif sort == "own":
            self._class(type(value))
            self._waiting += _attributes(value)

    def _collection(self, value: Any) -> None:
        for one in islice(_inside(value), _MOST_INSIDE):
            if type(one) is str:
                self.text(one, is_listed=type(value) in _COLLECTIONS)
            elif not _is_among(_PLAIN, type(one)):
                self._waiting.append(one)

    def _class(self, kind: type) -> None:
        if is_own(kind):
            self._classes[id(kind)] = kind

    def _members(self, kind: type, whole: bool) -> Iterator[Any]:  # noqa: FBT001 (of one class)
        for one in filter(is_own, ancestry(kind)):
            for name, member in list(_members_of(one).items()):
                magic = name[:2] == "__" == name[-2:]
                if whole or magic or name in self._words:
                    yield member

    def _function(self, function: types.FunctionType) -> None:
        wrapped = vars(function).get("__wrapped__")
        self._waiting += [] if wrapped is None else [wrapped]
        self._waiting += function.__defaults__ or ()
        self._waiting += (function.__kwdefaults__ or {}).values()
        self._waiting += map(_content, function.__closure__ or ())
        code = function.__code__
        if is_local_code(code) or code.co_filename.startswith(_MADE):
            self._code(code, function.__globals__)

    def _code(self, code: types.CodeType, namespace: Mapping[str, Any]) -> None:
        if _may_parse(code):
            self._found["parser"] = "parser"
            for const in code.co_consts:
                if isinstance(const, str):
                    self.text(const)
        for path in _paths(code):
            self._words.update(path[1:])
            self._resolve(path, namespace)

    def _resolve(self, path: tuple[str, ...], namespace: Mapping[str, Any]) -> None:
        value = namespace.get(path[0])
        for word in path[1:]:
            if not is_a(value, types.ModuleType) and not is_a(value, type):
                break
            owner = str(vars(value).get("__name__") or getattr(value, "__name__", ""))
            kind = _kind_of(owner.rpartition(".")[2], word)
            if kind is not None:
                self._found[f"{owner}.{word}"] = kind
                return
            if word not in vars(value):
                return
            value = vars(value)[word]
        if not is_a(value, types.ModuleType):
            self._waiting.append(value)

    def _module(self, name: str, module: types.ModuleType) -> None:
        """Of a module of the project, what the cell means of it."""
        if vars(module).get("__name__") in _ASKED_UNSEEN:
            for word in re.findall(rf"\b{name}\s*\.\s*(\w+)", self._source):
                if _kind_of(module.__name__, word) == "unseen":
                    self._found[f"{name}.{word}"] = "unseen"
        if own_module(module) is not None:
            self._words |= _words_of(self._source)
            inside = vars(module)
            self._waiting += [inside[word] for word in self._words & inside.keys()]
            self._follow()


@functools.lru_cache(maxsize=64)  # asked before and after the cell
def _words_of(source: str) -> frozenset[str]:
    return frozenset(_WORD.findall(source))


_ASKING = (random.SystemRandom, operator.methodcaller, operator.attrgetter)


def _asked_by(value: Any) -> Mapping[str, Sort]:
    """What a value that does one thing asks for."""
    if isinstance(value, random.SystemRandom):
        return {"random.SystemRandom": "chance"}
    asked = _NAMED(repr(value))
    new = asked is not None and is_of_a_clock(asked[2])
    return {f"{asked[1]}('{asked[2]}')": "clock"} if asked is not None and new else {}


def _kind_of(owner: str, name: str) -> Sort | None:
    if name in _ASKED_UNSEEN.get(owner, ()):
        return "unseen"
    return kind_of(owner, name)


def _novelty(value: Any) -> tuple[str, Sort] | None:
    """A function that gives something new each time, and which one it is."""
    home: Any = getattr(value, "__self__", None)
    owner = home.__name__ if is_a(home, type) or is_a(home, types.ModuleType) else value.__module__
    kind = _kind_of(str(owner).rpartition(".")[2], value.__name__)
    return None if kind is None else (f"{owner}.{value.__name__}", kind)


_known_sorts: weakref.WeakKeyDictionary[type, str] = weakref.WeakKeyDictionary()


def _is_among(kinds: Container[object], kind: type) -> bool:
    """Whether a type is one of these; a metaclass is not asked for hashes, or whether it equals."""
    return type(kind) is type and kind in kinds


def _sort_of(kind: type) -> str:
    """How values of a type are looked at; empty where they lead nowhere."""
    if type(kind) is not type:
        return _found_sort(kind)
    found = _known_sorts.get(kind)
    if found is None:
        found = _known_sorts[kind] = _found_sort(kind)
    return found


def _found_sort(kind: type) -> str:
    if _is_among(_PLAIN, kind):
        return ""
    if _is_among(_CALLED, kind) or name_of(kind) == "cython_function_or_method":
        return "called"
    if issubclass(kind, (type, *_ASKING)):
        return "class" if issubclass(kind, type) else "asks"
    if _is_among(_INSIDE, kind) or issubclass(kind, dict) or name_of(kind) in _MAPPINGS:
        return "inside"
    if name_of(kind) in _FIELDS:
        return "field"
    return "own" if is_own(kind) else ""


_CALLED = (types.BuiltinFunctionType, types.FunctionType, types.MethodType)


@functools.lru_cache(maxsize=4096)
def _may_parse(code: types.CodeType) -> bool:
    """Whether code, or such in it, may take a word for the present time."""
    if not PARSERS.isdisjoint(code.co_names):
        return True
    for const in code.co_consts:
        if isinstance(const, types.CodeType) and _may_parse(const):
            return True
        if isinstance(const, tuple) and not PARSERS.isdisjoint(map(str, const)):
            return True  # by keyword
        if isinstance(const, str) and const.startswith(("datetime64", "M8")):
            return True
    return False


@functools.lru_cache(maxsize=4096)
def _paths(code: types.CodeType) -> tuple[tuple[str, ...], ...]:
    """The globals that code names, each with the attributes that it asks of them."""
    found: dict[tuple[str, ...], None] = {}
    path: tuple[str, ...] = ()
    for one in dis.get_instructions(code):
        if path and one.opname in _ATTRIBUTES:
            path = (*path, str(one.argval))
        else:
            found |= {path: None} if path else {}
            path = (str(one.argval),) if one.opname in _LOADS else ()
            if one.opname in _ATTRIBUTES:
                found[("", str(one.argval))] = None
    inner = (part for part in code.co_consts if isinstance(part, types.CodeType))
    return (*found, *(path for part in inner for path in _paths(part)))


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # it is empty


def _attributes(value: Any) -> list[Any]:
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return []
    return list(islice(held.values(), _MOST_INSIDE)) if type(held) is dict else []


def _of_generator(value: Any) -> Iterator[Any]:
    """A function with the code that goes on, and what it has at hand."""
    frame = value.gi_frame
    if frame is not None:
        yield from frame.f_locals.values()
        if not value.gi_code.co_freevars:
            yield types.FunctionType(value.gi_code, frame.f_globals)


_INSIDE: Mapping[type, Callable[[Any], Iterable[Any]]] = {
    **dict.fromkeys(_COLLECTIONS, iter),
    dict: lambda value: value.values(),
    functools.partial: lambda value: (value.func, *value.args, *value.keywords.values()),
    property: lambda value: (value.fget,),
    functools.cached_property: lambda value: (value.func,),
    staticmethod: lambda value: (value.__func__,),
    classmethod: lambda value: (value.__func__,),
    type(functools.cache(len)): lambda value: (value.__wrapped__,),
    types.GeneratorType: _of_generator,
    map: lambda value: value.__reduce__()[1],
    filter: lambda value: value.__reduce__()[1],
    types.MappingProxyType: lambda value: value.values(),
    types.SimpleNamespace: lambda value: vars(value).values(),
    argparse.Namespace: lambda value: vars(value).values(),
    configparser.ConfigParser: lambda value: value.values(),
}


def _inside(value: Any) -> Iterator[Any]:
    """What a value that holds others leads to."""
    known = _INSIDE.get(type(value))
    return iter(known(value) if known is not None else value.values())
