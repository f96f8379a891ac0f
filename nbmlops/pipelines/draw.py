"""A pipeline as a picture: text for a terminal, SVG for a page, Mermaid for a document."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from html import escape
from itertools import accumulate

from nbmlops.domain.pipelines import PipelineEdge, PipelineSpec
from nbmlops.pipelines.layout import Route, Slot, arrange, layers

_WIDTH, _HEIGHT = 150, 40
_GAP_X, _GAP_Y = 110, 26
_MARGIN = 14
_NAME, _LABEL = 18, 15
"""Characters that fit into a box, and between two, if none of them is a wide one."""
_WIDE = 1.35
"""How much wider a capital is than most characters."""
_ABOVE = 11
"""Pixels from a level line to the middle of its label."""
_MERMAID = {
    "cached": "fill:#2e9e5b24,stroke:#2e9e5b",
    "runs": "fill:#c7770029,stroke:#c77700",
    "may run": "fill:#c7770012,stroke:#c77700,stroke-dasharray:5 3",
}
"""How a flowchart shows what a run would do with a step."""
_STYLE = """
.nbmlops-dag{font:13px system-ui,sans-serif;color:#1f2430;--page:#fff;max-width:100%;height:auto}
@media(prefers-color-scheme:dark){.nbmlops-dag{color:#dfe3ea;--page:#111}}
.jp-mod-dark .nbmlops-dag,[data-jp-theme-light="false"] .nbmlops-dag{color:#dfe3ea;--page:#111}
[data-jp-theme-light="true"] .nbmlops-dag{color:#1f2430;--page:#fff}
.nbmlops-dag text{fill:currentColor}
.nbmlops-dag .name{font-weight:600;text-anchor:middle;dominant-baseline:central}
.nbmlops-dag .label{font-size:11px;text-anchor:middle;dominant-baseline:central;fill-opacity:.8;paint-order:stroke;stroke:var(--jp-layout-color0,var(--page));stroke-width:3px;stroke-linejoin:round}
.nbmlops-dag rect{fill:currentColor;fill-opacity:.05;stroke:currentColor;stroke-opacity:.45}
.nbmlops-dag path{fill:none;stroke:currentColor;stroke-opacity:.55;stroke-width:1.4}
.nbmlops-dag .possible path{stroke-dasharray:4 4}
.nbmlops-dag .head{fill:currentColor;fill-opacity:.55;stroke:none}
.nbmlops-dag .state-succeeded rect,.nbmlops-dag .state-ok rect{stroke:#2e9e5b;fill:#2e9e5b;fill-opacity:.14;stroke-opacity:1}
.nbmlops-dag .state-failed rect,.nbmlops-dag .state-error rect{stroke:#d6453d;fill:#d6453d;fill-opacity:.14;stroke-opacity:1}
.nbmlops-dag .state-running rect{stroke:#2b7de9;fill:#2b7de9;fill-opacity:.14;stroke-opacity:1}
.nbmlops-dag .state-cached rect{stroke:#2e9e5b;fill:#2e9e5b;fill-opacity:.14;stroke-opacity:1}
.nbmlops-dag .state-runs rect{stroke:#c77700;fill:#c77700;fill-opacity:.16;stroke-opacity:1}
.nbmlops-dag .state-may-run rect{stroke:#c77700;fill:#c77700;fill-opacity:.07;stroke-opacity:1;stroke-dasharray:5 3}
.nbmlops-dag .below{font-size:10px;text-anchor:middle;dominant-baseline:central;fill-opacity:.8}
""".strip()  # noqa: E501  # one rule a line reads best


def text(spec: PipelineSpec) -> str:
    """The layers on one line, then each step with what it gives to which.

    Dashed arrows are edges that are only possible.
    """
    parts = [names[0] if len(names) == 1 else f"({', '.join(names)})" for names in layers(spec)]
    lines = [" → ".join(parts), ""] if parts else []
    for step in spec.steps:
        lines.append(step.name)
        leaving = [edge for edge in spec.edges if edge.source == step.name]
        for edge in leaving:
            branch = "└" if edge is leaving[-1] else "├"
            lines.append(f"  {branch}{_arrow(edge)} {edge.target}")
    return "\n".join(lines)


def mermaid(spec: PipelineSpec, states: Mapping[str, str] | None = None) -> str:
    """The DAG as a Mermaid flowchart.

    Args:
        spec: the pipeline.
        states: step → what a run would do with it (``cached``, ``runs``, ``may run``).
    """
    states = states or {}
    ids = {step.name: f"s{number}" for number, step in enumerate(spec.steps)}
    lines = ["flowchart LR"]
    for step in spec.steps:
        said = f"<br/>{states[step.name]}" if step.name in states else ""
        lines.append(f'    {ids[step.name]}["{_quoted(step.name)}{said}"]')
    for edge in spec.edges:
        arrow = "-.->" if edge.known_by == "possible" else "-->"
        label = _quoted(", ".join(edge.names))
        lines.append(f'    {ids[edge.source]} {arrow}|"{label}"| {ids[edge.target]}')
    for state, look in _MERMAID.items():
        members = ",".join(ids[step.name] for step in spec.steps if states.get(step.name) == state)
        if members:
            kind = state.replace(" ", "-")
            lines += [f"    classDef {kind} {look}", f"    class {members} {kind}"]
    return "\n".join(lines) + "\n"


def svg(
    spec: PipelineSpec,
    states: Mapping[str, str] | None = None,
    reasons: Mapping[str, str] | None = None,
) -> str:
    """The DAG as an SVG element that follows the page's light or dark colours.

    Args:
        spec: the pipeline.
        states: step → how it stands (``succeeded``, ``failed``, ``running`` …), shown by colour;
            what a run would do with it (``cached``, ``runs``, ``may run``) is written as well.
        reasons: step → why that is so, for who points at it.
    """
    layout = arrange(spec)
    width = 2 * _MARGIN + layout.layers * _WIDTH + max(layout.layers - 1, 0) * _GAP_X
    height = 2 * _MARGIN + layout.rows * _HEIGHT + max(layout.rows - 1, 0) * _GAP_Y
    edges = "".join(_edge(route) for route in layout.routes)
    labels = "".join(_label(route) for route in layout.routes)  # above all lines, to be read
    nodes = "".join(
        _node(name, slot, (states or {}).get(name, ""), (reasons or {}).get(name, ""))
        for name, slot in layout.slots.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nbmlops-dag" role="img" '
        f'aria-label="{escape("Steps of " + spec.name)}" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<style>{_STYLE}</style>{edges}{nodes}{labels}</svg>"
    )


def _arrow(edge: PipelineEdge) -> str:
    line = "╌" if edge.known_by == "possible" else "─"
    return f"{line} {', '.join(edge.names)} {line}▶"


def _quoted(words: str) -> str:
    return words.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")


def _corner(slot: Slot) -> tuple[int, int]:
    layer, row = slot
    return _MARGIN + layer * (_WIDTH + _GAP_X), _MARGIN + row * (_HEIGHT + _GAP_Y)


def _node(name: str, slot: Slot, state: str, reason: str) -> str:
    x, y = _corner(slot)
    kind = f"state-{escape(state.replace(' ', '-'))}" if state else "state-none"
    told = ", ".join(filter(None, (state, reason)))
    title = f"{name}: {told}" if told else name
    below = (
        f'<text class="below" x="{x + _WIDTH // 2}" y="{y + _HEIGHT // 2 + 10}">{state}</text>'
        if state in _MERMAID
        else ""
    )
    return (
        f'<g class="{kind}"><title>{escape(title)}</title>'
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
        f'<text class="name" x="{x + _WIDTH // 2}" y="{y + _HEIGHT // 2 - (6 if below else 0)}">'
        f"{escape(_short(name, _NAME))}</text>{below}</g>"
    )


def _edge(route: Route) -> str:
    """A curve through the slots of an edge, with an arrow head."""
    points = [_corner(slot) for slot in route.through]
    middle = _HEIGHT // 2
    x, y = points[0][0] + _WIDTH, points[0][1] + middle
    pieces = [f"M{x} {y}"]
    for position, (left, top) in enumerate(points[1:], 1):
        bend = (left + x) // 2
        pieces.append(f"C{bend} {y} {bend} {top + middle} {left} {top + middle}")
        x, y = left, top + middle
        if position < len(points) - 1:
            x += _WIDTH
            pieces.append(f"H{x}")
    return (
        f'<g class="{escape(route.edge.known_by)}"><title>{_title(route)}</title>'
        f'<path d="{"".join(pieces)}"/>'
        f'<path class="head" d="M{x} {y}l-8 -4v8z"/></g>'
    )


def _label(route: Route) -> str:
    """The names of an edge: at the middle of a short one, in the middle slot of a long one."""
    between = route.through[1:-1]
    if between:
        left, top = _corner(between[len(between) // 2])
        x, y = left + _WIDTH // 2, top + _HEIGHT // 2
    else:
        (left, top), (_, target_top) = (_corner(slot) for slot in route.through)
        x, y = left + _WIDTH + _GAP_X // 2, (top + target_top + _HEIGHT) // 2
    level = y - _ABOVE if between or top == target_top else y
    return (
        f'<text class="label" x="{x}" y="{level}"><title>{_title(route)}</title>'
        f"{escape(_short(', '.join(route.edge.names), _LABEL))}</text>"
    )


def _title(route: Route) -> str:
    edge = route.edge
    return escape(f"{edge.source} → {edge.target}: {', '.join(edge.names)}")


def _short(words: str, length: int) -> str:
    """As much of some words as fits."""
    ends = list(accumulate(_WIDE if letter.isupper() else 1 for letter in words))
    if not ends or ends[-1] <= length:
        return words
    return words[: bisect_right(ends, length - 1)] + "…"
