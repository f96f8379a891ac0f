"""What a cell found in a folder, or of a path, without reading a file; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from json import JSONDecoder, JSONEncoder
from typing import Literal

from nbmlops.domain.accesses import ExternalAccess

Form = Literal["folder", "tree", "pattern", "deep pattern", "links"]
"""Names in a folder, in all folders below it, what matches a pattern (``**`` over folders), or the
links in a folder with where each leads."""

ABSENT = "absent"
MADE = "absent, made"
"""Of a path where there was nothing, until the cell made a folder of it."""

NOTHING = "no path that counts"
"""The name under which a record says that it knows of such looks, and that there were none."""

_SIGNS = {
    "size": " bytes",
    "time": ", changed ",
    "status": ", its status ",
    "mode": ", mode ",
    "owner": ", owner ",
    "number": ", number ",
}
"""The facts of a path, and by what a record shows that it holds them."""

_MOST_NAMES = 100
_MOST_CHARACTERS = 4_000
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of names as a record keeps it: with a digest, and the names where they are few.

    Names are relative to the folder, or to the part of a pattern before its first wildcard, with
    ``/`` behind those of folders. ``own`` are those that the cell had written or removed before it
    looked: they say nothing about what it found.
    """

    of: Form
    count: int
    digest: str
    names: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @classmethod
    def made(cls, of: Form, names: Iterable[str], own: Collection[str] = ()) -> Listing:
        """The listing of these names."""
        left = sorted(set(names).difference(own))
        few = len(left) <= _MOST_NAMES and sum(map(len, left)) <= _MOST_CHARACTERS
        return cls(
            of=of,
            count=len(left),
            digest=hashlib.sha256("\0".join(left).encode("utf-8", "surrogatepass")).hexdigest(),
            names=tuple(left) if few else (),
            own=tuple(sorted(own)),
        )

    @classmethod
    def read(cls, detail: str) -> Listing:
        """The listing that a record holds as text."""
        held = JSONDecoder().decode(detail)
        names, own = tuple(held.get("names", ())), tuple(held.get("own", ()))
        return cls(of=held["of"], count=held["count"], digest=held["sha256"], names=names, own=own)

    @property
    def detail(self) -> str:
        """The listing as text."""
        held = {"of": self.of, "count": self.count, "sha256": self.digest}
        lists = {"names": self.names, "own": self.own}
        whole = {**held, **{key: list(some) for key, some in lists.items() if some}}
        return JSONEncoder().encode(whole)  # a cell may have replaced `json.dumps`

    @property
    def said(self) -> str:
        """The listing for a reader."""
        if self.count and not self.names:
            return f"{self.count:,} names"
        return ", ".join(self.names) or "nothing"

    def differs_from(self, names: Iterable[str]) -> str | None:
        """How a list of names is another one than this, in a few words; ``None``: it is this."""
        now = Listing.made(self.of, names, self.own)
        if now.digest == self.digest:
            return None
        what = f"{self.count:,} → {now.count:,} names"
        if len(self.names) == self.count and len(now.names) == now.count:
            before, after = set(self.names), set(now.names)
            signs = [*(f"+{name}" for name in sorted(after - before))]
            signs += [f"-{name}" for name in sorted(before - after)]
            more = len(signs) - _SHOWN
            what = ", ".join(signs[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        elif self.count == now.count:
            what = "as many names, others"
        return f"has another list of files: {what}"


def detail_said(access: ExternalAccess) -> str:
    """What is told of an access beside its name, for a reader."""
    if access.kind != "listing" or not access.detail:
        return access.detail
    return Listing.read(access.detail).said


def fact_of(detail: str) -> str:
    """What a path was: ``absent``, ``file``, ``folder`` or ``other``."""
    return detail.partition(",")[0]


def facts_in(detail: str) -> frozenset[str]:
    """The facts of a path that a record holds beside its being there.

    ``size``, ``time`` (of the last change of content), ``status`` (the time of the last change of
    anything), ``mode``, ``owner``, ``number`` (of the file, by which two names are the same one).

    >>> sorted(facts_in("file, 4 bytes, mode 0644"))
    ['mode', 'size']
    """
    return frozenset(fact for fact, sign in _SIGNS.items() if sign in detail)
