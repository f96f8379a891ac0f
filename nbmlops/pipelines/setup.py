"""Cells that make a kernel ready, and values that belong to the kernel that made them; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nbmlops.notebook.dataflow.graph import MAY_FAIL, CellFlow
from nbmlops.notebook.dataflow.known import (
    PURE_BUILTINS,
    RANDOM,
    SEEDS,
    SETTING_PLACES,
    SETTING_WORDS,
    SETTINGS,
)
from nbmlops.pipelines.live import live_values
from nbmlops.pipelines.memories import keeps_nothing
from nbmlops.pipelines.plan import PlanCell

_IMPORT = "import "
_QUICK = PURE_BUILTINS | {
    *("Path", "PurePath", "date", "datetime", "timedelta", "compile", "getLogger", "dict", "list"),
    *("set", "tuple", "frozenset", "namedtuple", "TypeVar", "environ", "get"),
}
"""Calls that give the same in every kernel, at once."""

_ASKS = {"input", "open", "breakpoint", "id", "getattr", "dir"}

_OF_MODULES = {"a change of a module", "a figure that lasts"}
"""Acts that a kernel can repeat for itself, where nothing but settings are made."""


def is_setup(cell: PlanCell, modules: Collection[str]) -> bool:
    """Whether each kernel can run a cell for itself, with the same effect.

    It imports, defines functions and classes, binds constants, sets something for the process or
    seeds generators; it takes no time, and asks and changes nothing outside.

    Args:
        cell: the cell.
        modules: the names that imports have bound.
    """
    flow = cell.flow
    changed = flow.in_place - frozenset(modules)
    if cell.step is not None or flow.problem is not None or MAY_FAIL in flow.cell.tags:
        return False
    if flow.files_read or flow.files_written or changed or flow.deletes:
        return False
    if RANDOM in flow.writes and not flow.seeds:
        return False
    if any(not found.star for found in flow.dynamic):
        return False
    if not all(keeps_nothing(found.source) for found in flow.effects.definitions):
        return False
    calls = flow.effects.calls
    acts = flow.acts - calls - _OF_MODULES
    return all(map(_is_quick, calls)) and all(map(_sets, acts))


def _is_quick(call: str) -> bool:
    word = call.rpartition(".")[2]
    return (word in _QUICK and word not in _ASKS) or word in SEEDS or _sets(call)


def _sets(act: str) -> bool:
    word = act.strip(".()").rpartition(".")[2]
    return (
        act.startswith((_IMPORT, "%", *SETTING_PLACES))
        or word in SETTINGS
        or word in SEEDS
        or word.startswith(tuple(word for word in SETTING_WORDS if word.startswith("set")))
    )


def live_names(flows: Sequence[CellFlow]) -> dict[tuple[int, str], str]:
    """Position and name → what it is, for values that are tied to the process that made them."""
    found = {(at, name): what for at, name, what in live_values(flows, range(len(flows)))}
    for at, flow in enumerate(flows):
        sure = {thing for thing, makers in flow.effects.live.items() if not makers}
        for name, holds in flow.effects.holds.items():
            if sure & holds.keys():
                found.setdefault((at, name), "it changes when it is read")
    return found


def tied_to_code(flows: Sequence[CellFlow]) -> dict[tuple[int, str], str]:
    """Position and name → why, for code, and for values that the notebook's classes made."""
    found: dict[tuple[int, str], str] = {}
    classes: set[str] = set()
    for at, flow in enumerate(flows):
        effects = flow.effects
        for name in effects.imports:
            found[at, name] = "a module"
        for name, definition in effects.defines.items():
            found[at, name] = "code of the notebook"
            if definition.is_class or definition.lasting:
                classes.add(name)
        for name, holds in effects.holds.items():
            made = sorted(classes & holds.keys())
            if made and name not in made:
                found.setdefault((at, name), f"{made[0]} of the notebook made it")
    return found
