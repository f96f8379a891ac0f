"""What values have in common, told so that it can be compared between processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd


def sharing(values: Mapping[str, Any]) -> dict[str, Any]:
    """For each part of these values, where it, or memory that it looks at, was met before."""
    found: dict[str, Any] = {}
    seen: dict[int, str] = {}
    arrays: list[tuple[str, Any]] = []
    tables: list[tuple[str, Any]] = []

    def walk(path: str, part: Any) -> None:
        found[path] = seen.setdefault(id(part), path) if _is_shared(part) else type(part).__name__
        if _is_shared(part) and found[path] != path:
            return
        if isinstance(part, np.ndarray):
            found[path] = [there for there, other in arrays if np.shares_memory(other, part)]
            arrays.append((path, part))
        if isinstance(part, (pd.DataFrame, pd.Series)):
            tables.append((path, part))
        for name, inner in _inside(part):
            walk(f"{path}.{name}", inner)

    for name in sorted(values):
        walk(name, values[name])
    for path, table in tables:  # two of them copy what is written to
        held = (block.values for block in table._mgr.blocks)  # noqa: PD011
        inside = [array for array in held if isinstance(array, np.ndarray)]
        looked_at = (
            there for there, array in arrays if any(map(partial(np.shares_memory, array), inside))
        )
        found[f"{path} looks at"] = list(looked_at)
    return found


def _is_shared(part: Any) -> bool:
    return not isinstance(part, (tuple, int, float, str, type(None)))


def _inside(part: Any) -> Iterable[tuple[Any, Any]]:
    """What a part consists of, by key, position or name."""
    if isinstance(part, dict):
        return part.items()
    if isinstance(part, (list, tuple)):
        return enumerate(part)
    if isinstance(part, FunctionType):
        return enumerate(part.__closure__ or ())
    is_box = type(part).__name__ == "Box"
    return {"class": type(part), **vars(part)}.items() if is_box else ()
