"""A lineage as a picture, a tree of text and a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbmlops.commands import wording
from nbmlops.commands.views import Block, Content, Span, table
from nbmlops.domain.lineage import Lineage, LineageNode
from nbmlops.domain.pipelines import PipelineEdge, PipelineSpec, PipelineStep
from nbmlops.pipelines import draw

_MOST_MADE = 5
OUTSIDE = "made outside of what was recorded"


def svg(found: Lineage) -> str:
    """The graph as an SVG element; a colour for each status, a box for each unrecorded origin."""
    names = labels(found.nodes)
    steps = [*names.values(), *_origins(found)] or [found.thing]
    edges = [
        PipelineEdge(
            source=names[edge.source],
            target=names[edge.target],
            names=edge.names,
            known_by="observed",
        )
        for edge in found.edges
    ]
    edges += [
        PipelineEdge(
            source=origin.name,
            target=names[origin.target],
            names=(origin.name,),
            known_by="observed",
        )
        for origin in found.origins
    ]
    spec = PipelineSpec(
        name=found.thing,
        notebook="",
        kernel="",
        digest="",
        cells=(),
        steps=tuple(
            PipelineStep(name=name, digest="", reads=(), writes=()) for name in dict.fromkeys(steps)
        ),
        edges=tuple(edges),
    )
    return draw.svg(spec, {names[node.id]: str(node.status) for node in found.nodes})


def text(found: Lineage) -> str:
    """A tree with the thing at its root; what was shown above is not shown again."""
    shown: set[int] = set()
    lines: list[str] = []
    for root in sorted(found.focus, reverse=found.direction == "backward"):
        if root not in shown:
            lines += _tree(found, root, shown, labels(found.nodes))
    return "\n".join(lines)


def listing(found: Lineage) -> Block:
    """The executions as a table, in the order in which they ran; no column is empty."""
    names = labels(found.nodes)
    rows: list[tuple[Content, ...]] = [
        (
            Span(names[node.id], "strong"),
            wording.when(node.started_at),
            node.author,
            node.run or "interactive",
            wording.status(node.status),
            wording.metrics(node.metrics),
            wording.listed((*node.outputs, *node.artifacts), _MOST_MADE) or "-",
            ", ".join(node.files_read) or "-",
        )
        for node in found.nodes
    ]
    columns = ("execution", "when", "who", "run", "status", "metrics", "made", "files read")
    told = [
        at
        for at, column in enumerate(columns)
        if column not in {"metrics", "files read"} or any(row[at] != "-" for row in rows)
    ]
    return table([columns[at] for at in told], [tuple(row[at] for at in told) for row in rows])


def labels(nodes: Iterable[LineageNode]) -> dict[int, str]:
    """A name for each execution; what ran several times is counted: ``load@1 (2)``."""
    counts: dict[str, int] = {}
    names: dict[int, str] = {}
    for node in nodes:
        counts[node.title] = counts.get(node.title, 0) + 1
        number = counts[node.title]
        names[node.id] = node.title if number == 1 else f"{node.title} ({number})"
    return names


def _origins(found: Lineage) -> list[str]:
    return list(dict.fromkeys(origin.name for origin in found.origins))


def _tree(found: Lineage, root: int, shown: set[int], names: dict[int, str]) -> Iterator[str]:
    """The lines of one tree, depth first, without recursion: a chain may be long."""
    waiting: list[tuple[str, str, str, int | None]] = [("", "", names[root], root)]
    while waiting:
        branch, indent, label, node = waiting.pop()
        if node in shown:
            yield f"{branch}{label} (above)" if _branches(found, node) else f"{branch}{label}"
            continue
        yield f"{branch}{label}"
        if node is None:
            continue
        shown.add(node)
        below = _branches(found, node)
        for number, (given, other) in enumerate(reversed(below)):
            last = number == 0
            title = names[other] if other is not None else OUTSIDE
            arrow = "→" if found.direction == "forward" else "←"
            waiting.append(
                (
                    f"{indent}{'└─' if last else '├─'} ",
                    f"{indent}{'   ' if last else '│  '}",
                    f"{given} {arrow} {title}",
                    other,
                )
            )


def _branches(found: Lineage, node: int | None) -> list[tuple[str, int | None]]:
    """What goes into an execution, or out of it: names, and the other execution."""
    if found.direction == "forward":
        return [(", ".join(e.names), e.target) for e in found.edges if e.source == node]
    made: list[tuple[str, int | None]] = [
        (", ".join(e.names), e.source) for e in found.edges if e.target == node
    ]
    outside = [origin.name for origin in found.origins if origin.target == node]
    return [*made, *([(", ".join(outside), None)] if outside else [])]
