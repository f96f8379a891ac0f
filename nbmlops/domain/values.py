"""What is known of a Python value that a step read or wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WITHHELD = "[secret]"
"""What stands in the place of a secret."""

PART_OF_THE_CODE = "part of the code"
"""Why a module, a function or a class is not a result."""

NO_ROOM = "no room in the store"
"""What the reason holds for which a value was not kept on a full disk."""

REMOVED = "removed by gc"
"""How the reason begins for which a value is not there any more that a collection removed."""

_IN_PART = "stored in part: its pickle leaves out "
_APART = "not kept together with what it shares parts with: "
_SHARES = "shares parts with "

MEMBER = "#"
"""Stands between the key of a manifest and a name, where that holds several values."""


def in_part(left_out: str) -> str | None:
    """Why a stored value may come back as another one; ``None`` where nothing is left out."""
    return f"{_IN_PART}{left_out}" if left_out else None


def is_in_part(reason: str | None) -> bool:
    """Whether a value was stored of which a pickle leaves something out."""
    return reason is not None and reason.startswith(_IN_PART)


def kept_apart(others: Iterable[str]) -> str:
    """Why a value comes back by itself, or is made again so: it shares parts with these."""
    return f"{_APART}{', '.join(sorted(others))}"


def is_kept_apart(reason: str | None) -> bool:
    """Whether a value was kept by itself as the others with which it shares parts were not."""
    return reason is not None and reason.startswith(_APART)


def shares_parts(others: Iterable[str], reason: str) -> str:
    """Why a value is not what it was when it is loaded: these could not be kept with it."""
    return f"{_SHARES}{', '.join(sorted(others))}: {reason}"


def apart_from(reason: str | None) -> tuple[str, ...]:
    """The names with which a value shared parts that it was not kept together with."""
    for prefix in (_APART, _SHARES):
        if reason is not None and reason.startswith(prefix):
            return tuple(reason.removeprefix(prefix).partition(": ")[0].split(", "))
    return ()


def key_of(reference: str) -> str:
    """The key of the manifest behind a reference, which may name one of several values."""
    return reference.partition(MEMBER)[0]


def held(notes: str, kept: Mapping[str, str]) -> str:
    """How a value holds its parts, as one text.

    Args:
        notes: a digest of which parts are one object; empty where none comes twice.
        kept: digests of what objects in it have computed and keep, by where they keep it.
    """
    return " ".join([notes, *(f"{place}:{found}" for place, found in sorted(kept.items()))])


def keeps_results(holding: str | None) -> bool:
    """Whether something in a value keeps what it has computed, as `held` tells."""
    return " " in (holding or "")


def held_alike(before: str, after: str) -> bool:
    """Whether two values of equal content hold their parts alike.

    What one of them alone has computed makes no difference, as the other one would find the same.

    >>> held_alike("a1", "a1 place:f0"), held_alike("a1 place:f0", "a1 place:f1")
    (True, False)
    """
    (notes, *then), (others, *now) = before.split(" "), after.split(" ")
    known = dict(one.split(":") for one in then)
    same = (known.get(place, found) == found for place, found in (one.split(":") for one in now))
    return notes == others and all(same)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What the cells of a column range over, or the numbers of an array, which has no name.

    ``nulls`` and ``distinct`` (without nulls) are counts; ``minimum`` and ``maximum`` are texts.
    Each is ``None`` where it does not apply; ``note`` says why a column was not looked into.
    """

    name: str
    kind: str
    nulls: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    mean: float | None = None
    distinct: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePreview:
    """What a value of a step looks like inside, as short texts.

    ``head`` has the first cells of the first rows of a frame or an array, ``columns`` the
    profiles of the first columns; ``items`` the first items of a container, the fields of a
    dataclass, or the parameters of an estimator, by name.
    """

    head: tuple[tuple[str, ...], ...] = ()
    columns: tuple[ColumnProfile, ...] = ()
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSummary:
    """What can be said of a value without loading it.

    ``kind`` is the qualified type name; ``shape`` is in elements per axis (rows, columns for a
    frame); ``size`` is in bytes; ``columns`` maps a column to its dtype; ``text`` is a repr cut
    to a few hundred characters. ``preview`` is set for the outputs of steps that have an inside.
    ``order`` tells values of equal content apart whose dicts are in another order; ``None`` where
    it was not taken. ``holding`` tells those apart whose parts are shared in another way, whose
    arrays may be written to or not, or in which something was written over that they had computed;
    such values are equal all the same. Two are compared by `held_alike`. ``labelled_with`` are the
    names of others whose tables have the very same index, so that a new name of it is theirs too.
    """

    kind: str
    text: str = ""
    shape: tuple[int, ...] | None = None
    size: int | None = None
    columns: dict[str, str] = field(default_factory=dict)
    preview: ValuePreview | None = None
    order: str | None = None
    holding: str | None = None
    labelled_with: tuple[str, ...] = ()


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

    @property
    def comes_back(self) -> bool:
        """Whether the value was stored, is a result, and comes back as it was."""
        spoilt = self.reason == PART_OF_THE_CODE or is_in_part(self.reason)
        return self.manifest is not None and not spoilt

    def differs_from(self, other: ValueRecord) -> bool:
        """Whether two records are of values that differ, in content or in the order of keys."""
        orders = (self.summary.order, other.summary.order)
        reordered = None not in orders and orders[0] != orders[1]
        return self.fingerprint != other.fingerprint or reordered


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredValue:
    """A value brought back from the store."""

    name: str
    value: Any
