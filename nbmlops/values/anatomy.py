"""What any value is made of: by its library where we know better, else as it would pickle."""

from __future__ import annotations

import copyreg
import functools
import io
from collections import OrderedDict
from typing import Any

from nbmlops.errors import NotFingerprintableError
from nbmlops.values import (
    arrays,
    arrow,
    databases,
    frames,
    lazy,
    restated,
    sparse,
    standard,
    tensors,
)
from nbmlops.values.beside import beside, may_leave_out, pickled
from nbmlops.values.code import anatomist_of_code
from nbmlops.values.exceptions import chain_of
from nbmlops.values.forms import Anatomist, Anatomy
from nbmlops.values.kinds import ancestry, is_a, name_of, package_of
from nbmlops.values.opaque import opaque_reason

_ROOMS = (arrays, arrow, databases, frames, lazy, restated, sparse, standard, tensors)
_ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    name: found for room in _ROOMS for name, found in room.ANATOMISTS.items()
}
# Subclasses of these may keep content beside the memory: a mask, a unit.
_EXACT = {("numpy", "ndarray")}


def take_apart(value: Any) -> Anatomy:
    """The kind of a value and the values that it is made of.

    Never imports a library, never calls the value's ``__eq__``.

    Raises:
        NotFingerprintableError: the value stands for something outside of itself, or its own
            code failed.
    """
    kind: Any = type(value)
    try:
        return _anatomist(kind)(value)
    except (NotFingerprintableError, KeyboardInterrupt, RecursionError):
        raise
    except BaseException as error:
        # The value's own code ran, which may raise anything, even SystemExit.
        raise NotFingerprintableError(_plain_words(value, error)) from error


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def _anatomist(kind: type) -> Anatomist:
    for position, ancestor in enumerate(ancestry(kind)):
        name = (package_of(ancestor), name_of(ancestor))
        if name in _EXACT and position:
            if arrays.pickles_as_numpy(kind):
                return arrays.subclassed
        elif name in _ANATOMISTS:
            return _ANATOMISTS[name]
    return anatomist_of_code(kind) or _as_pickled


def anatomist_beside_pickle(kind: type) -> Anatomist | None:
    """How values of a type are taken apart; ``None`` where that is as they pickle."""
    found = _anatomist(kind)
    return None if found is _as_pickled else found


def _as_pickled(value: Any) -> Anatomy:
    reason = opaque_reason(value)
    if reason:
        raise NotFingerprintableError(reason)
    kind: Any = type(value)
    shared = standard.global_generator(value)
    if shared:
        return ("global generator", *shared)
    if kind is bytearray:
        return ("bytearray", bytes(value))
    reduced = pickled(value)
    made: tuple[Any, ...] = () if isinstance(reduced, str) else reduced
    rest = beside(value, made) if may_leave_out(kind) else None
    more: tuple[Any, ...] = () if rest is None else (rest,)
    if isinstance(value, BaseException) and (chain := chain_of(value)):
        more = (*more, ("chain", chain))
    if isinstance(reduced, str):
        return ("global", kind.__module__, kind.__qualname__, reduced, *more)
    return ("object", *_told(value, made), *more)


def _told(value: Any, made: tuple[Any, ...]) -> Anatomy:
    function, arguments, *rest = made
    state, items, pairs, setter = (*rest, None, None, None, None)[:4]
    if standard.is_its_own_state(value, made):
        state = _ITSELF
    if _pickles_as_its_items(type(value)):
        arguments = (frozenset(value),)  # in no order; Python asks none of the items for anything
    state = tensors.with_hooks_in_order(value, standard.without_memories(value, state))
    # exceptions, partials and buffers have attributes as soon as they are asked for these,
    # and the iterator of a dict comes back as one of a list, at its start
    if (type(state) is dict or (function is iter and type(state) is int)) and not state:
        state = None
    elif is_a(value, _ATTRIBUTES_LAST) and type(state) is tuple and not state[-1]:
        state = (*state[:-1], None)
    return (
        function, arguments, state,
        None if items is None else list(items),
        None if pairs is None else _pairs(value, pairs), setter,
    )  # fmt: skip


def _pickles_as_its_items(kind: Any) -> bool:
    """Whether a class of sets pickles as these do, to a list of what is in them."""
    plain = next((one for one in (set, frozenset) if issubclass(kind, one)), None)
    return (
        plain is not None
        and kind not in copyreg.dispatch_table
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__reduce__ is plain.__reduce__
    )


_ATTRIBUTES_LAST = (functools.partial, io.BytesIO, io.StringIO)
"""Classes whose state ends with their attributes."""
_ITSELF = "itself"
"""The state of a dict that keeps its items as its attributes."""


def _pairs(value: Any, pairs: Any) -> Any:
    """Of a dict's subclass; the order counts only where the class is about order."""
    if isinstance(value, OrderedDict) or not isinstance(value, dict):
        return list(pairs)
    # Unlike `dict(pairs)`, a copy compares no keys.
    return dict.copy(value)


def _plain_words(value: Any, error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(value).__qualname__} failed with {type(error).__name__}: {text}"[:200]
