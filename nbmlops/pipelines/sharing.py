"""Values that may share parts: what changes one of them in place changes the others; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nbmlops.domain.executions import Execution
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import PART, analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.pipelines import sameness
from nbmlops.pipelines.evidence import SessionEntry


def related(flows: Iterable[CellFlow]) -> dict[str, frozenset[str]]:
    """The names that may share parts of their values, directly or through others."""
    groups: dict[str, set[str]] = {}
    for flow in flows:
        effects = flow.effects
        modules = effects.imports.keys()
        by_object: dict[str, set[str]] = {}
        for name, holds in (*effects.holds.items(), *effects.contents.items()):
            for thing, sure in holds.items():
                if sure >= PART and not thing.startswith("pkg:") and thing not in modules:
                    by_object.setdefault(thing, {thing} if thing.isidentifier() else set()).add(
                        name
                    )
        for names in by_object.values():
            _join(groups, {name for name in names if name.isidentifier()})
    return {name: frozenset(group) for name, group in groups.items()}


class SharedParts:
    """Says whether a result holds for a cell that changes in place what others may hold as well.

    Fingerprints do not tell who shares parts with whom. Such a result holds only if all cells that
    made or changed these values had theirs in the same kernel, in this order, and nothing else
    ran between them.

    Args:
        flows: the cells of the pipeline, in the order in which they run.
    """

    def __init__(self, flows: Sequence[CellFlow]) -> None:
        self._flows = flows
        self._related = related(flows)

    def holds(
        self,
        position: int,
        execution: Execution,
        taken: Mapping[int, Execution],
        session: Sequence[SessionEntry],
    ) -> bool:
        """Whether it holds.

        Args:
            position: the cell.
            execution: the recorded one whose result may be taken.
            taken: those whose results stand for the cells above; without those that run.
            session: what the kernel ran that made it.
        """
        group = self._changed_with(position, execution)
        if len(group) < 2:  # noqa: PLR2004 (nothing else holds a part of it)
            return True
        makers = [at for at in range(position) if group & _changes(self._flows[at])]
        made = [taken[at] for at in makers if at in taken]
        ids = [one.id for one in made] + [execution.id]
        if len(made) < len(makers) or ids != sorted(set(ids)):
            return False
        if any(one.record.session != execution.record.session for one in made):
            return False
        between = [entry for entry in session if ids[0] <= entry.id < execution.id]
        return self._in_order(between, position, group)

    def _changed_with(self, position: int, execution: Execution) -> frozenset[str]:
        """What the execution changed in place, or asked about, with all that may share parts."""
        flow = self._flows[position]
        opaque = any(construct.writes for construct in flow.effects.dynamic)
        made = {value.name for value in execution.record.outputs}
        changed: set[str] = set(
            made
            if opaque
            else {name for name in made if name in flow.in_place or name not in flow.writes}
        )
        kinds = {value.name: value.summary.kind for value in execution.record.inputs}
        if sameness.asks(flow):
            changed |= {name for name in flow.reads if name in kinds}
        same = sameness.together(flow, kinds, self._related)
        return frozenset(changed).union(*(self._related.get(name, ()) for name in changed), *same)

    def _in_order(
        self, between: Iterable[SessionEntry], position: int, group: frozenset[str]
    ) -> bool:
        order = {self._flows[at].digest: at for at in range(position)}
        last = -1
        for entry in between:
            at = order.get(entry.digest)
            if at is None and _leaves_alone(entry, group):
                continue
            if at is None or at <= last:
                return False
            last = at
        return True


def _changes(flow: CellFlow) -> frozenset[str]:
    return flow.writes | flow.mutates | flow.may_mutate


def _leaves_alone(entry: SessionEntry, group: frozenset[str]) -> bool:
    """Whether a cell that is not there any more only bound other names to plain values.

    So does the one that gives the parameters of a run their values.
    """
    try:
        effects = analyze(entry.source)
    except CellSyntaxError:
        return False
    does_more = effects.reads or effects.touched or effects.calls or effects.dynamic
    return not does_more and not effects.writes & group


def _join(groups: dict[str, set[str]], names: set[str]) -> None:
    together = set(names).union(*(groups.get(name, set()) for name in names))
    for name in together:
        groups[name] = together
