"""One standing for each step, also where several cells have its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nbmlops.domain.executions import Execution
from nbmlops.domain.staleness import Standing, State
from nbmlops.notebook.labels import label_of
from nbmlops.pipelines.outline import Outline

_WORST_FIRST = (State.FAILED, State.STALE, State.NEVER_RUN, State.UNRECORDED, State.FRESH)


def copies(found: Outline, ran: Mapping[int, Execution]) -> dict[int, Execution]:
    """The cells that never ran but have the name of one that did, with its latest execution.

    A restored version stands beside the cell that it came from until one of them is deleted.
    Cells that share a name by their tags are one step, of which each must run.
    """
    copied: dict[int, Execution] = {}
    for positions in found.steps.values():
        runs = [ran[position] for position in positions if position in ran]
        labelled = (label_of(found.flow(at).cell.source) is not None for at in positions)
        if runs and len(positions) > 1 and any(labelled):
            last = max(runs, key=lambda run: run.id)
            copied |= dict.fromkeys(_without_own(found, positions, ran), last)
    return copied


def _without_own(
    found: Outline, positions: Sequence[int], ran: Mapping[int, Execution]
) -> list[int]:
    """Those of the cells that did not run; what ran without an id is the one with that code."""
    owned: set[int] = set()
    without: list[int] = []
    for position in sorted(positions, key=lambda at: not _is_as_run(found, at, ran)):
        run = ran.get(position)
        if run is None or run.id in owned:
            without.append(position)
        else:
            owned.add(run.id)
    return without


def _is_as_run(found: Outline, position: int, ran: Mapping[int, Execution]) -> bool:
    return position in ran and ran[position].record.digest == found.flow(position).digest


def one_each(found: Outline, standings: Mapping[int, Standing]) -> tuple[Standing, ...]:
    """The standings with those of each step as one, where its first cell is."""
    return tuple(
        standing if many is None else _one(found, many, standings)
        for position, standing in standings.items()
        for many in [_named_alike(found, position)]
        if many is None or position == many[0]
    )


def _named_alike(found: Outline, position: int) -> tuple[int, ...] | None:
    positions = found.steps.get(found.step_at.get(position, ""), ())
    return positions if len(positions) > 1 else None


def _one(found: Outline, positions: tuple[int, ...], standings: Mapping[int, Standing]) -> Standing:
    """The latest execution with the worst state, and all reasons for it but the step itself."""
    every = [standings[position] for position in positions]
    latest = max(every, key=lambda standing: standing.execution or 0)
    reasons = dict.fromkeys(reason for one in every for reason in one.reasons)
    told = (why for why in reasons if why.kind != "upstream" or why.cause != latest.title)
    return replace(
        latest,
        state=min((standing.state for standing in every), key=_WORST_FIRST.index),
        reasons=tuple(told),
        held=latest.held,
        named_in=tuple(found.flow(position).cell.index + 1 for position in positions),
    )
