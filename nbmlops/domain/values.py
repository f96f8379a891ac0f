"""What is known of a Python value that a step read or wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PART_OF_THE_CODE = "part of the code"
"""Why a module, a function or a class is not a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSummary:
    """A preview that can be shown without loading the value.

    ``kind`` is the qualified type name; ``shape`` is in elements per axis (rows, columns for a
    frame); ``size`` is in bytes; ``columns`` maps a column to its dtype; ``text`` is a repr cut
    to a few hundred characters.
    """

    kind: str
    text: str = ""
    shape: tuple[int, ...] | None = None
    size: int | None = None
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRecord:
    """One named input or output of an execution.

    ``fingerprint`` is equal for equal content; ``None`` when it could not be taken.
    ``manifest`` is the hash of the stored object; ``None`` when the content was not kept, and
    ``reason`` then says why. With both, ``reason`` says what is not as it was.
    """

    name: str
    fingerprint: str | None
    summary: ValueSummary
    manifest: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredValue:
    """A value brought back from the store."""

    name: str
    value: Any
