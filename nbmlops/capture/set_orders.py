"""On whose order of sets the results of a cell may hang."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from nbmlops.domain.accesses import SET_ORDER, ExternalAccess
from nbmlops.notebook.dataflow.set_orders import reaches_results
from nbmlops.values.hash_seeds import own_seed, seed_for_runs
from nbmlops.values.set_orders import PLACED

_SEED = "seed:"
_PLACES = "addresses"
"""In place of a seed: the order is another one in each process, whatever its seed."""


def set_order_of(
    sources: Mapping[str, str], inputs: Mapping[str, str], outputs: Collection[str]
) -> Iterator[ExternalAccess]:
    """By which seed this process orders sets, where that may have reached the results of a cell.

    A set that it leaves comes back with its items as they come from the store: that need not be
    the order in which another process would have made it.

    Args:
        sources: the cell, the functions and classes that it uses, and modules by file (``lib.py``).
        inputs: of the names that it may read those that hold sets whose order is not always the
            same, with what that hangs on.
        outputs: what the order of sets hangs on that it leaves.
    """
    hangs = {*outputs} - {""}
    if not hangs and not reaches_results(sources, inputs.keys()):
        return
    hangs |= {*inputs.values()} if PLACED not in hangs and _reads(sources, inputs) else set()
    detail = _PLACES if PLACED in hangs else f"{_SEED}{own_seed()}"
    yield ExternalAccess(kind="machine", name=SET_ORDER, detail=detail)


def _reads(sources: Mapping[str, str], inputs: Mapping[str, str]) -> bool:
    """Whether the order of sets may reach the results that have it from where their items lie."""
    placed = [name for name, order in inputs.items() if order == PLACED]
    return bool(placed) and reaches_results(sources, placed)


def is_that_of_runs(access: ExternalAccess, environment: Mapping[str, str]) -> bool:
    """Whether the kernels of a run order sets as the process did that made a result."""
    return access.detail == f"{_SEED}{seed_for_runs(environment)}"
