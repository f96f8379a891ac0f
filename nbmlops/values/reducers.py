"""How values are pickled whose own pickle loses, shares or refuses too much."""

from __future__ import annotations

import functools
import importlib
import operator
import random
from collections.abc import Callable
from typing import Any

from nbmlops.values.kinds import module_of, name_of
from nbmlops.values.standard import global_generator
from nbmlops.values.tables import FRAME, MANAGER, SERIES, block_manager, polars_frame, polars_series


def reduce(value: Any) -> Any:
    """What `pickle` asks of a reducer; ``NotImplemented`` where the value's own way will do."""
    reducer = _reducer_of(type(value))
    return NotImplemented if reducer is None else reducer(value)


def is_reduced(kind: type) -> bool:
    """Whether `reduce` has a say in how values of a type are pickled."""
    return _reducer_of(kind) is not None


def set_gradient(tensor: Any, gradient: Any) -> None:
    """Give a tensor that was brought back its gradient; pickles name this function."""
    tensor.grad = gradient


def _reducer_of(kind: type) -> Callable[[Any], Any] | None:
    return _REDUCERS.get(kind) or _REDUCERS_BY_NAME.get((module_of(kind), name_of(kind)))


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
