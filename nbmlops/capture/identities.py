"""Which object each name held at one moment, without keeping any of them alive."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from operator import ne
from typing import Any

from nbmlops.values.kinds import identity


class Identities:
    """The identities of what names hold, to be compared with what they hold later.

    Names keep their order while cells bind them anew and add others, so that two lists are
    compared; only where a name was deleted, all are looked up.

    Args:
        values: what the names hold now.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._names = list(values)
        self._held = list(map(identity, values.values()))

    def compared(self, values: Mapping[str, Any]) -> tuple[set[str], set[str]]:
        """The names that hold another object now or are new, and those that are no more."""
        names, held = list(values), list(map(identity, values.values()))
        count = len(self._names)
        if names[:count] == self._names:
            changed = compress(names, map(ne, self._held, held))
            return {*changed, *names[count:]}, set()
        earlier = self._by_name()
        changed = compress(names, map(ne, map(earlier.get, names), held))
        return set(changed), set(earlier.keys() - values.keys())

    def holds(self, name: str, value: Any) -> bool:
        """Whether a name held this very object."""
        return self._by_name().get(name) == identity(value)

    def _by_name(self) -> dict[str, int]:
        return dict(zip(self._names, self._held, strict=True))
