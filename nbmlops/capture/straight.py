"""Objects of which each leads to the next by the same attribute, as linked lists do."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from nbmlops.values.kinds import ancestry, identity

_FIRST, _MOST, _TIMES = 64, 20_000, 4
_OWN = type.__dict__["__dict__"]


class Straight:
    """Finds what a walk would come to level by level, much at once; runs no code of theirs.

    It goes further each time, and no more once it came to what was known.
    """

    def __init__(self) -> None:
        self._most = _FIRST

    def beyond(self, part: Any, seen: set[int]) -> list[Any]:
        """Objects of the same class that one leads to, in their order; many or none.

        Args:
            part: the object.
            seen: the identities of those that were come to before.
        """
        kind: Any = type(part)
        attributes = _attributes_of(kind) if self._most else None
        if attributes is None:
            return []
        for name, inner in list(attributes(part).items()):
            if type(inner) is kind and identity(inner) not in seen:
                found = _along(inner, name, attributes, self._most)
                new = set(map(identity, found))
                is_new = len(new) == len(found) and seen.isdisjoint(new)
                self._most = min(_TIMES * self._most, _MOST) if is_new else 0
                return found if is_new else []
        return []


def _along(
    part: Any, name: str, attributes: Callable[[Any], dict[str, Any]], most: int
) -> list[Any]:
    kind, find = type(part), dict.get
    found: list[Any] = []
    for _ in range(most):
        if type(part) is not kind:
            break
        found.append(part)
        part = find(attributes(part), name)
    return found


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def _attributes_of(kind: type) -> Callable[[Any], dict[str, Any]] | None:
    """What gives the ``__dict__`` of an instance; ``None`` where it may be none."""
    insides = (_OWN.__get__(one).get("__dict__") for one in ancestry(kind))
    found = next((one for one in insides if one is not None), None)
    is_usual = type(found) is types.GetSetDescriptorType and not issubclass(kind, type)
    return found.__get__ if is_usual and found is not None else None
