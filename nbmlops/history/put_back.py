"""What an execution is given when it is repeated, and what of it shares parts as it did."""

from __future__ import annotations

from collections.abc import Mapping

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.timeline import KeptName
from nbmlops.domain.values import key_of
from nbmlops.errors import CellSyntaxError
from nbmlops.history.executed import code_of
from nbmlops.history.place import is_usable
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.values import literals


def loaded_together(
    record: ExecutionRecord, kept: Mapping[str, str], before: Mapping[str, KeptName]
) -> dict[str, str]:
    """The kept values of the inputs, with what was kept together with them and changed as well.

    Args:
        record: the execution.
        kept: the manifests of values, by fingerprint.
        before: what names held when it began; a value that was kept then, together with others,
            is taken before another one of equal content.
    """
    found: dict[str, str] = {}
    for value in record.inputs:
        if value.fingerprint is not None and value.fingerprint in kept:
            then = before.get(value.name)
            is_it = then is not None and then.fingerprint == value.fingerprint and is_usable(then)
            found[value.name] = str(then.reference) if then and is_it else kept[value.fingerprint]
    keys = {key_of(reference) for reference in found.values()} - {*found.values()}
    changed = {value.name for value in record.outputs}
    beside = {
        name: str(then.reference)
        for name, then in sorted(before.items())
        if name in changed and key_of(str(then.reference)) in keys
    }
    return {**beside, **found}


def not_put_back(
    record: ExecutionRecord, stored: Mapping[str, str], before: Mapping[str, KeptName]
) -> tuple[str, ...]:
    """The outputs that a repetition may miss though it does the same.

    They were there before, and changed only through what they shared with an input; that is
    loaded without them.

    Args:
        record: the execution.
        stored: what is loaded before it is repeated.
        before: what names held when it began.
    """
    if not _with_parts(stored):
        return ()
    try:
        effects = analyze(code_of(record.source))
    except CellSyntaxError:
        return ()
    if any(construct.writes for construct in effects.dynamic):
        return ()
    known = {value.name for value in record.inputs} | stored.keys() | effects.writes
    return tuple(
        value.name
        for value in record.outputs
        if value.name in before and value.name not in known and value.summary.kind != "type"
    )


def changed_one_by_one(record: ExecutionRecord, stored: Mapping[str, str]) -> tuple[str, ...]:
    """The inputs that were changed in place and are loaded each by itself, if they are several."""
    changed = {value.name for value in record.outputs} & {value.name for value in record.inputs}
    keys = {name: stored.get(name, name) for name in sorted(changed)}
    whole = _with_parts(keys)
    return tuple(whole) if len({key_of(reference) for reference in whole.values()}) > 1 else ()


def _with_parts(stored: Mapping[str, str]) -> dict[str, str]:
    """The references to what may have parts, by name."""
    return {
        name: reference
        for name, reference in stored.items()
        if not literals.is_reference(reference)
    }
