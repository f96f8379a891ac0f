"""Values that may share parts: what changes one of them in place changes the others; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import PART, Holds, analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.known import BUILTINS
from nbmlops.pipelines import reasons, sameness, together
from nbmlops.pipelines.axis_names import names_axes
from nbmlops.pipelines.evidence import SessionEntry
from nbmlops.pipelines.families import Families
from nbmlops.pipelines.judgement import Held, Names
from nbmlops.pipelines.kinds import Kinds, always_plain, always_whole, is_whole

Groups = dict[str, frozenset[str]]
"""Names → those that belong together with each, itself included."""


def related(
    flows: Sequence[CellFlow], kinds: Sequence[Kinds], families: Sequence[Families] = ()
) -> Groups:
    """The names that may share parts of their values, directly or through others.

    A shallow copy shares what is inside, unless records tell that it, or what it is a copy of, is
    a frame or an array without objects inside. What cannot be changed in place, as the code or
    records tell, is no part that is shared. Nor is anything between names that shared nothing
    when a cell had ended of whose code they might. Tables that have an index in common share it
    where a cell gives indexes other names.

    Args:
        flows: the cells.
        kinds: what recorded executions of each have left.
        families: which names shared parts when each had ended; none where nobody knows.
    """
    more = labelled(flows, families).values()
    return _grouped(flows, kinds, apart=always_plain(flows, kinds), families=families, more=more)


def labelled(flows: Sequence[CellFlow], families: Sequence[Families]) -> Groups:
    """The names whose tables had an index in common, where a cell gives indexes other names."""
    if not any(map(names_axes, flows)):
        return {}
    groups: dict[str, set[str]] = {}
    for seen in families:
        for names in seen.labelled():
            _join(groups, names)
    return {name: frozenset(group) for name, group in groups.items()}


def same_objects(flows: Sequence[CellFlow], kinds: Sequence[Kinds]) -> Groups:
    """The names that may hold, or hold parts of, one object, one that nothing can change too."""
    return _grouped(flows, kinds, apart=frozenset())


def _grouped(
    flows: Sequence[CellFlow],
    kinds: Sequence[Kinds],
    *,
    apart: Collection[str],
    families: Sequence[Families] = (),
    more: Iterable[Collection[str]] = (),
) -> Groups:
    groups: dict[str, set[str]] = {}
    for names in more:
        _join(groups, names)
    whole = always_whole(flows, kinds)
    handed_out = _handed_out(flows)
    unseen = [Families()] * len(flows)
    unbound = BUILTINS.difference(*(flow.writes for flow in flows))
    for flow, left, seen in zip(flows, kinds, families or unseen, strict=True):
        effects = flow.effects
        alone = effects.imports.keys() | apart | unbound
        by_object: dict[str, set[str]] = {}
        for name, holds in (*effects.holds.items(), *effects.contents.items()):
            copies = not is_whole(left.get(name, ()))
            things = _shared_things(holds, whole, copies=copies)
            for made in holds.keys() & handed_out.keys():
                things |= _shared_things(handed_out[made], whole, copies=copies)
            for thing in things - alone if name not in apart else ():
                by_object.setdefault(thing, {thing} if thing.isidentifier() else set()).add(name)
        held = frozenset(groups)
        for names in (*_meeting(by_object, flow, seen, held), *seen.together()):
            _join(groups, set(names).difference(apart))
    return {name: frozenset(group) for name, group in groups.items()}


def _meeting(
    by_object: Mapping[str, Collection[str]],
    flow: CellFlow,
    seen: Families,
    held: Collection[str],
) -> Iterator[Collection[str]]:
    """The names of a cell that may share an object: in pairs, without those that shared nothing.

    An object of before that the cell binds anew may be in its values, and have no name any more.
    It counts for all of them if it is among the ``held``: those that others above may hold.
    """
    for thing, holders in by_object.items():
        inside = {name for one in holders for name in (one, *by_object.get(one, ()))}
        names = sorted(filter(str.isidentifier, inside if thing.isidentifier() else holders))
        bound = thing in flow.writes or thing in flow.deletes
        if not thing.isidentifier() or (bound and thing not in held):
            yield from (pair for pair in combinations(names, 2) if not seen.are_apart(*pair))
            continue
        yield from (
            (name, thing) for name in names if bound or not seen.are_apart_from(name, thing)
        )


def _handed_out(flows: Iterable[CellFlow]) -> dict[str, Holds]:
    """Functions → the names of the notebook of which a call may return parts."""
    return {
        name: {t: sure for t, sure in one.returns.items() if t.removeprefix("~").isidentifier()}
        for flow in flows
        for name, one in flow.effects.defines.items()
    }


def _shared_things(holds: Holds, whole: Collection[str], *, copies: bool) -> set[str]:
    """The objects of which a value may hold parts; of which it is a copy only with ``copies``.

    Copies of what is ``whole`` share nothing with it.
    """
    return {
        thing.removeprefix("~")
        for thing, sure in holds.items()
        if sure >= PART and not thing.startswith("pkg:")
        if not thing.startswith("~") or (copies and thing[1:] not in whole)
    }


def looked_into(flows: Iterable[CellFlow], names: Collection[str]) -> frozenset[str]:
    """The names among those of which cells may change, or ask for, what others share with them."""
    found: set[str] = set()
    for flow in flows:
        opaque = any(construct.writes for construct in flow.dynamic)
        found |= set(names) if opaque or sameness.asks(flow) else flow.alters & set(names)
    return frozenset(found)


def let_go(flow: CellFlow) -> frozenset[str]:
    """The names of which a cell does not see what they stood for, nor does any cell after it."""
    return flow.effects.assigned - flow.reads - flow.alters


def changed_alone(
    flow: CellFlow,
    record: ExecutionRecord | None,
    groups: Groups,
    *,
    stayed: Collection[str],
    past: Families,
) -> Iterator[tuple[str, str]]:
    """What a cell has changed in place, and others that may have parts of it and are elsewhere.

    A kernel in which both have such parts keeps them as one: there the others saw the change.

    Args:
        flow: the cell.
        record: what was recorded of it; ``None`` where nothing was.
        groups: the names that may share parts.
        stayed: the others that are asked about.
        past: what earlier executions of the cell have shown.
    """
    changed = set(flow.alters)
    if record is not None and not any(construct.writes for construct in flow.dynamic):
        reached = flow.alters | (flow.reads | flow.mutates | flow.may_mutate) - flow.writes
        changed = {one.name for one in record.outputs} & reached
    for name in sorted(changed):
        family = past.of(name)
        others = groups.get(name, frozenset()) if family is None else family
        for other in sorted(others & set(stayed) - kept_with(name, record)):
            yield name, other


def kept_with(name: str, record: ExecutionRecord | None) -> frozenset[str]:
    """The names that share parts with what a name stands for in the kernel of an execution."""
    families = Families([record] if record is not None else ()).together()
    return frozenset({name}).union(*(family for family in families if name in family))


class SharedParts:
    """Says whether a result holds for a cell that changes in place what others may hold as well.

    Fingerprints do not tell who shares parts with whom. Such a result holds only if all cells that
    made or changed these values had theirs in the same kernel, in this order, and nothing else
    ran between them.

    Args:
        flows: the cells of the pipeline, in the order in which they run.
        kinds: what recorded executions of each have left.
        families: which names shared parts when each had ended.
    """

    def __init__(
        self,
        flows: Sequence[CellFlow],
        kinds: Sequence[Kinds],
        families: Sequence[Families] = (),
    ) -> None:
        self._flows, self._kinds, self._families = flows, kinds, families
        self._above: dict[int, Groups] = {}
        self._related = related(flows, kinds, families)
        asked = any(map(sameness.may_ask, flows))
        self._same = same_objects(flows, kinds) if asked else self._related

    def otherwise(
        self,
        position: int,
        execution: Execution,
        names: Names,
        taken: Mapping[int, Execution],
        session: Sequence[SessionEntry],
    ) -> Iterator[str]:
        """Why a result does not hold, as values share their parts in another way than then.

        With what the cell has made, others come back that were kept with it, as they were then.

        Args:
            position: the cell.
            execution: the recorded one whose result may be taken.
            names: what names stand for before the cell.
            taken: those whose results stand for the cells above; without those that run.
            session: what the kernel ran that made it.
        """
        flow, record = self._flows[position], execution.record
        if not self.holds(position, execution, taken, session):
            yield reasons.shared(flow.alters, self.changed_with(position, execution))
        made = {*record.deleted, *(value.name for value in record.outputs)}
        for kept in together.kept_with(record, names):
            held = kept & (flow.reads | flow.alters)
            here = held.union(*(together.family(name, names) for name in held)) - made
            then = all(_is_of(names[name], taken, execution) for name in held)
            if here != kept or not (then or self._are_apart_above(position, held)):
                yield reasons.kept_otherwise(kept | here)

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
        group = self.changed_with(position, execution)
        if len(group - self._bound_later(position)) < 2:  # noqa: PLR2004 (no other one is there)
            return True
        makers = [at for at in range(position) if group & _changes(self._flows[at])]
        made = [taken[at] for at in makers if at in taken]
        ids = [one.id for one in made] + [execution.id]
        if len(made) < len(makers) or ids != sorted(set(ids)):
            return False
        if any(one.record.session != execution.record.session for one in made):
            return False
        between = [entry for entry in session if ids[0] <= entry.id < execution.id]
        return in_order(self._flows, between, position, group)

    def _are_apart_above(self, position: int, names: Collection[str]) -> bool:
        """Whether none of some names may share parts with another one before a cell."""
        if position not in self._above:
            upto = slice(position)
            self._above[position] = related(
                self._flows[upto], self._kinds[upto], self._families[upto]
            )
        groups = self._above[position]
        return all(groups.get(one, frozenset()).isdisjoint({*names} - {one}) for one in names)

    def _bound_later(self, position: int) -> frozenset[str]:
        """The names that stand for nothing yet before a cell, in the kernel of a run."""
        before = frozenset[str]().union(*(flow.writes for flow in self._flows[:position]))
        return frozenset[str]().union(*(flow.writes for flow in self._flows[position:])) - before

    def changed_with(self, position: int, execution: Execution) -> frozenset[str]:
        """What the execution changed in place, or asked about, with all that may share parts."""
        flow = self._flows[position]
        opaque = any(construct.writes for construct in flow.dynamic)
        made = {value.name for value in execution.record.outputs}
        # what is made here may hold others, which are among its outputs if they have changed
        before = flow.alters - self._bound_later(position)
        changed: set[str] = set(
            made if opaque else {name for name in made if name in before or name not in flow.writes}
        )
        kinds = {value.name: value.summary.kind for value in execution.record.inputs}
        groups = self._related
        if sameness.asks(flow):
            changed |= {name for name in flow.reads if name in kinds}
            groups = self._same
        same = sameness.together(flow, kinds, self._same)
        return frozenset(changed).union(*(groups.get(name, ()) for name in changed), *same)


def nearest(executions: Sequence[Execution], taken: Mapping[int, Execution]) -> Sequence[Execution]:
    """Executions, those first that had to do with the very values that results above have left."""
    sessions = {one.record.session for one in taken.values()}
    return sorted(executions, key=lambda one: one.record.session not in sessions)


def _is_of(held: Held, taken: Mapping[int, Execution], execution: Execution) -> bool:
    """Whether a name stands for what the kernel of an execution had made before that."""
    made = taken.get(held.provider)
    same = made is not None and made.record.session == execution.record.session
    return made is not None and same and made.id < execution.id


def in_order(
    flows: Sequence[CellFlow],
    entries: Iterable[SessionEntry],
    position: int,
    group: frozenset[str],
) -> bool:
    """Whether a kernel ran cells above a position once each, in order, and nothing else.

    What left the values of a group alone does not count.
    """
    order = {flows[at].digest: at for at in range(position)}
    last = -1
    for entry in entries:
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


def _join(groups: dict[str, set[str]], names: Collection[str]) -> None:
    together = set(names).union(*(groups.get(name, set()) for name in names))
    for name in together:
        groups[name] = together
