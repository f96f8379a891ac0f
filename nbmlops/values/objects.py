"""Which objects are just what their attributes hold, so that many are walked without their code."""

from __future__ import annotations

import copyreg
import functools
import types
from collections.abc import Collection
from typing import Any

from nbmlops.values.anatomy import anatomist_beside_pickle
from nbmlops.values.kinds import ancestry, name_of, package_of
from nbmlops.values.opaque import opaque_reason_of, why_not_kept_of
from nbmlops.values.reducers import is_reduced
from nbmlops.values.standard import remembers

NEW: Any = vars(copyreg)["__newobj__"]
"""What such an object is made by."""

_HONEST: tuple[Any, ...] = (object.__getattribute__, types.SimpleNamespace.__getattribute__)
"""Ways to look for attributes that do not answer for something else."""
_OWN_PICKLE = ("__reduce_ex__", "__reduce__", "__getstate__", "__getattribute__")


def is_plain(items: Collection[Any]) -> bool:
    """Whether objects of one class are what their ``__dict__`` holds, and nothing else."""
    first, *_ = items
    kind = type(first)
    if kind is types.SimpleNamespace:
        return kind not in copyreg.dispatch_table
    return is_plain_class(first) and not remembers(kind)


def is_plain_class(first: Any) -> bool:
    """Whether this object, and others of its class, pickle to their class and ``__dict__``."""
    kind: Any = type(first)
    if not _pickles_by_default(kind) or not _has_dict_alone(kind):
        return False
    state = _state_of(first)
    return state is first.__dict__ or (state is None and not first.__dict__)


def slots_of(items: Collection[Any]) -> tuple[str, ...] | None:
    """The attributes of objects of one class that are what these hold; else none.

    All of them are declared in ``__slots__``, in the order in which they are, and the first of
    the objects has them all.
    """
    first, *_ = items
    kind: Any = type(first)
    if not _pickles_by_default(kind) or any("__dict__" in vars(one) for one in ancestry(kind)):
        return None
    if remembers(kind):
        return None
    state = _state_of(first)
    names: tuple[str, ...] = tuple(vars(copyreg)["_slotnames"](kind))
    return names if names and type(state) is tuple and state[1].keys() == set(names) else None


_OVER_MEMORY = frozenset([
    ("pandas", "BlockManager"), ("pandas", "BlockValuesRefs"), ("pandas", "SingleBlockManager"),
    ("pyarrow", "Buffer"), ("torch", "Parameter"), ("torch", "Tensor"),
])  # fmt: skip
"""What is bound to the memory that it looks at, if something else does as well."""


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def is_ordinary(kind: Any) -> bool:
    """Whether instances pickle as their class says, whatever they are a part of.

    Nobody else has a say in it: neither nbmlops nor cloudpickle, which ask about code, what
    libraries keep in their own ways, and what has no content to keep. Of `copyreg` the caller
    knows.
    """
    return not (
        why_not_kept_of(kind) is not None
        or is_reduced(kind)
        or package_of(kind) == "numpy"  # views are bound to what they look at
        or (package_of(kind), name_of(kind)) in _OVER_MEMORY
        or any("__class__" in vars(one) for one in ancestry(kind)[:-1])
        or kind.__getattribute__ not in _HONEST
        or issubclass(kind, (type, types.FunctionType, types.CellType))
    )


def _state_of(value: Any) -> Any:
    """What an object pickles beside its class; `Ellipsis` where it pickles otherwise."""
    kind: Any = type(value)
    if kind in copyreg.dispatch_table:
        return ...
    try:
        function, arguments, state, *rest = value.__reduce_ex__(5)
    except TypeError:  # it holds what only its library sees
        return ...
    is_default = function is NEW and arguments == (kind,) and rest == [None, None]
    return state if is_default else ...


@functools.lru_cache(maxsize=1024)
def _pickles_by_default(kind: type) -> bool:
    return (
        anatomist_beside_pickle(kind) is None
        and opaque_reason_of(kind) is None
        and all(getattr(kind, name) is getattr(object, name) for name in _OWN_PICKLE)
        and not any(hasattr(kind, name) for name in ("__getnewargs__", "__getnewargs_ex__"))
    )


@functools.lru_cache(maxsize=1024)
def _has_dict_alone(kind: type) -> bool:
    return not any("__slots__" in vars(one) for one in ancestry(kind)) and isinstance(
        _dict_of(kind), types.GetSetDescriptorType
    )


def _dict_of(kind: type) -> Any:
    """What finds the ``__dict__`` of an instance."""
    return next((vars(one)["__dict__"] for one in ancestry(kind) if "__dict__" in vars(one)), None)
