"""The fingerprint of a value, in the order in which its dicts are, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any

from nbmlops.domain.values import held_alike
from nbmlops.errors import NotFingerprintableError, OutOfTimeError
from nbmlops.values.fingerprint import examine
from nbmlops.values.forms import LEAVES
from nbmlops.values.kinds import package_of


@dataclass(frozen=True, slots=True)
class Print:
    """The fingerprint of a value, or the reason why there is none.

    ``gave_up`` is set where it has one that took too long to find. ``order`` tells in which order
    its dicts are; ``None`` where that is not known, as of a value that was brought back.
    ``holding`` tells which of its parts are one object, which arrays must not be written to, and
    what it keeps that it has computed; ``None`` where that is not known. ``left_out`` names what a
    pickle of it may not bring back, ``set_order`` tells by what the sets in it have their order.
    """

    text: str | None
    reason: str | None = None
    gave_up: bool = False
    order: str | None = None
    holding: str | None = None
    left_out: str = ""
    set_order: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for values that need to be kept once."""
        return self.text or "", self.order or "", self.holding or ""

    def differs(self, other: Print) -> bool:
        """Whether the content is another one, in another order, or held in another way."""
        if self.text != other.text:
            return True
        if None not in (self.order, other.order) and self.order != other.order:
            return True
        if self.holding is None or other.holding is None:
            return False
        return not held_alike(self.holding, other.holding)


def take_print(value: Any, *, allowed: float = inf, left: float = inf) -> Print:
    """The fingerprint of a value; never raises.

    Args:
        value: anything.
        allowed: the seconds that the values of one cell may take.
        left: those that are left.
    """
    try:
        found = examine(value, until=perf_counter() + left)
        return Print(
            found.text,
            order=found.order,
            holding=found.holding,
            left_out=found.left_out,
            set_order=found.set_order,
        )
    except OutOfTimeError as error:
        reason = f"not fingerprinted: {error.reason} ({round(1000 * allowed)} ms)"
        return Print(None, reason, gave_up=True)
    except NotFingerprintableError as error:
        return Print(None, str(error))


def may_hold_dicts(value: Any) -> bool:
    """Whether a value that was brought back is looked at, for the order of the dicts in it.

    Memory of arrays and frames is mapped from disk then, and is not read before it is used.
    """
    kind = type(value)
    return kind not in LEAVES and package_of(kind) not in ("numpy", "pandas", "polars", "pyarrow")
