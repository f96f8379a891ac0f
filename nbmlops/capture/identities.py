"""Which object each name held at one moment, without keeping any of them alive."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from operator import ne
from typing import Any


class Identities:
    """The identities of what names hold, to be compared with what they hold later.

    Names keep their order while cells bind them anew and add others, so that two lists are
    compared; only where a name was deleted, all are looked up.

    Args:
        values: what the names hold now.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._names = list(values)
        self._held = list(map(id, values.values()))

    def rebound(self, values: Mapping[str, Any]) -> set[str]:
        """The names that hold another object now, or are new."""
        names, held = list(values), list(map(id, values.values()))
        count = len(self._names)
        if names[:count] == self._names:
            changed = compress(names, map(ne, self._held, held))
            return {*changed, *names[count:]}
        earlier = self._by_name()
        return set(compress(names, map(ne, map(earlier.get, names), held)))

    def gone(self, values: Mapping[str, Any]) -> set[str]:
        """The names that are no more."""
        return set(self._names).difference(values) if not self._are_in(values) else set()

    def holds(self, name: str, value: Any) -> bool:
        """Whether a name held this very object."""
        return self._by_name().get(name) == id(value)

    def _are_in(self, values: Mapping[str, Any]) -> bool:
        return len(values) >= len(self._names) and all(map(values.__contains__, self._names))

    def _by_name(self) -> dict[str, int]:
        return dict(zip(self._names, self._held, strict=True))
