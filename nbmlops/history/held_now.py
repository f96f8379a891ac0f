"""The values of recorded results that a kernel holds otherwise, by nothing that was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any

from nbmlops.capture.prints import take_print
from nbmlops.domain.executions import Execution
from nbmlops.domain.staleness import Held
from nbmlops.domain.timeline import KeptName, Moment, state_of
from nbmlops.history.judgement import Situation
from nbmlops.values import secrets

_ALLOWED = 0.5
"""Seconds that comparing may take; what is left then is not compared."""

_OUTSIDE = "changed outside of what was recorded"


def changed_outside(
    situation: Situation, line: Sequence[Moment], live: Mapping[str, Any]
) -> dict[int, tuple[Held, ...]]:
    """What a kernel holds otherwise than any recorded cell left it, by the cells concerned.

    A debugger, a cell that ran while recording was off, or a callback has changed it. The values
    are looked at anew, the smallest first.

    Args:
        situation: the notebook with the latest executions of its cells.
        line: what this kernel's session ran.
        live: what its names hold.
    """
    state = state_of(line)
    concerned = {
        value.name
        for execution in situation.ran.values()
        for value in (*execution.record.inputs, *execution.record.outputs)
    }
    known = [kept for name, kept in state.items() if name in concerned and name.isidentifier()]
    other = {kept.name: told for kept in _told(known, live) for told in [_words(kept, live)]}
    found: dict[int, tuple[Held, ...]] = {}
    for position, execution in situation.ran.items() if other else ():
        title = situation.title(position)
        held = tuple(_held(execution, other, state, title=title))
        if held:
            found[position] = held
    return found


def _told(known: Sequence[KeptName], live: Mapping[str, Any]) -> Iterator[KeptName]:
    """The names that hold something else than the last record says."""
    until = perf_counter() + _ALLOWED
    for kept in sorted(known, key=lambda kept: kept.size or 0):
        if kept.name not in live:
            yield kept
            continue
        value = live[kept.name]
        left = until - perf_counter()
        if kept.fingerprint is None or left <= 0 or secrets.carried_by(value):
            continue
        found = take_print(value, allowed=_ALLOWED, left=left).text
        if found is not None and found != kept.fingerprint:
            yield kept


def _words(kept: KeptName, live: Mapping[str, Any]) -> str:
    return f"another {kept.name}" if kept.name in live else f"no {kept.name} any more"


def _held(
    execution: Execution, other: Mapping[str, str], state: Mapping[str, KeptName], *, title: str
) -> Iterator[Held]:
    """What is to be said of one cell: of what it used, and of what it left and nothing changed."""
    record = execution.record
    made = {value.name for value in record.outputs}
    for name in dict.fromkeys(value.name for value in (*record.inputs, *record.outputs)):
        if name not in other:
            continue
        by = state[name].execution
        mine = name in made and by == execution.id
        if mine or name not in made:
            did = "left" if mine else "used"
            detail = f"the kernel holds {other[name]} than {title} {did}, {_OUTSIDE}"
            if other[name].startswith("no "):
                detail = f"the kernel holds {other[name]}, which {title} {did}, {_OUTSIDE}"
            yield Held(name=name, by=by, detail=detail)
