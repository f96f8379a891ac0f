"""How large and deep a value is as a tree, and whether a part of it contains itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from nbmlops.values.kinds import identity


class Extent(NamedTuple):
    """The size of a value as a tree.

    ``parts`` are counted wherever they are, and infinite if one contains itself; ``levels`` says
    on how many levels they are, where they have an end.
    """

    parts: float
    levels: int


ENDLESS = Extent(inf, 0)


@dataclass(slots=True)
class _Open:
    """A part on the way from the root, and how much of it was counted."""

    part: Any
    waiting: Iterator[Any]
    parts: int = 1
    levels: int = 1

    def count(self, parts: int, levels: int) -> None:
        """One more part that it holds, with this extent."""
        self.parts += parts
        self.levels = max(self.levels, levels + 1)


def extent_unfolded(
    root: Any, inside: Callable[[Any], Collection[Any]], *, most: int | None = None
) -> Extent | None:
    """How large a value is as the tree that it stands for.

    Args:
        root: where to begin.
        inside: what a part holds.
        most: the parts that are looked at; ``None`` is returned where these do not tell.
    """
    around = {identity(root)}
    done: dict[int, _Open] = {}  # with the part, so that its identity stays its own
    way = [_Open(root, iter(inside(root)))]
    while True:
        top = way[-1]
        inner = next(top.waiting, None)
        key = identity(top.part if inner is None else inner)
        if inner is None:
            way.pop()
            around.discard(key)
            done[key] = top
            if not way:
                return Extent(top.parts, top.levels)
            way[-1].count(top.parts, top.levels)
        elif key in around:
            return ENDLESS
        elif key in done:
            top.count(done[key].parts, done[key].levels)
        elif most is not None and len(done) + len(way) >= most:
            return None
        else:
            around.add(key)
            held = inside(inner)
            if not around.isdisjoint(map(identity, held)):  # known before the way goes deeper
                return ENDLESS
            way.append(_Open(inner, iter(held)))
