"""Data sets: inputs that were pinned under a name, in immutable versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nbmlops.domain.references import NAME, Moment, parse_selector
from nbmlops.errors import UsageError

MemberKind = Literal["file", "value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReference:
    """``flights``, ``flights@2``, ``flights@latest`` or ``flights@2026-11-01``.

    ``version`` is a number, ``"latest"``, or the time at which it was the latest.
    """

    name: str
    version: int | str | Moment = "latest"

    @classmethod
    def parse(cls, text: str) -> DatasetReference:
        """Read a reference.

        >>> DatasetReference.parse("flights@2").version
        2

        Raises:
            UsageError: the text is not a reference.
        """
        name, at, version = text.strip().partition("@")
        if not NAME.fullmatch(name) or version == "approved":
            raise UsageError(
                f"{text!r} does not name a data set.",
                cure="Write its name, with a version if you like: flights, flights@2, "
                "flights@latest, flights@2026-11-01.",
            )
        return cls(name=name, version=parse_selector(version if at else None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file or a value of a data set.

    ``name`` is the path of a file, relative to the project where it is inside and absolute
    elsewhere, or the name of a value. ``digest`` is the SHA-256 of a file, the fingerprint of a
    value; ``size`` is in bytes, ``None`` where it is not known. ``object`` is the key of a file's
    bytes, ``manifest`` the stored value; empty where they are lost. ``text`` says what a value is.
    """

    kind: MemberKind
    name: str
    digest: str
    size: int | None
    object: str | None = None
    manifest: str | None = None
    text: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether its content can be had, as far as the records say."""
        return bool(self.object or self.manifest)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An input that a step read, and that the data set could not take: ``why`` says the reason."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The execution whose inputs were pinned; ``step`` is a reference such as ``train@2``."""

    step: str
    notebook: str
    execution: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """One version of a data set, without its members.

    ``files`` and ``values`` count these; ``size`` is that of all in bytes, as far as known.
    ``source`` is ``None`` where paths were pinned.
    """

    id: int
    name: str
    number: int
    digest: str
    comment: str
    author: str
    created_at: datetime
    source: Source | None
    left_out: tuple[LeftOut, ...]
    files: int
    values: int
    size: int

    @property
    def reference(self) -> str:
        """``flights@2``."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDatasetVersion:
    """What is to be kept under the next number of a name."""

    name: str
    members: tuple[Member, ...]
    comment: str
    author: str
    created_at: datetime
    source: Source | None = None
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What pinning gave: a version, and whether it is new or had the same content before."""

    version: DatasetVersion
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetUse:
    """Who read what a data set holds, as it was recorded.

    ``used_by`` is a step version, or a notebook for its unnamed cells; ``run`` the run in which it
    did, ``None`` for the notebook itself. ``members`` counts those whose very content was read.
    """

    used_by: str
    notebook: str
    run: str | None
    members: int
    executions: int
    last_at: datetime


MemberChange = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDifference:
    """A member that two versions do not have alike; ``None`` on the side that has none."""

    kind: MemberKind
    name: str
    change: MemberChange
    before: Member | None
    after: Member | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDiff:
    """What differs between two versions, by their references; ``same`` counts what does not."""

    before: str
    after: str
    differences: tuple[MemberDifference, ...]
    same: int


FileDeed = Literal["unchanged", "written", "replaced", "removed", "put back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredFile:
    """A file of a restored version, or of one that was undone, and what became of it."""

    path: str
    deed: FileDeed


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredDataset:
    """What became of the files of a version; ``folder`` is where they are."""

    reference: str
    folder: str
    files: tuple[RestoredFile, ...]


def digest_of(members: Iterable[Member]) -> str:
    """What is equal for two versions of equal content.

    >>> one = Member(kind="file", name="a.csv", digest="1f", size=3)
    >>> digest_of([one]) == digest_of([one])
    True
    """
    digest = hashlib.sha256()
    for member in sorted(members, key=lambda one: (one.kind, one.name)):
        for part in (member.kind, member.name, member.digest):
            digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()
