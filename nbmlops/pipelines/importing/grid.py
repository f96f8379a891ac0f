"""Tasks that Ploomber makes of one, with a grid of parameters."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

_PLACE = re.compile(r"\[\[[ \t]*(?P<name>\w+)[ \t]*\]\]")


class GridProblemError(Exception):
    """A grid cannot be written out; the message says why, as half a sentence."""


def expanded(name: str, task: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The name, product and parameters of each task that one declaration stands for.

    Raises:
        GridProblemError: the grid is not a mapping of lists, or such a task has no name.
    """
    fixed = dict(task.get("params") or {})
    if "grid" not in task:
        yield name, task.get("product"), fixed
        return
    if "name" not in task:
        raise GridProblemError("it has a grid and no name")
    grids = task["grid"] if isinstance(task["grid"], list) else [task["grid"]]
    for index, values in enumerate(one for grid in grids for one in _combinations(grid)):
        params = {**values, **fixed}
        named = _filled(name, params) if _PLACE.search(name) else f"{name}{index}"
        yield named, _product(task.get("product"), index, params), params


def _combinations(grid: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(grid, dict):
        raise GridProblemError("its grid is not a mapping of names to lists")
    for name, values in grid.items():
        if not isinstance(values, list):
            raise GridProblemError(f"the values of {name!r} in its grid are not listed")
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid.keys(), values, strict=True))


def _product(product: Any, index: int, params: Mapping[str, Any]) -> Any:
    if isinstance(product, dict):
        return {key: _product(one, index, params) for key, one in product.items()}
    path = PurePosixPath(str(product))
    suffix = "".join(path.suffixes)
    stem = path.name.replace(suffix, "") if suffix else path.name
    return _filled(str(path.parent / f"{stem}-{index}{suffix}"), params)


def _filled(text: str, params: Mapping[str, Any]) -> str:
    # one that this grid of several does not have is filled in with nothing
    return _PLACE.sub(lambda place: str(params.get(place["name"], "")), text)
