"""What is known of the parts of values by their types: which change, which are looked into how."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import gc
import operator
import pathlib
import re
import sys
import types
from collections import ChainMap, Counter
from typing import Any

from nbmlops.capture.addressed import has_memory
from nbmlops.capture.inert import is_inert
from nbmlops.notebook.dataflow.known import PURE_PACKAGES
from nbmlops.values.arrays import is_plain_array_type
from nbmlops.values.enumerations import is_stateful
from nbmlops.values.homes import is_own_module, own_module
from nbmlops.values.kinds import ancestry, has, is_a, module_of, name_of, package_of
from nbmlops.values.many_arrays import is_number

PLAIN = frozenset([
    bool, int, float, complex, str, bytes, range, type(None), type(Ellipsis),
    type(NotImplemented), dt.date, dt.datetime, dt.time, dt.timedelta,
    decimal.Decimal, types.ModuleType, types.CodeType, types.FrameType,
])  # fmt: skip
"""Types of what cannot change, or is no part of a value."""


def is_plain_kind(kind: type) -> bool:
    """Whether a type is among these; asked for each value, so before anything dearer.

    >>> is_plain_kind(int), is_plain_kind(list)
    (True, False)
    """
    try:
        return kind in PLAIN
    except Exception:  # noqa: BLE001 (its metaclass does not let it be hashed)
        return False


_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
FIXED = (tuple, frozenset, slice)
OPEN_TO_ALL = (type, types.FunctionType)
_LOOKED_AT = (*OPEN_TO_ALL, *_METHODS, *FIXED, enum.Enum)

_HARMLESS = PURE_PACKAGES | {"lightgbm", "polars", "pyarrow", "xgboost"} | sys.stdlib_module_names
"""Packages whose objects do not change when an attribute, an item or a comparison is asked for."""

_MACHINERY = frozenset(["IPython", "ipykernel", "logging", "tornado", "traitlets", "zmq"])
"""Packages whose objects lead to the whole kernel, and are no part of a value."""

_TABLES = frozenset(["NDFrame", "Index", "ExtensionArray"])

_PANDAS_CONSTANTS = frozenset([
    "ArrowDtype", "BaseMaskedDtype", "BlockPlacement", "DatetimeTZDtype", "PeriodDtype",
    "StringDtype",
])  # fmt: skip
"""What columns and frames share that were made of each other: their types, and where blocks are."""

_NUMPY_DTYPES = frozenset(["dtype"])
_NUMPY_WALKS = {"broadcast": "iters", "flatiter": "base", "nditer": "operands"}
_NUMPY_CONSTANTS = frozenset(["generic", "dtype"])

_NEVER_OWN = (
    type, dt.date, dt.time, dt.timedelta, dt.tzinfo, decimal.Decimal, pathlib.PurePath, re.Pattern,
)  # fmt: skip
"""Types of what comes back as it is wherever it is held."""

_CALLING = frozenset([types.MethodType, functools.partial, operator.methodcaller])
"""Types of what calls something with what it holds."""

_HARMLESS_MISSING = (ChainMap, Counter)


def home_of(part: Any) -> str:
    """The module of the project in which a function or class was defined, if it is one."""
    if is_a(part, types.FunctionType):
        module = part.__globals__.get("__name__")
        return module if type(module) is str and is_own_module(module) else ""
    return own_home(part) if is_a(part, type) else ""


@functools.lru_cache(maxsize=4096)
def own_home(kind: type) -> str:
    """The module of the project in which a type was defined; empty where it is another's."""
    module = module_of(kind)
    foreign = module == "builtins" or module.partition(".")[0] in _HARMLESS
    return "" if foreign or own_module(module) is None else module


def counts(part: Any) -> bool:
    """Whether a part is data: of functions and classes, those of the notebook."""
    if is_a(part, OPEN_TO_ALL):
        return of_notebook(part)
    if is_a(part, enum.Enum):
        return of_notebook(type(part))
    kind: Any = type(part)
    if is_ufunc(kind):
        return code_acts(part)
    return package_of(kind) not in _MACHINERY and not is_constant(kind)


def changes(part: Any) -> bool:
    """Whether a part that is looked at one by one can change."""
    return counts(part) and type(part) not in (*FIXED, *_METHODS)


def of_notebook(code: Any) -> bool:
    """Whether a function or class was defined in the notebook; not an enumeration of constants."""
    module = module_of(code) if is_a(code, type) else code.__module__
    return module == "__main__" and not (is_a(code, enum.EnumMeta) and not is_stateful(code))


def is_bare(part: Any) -> bool:
    """Whether a part is a function that keeps nothing which can change, as most functions are."""
    if type(part) is not types.FunctionType:
        return False
    if part.__closure__ or part.__kwdefaults__ or part.__dict__:
        return False
    return PLAIN.issuperset(map(type, part.__defaults__ or ()))


def is_inner(part: Any) -> bool:
    """Whether a part is a function that a library made while it ran: it may hold what it is given.

    One that wraps a function of the notebook passes for that.
    """
    is_function = is_a(part, types.FunctionType)
    return is_function and part.__closure__ is not None and "<locals>" in part.__qualname__


def acts(kind: type) -> bool:
    """Whether instances may change when they are merely used."""
    return may_act(kind) and not is_inert(kind)


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=4096)
def may_act(kind: type) -> bool:
    """Whether instances may change where a cell calls something."""
    if issubclass(kind, OPEN_TO_ALL) or issubclass(kind, enum.Enum):
        return False  # looked at one by one
    if kind in _CALLING or has(kind, "__next__"):
        return True
    if has(kind, "__missing__") and not issubclass(kind, _HARMLESS_MISSING):
        return True
    return package_of(kind) not in _HARMLESS


@functools.lru_cache(maxsize=4096)
def is_looked_at(kind: type) -> bool:
    """Whether parts of a type have to be looked at one by one."""
    if kind in FIXED:
        return False
    looked = is_ufunc(kind) or issubclass(kind, _LOOKED_AT)
    return looked or is_constant(kind) or package_of(kind) in _MACHINERY


def is_all_constant(kind: type) -> bool:
    """Whether no instance of a type that is looked at one by one has anything to say."""
    one_by_one = is_ufunc(kind) or issubclass(kind, _LOOKED_AT)
    return is_looked_at(kind) and not one_by_one


def is_of_library(kind: type) -> bool:
    """Whether a class is neither the notebook's nor one of the project's."""
    return module_of(kind) != "__main__" and own_home(kind) == ""


@functools.lru_cache(maxsize=4096)
def is_constant(kind: type) -> bool:
    """Whether instances are something of pandas' or numpy's that is shared and cannot change.

    Not dtypes of categories and intervals, which hold an index, nor those of records, whose
    fields can be named anew, and not those of other packages.
    """
    package = package_of(kind)
    if package == "numpy" and name_of(kind) == "VoidDType":
        return False
    known = _PANDAS_CONSTANTS if package == "pandas" else _NUMPY_DTYPES
    return package in ("numpy", "pandas") and any(
        package_of(ancestor) == package and name_of(ancestor) in known
        for ancestor in ancestry(kind)
    )


@functools.lru_cache(maxsize=4096)
def is_usual(kind: type) -> bool:
    """Whether what was said of one part of a type holds for all, and the collector knows them."""
    ways = (is_looked_at, has_memory, closes, opens)
    return not any(way(kind) for way in ways)


@functools.lru_cache(maxsize=4096)
def closes(kind: type) -> bool:
    """Whether instances are not looked into where it counts what a value has of its own."""
    if is_table(kind) or issubclass(kind, _NEVER_OWN):
        return True
    return any(
        package_of(ancestor) == "numpy" and name_of(ancestor) in _NUMPY_CONSTANTS
        for ancestor in ancestry(kind)
    )


@functools.lru_cache(maxsize=4096)
def is_table(kind: type) -> bool:
    """Whether instances are frames, columns or indexes of pandas: they copy what is written to."""
    return any(
        package_of(ancestor) == "pandas" and name_of(ancestor) in _TABLES
        for ancestor in ancestry(kind)
    )


@functools.lru_cache(maxsize=4096)
def is_index(kind: type) -> bool:
    """Whether instances are indexes of pandas: frames may have one of them in common."""
    return any(
        package_of(ancestor) == "pandas" and name_of(ancestor) == "Index"
        for ancestor in ancestry(kind)
    )


@functools.lru_cache(maxsize=4096)
def is_drawing(kind: type) -> bool:
    """Whether instances are figures, or parts of them."""
    return any(
        package_of(ancestor) == "matplotlib" and name_of(ancestor) == "Artist"
        for ancestor in ancestry(kind)
    )


def code_acts(part: Any) -> bool:
    """Whether a function, class or method may change when it is merely used."""
    if is_a(part, types.FunctionType):
        kept = (part.__closure__, part.__defaults__, part.__kwdefaults__, part.__dict__)
        return (of_notebook(part) or is_inner(part)) and any(kept)
    if is_a(part, type):
        return of_notebook(part)
    kind: Any = type(part)
    if is_ufunc(kind):
        return any(map(callable, gc.get_referents(part)))  # one of `np.frompyfunc` calls these
    owner = getattr(part, "__self__", None) if is_a(part, _METHODS) else None
    return owner is not None and type(owner) not in PLAIN and not is_a(owner, type)


@functools.lru_cache(maxsize=4096)
def is_ufunc(kind: type) -> bool:
    """Whether instances are functions of numpy that go through arrays."""
    return package_of(kind) == "numpy" and name_of(kind) == "ufunc"


@functools.lru_cache(maxsize=4096)
def opens(kind: type) -> bool:
    """Whether the collector does not tell what is in instances, or tells too much."""
    return kind is memoryview or is_of_numpy(kind) or is_drawing(kind) or walks_by(kind) != ""


@functools.lru_cache(maxsize=4096)
def is_memory_alone(kind: type) -> bool:
    """Whether instances are plain arrays or numbers of numpy, which have no attributes."""
    return is_plain_array_type(kind) or is_number(kind)


def walks_by(kind: type) -> str:
    """The attribute in which what walks through arrays of numpy has these; of all else, none."""
    return _NUMPY_WALKS.get(name_of(kind), "") if package_of(kind) == "numpy" else ""


@functools.lru_cache(maxsize=4096)
def is_of_numpy(kind: type) -> bool:
    """Whether instances are arrays or scalars of numpy, or of a class made from one."""
    inherits = any(package_of(ancestor) == "numpy" for ancestor in ancestry(kind))
    return inherits and has(kind, "__array_interface__")
