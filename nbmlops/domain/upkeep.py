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
    ``folders`` the folders of runs; ``freed`` is in bytes on disk.
    """

    dry_run: bool
    released: tuple[ReleasedContent, ...] = ()
    objects: int = 0
    leftovers: int = 0
    folders: int = 0
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
