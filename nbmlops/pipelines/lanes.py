"""Which cells may run beside each other, in kernels of their own; pure.

A cell may run beside another one only if nothing goes from one to the other: no value, no part of
a value that is changed in place, no file, no random number, no setting. What goes from a lane to
a later one are values that can be stored, and files. Whatever is not known joins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.notebook.dataflow.effects import ANY_FILE
from nbmlops.notebook.dataflow.graph import MAY_FAIL, CellFlow, Edge
from nbmlops.notebook.dataflow.known import (
    FILE_WRITERS,
    INERT_PACKAGES,
    PROCESS,
    RANDOM,
    READ_ONLY,
    STILL_MODULES,
    VIEWS,
)
from nbmlops.pipelines import displays, reasons, sharing
from nbmlops.pipelines.axis_names import names_axes
from nbmlops.pipelines.blocks import Blocks, Tie
from nbmlops.pipelines.kinds import always_plain
from nbmlops.pipelines.plan import PlanCell
from nbmlops.pipelines.setup import is_setup, live_names, tied_to_code

Unstorable = Callable[[int, str], str | None]
"""Why what a cell (by position) left under a name could not be handed over the last time."""

_METHOD_OF_MEMBER = 2
"""Dots in ``package.member.method``."""

_FILE_ACTS = (FILE_WRITERS | {"open", "rename", "replace"}) - {"to_sql", "read_sql"}
"""Acts that change files, which the code names or not: see `CellFlow.files_written`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Cells that share a kernel, in notebook order, by position.

    It begins when the lanes that it comes ``after`` (by number) have ended. ``before`` are the
    cells that make every kernel ready: those of `Lanes.setup` above its last cell.
    """

    number: int
    cells: tuple[int, ...]
    after: frozenset[int]
    before: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """All lanes of a pipeline, by number from 0, and why cells were joined.

    ``setup`` are the cells that every kernel runs for itself, ``handed_over`` the names whose
    values go from lane to lane.
    """

    lanes: tuple[Lane, ...]
    setup: frozenset[int] = frozenset()
    ties: tuple[Tie, ...] = ()
    handed_over: frozenset[str] = frozenset()

    def above(self, lane: Lane) -> frozenset[int]:
        """The numbers of the lanes that have ended when a lane begins."""
        found: set[int] = set()
        waiting = list(lane.after)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting += self.lanes[number].after
        return frozenset(found)

    @property
    def runs_beside(self) -> bool:
        """Whether any two lanes can run at once."""
        return any(
            other.number not in self.above(lane)
            for lane in self.lanes
            for other in self.lanes[: lane.number]
        )


def lanes_of(
    cells: Sequence[PlanCell],
    edges: Iterable[Edge],
    spec: PipelineSpec,
    *,
    unstorable: Unstorable,
    apart: bool = False,
    files_stay: bool = True,
) -> Lanes:
    """Divide the cells of a pipeline into lanes.

    Args:
        cells: those of the pipeline, in notebook order.
        edges: what they need from each other, by position.
        spec: the pipeline, with the order that its tags declare.
        unstorable: what runs have shown.
        apart: whether steps that follow on each other get lanes of their own as well.
        files_stay: whether later lanes find the files that earlier ones have written.
    """
    setup = _setup(cells, tuple(edges))
    work = [at for at in range(len(cells)) if at not in setup]
    blocks = Blocks(work)
    between = [edge for edge in edges if edge.source not in setup and edge.target not in setup]
    for tie in _ties(cells, work, between, unstorable):
        blocks.tie(tie)
    if not files_stay:
        for tie in _files_handed_over(cells, work):
            blocks.tie(tie)
    for source, target in (*_data(between), *_declared(spec, work), *_files(cells, work)):
        blocks.order(source, target)
    blocks.settle({at for at in work if cells[at].step is not None}, apart=apart)
    number = {at: place for place, (found, _) in enumerate(blocks.in_order()) for at in found}
    return Lanes(
        lanes=tuple(
            Lane(
                number=number,
                cells=found,
                after=after,
                before=_before(found, setup, last=found[-1] == max(work)),
            )
            for number, (found, after) in enumerate(blocks.in_order())
        ),
        setup=setup,
        ties=blocks.ties,
        handed_over=frozenset(
            name
            for edge in between
            if number[edge.source] != number[edge.target]
            for name in edge.names
            if name.isidentifier()
        ),
    )


def steps_before(
    cells: Sequence[PlanCell], edges: Iterable[Edge], spec: PipelineSpec, names: Collection[str]
) -> tuple[str, ...]:
    """The steps without which some steps cannot be what they are in the whole, and these.

    In the order of the pipeline: what gives them values or files, directly or not, what draws
    from a generator before them, and what may have set something for those below.

    Args:
        cells: those of the pipeline, in notebook order.
        edges: what they need from each other, by position.
        spec: the pipeline, with the order that its tags declare.
        names: the steps.
    """
    every = range(len(cells))
    above: dict[int, set[int]] = {at: set() for at in every}
    for source, target in (*_data(edges), *_declared(spec, every), *_files(cells, every)):
        above[target].add(source)
    for tie in (
        *_hidden(cells, every),
        *_random(cells, every),
        *_deleted(cells, every),
        *_shared(cells, every),
        *_named(cells, every),
    ):
        above[tie.target].add(tie.source)
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [at for at in every if cells[at].step in names]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        waiting += above[at]
        step = cells[at].step
        if step is not None and step not in found:
            found.add(step)
            waiting += [other for other in every if cells[other].step == step]
    return tuple(step.name for step in spec.steps if step.name in found)


def _before(cells: Sequence[int], setup: Iterable[int], *, last: bool) -> tuple[int, ...]:
    """The setup above the last cell; in the lane that ends the notebook, all of it."""
    return tuple(sorted(at for at in setup if last or at < cells[-1]))


def _setup(cells: Sequence[PlanCell], edges: Sequence[Edge]) -> frozenset[int]:
    """Cells that every kernel runs for itself: nothing but such cells is needed for them."""
    modules = {name for cell in cells for name in cell.flow.effects.imports}
    found = {at for at, cell in enumerate(cells) if is_setup(cell, modules)}
    seeded = any(cells[at].flow.seeds for at in range(len(cells)) if at not in found)
    if seeded:  # a seed that goes to and fro with draws is no setting
        found = {at for at in found if not cells[at].flow.seeds}
    deleted = {name for cell in cells for name in cell.flow.deletes}
    found = {at for at in found if not cells[at].flow.writes & deleted}  # else it is there again
    size = -1
    while size != len(found):
        size = len(found)
        found -= {edge.target for edge in edges if edge.source not in found}
    return frozenset(found)


def _ties(
    cells: Sequence[PlanCell],
    work: Sequence[int],
    edges: Sequence[Edge],
    unstorable: Unstorable,
) -> Iterator[Tie]:
    yield from _same_step(cells, work)
    yield from _hidden(cells, work)
    yield from _random(cells, work)
    yield from _deleted(cells, work)
    yield from _displays(cells, work)
    yield from _shared(cells, work)
    yield from _named(cells, work)
    yield from _not_handed_over(cells, edges, unstorable)


def _same_step(cells: Sequence[PlanCell], work: Iterable[int]) -> Iterator[Tie]:
    first: dict[str, int] = {}
    for at in work:
        step = cells[at].step
        if step is not None and first.setdefault(step, at) != at:
            yield Tie(first[step], at, f"both belong to step {step}")


def _hidden(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[Tie]:
    """What may change something outside of names and files is there for all cells below."""
    for number, at in enumerate(work):
        why = hidden(cells[at])
        if why is not None:
            yield from (Tie(at, other, why) for other in work[number + 1 :])


def hidden(cell: PlanCell) -> str | None:
    """What in a cell may change a state that its names and files do not tell of."""
    flow = cell.flow
    if flow.problem is not None:
        return f"{cell.title} cannot be read"
    acts = sorted(
        act
        for act in flow.acts
        if act not in _FILE_ACTS
        and not _is_known_import(act)
        and not (cell.seen and _only_looks(act))
    )
    if acts:
        return f"{cell.title} uses {acts[0]}, which may set something for those below"
    if PROCESS in flow.writes:
        return f"{cell.title} sets something for those below"
    if cell.state:
        return f"{cell.title} leaves something for those below: {cell.state}"
    dynamic = [found for found in flow.dynamic if found.reads or found.writes]
    if dynamic:
        return f"{cell.title} uses {dynamic[0].said}, which does not tell what it changes"
    return None


def _only_looks(act: str) -> bool:
    """Whether an act is, by its name, a method that reads an object of a library's module."""
    method = act.rpartition(".")[2]
    return act.count(".") >= _METHOD_OF_MEMBER and method in READ_ONLY | VIEWS


def _is_known_import(act: str) -> bool:
    """Whether an act is the import of a package that sets nothing which others could miss."""
    package = act.removeprefix("import ").partition(".")[0]
    return act.startswith("import ") and package in INERT_PACKAGES | STILL_MODULES


def _random(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[Tie]:
    """Behind a seed, the order of the draws decides about the numbers."""
    first = next((at for at, cell in enumerate(cells) if cell.flow.seeds), None)
    if first is None:
        return
    drawing = [at for at in work if at >= first and _draws(cells[at])]
    for one, other in pairwise(drawing):
        why = f"{cells[one].title} and {cells[other].title} draw from one random generator"
        yield Tie(one, other, why)


def _deleted(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[Tie]:
    """A name that one may unbind is there, or not, for whoever binds it or may look for it."""
    for at in work:
        for name in sorted(cells[at].flow.deletes):
            why = f"{cells[at].title} may delete `{name}`"
            for other in work:
                flow = cells[other].flow
                looks = other > at and cells[other].reaches_all
                if other != at and (looks or name in flow.reads | flow.writes | flow.missing):
                    yield Tie(min(at, other), max(at, other), why)


def _displays(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[Tie]:
    """An output is replaced by the kernel that shows it."""
    shown = displays.shown_together([cell.flow for cell in cells])
    for one, other in pairwise(at for at in work if at in shown):
        yield Tie(one, other, f"{cells[other].title} may replace what {cells[one].title} shows")


def _draws(cell: PlanCell) -> bool:
    return RANDOM in cell.flow.reads | cell.flow.writes


def _shared(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[Tie]:
    """Who made or changed what shares parts with a value that a cell may change in place."""
    related = sharing.related([cell.flow for cell in cells], [cell.kinds for cell in cells])
    for number, at in enumerate(work):
        flow = cells[at].flow
        for name in sorted(flow.in_place):
            group = related.get(name, frozenset())
            if len(group) > 1:
                why = reasons.together(cells[at].title, name, min(group - {name}))
                yield from (
                    Tie(other, at, why) for other in work[:number] if group & cells[other].changes
                )


def _named(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[Tie]:
    """Who has to do with tables of which one's index is named: others may have it as well."""
    flows = [cell.flow for cell in cells]
    alone = always_plain(flows, [cell.kinds for cell in cells])
    alone = alone.union(*(flow.effects.imports for flow in flows))
    for number, at in enumerate(work):
        if not names_axes(flows[at]):
            continue
        why = f"{cells[at].title} names an index, which other tables may have"
        names, size = _used(flows[at]) - alone, -1
        while size != len(names):
            size = len(names)
            around = [one for one in work[:number] if names & _used(flows[one])]
            names = names.union(*(_used(flows[one]) for one in around)) - alone
        yield from (Tie(other, at, why) for other in around)


def _used(flow: CellFlow) -> frozenset[str]:
    return flow.reads | flow.writes | flow.alters


def _not_handed_over(
    cells: Sequence[PlanCell], edges: Iterable[Edge], unstorable: Unstorable
) -> Iterator[Tie]:
    """Cells of which one needs from the other what no store can hold."""
    flows = [cell.flow for cell in cells]
    live = live_names(flows)
    stateful = {name for flow in flows for name in (*flow.effects.defines, *flow.effects.imports)}
    code = tied_to_code(flows)
    for edge in edges:
        source = cells[edge.source]
        target = cells[edge.target].title
        if MAY_FAIL in source.flow.cell.tags:
            yield Tie(edge.source, edge.target, f"{source.title} may fail half way")
        for name in edge.names:
            what = live.get((edge.source, name)) or code.get((edge.source, name))
            what = what or _pseudo(name) or ("code with a state" if name in stateful else None)
            what = what or (unstorable(edge.source, name) if name.isidentifier() else None)
            if what:
                why = f"{source.title} gives `{name}` to {target}: {what}"
                yield Tie(edge.source, edge.target, why)


def _pseudo(name: str) -> str | None:
    if name == RANDOM:
        return "one draws after the other"
    if name == PROCESS:
        return "a setting of the process"
    return "not known from the code" if name == "*" else None


def _data(edges: Iterable[Edge]) -> Iterator[tuple[int, int]]:
    yield from ((edge.source, edge.target) for edge in edges)


def _declared(spec: PipelineSpec, work: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The order of the graph of steps, with what was observed and what tags declare."""
    of_step: dict[str, list[int]] = {}
    wanted = set(work)
    for at, cell in enumerate(spec.cells):
        if cell.step is not None and at in wanted:
            of_step.setdefault(cell.step, []).append(at)
    for edge in spec.edges:
        for source in of_step.get(edge.source, ()):
            yield from ((source, at) for at in of_step.get(edge.target, ()) if source < at)


def _files(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Files are written in turn, and read before and after as in the notebook."""
    for number, at in enumerate(work):
        later = cells[at].flow
        for other in work[:number]:
            earlier = cells[other].flow
            touched = earlier.files_read | earlier.files_written
            anything = bool(touched) and hidden(cells[at]) is not None
            if (
                anything
                or _meet(later.files_written, touched)
                or _meet(earlier.files_written, later.files_read)
            ):
                yield other, at


def _files_handed_over(cells: Sequence[PlanCell], work: Sequence[int]) -> Iterator[Tie]:
    """Who writes files, and who needs them there."""
    for number, at in enumerate(work):
        later = cells[at].flow
        for other in work[:number]:
            written = cells[other].flow.files_written
            if _meet(written, later.files_read | later.files_written):
                why = f"{cells[other].title} may write files that {cells[at].title} needs"
                yield Tie(other, at, why)


def _meet(written: frozenset[str], other: frozenset[str]) -> bool:
    if not written or not other:
        return False
    return ANY_FILE in written or ANY_FILE in other or bool(written & other)


def joined(ties: Iterable[Tie], cells: Sequence[PlanCell]) -> Mapping[tuple[str, str], str]:
    """Why steps were joined: the titles of two cells → the reason."""
    return {
        (cells[tie.source].title, cells[tie.target].title): tie.reason
        for tie in ties
        if cells[tie.source].title != cells[tie.target].title
    }
