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

States = dict[str, Any]
"""The name of each generator → its state, as `randomness.state` gives it."""


class GeneratorStates:
    """Where the generators stood at a moment, with a fingerprint of each, taken when asked for."""

    def __init__(self, states: States) -> None:
        self.states = states
        self._prints: dict[str, str] | None = None

    @property
    def prints(self) -> dict[str, str]:
        """The name of each generator → a fingerprint of numbers.

        Those of values in general take ten times as long.
        """
        if self._prints is None:
            self._prints = {name: _print_of(name, state) for name, state in self.states.items()}
        return self._prints


class GeneratorWriter:
    """Keeps each state of each generator once, as a value that can be put back by itself.

    Where they all stood before a cell is one value more, which is asked for again while it stays.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}
        self._together: tuple[Mapping[str, str], str] | None = None

    def forget(self) -> None:
        """The ledger is another one."""
        self._kept.clear()
        self._together = None

    def keep(self, ledger: Ledger, before: GeneratorStates) -> str | None:
        """Keep what a cell found, as one value; returns its manifest, if there was room for it."""
        known = self._together
        if known is not None and known[0] == before.prints and ledger.renew_value(known[1]):
            return known[1]
        try:
            manifest = ledger.save_value(before.states)
        except (NotStorableError, ValueTooLargeError):
            return None
        self._together = before.prints, manifest
        return manifest

    def write(
        self, ledger: Ledger, before: GeneratorStates, after: GeneratorStates
    ) -> tuple[ValueRecord, ...]:
        """Keep what a cell found and what it left."""
        return (
            *(_record(f"{BEFORE}{name}", found) for name, found in before.prints.items()),
            *(
                self._left(ledger, name, state, after.prints[name])
                for name, state in after.states.items()
            ),
        )

    def _left(self, ledger: Ledger, name: str, state: Any, fingerprint: str) -> ValueRecord:
        key = (name, fingerprint)
        if key not in self._kept:
            try:
                self._kept[key] = ledger.save_value({name: state})
            except (NotStorableError, ValueTooLargeError):
                return _record(f"{AFTER}{name}", fingerprint)
        return _record(f"{AFTER}{name}", fingerprint, self._kept[key])


_SUMMARY = ValueSummary(kind="dict")

_latest: tuple[Any, str] | None = None
"""The state of ``random`` that was asked about last, with its fingerprint."""


def _print_of(name: str, state: Any) -> str:
    global _latest  # noqa: PLW0603 (most cells leave it where it was, so that it is not hashed)
    if name != "random":
        return _hashed(state)
    known = _latest
    # the last part is a number or nothing; only as texts do -0.0 and 0.0 differ
    if known is None or known[0][:2] != state[:2] or repr(known[0][2:]) != repr(state[2:]):
        known = _latest = state, _hashed(state)
    return known[1]


def _hashed(state: Any) -> str:
    return hashlib.sha256(pickle.dumps(state, protocol=5)).hexdigest()


def _record(name: str, fingerprint: str, manifest: str | None = None) -> ValueRecord:
    return ValueRecord(name=name, fingerprint=fingerprint, summary=_SUMMARY, manifest=manifest)
