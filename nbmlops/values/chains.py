"""Objects of which each leads to the next: many levels of one part each, opened at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, count
from operator import itemgetter, not_
from typing import Any

from nbmlops.values.forms import LEAVES

SHORTEST = 8
"""Objects from which on a chain is worth it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Objects of one class with the same attributes, each held by the one before.

    ``columns`` are what they hold, by attribute, the attributes in the order of their names;
    ``leading`` is that which leads from each to the next, and from the last one to what follows.
    """

    parts: list[Any]
    columns: Mapping[str, list[Any]]
    leading: str

    @property
    def below(self) -> list[Any]:
        """What each of them leads to."""
        return self.columns[self.leading]

    def cut(self, length: int) -> Chain:
        """The first so many."""
        if length >= len(self.parts):
            return self
        columns = {name: column[:length] for name, column in self.columns.items()}
        return Chain(self.parts[:length], columns, self.leading)


def chain_from(first: Any, names: Sequence[str], leading: str, *, most: int) -> Chain:
    """What follows an object by way of an attribute; runs no code of theirs.

    Args:
        first: an object that is what its ``__dict__`` holds, as are others of its class.
        names: its attributes, in their order.
        leading: the one that leads to the next.
        most: the objects that are followed.
    """
    kind, part, find = type(first), first, dict.get
    parts: list[Any] = []
    insides: list[dict[str, Any]] = []
    for _ in range(most):
        if type(part) is not kind:
            break
        parts.append(part)
        insides.append(part.__dict__)
        part = find(insides[-1], leading)
    shape = tuple(insides[0])
    alike = before_first_not(map(shape.__eq__, map(tuple, insides)))
    columns = {name: list(map(itemgetter(name), insides[:alike])) for name in names}
    return Chain(parts[:alike], columns, leading)


def leaves_before(column: Sequence[Any]) -> int:
    """How many at the beginning are plain data."""
    return before_first_not(map(LEAVES.__contains__, map(type, column)))


def before_first_not(holds: Iterable[Any]) -> int:
    """How many at the beginning are true."""
    known = list(holds)
    return next(compress(count(), map(not_, known)), len(known))
