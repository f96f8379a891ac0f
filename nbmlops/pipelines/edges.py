"""Which steps depend on which, with the cells between them left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nbmlops.domain.pipelines import PipelineEdge
from nbmlops.notebook.dataflow.graph import Edge
from nbmlops.notebook.dataflow.links import KnownBy
from nbmlops.pipelines.outline import Outline

_SURENESS: dict[KnownBy, int] = {"possible": 0, "observed": 1, "static": 2}


def between_steps(found: Outline) -> tuple[PipelineEdge, ...]:
    """An edge for each pair of steps of which one needs what the other gives.

    Names are those that leave the source, whether they reach the target at once or through
    support cells. An edge holds if any of its names is known; names that are only possible
    beside others that are known are listed with them.
    """
    incoming: dict[int, list[Edge]] = {}
    for edge in found.graph.edges:
        if edge.target in found.needed:
            incoming.setdefault(edge.target, []).append(edge)
    names: dict[tuple[str, str], dict[str, KnownBy]] = {}
    for target, positions in found.steps.items():
        for edge, known_by in _arriving(found, positions, incoming):
            source = found.step_at[edge.source]
            if source != target:
                into = names.setdefault((source, target), {})
                for name in edge.names:
                    into[name] = _surer(known_by, into.get(name, "possible"))
    order = {name: number for number, name in enumerate(found.steps)}
    return tuple(
        PipelineEdge(source=source, target=target, names=_sorted(given), known_by=_best(given))
        for (source, target), given in sorted(
            names.items(), key=lambda item: (order[item[0][0]], order[item[0][1]])
        )
    )


def _arriving(
    found: Outline, positions: Iterable[int], incoming: Mapping[int, Sequence[Edge]]
) -> list[tuple[Edge, KnownBy]]:
    """The edges from step cells that reach these cells through no other step."""
    result: list[tuple[Edge, KnownBy]] = []
    reached: dict[int, KnownBy] = dict.fromkeys(positions, "static")
    waiting = list(reached)
    while waiting:
        position = waiting.pop()
        for edge in incoming.get(position, ()):
            known_by = min(reached[position], edge.known_by, key=_SURENESS.__getitem__)
            if edge.source in found.step_at:
                result.append((edge, known_by))
            elif edge.source != found.parameters_at and _surer_than(
                known_by, reached.get(edge.source)
            ):
                reached[edge.source] = known_by
                waiting.append(edge.source)
    return result


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


def _surer(one: KnownBy, other: KnownBy) -> KnownBy:
    return max(one, other, key=_SURENESS.__getitem__)


def _surer_than(one: KnownBy, other: KnownBy | None) -> bool:
    return other is None or _SURENESS[one] > _SURENESS[other]


def _best(given: Mapping[str, KnownBy]) -> KnownBy:
    return max(given.values(), key=_SURENESS.__getitem__)


def _sorted(given: Mapping[str, KnownBy]) -> tuple[str, ...]:
    return tuple(sorted(given))
