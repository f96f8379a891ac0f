"""Keep where the global random generators stood before and after a cell."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbmlops.domain.generators import AFTER, BEFORE
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.errors import NotStorableError, ValueTooLargeError

if TYPE_CHECKING:
    from nbmlops.capture.writer import Ledger

States = Mapping[str, Any]
"""The name of each generator → its state, as `randomness.state` gives it."""


class GeneratorWriter:
    """Keeps each state of each generator once, as a value that can be put back by itself."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    def forget(self) -> None:
        """The ledger is another one."""
        self._kept.clear()

    def write(self, ledger: Ledger, before: States, after: States) -> tuple[ValueRecord, ...]:
        """Keep what a cell found and what it left."""
        return (
            *(_record(f"{BEFORE}{name}", _print(state)) for name, state in before.items()),
            *(self._left(ledger, name, state) for name, state in after.items()),
        )

    def _left(self, ledger: Ledger, name: str, state: Any) -> ValueRecord:
        fingerprint = _print(state)
        key = (name, fingerprint)
        if key not in self._kept:
            try:
                self._kept[key] = ledger.save_value({name: state})
            except (NotStorableError, ValueTooLargeError):
                return _record(f"{AFTER}{name}", fingerprint)
        return _record(f"{AFTER}{name}", fingerprint, self._kept[key])


def _print(state: Any) -> str:
    """A fingerprint of numbers; those of values in general take ten times as long."""
    return hashlib.sha256(pickle.dumps(state, protocol=5)).hexdigest()


def _record(name: str, fingerprint: str, manifest: str | None = None) -> ValueRecord:
    summary = ValueSummary(kind="dict")
    return ValueRecord(name=name, fingerprint=fingerprint, summary=summary, manifest=manifest)
