"""Where the steps of a DAG are put: in layers, each step behind what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbmlops.domain.pipelines import PipelineEdge, PipelineSpec

Slot = tuple[int, int]
"""Layer and row, both 0-based."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An edge with the slots that it passes through, from its source to its target."""

    edge: PipelineEdge
    through: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The slot of each step, and the way of each edge; a long edge has slots of its own."""

    slots: Mapping[str, Slot]
    routes: tuple[Route, ...]

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return 1 + max((layer for layer, _ in self.slots.values()), default=-1)

    @property
    def rows(self) -> int:
        """How many rows the fullest layer takes."""
        every = [*self.slots.values(), *(slot for route in self.routes for slot in route.through)]
        return 1 + max((row for _, row in every), default=-1)


def layers(spec: PipelineSpec) -> list[list[str]]:
    """The steps by the length of the longest way to them."""
    depth = _depths(spec)
    result: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for step in spec.steps:
        result[depth[step.name]].append(step.name)
    return result


def arrange(spec: PipelineSpec) -> Layout:
    """Put steps and edges into slots; edges that share a layer get rows beside its steps."""
    depth = _depths(spec)
    waypoints: list[list[tuple[str, int]]] = [
        [] for _ in range(1 + max(depth.values(), default=-1))
    ]
    for step in spec.steps:
        waypoints[depth[step.name]].append((step.name, -1))
    for number, edge in enumerate(spec.edges):
        for layer in range(depth[edge.source] + 1, depth[edge.target]):
            waypoints[layer].append(("", number))
    rows = _rows(waypoints, spec.edges)
    slots = {
        name: (layer, rows[layer][name, number])
        for layer, points in enumerate(waypoints)
        for name, number in points
        if name
    }
    return Layout(
        slots=slots,
        routes=tuple(
            Route(
                edge=edge,
                through=(
                    slots[edge.source],
                    *(
                        (layer, rows[layer]["", number])
                        for layer in range(depth[edge.source] + 1, depth[edge.target])
                    ),
                    slots[edge.target],
                ),
            )
            for number, edge in enumerate(spec.edges)
        ),
    )


def _depths(spec: PipelineSpec) -> dict[str, int]:
    """The longest way to each step; as many rounds as steps, so that a cycle ends too."""
    depth = {step.name: 0 for step in spec.steps}
    for _ in spec.steps:
        before = dict(depth)
        for edge in spec.edges:
            depth[edge.target] = max(depth[edge.target], depth[edge.source] + 1)
        if depth == before:
            break
    limit = len(depth) - 1
    return {name: min(layer, limit) for name, layer in depth.items()}


def _rows(
    waypoints: Sequence[Sequence[tuple[str, int]]], edges: Sequence[PipelineEdge]
) -> list[dict[tuple[str, int], int]]:
    """The row of each point: near the mean of those before it, which keeps edges apart."""
    result: list[dict[tuple[str, int], int]] = []
    for points in waypoints:
        before = result[-1] if result else {}
        wanted = {point: _wanted(point, before, edges) for point in points}
        ordered = sorted(points, key=lambda point: (wanted[point], points.index(point)))
        result.append({point: row for row, point in enumerate(ordered)})
    return result


def _wanted(
    point: tuple[str, int], before: Mapping[tuple[str, int], int], edges: Sequence[PipelineEdge]
) -> float:
    name, number = point
    arriving = [number] if not name else [n for n, edge in enumerate(edges) if edge.target == name]
    rows = [
        before[key] for n in arriving for key in ((edges[n].source, -1), ("", n)) if key in before
    ]
    return sum(rows) / len(rows) if rows else 0.0
