"""The environment's variables in the course of a run, as names whose values are followed; pure.

What a cell sets there is what those below read: a recorded result that read a variable holds where
the variable would have that value, whoever sets it. Values are compared by their digests; those of
secrets by digests that need the user's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbmlops.domain.accesses import KEYED, SET_ORDER, ExternalAccess, FileAccess
from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.values import WITHHELD
from nbmlops.pipelines.evidence import SessionEntry

_KEY = "<environment> "
_STATE = "environment variables"
"""How a record says that a cell changed some of them."""

_EVERY = "*"
"""How a record says that a cell has looked at all of them."""

ANY = f"{_KEY}{_EVERY}"
"""Stands for every variable, behind a cell of which it is not known which ones it sets."""


def key_of(variable: str) -> str:
    """The name under which a variable is followed; no name of a notebook."""
    return f"{_KEY}{variable}"


def left(record: ExecutionRecord) -> Mapping[str, str]:
    """The variables that a cell has set, changed or removed, by key → the digests of the values."""
    return {
        key_of(access.name): access.detail
        for access in record.externals
        if access.kind == "environment"
    }


def is_key(name: str) -> bool:
    """Whether a name stands for a variable, or for every one."""
    return name.startswith(_KEY)


def variable_of(key: str) -> str:
    """The variable that a name stands for; ``os.environ`` for every one."""
    return "os.environ" if key == ANY else key.removeprefix(_KEY)


def changed(variable: str) -> str:
    """How a plan says that a variable has another value, or that a fact is another one."""
    if variable == _EVERY:
        return "the environment's variables are others, and it looks at all of them"
    if variable == SET_ORDER:
        return "it was made in a process that orders sets of texts otherwise"
    if " " in variable:
        return f"it asks for the {variable}, which changed"
    return f"the variable {variable} has another value"


def perhaps_set(
    seen: Iterable[ExecutionRecord], names: Iterable[str], *, sets: bool
) -> frozenset[str]:
    """The keys of variables that a cell may set which runs.

    Args:
        seen: recorded executions of its code.
        names: what is followed before it.
        sets: whether it sets something for its process that no name holds.
    """
    known = list(seen)
    found = {key for record in known for key in left(record)}
    told = bool(known) and not any(
        access.kind == "state" and access.name == _STATE
        for record in known
        for access in record.externals
    )
    if found or told or not sets:
        return frozenset(found)
    return frozenset({ANY, *filter(is_key, names)})


def named(record: ExecutionRecord) -> Mapping[str, ExternalAccess]:
    """The variables that a cell has read or names to read them, and facts about the machine."""
    known = ("variable", "machine")
    return {access.name: access for access in record.externals if access.kind in known}


def set_by(entries: Iterable[SessionEntry]) -> dict[str, str]:
    """The variables that executions of a session have set, with the digests of their values."""
    found: dict[str, str] = {}
    for entry in entries:
        found |= entry.variables
    return found


def set_until(entries: Iterable[SessionEntry], record: ExecutionRecord) -> frozenset[str]:
    """The variables that a session had set behind an execution: they are followed by themselves.

    Args:
        entries: what the session ran before.
        record: the execution.
    """
    own = (access.name for access in record.externals if access.kind == "environment")
    return frozenset({*set_by(entries), *own})


def compared_files(record: ExecutionRecord) -> list[FileAccess]:
    """The files that were accessed, without those of secrets: the secrets are compared."""
    places = {access.name for access in record.externals if access.kind == "secret"}
    return [
        file
        for file in record.files
        if file.digest is not None or f"file:{file.path}" not in places
    ]


def took_untold_secret(record: ExecutionRecord) -> bool:
    """Whether a secret came out of a cell, and it is not known where from."""
    told = any(
        access.kind == "secret" or access.detail.startswith(KEYED) for access in record.externals
    )
    if told or any(value.summary.text == WITHHELD for value in record.inputs):
        return False
    return any(value.summary.text == WITHHELD for value in record.outputs)
