"""Remove the stored content that no policy keeps."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from nbmlops.domain.clock import Clock
from nbmlops.domain.upkeep import Collection, Retention
from nbmlops.domain.values import REMOVED
from nbmlops.errors import StoreUnwritableError
from nbmlops.store.catalog.references import ReferenceRecords, References
from nbmlops.store.catalog.retention import RetentionRecords
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore

GRACE = timedelta(hours=1)
"""What was written since is never removed: its writer may be about to refer to it."""

_LATE_GRACE = timedelta(days=7)
"""The same where a value that a record names may still be on its way from another machine."""

_AT_ONCE = 8


class CollectionService:
    """Collects content, while others may be writing.

    - takes references away; records, fingerprints and previews stay;
    - looks, after that, at what records still name;
    - removes each other object that nobody has put or renewed within the grace.
    """

    def __init__(
        self,
        *,
        runs: Path,
        retention: RetentionRecords,
        references: ReferenceRecords,
        objects: ObjectStore,
        values: ValueStore,
        clock: Clock,
    ) -> None:
        self._runs = runs
        self._retention = retention
        self._references = references
        self._objects = objects
        self._values = values
        self._clock = clock

    def collect(self, policy: Retention, *, dry_run: bool = False) -> Collection:
        """Remove what the policy does not keep.

        Args:
            policy: what to keep beyond what is always kept; what ran within the grace is.
            dry_run: whether to remove nothing, and only say what would go.

        Raises:
            StoreError: the store cannot be read or written; what was removed by then was
                not kept by the policy.
        """
        now = self._clock()
        before, since = now - GRACE, now - max(policy.younger_than, GRACE)
        if dry_run:
            release = self._retention.plan(keep_last=policy.keep_last, since=since)
        else:
            reason = f"{REMOVED} on {now.astimezone():%Y-%m-%d}"
            release = self._retention.release(
                keep_last=policy.keep_last, since=since, reason=reason
            )
        stored = list(self._objects.stored())
        named = self._references.references()
        live, is_whole = self._live(_without(named, release.names) if dry_run else named)
        before = before if is_whole else now - _LATE_GRACE
        going = [item for item in stored if item.key not in live and item.put_at < before]
        leftovers = self._objects.leftovers(before=before)
        folders = [folder for folder in map(self._folder, release.runs) if folder.is_dir()]
        freed = sum(left.size for left in leftovers) + sum(_size(folder) for folder in folders)
        if not dry_run:
            gone = self._objects.collect_all([item.key for item in going], before=before)
            going = [item for item in going if item.key in gone]
            for leftover in leftovers:
                self._objects.sweep(leftover)
            for folder in folders:
                _remove(folder)
        return Collection(
            dry_run=dry_run,
            released=release.content,
            objects=len(going),
            leftovers=len(leftovers),
            folders=len(folders),
            freed=freed + sum(item.size for item in going),
            kept=sum(item.size for item in stored) - sum(item.size for item in going),
        )

    def sweep(self) -> int:
        """Remove the objects that no record names and nobody has put within the grace.

        Returns:
            The bytes that it freed.

        Raises:
            StoreError: the store cannot be read or written.
        """
        before = self._clock() - GRACE
        stored = list(self._objects.stored())
        live, is_whole = self._live(self._references.references())
        before = before if is_whole else before - _LATE_GRACE
        going = [item for item in stored if item.key not in live and item.put_at < before]
        gone = self._objects.collect_all([item.key for item in going], before=before)
        return sum(item.size for item in going if item.key in gone)

    def _live(self, named: References) -> tuple[set[str], bool]:
        """Every object that a record names, by itself or as a part of a value.

        And whether that is all: of a value that is still on its way from another machine, parts
        may have arrived that nothing here names.
        """
        live = set(named.objects | named.manifests)
        is_whole = True
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # in a bucket each one is a request
            for parts in pool.map(self._values.named_parts, named.manifests):
                live.update(parts or ())
                is_whole = is_whole and not (parts is None and self._objects.is_late)
        return live, is_whole

    def _folder(self, run: tuple[str, int]) -> Path:
        pipeline, number = run
        return self._runs / pipeline / str(number)


def _without(named: References, released: References) -> References:
    """The references that stay."""
    return References(
        manifests=named.manifests - released.manifests, objects=named.objects - released.objects
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreUnwritableError(
            f"The run folder {folder} cannot be removed: {error.strerror}.",
            cure="Make it writable and collect again.",
        ) from error
