"""Values that are still being stored: who does it, and what became of it.

The record of an execution is written before its large values are. What it says of them until
then names the process that stores them, so that whoever reads it can tell whether they will come.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from os import getpid
from typing import TYPE_CHECKING, Any, Literal

from nbmlops.store.catalog.prepared import Recorded
from nbmlops.store.process_life import is_over, life_of

if TYPE_CHECKING:
    from nbmlops.store.catalog.base import Database

ENDED = "was not stored: the kernel ended while it was being written"

BEGIN = "is being stored by process "
"""What such a record's reason begins with."""

_NOTE = re.compile(rf"{BEGIN}(?P<process>\d+) \((?P<life>.*)\) on (?P<host>.*)")

Direction = Literal["out", "left"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingValue:
    """A value of an execution that is being stored: where its record is, and what it will say."""

    direction: Direction
    name: str
    reference: str
    reason: str | None
    execution_id: int = 0


def can_be_told() -> bool:
    """Whether this system tells others that this process has ended."""
    return life_of(getpid()) is not None


def note() -> str:
    """What a record says of a value that this process is storing."""
    process = getpid()
    return f"{BEGIN}{process} ({life_of(process)}) on {platform.node()}"


def told(reason: str | None) -> str | None:
    """What to say of a value: what its record says, or that nobody stores it any more."""
    found = _NOTE.fullmatch(reason) if reason and reason.startswith(BEGIN) else None
    if found is None:
        return reason
    if is_over(int(found["process"]), found["life"], found["host"]):
        return ENDED
    return f"{BEGIN}{found['process']}"


class StoringRecords:
    """Says in records what became of values that were being stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(
        self, pending: Iterable[PendingValue], *, key: str | None, reason: str | None
    ) -> None:
        """Say of values that they are kept, or why they are not.

        Records that say something else by now stay as they are.

        Args:
            pending: the values.
            key: the manifest; ``None`` where they are not kept.
            reason: why not.

        Raises:
            StoreError: the catalog cannot be written; it can be said again.
        """
        with self._database.append() as ledger:
            ledger.run(_SETTLE, [_said(value, key, reason) for value in pending])


_SETTLE = Recorded("settle value")


def _said(value: PendingValue, key: str | None, reason: str | None) -> dict[str, Any]:
    """Which record it is of, and what that says from now on."""
    _, separator, member = value.reference.partition("#")
    return {
        "execution": value.execution_id,
        "into": value.direction,
        "called": value.name,
        "key": None if key is None else f"{key}{separator}{member}",
        "why": reason if key is None else value.reason,
    }
