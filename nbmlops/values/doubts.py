"""Which parts of a level have several places, or may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import compress
from sys import getrefcount
from typing import Any, NamedTuple

from nbmlops.values.holding import ONE_REFERENCE
from nbmlops.values.kinds import identity

_OFTEN = 8
"""Places from which on it is asked beforehand how much a part holds."""


class SharedError(Exception):
    """A part has several places."""


class Doubtful(NamedTuple):
    """A level, and those of its parts that may have several places."""

    level: list[Any]
    parts: list[Any]

    def among(self, level: list[Any]) -> list[Any]:
        """Those of a level: all, where it is another one."""
        return self.parts if self.level is level else level


def in_doubt(parts: Sequence[Any], *, ours: int) -> Sequence[Any]:
    """Those that may have another place: of the others nobody knows but who holds them here.

    Whatever comes up a second time is among them then, as it is in a list of ours by now.

    Args:
        parts: what a column holds.
        ours: the lists made for this walk in which they are.
    """
    references = list(map(getrefcount, parts))  # a list: `compress` holds what it looks at
    return list(compress(parts, map((ONE_REFERENCE + ours).__lt__, references)))


def repeated(level: Collection[Any], inside: Callable[[Any], Collection[Any]]) -> int:
    """The parts on the next level that parts with many places hold, counted in each place.

    Args:
        level: the parts.
        inside: what one of them holds, without plain data.
    """
    often = {key: n for key, n in Counter(map(identity, level)).items() if n >= _OFTEN}
    if not often:
        return 0
    parts = {identity(part): part for part in level if identity(part) in often}
    return sum(number * len(inside(parts[key])) for key, number in often.items())
