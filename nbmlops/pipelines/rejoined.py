"""Whether values that share parts share them again where they come back; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from nbmlops.domain.values import ValueRecord
from nbmlops.pipelines import sharing
from nbmlops.pipelines.axis_names import names_axes
from nbmlops.pipelines.evidence import SessionEntry
from nbmlops.pipelines.judgement import Judgement, Names
from nbmlops.pipelines.plan import PlanCell


def since(
    cells: Sequence[PlanCell],
    position: int,
    group: frozenset[str],
    *,
    names: Names,
    runs: Collection[int],
    judged: Sequence[Judgement],
    session: Callable[[str], Sequence[SessionEntry]],
    not_kept: Callable[[str], str | None],
) -> int | None:
    """From where on cells run with a group of values as their kernel had them; ``None``: nowhere.

    All that made or changed one of the group and does not run again has its result from one
    kernel, which ran them in this order and nothing else; each of the values was kept there, with
    all others that it shared parts with at that moment. Those that share none were kept apart.

    Args:
        cells: those of the pipeline.
        position: the cell that needs them.
        group: names that may share parts.
        names: what they stand for before that cell.
        runs: the cells that run.
        judged: what was found for each cell.
        session: what a kernel session ran.
        not_kept: why a stored value cannot be brought back.
    """
    makers = [at for at in range(position) if group & cells[at].changes]
    taken = [at for at in makers if at not in runs]
    if not taken:
        return None
    executions = [judged[at].execution for at in taken]
    made = [one for one in executions if one is not None]
    ids = [one.id for one in made]
    sessions = {one.record.session for one in made}
    if len(made) < len(taken) or len(sessions) > 1 or ids != sorted(set(ids)):
        return None
    [ran_in] = sessions
    entries = [one for one in session(ran_in) if ids[0] <= one.id <= ids[-1]]
    flows = [cell.flow for cell in cells]
    if not sharing.in_order(flows, entries, taken[-1] + 1, group):
        return None
    kept = _kept_in(ran_in, judged[: taken[-1] + 1], runs)
    # an index in common does not come back as one
    named = kept.values() if names_axes(flows[position]) else ()
    labelled = {name for one in named for name in one.summary.labelled_with}
    for name in group & names.keys():
        held, value = names[name], kept.get(name)
        if held.provider > taken[-1] and held.provider in runs:
            continue
        lost = value is None or value.reason is not None or name in labelled
        if value is None or lost or value.manifest is None:
            return None
        if not held.known or held.manifest != value.manifest or not_kept(value.manifest):
            return None
    return taken[-1] + 1


def _kept_in(
    session: str, judged: Sequence[Judgement], runs: Collection[int]
) -> Mapping[str, ValueRecord]:
    """What the cells that do not run again have left of each name, at last."""
    found: dict[str, ValueRecord] = {}
    for at, one in enumerate(judged):
        record = one.execution.record if one.execution is not None else None
        if record is not None and at not in runs and record.session == session:
            left = [value for value in record.left if value.name.isidentifier()]
            found |= {value.name: value for value in (*left, *record.outputs)}
            for name in record.deleted:
                found.pop(name, None)
    return found
