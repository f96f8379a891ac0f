"""Types of what may look at the memory of something else without referring to it."""

from __future__ import annotations

import array
import functools
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from nbmlops.values.kinds import ancestry, identity, name_of, package_of

_FOREIGN = frozenset([
    ("polars", "DataFrame"), ("polars", "Series"), ("pyarrow", "Array"), ("pyarrow", "Buffer"),
    ("pyarrow", "ChunkedArray"), ("pyarrow", "RecordBatch"), ("pyarrow", "Table"),
    ("torch", "Tensor"),
    ("builtins", "PyCapsule"),  # behind arrays that another library gives
    ("builtins", "PySeries"),  # the same of Polars
])  # fmt: skip


@functools.lru_cache(maxsize=4096)
def is_foreign(kind: type) -> bool:
    """Whether only addresses tell what memory values of a type look at."""
    names = {(package_of(ancestor), name_of(ancestor)) for ancestor in ancestry(kind)}
    return not names.isdisjoint(_FOREIGN)


def are_some_foreign(parts: Iterable[Any], kinds: AbstractSet[type]) -> bool:
    """Whether only addresses tell of some parts what memory they look at.

    Args:
        parts: what values consist of.
        kinds: their types.
    """
    foreign = set(filter(is_foreign, kinds))
    return bool(foreign) and any(
        type(part) in foreign and not _is_of_generator(part) for part in parts
    )


def _is_of_generator(part: Any) -> bool:
    """Whether a capsule is that of a generator of random numbers, behind which is no array."""
    return name_of(type(part)) == "PyCapsule" and '"BitGenerator"' in repr(part)


@functools.lru_cache(maxsize=4096)
def is_arrow_backed(kind: type) -> bool:
    """Whether values of a type are Arrow data in a frame; texts are never anybody's array."""
    return (package_of(kind), name_of(kind)) == ("pandas", "ArrowExtensionArray")


@functools.lru_cache(maxsize=4096)
def lies_somewhere(kind: type) -> bool:
    """Whether values of a type have memory of which others may know the address."""
    if is_foreign(kind) or issubclass(kind, (bytearray, array.array)):
        return True
    return any((package_of(one), name_of(one)) == ("numpy", "ndarray") for one in ancestry(kind))


@functools.lru_cache(maxsize=4096)
def has_memory(kind: type) -> bool:
    """Whether values of a type are tensors, or arrays that tensors may look at."""
    names = {(name_of(ancestor), package_of(ancestor)) for ancestor in ancestry(kind)}
    ours = package_of(kind) in ("torch", "numpy")
    return ours and bool(names & {("Tensor", "torch"), ("ndarray", "numpy")})


def address_of(part: Any) -> int:
    """What stands for the memory of a tensor, and of an array that a tensor may look at."""
    if package_of(type(part)) == "numpy":
        address = part.__array_interface__["data"][0] if part.base is None else 0
    else:
        try:
            address = part.untyped_storage().data_ptr()
        except RuntimeError:  # a sparse one has several, which nothing else looks at
            address = 0
    return -address or identity(part)  # below zero, where no identity is
