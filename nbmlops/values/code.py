"""What functions, classes and modules are made of.

What can be imported is its name; what was defined in a notebook is its code, without file names,
line numbers and addresses.
"""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

from nbmlops.values.enumerations import named_values
from nbmlops.values.forms import Anatomist, Anatomy
from nbmlops.values.registered import registered

# What a class's namespace holds that says nothing of its meaning, or differs from run to run.
_IGNORED = frozenset({
    "__dict__", "__weakref__", "__module__", "__qualname__", "__firstlineno__",
    "__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__",
    "__abstractmethods__", "_abc_impl", "__class_getitem__", "__slotnames__",
    "__pydantic_core_schema__", "__pydantic_parent_namespace__", "__pydantic_serializer__",
    "__pydantic_setattr_handlers__", "__pydantic_validator__",
})  # fmt: skip
_INTERACTIVE = ("__main__", "__mp_main__")


def anatomist_of_code(kind: type) -> Anatomist | None:
    """How values of this type are taken apart, if they are code."""
    if issubclass(kind, type):
        return _class
    return _ANATOMISTS.get(kind)


def _function(value: types.FunctionType) -> Anatomy:
    if _importable(value):
        return ("global", value.__module__, value.__qualname__)
    cells = tuple(_content(cell) for cell in value.__closure__ or ())
    attributes = dict(value.__dict__)
    return (
        "function", value.__code__, value.__defaults__, value.__kwdefaults__, cells, attributes,
    )  # fmt: skip


def _code(value: types.CodeType) -> Anatomy:
    return (
        "code", value.co_name, value.co_code, value.co_consts, value.co_names, value.co_varnames,
        value.co_freevars, value.co_cellvars, value.co_flags, value.co_argcount,
        value.co_posonlyargcount, value.co_kwonlyargcount,
        getattr(value, "co_exceptiontable", b""),
    )  # fmt: skip


def _class(value: type) -> Anatomy:
    if _importable(value):
        return ("global", value.__module__, value.__qualname__)
    namespace = {name: part for name, part in vars(value).items() if name not in _IGNORED}
    if not namespace.get("__annotations__", True):  # made empty by whoever asks for them
        del namespace["__annotations__"]
    if "_value2member_map_" in namespace:  # combinations of flags are added as they are used
        namespace["_value2member_map_"] = named_values(namespace)
    others = registered(value)
    more = (frozenset(others),) if others else ()
    return ("class", value.__name__, type(value), value.__bases__, namespace, *more)


def _builtin(value: types.BuiltinFunctionType) -> Anatomy:
    owner = value.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        return ("global", value.__module__, value.__qualname__)
    return ("method", owner, value.__name__)


def is_made_by_hand(value: types.ModuleType) -> bool:
    """Whether a module is one that a cell made, and no import: then it is what it holds."""
    inside = _inside(value)
    name = inside.get("__name__")
    if type(name) is not str or name in _INTERACTIVE or sys.modules.get(name) is value:
        return False
    return inside.get("__spec__") is None and "__file__" not in inside


def _inside(value: types.ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = types.ModuleType.__getattribute__(value, "__dict__")
    return found


_OF_MODULES = frozenset(["__builtins__", "__loader__", "__package__", "__spec__"])


def _module(value: types.ModuleType) -> Anatomy:
    if is_made_by_hand(value):
        held = {name: part for name, part in _inside(value).items() if name not in _OF_MODULES}
        return ("module by hand", held)
    version = vars(value).get("__version__")
    return ("module", value.__name__, version if isinstance(version, str) else None)


def _property(value: property) -> Anatomy:
    return ("property", value.fget, value.fset, value.fdel, value.__doc__)


def _wrapper(value: Any) -> Anatomy:
    return (type(value).__name__, value.__func__)


def _cached_property(value: functools.cached_property[Any]) -> Anatomy:
    return ("cached_property", value.func, value.attrname)


def set_on_cached(value: Any) -> dict[str, Any]:
    """What was set on a function that remembers its results, beside what it is made with."""
    return {name: part for name, part in vars(value).items() if name not in _OF_CACHED}


_OF_CACHED = frozenset(["cache_parameters", "__wrapped__", *functools.WRAPPER_ASSIGNMENTS])


def _cached_function(value: Any) -> Anatomy:
    more = set_on_cached(value)
    made = ("lru_cache", value.__wrapped__, value.cache_parameters())
    return (*made, more) if more else made


def _slot(value: Any) -> Anatomy:
    return ("slot", value.__name__)


def _proxy(value: types.MappingProxyType[Any, Any]) -> Anatomy:
    return ("mappingproxy", dict(value))


_ANATOMISTS: dict[type, Anatomist] = {
    classmethod: _wrapper,
    functools.cached_property: _cached_property,
    functools._lru_cache_wrapper: _cached_function,  # noqa: SLF001  the type has no other name
    property: _property,
    staticmethod: _wrapper,
    types.BuiltinFunctionType: _builtin,
    types.CodeType: _code,
    types.FunctionType: _function,
    types.GetSetDescriptorType: _slot,
    types.MappingProxyType: _proxy,
    types.MemberDescriptorType: _slot,
    types.ModuleType: _module,
    types.WrapperDescriptorType: _slot,
}


def _content(cell: types.CellType) -> Any:
    try:
        return (cell.cell_contents,)
    except ValueError:  # not assigned yet
        return ()


def _importable(value: Any) -> bool:
    """Whether the name finds this very object in a module other than the notebook's."""
    module = value.__module__
    if not isinstance(module, str) or module in _INTERACTIVE:
        return False
    found: Any = sys.modules.get(module)
    for name in value.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(name)
    return found is value
