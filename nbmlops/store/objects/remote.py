"""Objects in a bucket, in the form that a folder store has on disk."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from nbmlops.errors import StoreUnreachableError
from nbmlops.store.objects import compression
from nbmlops.store.objects.base import Leftover, StoredObject, is_key
from nbmlops.store.objects.bucket import Entry

COMPRESSED = ".zst"
FRESH = timedelta(minutes=10)
"""For how long an object that was put need not be renewed; much less than any collection spares."""

_OBJECTS, _RENEWED, _COLLECTING = "objects", "renewed", "collecting"
_SMALL = 2**20
"""Bytes up to which an object is sent without asking first whether it is there."""

_BATCH = 1000
_AT_ONCE = 8
_LONGEST_BATCH = timedelta(minutes=5)
_STALE_BATCH = timedelta(minutes=15)
_PAUSE = 0.2


class NamedBytes(Protocol):
    """What is needed of a bucket; see `Bucket`."""

    name: str

    def find(self, name: str) -> Entry | None:
        """What is under a name."""

    def read(self, name: str) -> Iterator[memoryview] | None:
        """The bytes under a name."""

    def beginning(self, name: str, length: int) -> bytes:
        """The first bytes under a name."""

    def write(self, name: str, content: bytes | Path, *, anew: bool = True) -> bool:
        """Put bytes under a name."""

    def entries(self, prefix: str) -> Iterator[Entry]:
        """All that is below a prefix."""

    def delete(self, names: Sequence[str]) -> None:
        """Remove names."""


class RemoteObjects:
    """Objects as files of a bucket, ``objects/ab/cdef…`` or ``….zst``, never changed once there.

    A bucket tells when a name was written, and cannot be told that it counts as written now: an
    object is renewed by an empty ``renewed/<key>`` beside it.

    A collection names in ``collecting/…`` what it is about to remove, then looks when that was
    put, then removes it. Who has put or renewed an object looks into ``collecting/`` after that.
    One of the two sees the other: the collection spares the object, or it is put once more.

    Args:
        bucket: where they are.
    """

    def __init__(self, bucket: NamedBytes) -> None:
        self._bucket = bucket
        self.name = bucket.name
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        self._in_danger: frozenset[str] = frozenset()

    def find(self, key: str) -> Entry | None:
        """The file of an object; ``None`` where there is none."""
        if not is_key(key):
            return None
        plain = self._bucket.find(_name(key))
        return plain or self._bucket.find(_name(key, COMPRESSED))

    def read(self, key: str) -> tuple[str, Iterator[memoryview]] | None:
        """The suffix of an object's file and its bytes as they are kept; ``None`` for none."""
        if not is_key(key):
            return None
        for suffix in ("", COMPRESSED):
            blocks = self._bucket.read(_name(key, suffix))
            if blocks is not None:
                return suffix, blocks
        return None

    def size(self, key: str) -> int | None:
        """The length of an object's content in bytes; ``None`` where there is none."""
        found = self.find(key)
        if found is None:
            return None
        if not found.name.endswith(COMPRESSED):
            return found.size
        header = self._bucket.beginning(found.name, min(compression.HEADER, found.size))
        return compression.content_size(header)

    def put(self, key: str, file: Path) -> None:
        """Send the file of an object, or renew the one that is there.

        Raises:
            StoreError: it cannot be sent.
            OSError: the file is gone.
        """
        name = _name(key, COMPRESSED if file.name.endswith(COMPRESSED) else "")
        while True:
            self._put_once(key, name, file)
            if not self._is_in_danger(key, time.monotonic()):
                return
            self._await_collection(key)

    def replace(self, key: str, file: Path) -> None:
        """Send the file of an object in place of one that is damaged."""
        self._bucket.write(_name(key, COMPRESSED if file.name.endswith(COMPRESSED) else ""), file)

    def renew(self, key: str) -> bool:
        """Count an object as put now; false where there is none."""
        found = self.find(key)
        if found is None:
            return False
        self._renew(key, found)
        if not self._is_in_danger(key, time.monotonic()):
            return True
        self._await_collection(key)
        return self.find(key) is not None

    def delete(self, keys: Collection[str]) -> None:
        """Remove objects."""
        names = [
            name for key in keys if is_key(key) for name in (_name(key), _name(key, COMPRESSED))
        ]
        names += [f"{_RENEWED}/{key}" for key in keys if is_key(key)]
        if names:
            self._bucket.delete(names)

    def stored(self) -> Iterator[StoredObject]:
        """Every object, and when it was put or renewed."""
        renewed = self._renewals()
        for entry in self._bucket.entries(f"{_OBJECTS}/"):
            key = _key_of(entry.name)
            if key is not None:
                at = max(entry.written_at, renewed.get(key, entry.written_at))
                yield StoredObject(key=key, size=entry.size, put_at=at)

    def collect_all(self, keys: Collection[str], *, before: datetime) -> frozenset[str]:
        """Remove objects that were not put since; see `ObjectStore.collect_all`."""
        self._forget_renewals(before)
        known = sorted(filter(is_key, keys))
        gone: set[str] = set()
        for start in range(0, len(known), _BATCH):
            gone |= self._collect_batch(known[start : start + _BATCH], before)
        return frozenset(gone)

    def leftovers(self, *, before: datetime) -> list[Leftover]:
        """What killed collections left."""
        return [
            Leftover(name=f"{self.name}/{one.name}", size=one.size, written_at=one.written_at)
            for one in self._bucket.entries(f"{_COLLECTING}/")
            if one.written_at < before
        ]

    def sweep(self, leftover: Leftover) -> None:
        """Remove what a killed collection left."""
        self._bucket.delete([leftover.name.removeprefix(f"{self.name}/")])

    def _put_once(self, key: str, name: str, file: Path) -> None:
        size = file.stat().st_size
        if size <= _SMALL and self._bucket.write(name, file, anew=False):
            return
        found = self._bucket.find(name)
        if found is not None and found.size == size:
            self._renew(key, found)
        else:
            self._bucket.write(name, file)

    def _renew(self, key: str, found: Entry) -> None:
        if datetime.now(UTC) - found.written_at > FRESH:
            self._bucket.write(f"{_RENEWED}/{key}", b"")

    def _renewals(self) -> dict[str, datetime]:
        entries = self._bucket.entries(f"{_RENEWED}/")
        return {entry.name.rpartition("/")[2]: entry.written_at for entry in entries}

    def _forget_renewals(self, before: datetime) -> None:
        """Remove those that protect nothing any more."""
        old = [key for key, at in self._renewals().items() if at < before]
        if old:
            self._bucket.delete([f"{_RENEWED}/{key}" for key in old])

    def _collect_batch(self, keys: Sequence[str], before: datetime) -> set[str]:
        begun = datetime.now(UTC)
        mark = f"{_COLLECTING}/{uuid.uuid4().hex}"
        self._bucket.write(mark, "\n".join(keys).encode())
        try:
            renewed = self._renewals()
            spared = {key for key, at in renewed.items() if at >= before}
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                found = dict(zip(keys, pool.map(self.find, keys), strict=True))
            going = {
                key
                for key, entry in found.items()
                if entry is not None and entry.written_at < before and key not in spared
            }
            if datetime.now(UTC) - begun > _LONGEST_BATCH:  # others may not wait for it any more
                return set()
            self.delete(going)
            return going
        finally:
            self._bucket.delete([mark])

    def _is_in_danger(self, key: str, since: float) -> bool:
        """Whether a collection may be removing an object, as of a moment or later."""
        with self._looking:  # threads that wait here share one look
            if self._looked_at < since:
                begun = time.monotonic()
                self._in_danger = frozenset(self._collected_now())
                self._looked_at = begun
            return key in self._in_danger

    def _collected_now(self) -> Iterator[str]:
        for entry in self._bucket.entries(f"{_COLLECTING}/"):
            if datetime.now(UTC) - entry.written_at < _STALE_BATCH:
                blocks = self._bucket.read(entry.name)
                yield from b"".join(blocks or ()).decode().split()

    def _await_collection(self, key: str) -> None:
        """Wait until no collection may be removing an object."""
        until = time.monotonic() + _LONGEST_BATCH.total_seconds()
        while self._is_in_danger(key, time.monotonic()):
            if time.monotonic() > until:
                raise StoreUnreachableError(f"A collection in {self.name} does not end.")
            time.sleep(_PAUSE)


def _name(key: str, suffix: str = "") -> str:
    return f"{_OBJECTS}/{key[:2]}/{key[2:]}{suffix}"


def _key_of(name: str) -> str | None:
    key = name.removeprefix(f"{_OBJECTS}/").removesuffix(COMPRESSED).replace("/", "")
    return key if is_key(key) else None
