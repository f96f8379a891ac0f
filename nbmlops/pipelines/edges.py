"""Which steps depend on which, with the cells between them left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nbmlops.domain.pipelines import PipelineEdge
from nbmlops.notebook.dataflow.graph import Edge
from nbmlops.notebook.dataflow.links import KnownBy, bits, together
from nbmlops.pipelines.outline import Outline

_SUREST_FIRST: tuple[KnownBy, ...] = ("static", "observed", "possible")


def between_steps(found: Outline) -> tuple[PipelineEdge, ...]:
    """An edge for each pair of steps of which one needs what the other gives.

    Names are those that leave the source, whether they reach the target at once or through
    support cells. An edge holds if any of its names is known; names that are only possible
    beside others that are known are listed with them.
    """
    names: dict[tuple[str, str], dict[str, KnownBy]] = {}
    needs: dict[int, dict[str, int]] = {}
    for least in _SUREST_FIRST:
        former, needs = needs, {at: found.graph.links.known(at, least) for at in found.needed}
        if needs == former:
            continue
        for target in found.steps:
            for source, name in _arriving(found, target, needs):
                names.setdefault((source, target), {}).setdefault(name, least)
    order = {name: number for number, name in enumerate(found.steps)}
    return tuple(
        PipelineEdge(source=source, target=target, names=_sorted(given), known_by=_best(given))
        for (source, target), given in sorted(
            names.items(), key=lambda item: (order[item[0][0]], order[item[0][1]])
        )
    )


def _arriving(
    found: Outline, target: str, needs: Mapping[int, Mapping[str, int]]
) -> Iterator[tuple[str, str]]:
    """What reaches a step from others and through no other one: the step that gives it, its name.

    Args:
        found: the notebook.
        target: the step.
        needs: from which cells the cells need what, with one bit for each.
    """
    steps = together(1 << at for at in found.step_at)
    ends = steps if found.parameters_at is None else steps | 1 << found.parameters_at
    own = waiting = together(1 << at for at in found.steps[target])
    reached = 0
    given: dict[str, int] = {}
    while waiting:
        position = waiting.bit_length() - 1
        reached |= 1 << position
        for name, sources in needs.get(position, {}).items():
            given[name] = given.get(name, 0) | sources
            waiting |= sources & ~ends
        waiting &= ~reached
    for name, sources in given.items():
        for source in {found.step_at[at] for at in bits(sources & steps & ~own)}:
            yield source, name


def way(edges: Sequence[Edge], start: int, goal: int) -> tuple[Edge, ...] | None:
    """The edges of a shortest way from cell to cell that are more than possible, or ``None``."""
    ways: dict[int, tuple[Edge, ...]] = {start: ()}
    waiting = [start]
    for here in waiting:
        if here == goal:
            return ways[here]
        for edge in edges:
            if edge.source == here and edge.target not in ways and edge.known_by != "possible":
                ways[edge.target] = (*ways[here], edge)
                waiting.append(edge.target)
    return None


def _best(given: Mapping[str, KnownBy]) -> KnownBy:
    return min(given.values(), key=_SUREST_FIRST.index)


def _sorted(given: Mapping[str, KnownBy]) -> tuple[str, ...]:
    return tuple(sorted(given))
