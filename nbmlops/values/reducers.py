"""How values are pickled whose own pickle loses, shares or refuses too much."""

from __future__ import annotations

import copyreg
import enum
import functools
import gc
import importlib
import operator
import random
import types
import typing
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from nbmlops.errors import NotStorableError
from nbmlops.values import arrays, formulas, frames, pouring, type_variables
from nbmlops.values.beside import adds_attributes, attributes_of, drops_attributes, pickled
from nbmlops.values.code import set_on_cached
from nbmlops.values.exceptions import chain_of
from nbmlops.values.homes import is_own
from nbmlops.values.kinds import ancestry, has, module_of, name_of, package_of
from nbmlops.values.own_ways import has_own_ways, past_own_ways
from nbmlops.values.pouring import fill, items_of
from nbmlops.values.standard import attributes_in, global_generator, is_its_own_state
from nbmlops.values.tables import (
    FRAME,
    MANAGER,
    SERIES,
    block_manager,
    polars_frame,
    polars_series,
    text_column,
)


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


def set_wanted_gradient(tensor: Any, state: tuple[Any]) -> None:
    """Have a tensor take a gradient, and give it the one that it had; pickles name this one."""
    (tensor.requires_grad_().grad,) = state


def shared_generator(module: str, name: str) -> Any:
    """A random generator of the whole process; pickles name this function."""
    return getattr(importlib.import_module(module), name)


def set_both(value: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Give an object its state and the attributes beside it; pickles name this function."""
    own, more = state
    if own is not None:
        value.__setstate__(own)
    for name, part in more.items():
        object.__setattr__(value, name, part)


def set_itself(value: Any, _: tuple[()]) -> None:
    """Have a dict keep its items as its attributes; pickles name this function."""
    attributes_in(type(value)).__set__(value, value)


def set_filled(value: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Give a container its items and attributes; pickles name this function."""
    items, more = state
    fill(value, items)
    for name, part in more.items():
        object.__setattr__(value, name, part)


def set_fixed(array: Any, state: tuple[Any, ...]) -> None:
    """Give an array its state, if any, and let nobody write to it; pickles name this function."""
    for own in state:
        array.__setstate__(own)
    array.flags.writeable = False


def make_exception(kind: type[BaseException], base: Any, arguments: tuple[Any, ...]) -> Any:
    """An exception as its built-in ancestor makes it; pickles name this function."""
    made = base.__new__(kind, *arguments)
    base.__init__(made, *arguments)
    return made


def make_cached(wrapped: Any, most: int | None, typed: bool) -> Any:  # noqa: FBT001 (of pickles)
    """A function that remembers its results, of which it has none yet; pickles name this one."""
    return functools.lru_cache(most, typed)(wrapped)


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def _reducer_of(kind: type) -> Callable[[Any], Any] | None:
    exact = _REDUCERS.get(kind) or _REDUCERS_BY_NAME.get((module_of(kind), name_of(kind)))
    return exact or _reducer_of_family(kind)


def _reducer_of_family(kind: Any) -> Callable[[Any], Any] | None:
    names = {(package_of(ancestor), name_of(ancestor)) for ancestor in ancestry(kind)}
    if ("numpy", "ndarray") in names:
        if kind is ancestry(kind)[-2]:
            return _plain_array
        noted = arrays.pickles_as_numpy(kind) or ("numpy", "MaskedArray") in names
        return _array if noted else None
    for name, reducer in _FAMILIES.items():
        if name in names:
            return reducer
    if issubclass(kind, enum.Enum):
        return _member if is_own(kind) else None
    return _reducer_of_subclass(kind)


def _reducer_of_subclass(kind: Any) -> Callable[[Any], Any] | None:
    if issubclass(kind, BaseException):
        return _exception if _has_own_way_to_begin(kind) else _without_traceback
    if _has_own_beginning(kind):
        return _container
    if has_own_ways(kind):
        return past_own_ways
    if issubclass(kind, dict) and attributes_in(kind) is not None:
        return _mapping
    return _with_attributes if drops_attributes(kind) else None


def _plain_array(value: Any) -> Any:
    """With the note that it must not be written to, which is lost with memory of its own."""
    if arrays.is_writeable(value):
        return NotImplemented
    maker, arguments, *state = value.__reduce_ex__(5)
    return maker, arguments, tuple(state[:1]), None, None, set_fixed


def _row(value: Any) -> Any:
    """Of a structured array: where it looks at the array's memory, it would come back as a copy.

    Raises:
        NotStorableError: it does.
    """
    if value.base is not None:
        raise NotStorableError("a row of an array, which changes with it")
    return NotImplemented


def _array(value: Any) -> Any:
    """With what is noted on it, which numpy leaves out."""
    return _with_more(value, arrays.attributes(value))


def _frame(value: Any) -> Any:
    return _with_more(value, frames.kept_on(value))


def _with_more(value: Any, more: dict[str, Any]) -> Any:
    if not more:
        return NotImplemented
    maker, arguments, state, *_ = value.__reduce_ex__(5)
    return maker, arguments, (state, more), None, None, set_both


def _figure(value: Any) -> Any:
    """For itself: pyplot would show one that was open in it, whenever it comes back."""
    maker, arguments, state, *rest = value.__reduce_ex__(5)
    if type(state) is dict:
        state = {name: part for name, part in state.items() if name != "_restore_to_pylab"}
    return maker, arguments, state, *rest


def _with_attributes(value: Any) -> Any:
    """With the attributes that a subclass of a class of Python's own adds."""
    kind: Any = type(value)
    made, more = pickled(value), attributes_of(value)
    if isinstance(made, str) or not more or not adds_attributes(kind, made):
        return NotImplemented
    return (*made[:2], (None, more), *(*made[3:5], None, None)[:2], set_both)


def _has_own_beginning(kind: Any) -> bool:
    """Whether a class of containers may be made from something else than it pickles as."""
    if not isinstance(kind.__init__, types.FunctionType) or kind.__init__ is Counter.__init__:
        return False
    if _pickles_in_its_own_way(kind):
        return False
    return any(issubclass(kind, one) and kind.__reduce__ is one.__reduce__ for one in _CONTAINERS)


def _pickles_in_its_own_way(kind: Any) -> bool:
    """Whether a class, beside ``__reduce__``, says what its instances pickle as."""
    own = getattr(kind, "__getstate__", None) is not getattr(object, "__getstate__", None)
    return own or has(kind, "__setstate__") or kind.__reduce_ex__ is not object.__reduce_ex__


def _container(value: Any) -> Any:
    """Without calling ``__init__`` of its class, and with its attributes; see `_exception`."""
    kind: Any = type(value)
    items = list(set.__iter__(value)) if issubclass(kind, set) else items_of(value)
    more = {**(pouring.attributes_of(value) or {}), **attributes_of(value)}
    return _NEW, (kind,), (items, more), None, None, set_filled


_CONTAINERS: tuple[Any, ...] = (Counter, OrderedDict, defaultdict, set)
_NEW = vars(copyreg)["__newobj__"]


def _mapping(value: Any) -> Any:
    """One whose items are its attributes: by itself it comes back with a copy of these."""
    kind: Any = type(value)
    made = pickled(value)
    if not is_its_own_state(value, made):
        return _with_attributes(value) if drops_attributes(kind) else NotImplemented
    return (*made[:2], (), *(*made[3:5], None, None)[:2], set_itself)


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
    return _with_chain(value, (make_exception, (type(value), base, value.args), *state))


_HEAP = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: the class was made while Python ran."""


def _without_traceback(value: BaseException) -> Any:
    """As it pickles by itself: libraries that are imported later may add the traceback."""
    return _with_chain(value, value.__reduce_ex__(5))


def _with_chain(value: BaseException, made: Any) -> Any:
    """With what it followed from, which its pickle leaves out."""
    chain = chain_of(value)
    parts = made if isinstance(made, tuple) else ()
    if not chain or not parts or len(parts) > _WITH_SETTER:
        return made
    function, arguments, own, items, pairs = (*parts, None, None, None)[:5]
    return function, arguments, (own, chain), items, pairs, set_both


_WITH_SETTER = 5
"""The parts of what an object pickles as, without one that says how to set its state."""


def _cached_property(value: functools.cached_property[Any]) -> Any:
    # before Python 3.12 it holds a lock, which keeps its class from being pickled
    state = {"attrname": value.attrname, "__doc__": value.__doc__}
    return functools.cached_property, (value.func,), state


def _cached_function(value: Any) -> Any:
    """One of the notebook by what it calls: under its name there is nothing in another kernel."""
    if value.__module__ != "__main__":
        return NotImplemented
    given = value.cache_parameters()
    more = set_on_cached(value)
    arguments = (value.__wrapped__, given["maxsize"], given["typed"])
    return make_cached, arguments, (None, more) if more else None, None, None, set_both


def _new_type(value: Any) -> Any:
    """One of the notebook by what it stands for; see `_cached_function`."""
    if value.__module__ != "__main__":
        return NotImplemented
    return (
        typing.NewType,
        (value.__name__, value.__supertype__),
        (None, vars(value)),
        None,
        None,
        set_both,
    )


def _of_dataclasses(value: Any) -> Any:
    """What stands for nothing in dataclasses is compared by identity, and pickles as a copy."""
    name = _SIGNS[type(value).__name__]
    module = importlib.import_module("dataclasses")
    if getattr(module, name, None) is not value:
        return NotImplemented
    return operator.attrgetter(name), (module,)


_SIGNS = {
    "_HAS_DEFAULT_FACTORY_CLASS": "_HAS_DEFAULT_FACTORY",
    "_KW_ONLY_TYPE": "KW_ONLY",
    "_MISSING_TYPE": "MISSING",
}


def _proxy(value: Any) -> Any:
    """Over the mapping itself, of which somebody else may hold it as well."""
    return types.MappingProxyType, tuple(gc.get_referents(value))


def _dict_view(value: Any) -> Any:
    """Over the dict itself, as `_proxy`."""
    (held,) = gc.get_referents(value)
    return getattr(dict, type(value).__name__.removeprefix("dict_")), (held,)


def _memory_view(value: memoryview) -> Any:
    if type(value.obj) is bytearray and value.c_contiguous and value.nbytes == len(value.obj):
        memory: Any = value.obj  # whoever holds it sees what is written through the view
    else:
        memory = value.tobytes() if value.readonly else bytearray(value.tobytes())
    if value.format == "B" and value.ndim == 1:
        return memoryview, (memory,)
    return operator.methodcaller("cast", value.format, value.shape), (memoryview(memory),)


def _generator(value: Any) -> Any:
    """One of the whole process stays that one, so that what draws from it still does."""
    found = global_generator(value)
    if found is None:
        return NotImplemented
    return shared_generator, found


def _tensor(value: Any) -> Any:
    """A leaf with its gradient, which torch leaves out; so it does that a sparse one takes any."""
    if not value.is_leaf:
        return NotImplemented
    if value.requires_grad and type(value).__name__ == "Tensor" and _is_sparse(value):
        return *value.detach().__reduce_ex__(5), (value.grad,), None, None, set_wanted_gradient
    if value.grad is None:
        return NotImplemented
    made = value.__reduce_ex__(5)
    if len(made) > _WITHOUT_STATE:
        return NotImplemented
    return (*made, value.grad, None, None, set_gradient)


_WITHOUT_STATE = 2


def _is_sparse(tensor: Any) -> bool:
    return str(tensor.layout).startswith("torch.sparse")


def _template(value: Any) -> Any:
    """Without its class, which would read a text anew: it has only what came of that."""
    return object.__new__, (type(value),), value.__reduce_ex__(5)[2]


def make_c_array(kind: type, lengths: tuple[int, ...], content: bytes) -> Any:
    """An array of ctypes; pickles name this function."""
    made: Any = kind
    for length in lengths:
        made *= length
    return made.from_buffer_copy(content)


def _c_array(value: Any) -> Any:
    """By its items and lengths: its class is made as it is needed, and has no name to go by."""
    lengths, kind = [value._length_], value._type_
    while hasattr(kind, "_length_"):
        lengths.append(kind._length_)
        kind = kind._type_
    code = getattr(kind, "_type_", None)
    is_plain = module_of(kind) == "ctypes" and type(code) is str and code in _PLAIN_C
    if not is_plain or vars(value):
        return NotImplemented
    return make_c_array, (kind, tuple(reversed(lengths)), bytes(value))


_PLAIN_C = frozenset("?BHILQbcdfghilqu")
"""What ctypes calls the types of numbers and characters; others are addresses."""

_FAMILIES: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("_ctypes", "Array"): _c_array,
    ("jinja2", "Template"): _template,
    ("numpy", "void"): _row,
    ("pandas", "ArrowStringArray"): text_column,
    ("pandas", "NDFrame"): _frame,
    ("matplotlib", "Figure"): _figure,
    ("statsmodels", "ModelData"): formulas.reduce,
}
"""By package and name, with what is derived from these."""

_REDUCERS: dict[type, Callable[[Any], Any]] = {
    **type_variables.REDUCERS,
    **dict.fromkeys(map(type, ({}.keys(), {}.values(), {}.items())), _dict_view),
    functools.cached_property: _cached_property,
    functools._lru_cache_wrapper: _cached_function,  # noqa: SLF001  it has no other name
    memoryview: _memory_view,
    random.Random: _generator,
    types.MappingProxyType: _proxy,
    typing.NewType: _new_type,
}
# Their libraries need not be there.
_REDUCERS_BY_NAME: dict[tuple[str, str], Callable[[Any], Any]] = {
    MANAGER: block_manager,
    **{("dataclasses", name): _of_dataclasses for name in _SIGNS},
    FRAME: polars_frame,
    SERIES: polars_series,
    ("numpy.random.mtrand", "RandomState"): _generator,
    ("torch", "Tensor"): _tensor,
    ("torch.nn.parameter", "Parameter"): _tensor,
}
