"""Which types of objects are opened level by level, and which are walked one by one."""

from __future__ import annotations

import enum
from collections import deque

from nbmlops.values.anatomy import anatomist_beside_pickle
from nbmlops.values.beside import Beside
from nbmlops.values.holding import may_copy

_CONTAINERS = (list, tuple, dict, deque)
_PICKLING = ("__reduce_ex__", "__reduce__", "__getstate__")
_SETS = frozenset({set, frozenset})


def is_opened(kind: type) -> bool:
    """Whether objects are opened here, and not walked one by one."""
    closed = kind is Beside or kind in _SETS or issubclass(kind, (enum.Enum, BaseException))
    return not closed and anatomist_beside_pickle(kind) is None


def is_apart(kind: type) -> bool:
    """Whether what an object pickles to is what it holds; code of its own may make it endless."""
    default = all(getattr(kind, name) is getattr(object, name) for name in _PICKLING)
    return default or (issubclass(kind, _CONTAINERS) and not may_copy(kind))


def is_walked_alone(kind: type) -> bool:
    """Whether what parts of a kind say does not depend on those around them."""
    return (
        kind is Beside
        or kind in _SETS
        or issubclass(kind, enum.Enum)
        or anatomist_beside_pickle(kind) is not None
    )
