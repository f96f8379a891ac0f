"""Values as the ledger keeps them: with a fingerprint, and how they look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbmlops.capture.prints import Print
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.values import secrets
from nbmlops.values.kinds import is_a
from nbmlops.values.summary import summarize


class KnownRecords:
    """Remembers what was recorded of names: a value with the print of before looks as before.

    To describe a large frame takes as long as all else that a small cell costs.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Print, ValueRecord]] = {}

    def of(self, name: str, value: Any, found: Print) -> ValueRecord:
        """A value that is not kept, or not yet, with the print that it has now."""
        known = self._known.get(name)
        if known is None or known[0] is not found or found.text is None or secrets.known():
            known = self._known[name] = found, record_of(name, value, found)
        return known[1]

    def forget(self, names: Iterable[str]) -> None:
        """These names were deleted."""
        for name in names:
            self._known.pop(name, None)


def record_of(name: str, value: Any, found: Print) -> ValueRecord:
    """A value as the ledger keeps it; of a secret only whether it changed."""
    if secrets.carried_by(value):
        text = str(value) if is_a(value, str) else found.text
        return ValueRecord(
            name=name,
            fingerprint=secrets.keyed(text) if text is not None else None,
            summary=ValueSummary(kind=type(value).__name__, text=secrets.MASK),
            reason=found.reason or "holds a secret",
        )
    return ValueRecord(
        name=name,
        fingerprint=found.text,
        summary=summarize(value, order=found.order, holding=found.holding),
        reason=found.reason,
    )
