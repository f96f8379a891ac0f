"""How values are pickled whose own pickle loses, shares or refuses too much."""

from __future__ import annotations

import enum
import functools
import importlib
import operator
import random
import types
from collections.abc import Callable
from typing import Any

from nbmlops.values import arrays, frames
from nbmlops.values.beside import adds_attributes, attributes_of, drops_attributes, pickled
from nbmlops.values.homes import is_own
from nbmlops.values.kinds import ancestry, module_of, name_of, package_of
from nbmlops.values.standard import global_generator
from nbmlops.values.tables import FRAME, MANAGER, SERIES, block_manager, polars_frame, polars_series


def reduce(value: Any) -> Any:
    """What `pickle` asks of a reducer; ``NotImplemented`` where the value's own way will do."""
    kind: Any = type(value)
    reducer = _reducer_of(kind)
    return NotImplemented if reducer is None else reducer(value)


def is_reduced(kind: Any) -> bool:
    """Whether `reduce` has a say in how values of a type are pickled."""
    return _reducer_of(kind) is not None


def set_gradient(tensor: Any, gradient: Any) -> None:
    """Give a tensor that was brought back its gradient; pickles name this function."""
    tensor.grad = gradient


def set_both(value: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Give an object its state and the attributes beside it; pickles name this function."""
    own, more = state
    if own is not None:
        value.__setstate__(own)
    for name, part in more.items():
        object.__setattr__(value, name, part)


def make_exception(kind: type[BaseException], base: Any, arguments: tuple[Any, ...]) -> Any:
    """An exception as its built-in ancestor makes it; pickles name this function."""
    made = base.__new__(kind, *arguments)
    base.__init__(made, *arguments)
    return made


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def _reducer_of(kind: type) -> Callable[[Any], Any] | None:
    exact = _REDUCERS.get(kind) or _REDUCERS_BY_NAME.get((module_of(kind), name_of(kind)))
    return exact or _reducer_of_family(kind)


def _reducer_of_family(kind: Any) -> Callable[[Any], Any] | None:
    names = {(package_of(ancestor), name_of(ancestor)) for ancestor in ancestry(kind)}
    if ("numpy", "ndarray") in names:
        noted = arrays.pickles_as_numpy(kind) or ("numpy", "MaskedArray") in names
        return _array if noted and kind is not ancestry(kind)[-2] else None
    if ("pandas", "NDFrame") in names:
        return _frame
    if issubclass(kind, enum.Enum):
        return _member if is_own(kind) else None
    if issubclass(kind, BaseException):
        return _exception if _has_own_way_to_begin(kind) else _without_traceback
    return _with_attributes if drops_attributes(kind) else None


def _array(value: Any) -> Any:
    """With what is noted on it, which numpy leaves out."""
    return _with_more(value, arrays.attributes(value))


def _frame(value: Any) -> Any:
    return _with_more(value, frames.noted_on(value))


def _with_more(value: Any, more: dict[str, Any]) -> Any:
    if not more:
        return NotImplemented
    maker, arguments, state, *_ = value.__reduce_ex__(5)
    return maker, arguments, (state, more), None, None, set_both


def _with_attributes(value: Any) -> Any:
    """With the attributes that a subclass of a class of Python's own adds."""
    kind: Any = type(value)
    made, more = pickled(value), attributes_of(value)
    if isinstance(made, str) or not more or not adds_attributes(kind, made):
        return NotImplemented
    return (*made[:2], (None, more), *(*made[3:5], None, None)[:2], set_both)


def _member(value: Any) -> Any:
    """By its name: what it stands for may have been changed when it comes back."""
    kind: Any = type(value)
    name = value._name_
    found = kind._member_map_.get(name)
    return (operator.getitem, (kind, name)) if found is value else NotImplemented


def _has_own_way_to_begin(kind: Any) -> bool:
    """Whether a class of exceptions takes what it is not made from when it comes back."""
    default = kind.__reduce__ is BaseException.__reduce__
    return default and isinstance(kind.__init__, types.FunctionType)


def _exception(value: BaseException) -> Any:
    """Without calling ``__init__`` of its class, which may take other arguments than are kept."""
    base = next(one for one in ancestry(type(value)) if not one.__flags__ & _HEAP)
    state = value.__reduce__()[2:]
    return make_exception, (type(value), base, value.args), *state


_HEAP = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: the class was made while Python ran."""


def _without_traceback(value: BaseException) -> Any:
    """As it pickles by itself: libraries that are imported later may add the traceback."""
    return value.__reduce_ex__(5)


def _cached_property(value: functools.cached_property[Any]) -> Any:
    # before Python 3.12 it holds a lock, which keeps its class from being pickled
    state = {"attrname": value.attrname, "__doc__": value.__doc__}
    return functools.cached_property, (value.func,), state


def _memory_view(value: memoryview) -> Any:
    flat = memoryview(value.tobytes())
    if value.format == "B" and value.ndim == 1:
        return memoryview, (flat.obj,)
    return operator.methodcaller("cast", value.format, value.shape), (flat,)


def _generator(value: Any) -> Any:
    """One of the whole process stays that one, so that what draws from it still does."""
    found = global_generator(value)
    if found is None:
        return NotImplemented
    module, name = found
    return operator.attrgetter(name), (importlib.import_module(module),)


def _tensor(value: Any) -> Any:
    """A leaf with its gradient, which torch leaves out."""
    if not value.is_leaf or value.grad is None:
        return NotImplemented
    made = value.__reduce_ex__(5)
    if len(made) > _WITHOUT_STATE:
        return NotImplemented
    return (*made, value.grad, None, None, set_gradient)


_WITHOUT_STATE = 2


_REDUCERS: dict[type, Callable[[Any], Any]] = {
    functools.cached_property: _cached_property,
    memoryview: _memory_view,
    random.Random: _generator,
}
# Their libraries need not be there.
_REDUCERS_BY_NAME: dict[tuple[str, str], Callable[[Any], Any]] = {
    MANAGER: block_manager,
    FRAME: polars_frame,
    SERIES: polars_series,
    ("numpy.random.mtrand", "RandomState"): _generator,
    ("torch", "Tensor"): _tensor,
    ("torch.nn.parameter", "Parameter"): _tensor,
}
