"""Values that were kept as one, as they share parts; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.values import MEMBER, key_of
from nbmlops.pipelines.judgement import Held, Names


def as_kept(record: ExecutionRecord, names: Names) -> dict[str, Held]:
    """The names that a cell did not change, and whose values were kept anew with those that it did.

    Args:
        record: of the execution.
        names: what names stand for.
    """
    found: dict[str, Held] = {}
    for value in record.left:
        held = names.get(value.name) if value.comes_back else None
        same = held is not None and held.known and held.fingerprint == value.fingerprint
        if held is not None and same and value.fingerprint is not None:
            found[value.name] = replace(held, manifest=value.manifest)
    return found


def family(name: str, names: Names) -> Iterator[str]:
    """The other names whose values were kept as one with that of a name."""
    manifest = names[name].manifest
    if _is_one_of(manifest):
        for other, held in names.items():
            is_one = held.manifest is not None and key_of(held.manifest) == key_of(manifest)
            if other != name and is_one:
                yield other


def kept_with(record: ExecutionRecord, names: Names) -> list[frozenset[str]]:
    """The names that a cell left as they were, and that were kept as one with what it has made.

    Args:
        record: of the execution.
        names: what names stand for before its cell.
    """
    made = (one.manifest for one in record.outputs)
    kept = {key_of(manifest): set[str]() for manifest in made if _is_one_of(manifest)}
    for value in record.left:
        there = kept.get(key_of(value.manifest or ""))
        if there is not None and value.comes_back and value.name in names:
            there.add(value.name)
    return [frozenset(there) for there in kept.values() if there]


def _is_one_of(manifest: str | None) -> TypeGuard[str]:
    """Whether a value was kept as one with others."""
    return manifest is not None and MEMBER in manifest
