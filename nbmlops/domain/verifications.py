"""The proof that a recorded execution can be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a re-execution showed.

    Of several outputs, the worst of those that have content to compare counts.
    """

    IDENTICAL = "identical"
    WITHIN_TOLERANCE = "within tolerance"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not comparable"

    @property
    def reproduced(self) -> bool:
        """Whether the record could be repeated."""
        return self in (Verdict.IDENTICAL, Verdict.WITHIN_TOLERANCE)


class Cause(StrEnum):
    """Why, probably, a re-execution differs from the record."""

    CODE = "code"
    INPUT = "input"
    ENVIRONMENT = "environment"
    RANDOMNESS = "randomness"
    TIME = "time"
    THREAD = "thread"
    CALLBACK = "callback"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputVerdict:
    """One output of a re-execution beside the recorded one; ``why`` says what differs."""

    name: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A re-execution in a clean process, compared with the record.

    ``tolerance`` is the relative difference that was allowed for numbers, ``None`` for none;
    ``reason`` says in one sentence why the verdict is not ``identical``.
    """

    execution_id: int
    verdict: Verdict
    outputs: tuple[OutputVerdict, ...] = ()
    reason: str = ""
    tolerance: float | None = None
    author: str
    verified_at: datetime
