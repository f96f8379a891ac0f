"""Classes whose instances run no code of their own when they are merely looked at."""

from __future__ import annotations

import dataclasses
import types
from abc import ABCMeta
from typing import Any

from nbmlops.values.kinds import ancestry, has

_ON_CREATION = frozenset([
    "__init__", "__init_subclass__", "__new__", "__post_init__", "__set_name__",
])  # fmt: skip
"""Methods that run where a class is called or made, which the code of the cell tells."""

_FACTS = frozenset([
    "__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__",
    "__annotations_cache__", "__class_getitem__", "__dataclass_fields__", "__dataclass_params__",
    "__dict__", "__doc__", "__firstlineno__", "__match_args__", "__module__", "__orig_bases__",
    "__parameters__", "__qualname__", "__slotnames__", "__slots__", "__static_attributes__",
    "__type_params__", "__weakref__",
])  # fmt: skip

_GENERATED = frozenset(["__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__repr__"])
"""What `dataclasses` writes: compares and shows fields, each of which is looked at by itself."""

_CALLED = (types.FunctionType, staticmethod, classmethod)
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


def is_inert(kind: type) -> bool:
    """Whether asking an instance for an attribute, showing or comparing it runs nothing of its own.

    Then it changes only where the cell's code says so: by an assignment or by a call. Asked anew
    each time, as a class may be given a ``__getattr__`` later.
    """
    if type(kind) not in (type, ABCMeta):
        return False
    own = [ancestor for ancestor in ancestry(kind) if ancestor is not object]
    return all(_is_of_python(ancestor) and _says_nothing(ancestor) for ancestor in own)


def _is_of_python(kind: type) -> bool:
    return bool(kind.__flags__ & _HEAP) and "__module__" in vars(kind)


_HEAP = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: the class was made while Python ran."""


def _says_nothing(kind: type) -> bool:
    generated = _GENERATED if dataclasses.is_dataclass(kind) else frozenset[str]()
    return all(
        name in _FACTS or name in _ON_CREATION or _is_quiet(name, part, generated)
        for name, part in vars(kind).items()
    )


def _is_quiet(name: str, part: Any, generated: frozenset[str]) -> bool:
    if part is None:
        return True  # such as a __hash__ that is switched off
    if name.startswith("__") and name.endswith("__"):
        return name in generated and _is_generated(part)
    kind = type(part)
    return kind in _CALLED or kind in _SLOTS or not has(kind, "__get__")


def _is_generated(part: Any) -> bool:
    inner = getattr(part, "__wrapped__", part)
    return isinstance(inner, types.FunctionType) and inner.__code__.co_filename == "<string>"
