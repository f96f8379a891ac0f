"""What results of statsmodels have computed and keep: no content, but cells may write over it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from nbmlops.values.beside import attributes_of
from nbmlops.values.forms import LEAVES
from nbmlops.values.kinds import identity, package_of
from nbmlops.values.standard import keeps_results, results_may_be_kept

_MOST, _DEEPEST = 100, 4
"""Objects that are looked at, and how deep in lists, dicts and results they may be."""

_CONTAINERS = (list, tuple, dict)


def kept_results(value: Any) -> Iterator[tuple[int, str, Any]]:
    """What the objects in a value keep, each with the number of its object and its name there.

    Of an object that keeps results, first nothing with an empty name, also where it has none yet.

    Objects are numbered as they are met, so that they have the same numbers in equal values. None
    of their own code runs. To be asked once the value was taken apart, which says of most of them
    that there is nothing to look for.

    >>> list(kept_results([1, "a"]))
    []
    """
    if not results_may_be_kept():
        return
    level: Collection[Any] = [value]
    seen: dict[int, Any] = {}
    number = 0
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for part in level:
            if identity(part) in seen or len(seen) >= _MOST:
                continue
            seen[identity(part)] = part
            found = _kept(part)
            if found is not None:
                number += 1
                yield number, "", None
                yield from ((number, name, kept) for name, kept in found.items())
            below += _inside(part)
        level = below


def _kept(part: Any) -> dict[str, Any] | None:
    """The results that an object keeps by their names; ``None`` of one that keeps none."""
    kind: Any = type(part)
    if kind in _CONTAINERS or not keeps_results(kind):
        return None
    found = attributes_of(part).get("_cache")
    if type(found) is not dict:
        return None
    return {name: kept for name, kept in [*found.items()] if type(name) is str}


def _inside(part: Any) -> list[Any]:
    """What a container or a result holds beside plain data."""
    kind: Any = type(part)
    if kind in (list, tuple):
        held = islice(part, _MOST)
    elif kind is dict:
        held = islice([*part.values()], _MOST)
    elif package_of(kind) == "statsmodels":
        held = islice([*attributes_of(part).values()], _MOST)
    else:
        return []
    return [inner for inner in held if type(inner) not in LEAVES]
