"""Fractions of a file that remember how they were written, until it is known who asks for them."""

from __future__ import annotations

from typing import Any, Self

from nbmlops.domain.parameters import Shape
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.scalars import UnfitError


class WrittenFloat(float):
    """A binary fraction with the text that it was read from: 0.1 as a float is not one tenth.

    Args:
        text: how it was written.
        number: what it was read as; by default, as Python reads the text.
    """

    text: str

    def __new__(cls, text: str, number: float | None = None) -> Self:
        """Make the number, and keep the text."""
        self = super().__new__(cls, text if number is None else number)
        self.text = text
        return self


def settled(shape: Shape | None, value: Any) -> Any:
    """A value of a file, with texts for the fractions that are asked for as decimal numbers.

    Args:
        shape: what is asked for; ``None`` where that is not known.
        value: as it was read, with `WrittenFloat` in it.

    Returns:
        The value with plain numbers for all other fractions; whether it fits is not checked.
    """
    if shape is not None and shape.type == "union":
        return _of_union(shape, value)
    if isinstance(value, WrittenFloat):
        return value.text if shape is not None and shape.type == "decimal" else float(value)
    if isinstance(value, list):
        return [settled(_inside(shape, at), item) for at, item in enumerate(value)]
    if isinstance(value, dict):
        keys, items = (shape.keys, shape.items) if shape is not None else (None, None)
        return {settled(keys, key): settled(items, item) for key, item in value.items()}
    return value


def _of_union(shape: Shape, value: Any) -> Any:
    """As the first of the union's types takes it; one that takes numbers goes before."""
    for member in (None, *shape.members):
        found = settled(member, value)
        try:
            fit(shape, found)
        except UnfitError:
            continue
        return found
    return settled(None, value)


def _inside(shape: Shape | None, at: int) -> Shape | None:
    if shape is None:
        return None
    if shape.members:
        return shape.members[at] if at < len(shape.members) else None
    return shape.items
