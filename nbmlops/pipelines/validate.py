"""Why a notebook cannot become a pipeline: every reason, each with its cell and its cure."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from nbmlops.domain.pipelines import PipelineEdge
from nbmlops.notebook.dataflow.known import BUILTINS, LAST_RESULTS, SHELL_NAMES
from nbmlops.notebook.labels import (
    TAG_PREFIX,
    cell_test,
    label_of,
)
from nbmlops.pipelines.edges import way
from nbmlops.pipelines.live import live_values
from nbmlops.pipelines.naming import only_defines
from nbmlops.pipelines.outline import Outline
from nbmlops.pipelines.shell_words import named_by_shell, of_gettext, unwritten

_ALWAYS_THERE = BUILTINS | SHELL_NAMES | {"display", "get_ipython", "nbmlops", "__file__"}
_HISTORY = re.compile(r"_i?[0-9]+")


def problems(
    found: Outline,
    edges: Sequence[PipelineEdge],
    unstorable: Mapping[tuple[str, str], str] | None = None,
) -> list[str]:
    """Every reason against a build, one line each; empty if there is none.

    Args:
        found: the notebook.
        edges: the edges between its steps.
        unstorable: step and name → why a recorded value could not be stored.
    """
    return [
        *_language(found),
        *_ids(found),
        *_labels(found),
        *_steps(found),
        *_names(found),
        *_order(found),
        *_cycles(found, edges),
        *_parameters(found),
        *_unparsable(found),
        *_missing(found),
        *_history(found),
        *_unstorable(found, edges, unstorable or {}),
    ]


def _language(found: Outline) -> Iterator[str]:
    language = found.document.language
    if not language.startswith(("python", "ipython")):
        yield f"its kernel speaks {language}; only Python notebooks become pipelines."


def _ids(found: Outline) -> Iterator[str]:
    counted = Counter(cell.id for cell in found.document.cells)
    for cell_id, count in counted.items():
        if count > 1:
            numbers = [str(c.index + 1) for c in found.document.cells if c.id == cell_id]
            yield (
                f"cells {', '.join(numbers)} have the same id {cell_id!r}; "
                "save the notebook in JupyterLab, which gives each its own."
            )


def _labels(found: Outline) -> Iterator[str]:
    for position, label in found.labels.items():
        if label.problem is not None:
            yield f"{found.title(position)}: its label is wrong, {label.problem}."


def _steps(found: Outline) -> Iterator[str]:
    if found.steps:
        return
    flows = found.graph.flows
    if not flows:
        yield "it has no step, for it has no code cell that goes along; write one."
    elif all(only_defines(flow.cell.source) for flow in flows):
        yield (
            "it has no step: none of its cells does more than import and define; write one that "
            "uses them, or make each cell a step with --steps all."
        )
    else:
        yield (
            "it has no step; name a cell with %mlops track NAME as its first line, or build with "
            "--steps headings or --steps cells."
        )


def _names(found: Outline) -> Iterator[str]:
    """Names that a first line gives to one of several cells; tags may share one."""
    for name, positions in found.steps.items():
        by_line = [at for at in positions if label_of(found.flow(at).cell.source) is not None]
        own = [at for at in by_line if found.labels[at].name == name]
        if len(positions) > 1 and own:
            yield (
                f"step {name!r} is named in cells {_numbers(found, positions)}; keep one: delete "
                "or rename the other, join them into one cell, or name them by a tag "
                f"{TAG_PREFIX}{name} each."
            )


def _order(found: Outline) -> Iterator[str]:
    """Tags that declare an order which the notebook does not have."""
    for position, names in found.naming.after.items():
        for name in names:
            if not any(other < position for other in found.steps.get(name, ())):
                there = "is not above it" if name in found.steps else "is not there"
                yield (
                    f"{found.title(position)} is tagged 'prev:{name}', and step {name!r} {there}; "
                    "correct the tag, or move the step."
                )


def _cycles(found: Outline, edges: Sequence[PipelineEdge]) -> Iterator[str]:
    """Steps of several cells between which data goes to and fro."""
    needs: dict[str, dict[str, PipelineEdge]] = {}
    for edge in edges:
        needs.setdefault(edge.target, {})[edge.source] = edge
    for name, positions in found.steps.items():
        if len(positions) > 1 and (ring := _ring(name, needs)):
            said = "; ".join(
                f"{edge.target!r} needs {', '.join(edge.names)} from {edge.source!r}"
                for edge in ring
            )
            yield (
                f"step {name!r} is made of cells {_numbers(found, positions)}, and other steps "
                f"must run between them: {said}; give its last cells a name of their own."
            )
            return


def _ring(start: str, needs: Mapping[str, Mapping[str, PipelineEdge]]) -> list[PipelineEdge]:
    """The edges of a way from a step back to itself; empty if there is none."""
    ways: dict[str, list[PipelineEdge]] = {start: []}
    waiting = [start]
    for here in waiting:
        for source, edge in needs.get(here, {}).items():
            if source == start:
                return [*ways[here], edge]
            if source not in ways:
                ways[source] = [*ways[here], edge]
                waiting.append(source)
    return []


def _numbers(found: Outline, positions: Sequence[int]) -> str:
    numbers = [str(found.flow(position).cell.index + 1) for position in positions]
    return f"{', '.join(numbers[:-1])} and {numbers[-1]}"


def _parameters(found: Outline) -> Iterator[str]:
    tagged = found.naming.parameters_at
    if len(tagged) > 1:
        numbers = ", ".join(found.title(position) for position in tagged)
        yield f"{numbers} are all tagged 'parameters'; keep the tag on one of them."
    if tagged and tagged[0] in found.step_at:
        yield (
            f"{found.title(tagged[0])} is tagged 'parameters', so it cannot be a step as well; "
            "move the parameters into a cell of their own."
        )
    for problem in found.inferred.problems:
        yield f"{found.title(tagged[0])}: {problem}; correct one of them."


def _unparsable(found: Outline) -> Iterator[str]:
    """Cells that must run, and those whose names are missed elsewhere."""
    missed = {name for position in found.needed for name in found.flow(position).missing}
    for position, flow in enumerate(found.graph.flows):
        if flow.problem is None:
            continue
        words = set(re.findall(r"[A-Za-z_]\w*", flow.cell.source))
        if position in found.needed or words & missed:
            here = f"{found.title(position)}, line {flow.problem.line}"
            cure = unwritten(found, position, flow.problem.line) or "correct that line"
            yield f"{here}: it is not valid Python ({flow.problem.reason}); {cure}."


def _missing(found: Outline) -> Iterator[str]:
    broken = {
        word
        for flow in found.graph.flows
        if flow.problem is not None
        for word in re.findall(r"[A-Za-z_]\w*", flow.cell.source)
    }
    given = {parameter.name for parameter in found.inferred.parameters}
    reported: set[str] = set()
    for position in sorted(found.needed):
        for name in sorted(found.flow(position).missing - given - broken - reported):
            if name not in _ALWAYS_THERE and not _HISTORY.fullmatch(name):
                reported.add(name)
                why = named_by_shell(found, position, name) or _nobody(found, position, name)
                yield f"{found.title(position)} reads {name!r}, {why}"


def _history(found: Outline) -> Iterator[str]:
    """What IPython keeps of the cells that ran before: not the same cells run in a pipeline."""
    imported = {name for flow in found.graph.flows for name in flow.effects.imports}
    results = LAST_RESULTS - imported  # bound by a cell or not, IPython binds them again
    for position in sorted(found.needed):
        flow = found.flow(position)
        for name in sorted(flow.missing | flow.unbound | (flow.effects.soft_reads & results)):
            if name in SHELL_NAMES or _HISTORY.fullmatch(name):
                why = of_gettext(found, name) or (
                    "which depends on what ran before; give the value a name in the cell that "
                    "makes it."
                )
                yield f"{found.title(position)} reads {name!r}, {why}"


def _nobody(found: Outline, position: int, name: str) -> str:
    """Why a name is not there, and what to do."""
    later = [
        other
        for other, flow in enumerate(found.graph.flows)
        if other > position and name in flow.writes
    ]
    if later:
        return _only_later(found, position, name, later)
    deleting = [
        other
        for other, flow in enumerate(found.graph.flows)
        if other < position and name in flow.deletes
    ]
    if deleting:
        return f"which {found.title(deleting[-1])} deletes; delete it later, or define it again."
    for cell in found.skipped:
        if re.search(rf"\b{re.escape(name)}\b", cell.source):
            if cell_test(cell.source, cell.tags) is not None:
                return (
                    f"which only the test in cell {cell.index + 1} has; define it in a cell above."
                )
            return (
                f"which only cell {cell.index + 1} has, and its tags leave that cell out; "
                "remove the tag."
            )
    every = {name for flow in found.graph.flows for name in flow.writes if name.isidentifier()}
    near = difflib.get_close_matches(name, every | BUILTINS, n=1, cutoff=0.75)
    if near:
        return f"which no cell defines; did you mean {near[0]!r}?"
    return "which no cell defines; define or import it in a cell above."


def _only_later(found: Outline, position: int, name: str, later: Sequence[int]) -> str:
    """A name that cells below define: one of them can move up unless each needs this cell."""
    ways = {other: way(found.graph.edges, position, other) for other in later}
    free = [other for other, needs in ways.items() if needs is None]
    if free:
        where = found.title(free[0])
        return f"which is defined only further down, in {where}; move {where} above it."
    here, maker = found.title(position), found.title(later[0])
    needs = "; ".join(
        f"{found.title(edge.target)} needs {', '.join(edge.names)} from {found.title(edge.source)}"
        for edge in ways[later[0]] or ()
    )
    return (
        f"which {maker} defines, and {needs}: they need each other, so neither can come first; "
        f"make {name!r} in a cell of its own above {here}, or join the two into one cell."
    )


def _unstorable(
    found: Outline, edges: Sequence[PipelineEdge], recorded: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """Values that go from step to step and cannot be kept."""
    crossing: dict[tuple[str, str], str] = {}
    for edge in edges:
        if edge.known_by != "possible":
            for name in edge.names:
                crossing.setdefault((edge.source, name), edge.target)
    live: dict[tuple[str, str], str] = {}
    flows = found.graph.flows
    made = {(at, name): what for at, name, what in live_values(flows, found.step_at)}
    for position, step in sorted(found.step_at.items()):
        for name in found.flow(position).writes:  # a later cell of the step may make it anew
            live.pop((step, name), None)
        live.update({(step, name): what for (at, name), what in made.items() if at == position})
    for (step, name), target in crossing.items():
        reason = live.get((step, name)) or recorded.get((step, name))
        if reason:
            yield (
                f"step {step!r} gives {name!r} to {target!r}, and it cannot be stored: {reason}; "
                f"make it in {target!r}, make both one step by the tag {TAG_PREFIX}{step} on each "
                "cell, or take the name off the cell that makes it: a cell that is no step runs "
                "again whenever it is needed, also with --steps cells or all."
            )
