"""Keeping the store in order: what goes, and what is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What a collection keeps beyond what it always keeps.

    ``keep_last`` counts the executions of each step version, and the runs of each pipeline
    version, whose content stays; ``younger_than`` keeps everything that ran since.
    """

    keep_last: int = 1
    younger_than: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedContent:
    """What a step version or a run loses: stored values, and displayed outputs or files.

    ``owner`` is ``train@2``, ``flights#3``, or a notebook for its unnamed cells.
    """

    owner: str
    values: int = 0
    outputs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What one collection removed, or would remove.

    ``objects`` counts files of the store, ``leftovers`` those that killed processes left,
    ``folders`` the folders of runs, ``due_times`` rows of the ledger, ``notices`` what people were
    told of such, ``calls`` those over HTTP, ``runs`` records of runs; ``freed`` is in bytes on
    disk.
    """

    dry_run: bool
    released: tuple[ReleasedContent, ...] = ()
    objects: int = 0
    leftovers: int = 0
    folders: int = 0
    due_times: int = 0
    notices: int = 0
    calls: int = 0
    runs: int = 0
    freed: int = 0
    kept: int = 0


DamageKind = Literal[
    "catalog",
    "reference",
    "object",
    "missing",
    "manifest",
    "signature",
    "leftover",
    "run folder",
    "run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that is wrong with the store.

    ``what`` names it, ``meaning`` says what that costs, ``cure`` what to do; ``repair`` is what
    was done about it, ``None`` where nothing was.
    """

    kind: DamageKind
    what: str
    meaning: str
    cure: str
    repair: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a machine has of objects that are kept elsewhere.

    Attributes:
        folder: where it is.
        taken: the bytes of what has been read or written here, of at most ``limit``.
        waiting: how many objects are still to be sent, of ``waiting_bytes``.
        trouble: why they are not, in a sentence.
    """

    folder: str
    taken: int
    limit: int
    waiting: int
    waiting_bytes: int
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreInfo:
    """Where a store is, and what it takes.

    Attributes:
        catalog: a file, or the URL of a database.
        objects: a folder, or the URL of a bucket.
        count: how many objects there are, of ``taken`` bytes as they are kept; ``None`` where
            the bucket cannot be asked.
        held: for objects in a bucket.
    """

    catalog: str
    objects: str
    count: int | None
    taken: int | None
    held: Held | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy of objects did.

    Attributes:
        source: from where.
        target: to where.
        objects: how many were copied, of ``bytes`` as they are kept.
        there: how many were there before.
        damaged: the keys of those that were left out, as they are not what was put.
    """

    source: str
    target: str
    objects: int
    bytes: int
    there: int
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedTable:
    """How many rows of a table were copied."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedCatalog:
    """What a copy of a catalog did.

    Attributes:
        source: from where.
        target: to where.
        rows: how many were copied, in all.
        tables: how many of each.
    """

    source: str
    target: str
    rows: int
    tables: tuple[CopiedTable, ...]
