"""What looks at the memory of what: arrays, frames made over arrays, buffers of bytes."""

from __future__ import annotations

import array
import sys
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from math import inf
from typing import Any

from nbmlops.capture.addressed import are_some_foreign, is_foreign
from nbmlops.capture.memories import (
    Span,
    buffers_of,
    is_tensor,
    span_of,
    spans_of_tensor,
    written_in,
)
from nbmlops.capture.parts import own_and_tabled
from nbmlops.errors import NotStorableError
from nbmlops.values.arrays import pickles_as_numpy
from nbmlops.values.foreign import memory_of_tensor
from nbmlops.values.kinds import identity, is_a

_BUFFERS = (bytearray, array.array)
_UNSAID = "it looks at memory of another value in a way that cannot be kept"


def views_in(values: Iterable[Any]) -> dict[int, Any]:
    """What looks at the memory of another part, by identity, with that part.

    Only where several look at the same memory: one alone is kept without the rest of it. What is
    in a frame counts where something beside frames looks at its memory as well: two frames with
    the same memory copy it as soon as one of them is written to.

    Raises:
        NotStorableError: a part refuses to be looked into, or looks at memory in a way that
            would not come back.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return {}
    try:
        own, tabled = own_and_tabled(list(values))
    except Exception as error:
        reason = f"looking into it failed with {type(error).__name__}"
        raise NotStorableError(reason) from error
    inside = {identity(part): part for part in tabled if is_a(part, numpy.ndarray)}
    within = {key: _memory_of(part, numpy) for key, part in inside.items()}
    from_outside = are_some_foreign(chain(own, tabled), {*map(type, own), *map(type, tabled)})
    viewers, roots = _viewers(own, None if from_outside else within.values(), numpy)
    if not (viewers or from_outside):
        return {}
    owned = set(map(identity, own))
    buffers = [part for part in own if type(part) in _BUFFERS]
    over = {**roots, **_over_buffers(roots, owned)}
    foreign = _looked_at_from_outside((*own, *tabled), [*within.values(), *over.values(), *buffers])
    outside = set(map(identity, (*roots.values(), *foreign.values())))
    for key, root in within.items():
        if identity(root) in outside:
            viewers[key], roots[key] = inside[key], root
    roots |= _over_buffers(roots, owned)
    seen = Counter(map(identity, (*roots.values(), *foreign.values())))
    found = {
        id(viewers[key]): root
        for key, root in roots.items()
        if (seen[identity(root)] > 1 or type(root) in _BUFFERS)
        and _comes_back(viewers[key], root, numpy)
    }
    return found | {
        key: root
        for key, root in foreign.items()
        if seen[identity(root)] > 1 or key < 0 or type(root) in _BUFFERS
    }


def _viewers(
    parts: Sequence[Any], within: Iterable[Any] | None, numpy: Any
) -> tuple[dict[int, Any], dict[int, Any]]:
    """What looks at the memory of an array, and that array, both by identity.

    Not the arrays that have memory of their own at which nothing else looks, as most do.

    Args:
        parts: those that are asked about.
        within: the arrays whose memory frames have; ``None`` if what is in one is not all that
            may look at it.
        numpy: the library.
    """
    arrays = {kind for kind in set(map(type, parts)) if issubclass(kind, numpy.ndarray)}
    looking = [
        part
        for part in parts
        if type(part) in arrays or (type(part) is memoryview and is_a(part.obj, numpy.ndarray))
    ]
    views = looking
    if within is not None:
        views = [part for part in looking if type(part) is memoryview or part.base is not None]
    roots = {identity(part): _memory_of(part, numpy) for part in views}
    looked_at = {*map(identity, roots.values()), *map(identity, within or ())}
    if not looked_at:
        return {}, {}
    viewers = {
        key: part
        for key, part in zip(map(identity, looking), looking, strict=True)
        if key in roots or key in looked_at
    }
    return viewers, {key: roots.get(key, part) for key, part in viewers.items()}


def _looked_at_from_outside(parts: Sequence[Any], roots: Iterable[Any]) -> dict[int, Any]:
    """The tensors, by identity, and the Arrow buffers, by address below zero, over these roots.

    Raises:
        NotStorableError: one looks at more than that, or is none that can do so again.
    """
    kinds = set(filter(is_foreign, set(map(type, parts))))
    if not kinds:
        return {}
    there = {span: root for root in roots for span in written_in(root)}
    order = sorted(there)
    found: dict[int, Any] = {}
    for part in (part for part in parts if type(part) in kinds):
        for span in spans_of_tensor(part) if is_tensor(part) else ():
            known = _covering(span, order)
            if known is None:
                known = span
                insort(order, span)
                there[span] = memory_of_tensor(part)
            found[id(part)] = there[known]
        for buffer in buffers_of(part):
            if buffer.size and (known := _covering(span_of(buffer), order)) is not None:
                found[-buffer.address] = there[known]
    return found


def _covering(span: Span, order: Sequence[Span]) -> Span | None:
    """The span that covers some memory; ``None`` where none has any of it."""
    place = bisect_right(order, (span[0], inf))
    for start, stop in order[max(place - 1, 0) : place + 1]:
        if start <= span[0] and span[1] <= stop:
            return start, stop
        if span[0] < stop and start < span[1]:
            raise NotStorableError(_UNSAID)
    return None


def _looks(part: Any, numpy: Any) -> bool:
    """Whether a part is an array, or a view of the bytes of one."""
    return is_a(part.obj if type(part) is memoryview else part, numpy.ndarray)


def _memory_of(part: Any, numpy: Any) -> Any:
    """The array that has the memory."""
    found: Any = part.obj if type(part) is memoryview else part
    while isinstance(found.base, numpy.ndarray):
        found = found.base
    return found


def _over_buffers(roots: dict[int, Any], own: set[int]) -> dict[int, Any]:
    """The viewers whose memory is that of a buffer which is a part too, or has several arrays.

    Raises:
        NotStorableError: it is that of another part, whose memory nothing can look at again.
    """
    under = {identity(root): _buffer_under(root) for root in roots.values()}
    several = Counter(map(identity, under.values()))
    if any(identity(buffer) in own and type(buffer) not in _BUFFERS for buffer in under.values()):
        raise NotStorableError(_UNSAID)
    return {
        key: buffer
        for key, root in roots.items()
        if type(buffer := under[identity(root)]) in _BUFFERS
        and (identity(buffer) in own or several[identity(buffer)] > 1)
    }


def _buffer_under(root: Any) -> Any:
    return root.base.obj if type(root.base) is memoryview else root.base


def _comes_back(viewer: Any, root: Any, numpy: Any) -> bool:
    """Whether something can look at that memory again; an error where it would not.

    Raises:
        NotStorableError: it cannot.
    """
    if type(root) in _BUFFERS:
        found = type(viewer) is memoryview or not viewer.dtype.hasobject
    else:
        plain = type(root) is numpy.ndarray and bool(root.flags.forc)
        found = plain and _is_alike(viewer, root)
    if type(viewer) is memoryview:
        found = found and viewer.c_contiguous
    else:
        kind: Any = type(viewer)
        found = found and pickles_as_numpy(kind)
    if not found:
        raise NotStorableError(_UNSAID)
    return True


def _is_alike(viewer: Any, root: Any) -> bool:
    if type(viewer) is memoryview:
        return not root.dtype.hasobject
    mixed = viewer.dtype.hasobject or root.dtype.hasobject
    return not mixed or bool(root.dtype == viewer.dtype == object)
