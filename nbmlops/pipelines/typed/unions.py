"""What is of any of several shapes."""

from __future__ import annotations

from collections.abc import Iterable

from nbmlops.domain.parameters import Shape


def union(shapes: Iterable[Shape]) -> Shape:
    """The shape of what is of any of these; of anything where one of them is not understood."""
    members = tuple(dict.fromkeys(shapes))
    if len(members) == 1:
        return members[0]
    if not members or any(member.type in ("any", "secret") for member in members):
        return Shape(type="any")
    return Shape(type="union", members=members)
