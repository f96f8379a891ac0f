"""Frames over memory that something beside them looks at: their blocks come back over it.

Two frames that have a block's memory in common copy it before one of them is written to, and know
from each other by what they refer to in common (`refs`), which comes back as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from nbmlops.values.kinds import module_of, name_of

_MANAGERS = frozenset(["BlockManager", "SingleBlockManager"])
_HOLDERS = ("_ndarray", "_data", "_mask", "_codes")
"""Attributes under which arrays of pandas have those of numpy."""


def reduce(value: Any, views: Mapping[int, Any]) -> Any:
    """How what a frame is made of is pickled; `NotImplemented` for what nothing else looks at.

    Args:
        value: anything.
        views: what looks at the memory of something else, by identity.
    """
    kind: Any = type(value)
    if name_of(kind) == "BlockValuesRefs" and module_of(kind).startswith("pandas."):
        return make_references_of_blocks, ()
    if name_of(kind) not in _MANAGERS or not module_of(kind).startswith("pandas."):
        return NotImplemented
    if not any(_is_over(block.values, views) for block in value.blocks):
        return NotImplemented
    blocks = [(one.values, one.mgr_locs.indexer, one.ndim, one.refs) for one in value.blocks]
    return make_manager, (kind, blocks, list(value.axes))


def make_references_of_blocks() -> Any:
    """What blocks over one memory have in common; pickles name this function."""
    return import_module("pandas._libs.internals").BlockValuesRefs()


def make_manager(kind: Any, blocks: list[tuple[Any, ...]], axes: list[Any]) -> Any:
    """What a frame or a column is made of; pickles name this function.

    Args:
        kind: its class.
        blocks: of each, values, places, dimensions, and what it has in common with others.
        axes: the labels.
    """
    place = import_module("pandas._libs.internals").BlockPlacement
    new_block = import_module("pandas.core.internals.blocks").new_block
    made = tuple(
        new_block(values, place(places), ndim=dimensions, refs=common)
        for values, places, dimensions, common in blocks
    )
    return kind(made, axes) if name_of(kind) == "BlockManager" else kind(made[0], axes[0])


def _is_over(values: Any, views: Mapping[int, Any]) -> bool:
    held = (getattr(values, name, None) for name in _HOLDERS)
    return id(values) in views or any(id(part) in views for part in held)
