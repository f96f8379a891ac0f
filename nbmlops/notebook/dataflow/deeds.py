"""Objects that a cell changes, and the names behind which they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nbmlops.notebook.dataflow.effects import SAME, Holds
from nbmlops.notebook.dataflow.links import KnownBy


def held_by(
    every: Mapping[str, Holds],
    deeds: Mapping[str, KnownBy],
    possible: Collection[bool] = (False, True),
) -> frozenset[str]:
    """The names that stand for an object that a cell changes.

    Args:
        every: names → what each holds.
        deeds: the objects, and how it is known of each.
        possible: whether those are asked for that it is known to change, or may, or both.
    """
    if not deeds:
        return frozenset()
    return frozenset(
        name
        for name, holds in every.items()
        if any(
            holds[thing] == SAME and (deeds[thing] == "possible") in possible
            for thing in holds.keys() & deeds.keys()
        )
    )
