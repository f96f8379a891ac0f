"""Names that were there before recorded cells changed them, though nothing recorded made them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from nbmlops.domain.timeline import Moment, state_of
from nbmlops.history.place import MODULE
from nbmlops.history.timetravel_plan import Plan

_NOT_KEPT = "it was there before recording was turned on, and was not kept"


def sparing(
    plan: Plan,
    here: Sequence[Moment],
    there: Sequence[Moment],
    *,
    live: Collection[str],
    found: Mapping[int, frozenset[str]],
) -> Plan:
    """A plan that removes no name that no recorded cell made.

    Args:
        plan: what going from one line to the other does.
        here: the line that led to where the session is.
        there: the line that leads to where it goes.
        live: the names that are there now.
        found: by execution, those of the names that it changed which were there before it.
    """
    strange = _found_on(here, there, found) - state_of(there).keys()
    if not strange:
        return plan
    changed = _changed_on(here, there) & strange
    gone = dict.fromkeys(sorted(changed - set(live)), _NOT_KEPT)
    return replace(
        plan,
        removed=tuple(name for name in plan.removed if name not in strange),
        left_behind=tuple(name for name in plan.left_behind if name not in strange),
        lost={**plan.lost, **gone},
        stays=tuple(sorted(changed & set(live))),
    )


def _found_on(
    here: Sequence[Moment], there: Sequence[Moment], found: Mapping[int, frozenset[str]]
) -> frozenset[str]:
    """The names that a line found there, beyond what it has in common with another one."""
    common = {moment.id for moment in there}
    made: set[str] = set()
    strange: set[str] = set()
    for moment in here:
        names = {kept.name for kept in moment.names}
        if moment.id not in common:
            strange |= found.get(moment.id, frozenset()) - made
        made = (made | names) - set(moment.deleted)
    return frozenset(strange)


def _changed_on(here: Sequence[Moment], there: Sequence[Moment]) -> frozenset[str]:
    """The names that a line changed beyond another one; a module is the same when imported anew."""
    common = {moment.id for moment in there}
    beyond = [moment for moment in here if moment.id not in common]
    names = {
        kept.name
        for moment in beyond
        for kept in moment.names
        if kept.changed and kept.kind != MODULE
    }
    return frozenset(names.union(*(moment.deleted for moment in beyond)))
