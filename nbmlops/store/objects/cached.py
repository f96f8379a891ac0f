"""Objects that a team shares in a bucket, each once read or written on this machine's disk too."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from nbmlops.domain.upkeep import Held
from nbmlops.errors import (
    ObjectMissingError,
    StoreCorruptError,
    StoreError,
    StoreUnwritableError,
)
from nbmlops.store.objects.base import Blocks, Leftover, StoredObject, is_key
from nbmlops.store.objects.cache_folder import CacheFolder, require_content
from nbmlops.store.objects.remote import FRESH, RemoteObjects
from nbmlops.store.objects.spool import Spool

_Found = TypeVar("_Found")

_SPARED = 600.0
"""Seconds since it was last used for which a file is not given up for others."""

_LEFT_BEHIND = 30.0
"""Seconds after which what another process has not sent is looked after here."""

_AT_ONCE = 0.0
_EMPTIED_TO = 0.8
"""How much of its bound a cache takes after files were given up."""


class CachedObjectStore:
    """An `ObjectStore` in a bucket, with a folder on this machine in front of it.

    - what is put is in the folder at once, and sent in the background; until it has arrived it
      waits on disk, whatever happens to the process or to the way to the bucket;
    - what is read stays in the folder, where it is mapped from; keys are digests, so that what
      is there is never out of date;
    - the folder has a bound: what was not used for longest goes, but never what waits.

    Args:
        remote: the objects in the bucket.
        folder: for the cache and for what waits; of one bucket and prefix.
        limit: the bytes that the cache may take.
    """

    is_late = True

    def __init__(self, remote: RemoteObjects, folder: Path, *, limit: int) -> None:
        self.name = remote.name
        self._remote = remote
        self._folder = folder
        self._cache = CacheFolder(folder / "objects")
        self._spool = Spool(folder / "waiting", self._send)
        self._limit = limit
        self._sent_at: dict[str, float] = {}
        self._touched: set[str] = set()
        self._grown = limit  # what an earlier process left is not known: look at the first chance
        self._bounding = threading.Lock()
        self._looked_after = False

    @property
    def trouble(self) -> StoreError | None:
        """What keeps what was put from arriving in the bucket, at present."""
        return self._spool.trouble

    def put(
        self,
        data: bytes | memoryview,
        *,
        durable: bool = True,
        blocks: Blocks | None = None,
        size: int | None = None,
    ) -> str:
        """Keep bytes here, and have them sent; see `ObjectStore.put`."""
        key = self._cache.put(data, durable=durable, blocks=blocks, size=size)
        self._have_sent(key, durable=durable)
        return key

    def put_file(self, path: Path) -> str:
        """Keep a file's content here, and have it sent; see `ObjectStore.put_file`."""
        key = self._cache.put_file(path)
        self._have_sent(key, durable=True)
        return key

    def get(self, key: str) -> bytes:
        """The bytes under a key; see `ObjectStore.get`."""
        return self._cached(key, self._cache.get)

    def open_buffer(self, key: str) -> memoryview:
        """Private memory with the bytes under a key; see `ObjectStore.open_buffer`."""
        return self._cached(key, self._cache.open_buffer)

    def exists(self, key: str) -> bool:
        """Whether the object is here or in the bucket."""
        return self._cache.exists(key) or self._remote.find(key) is not None

    def size(self, key: str) -> int:
        """The length of the content in bytes; see `ObjectStore.size`."""
        with contextlib.suppress(ObjectMissingError, StoreCorruptError):
            return self._cache.size(key)
        size = self._remote.size(key)
        if size is None:
            raise self._missing(key)
        return size

    def delete(self, key: str) -> None:
        """Forget an object, here and in the bucket; see `ObjectStore.delete`."""
        if is_key(key):
            self._forget(key)
            self._remote.delete([key])

    def keys(self) -> Iterator[str]:
        """Every key; what waits here is among them."""
        for item in self.stored():
            yield item.key

    def taken(self) -> int:
        """The bytes of all objects in the bucket, and of what waits here."""
        return sum(item.size for item in self.stored())

    def has_room(self, size: int) -> bool:
        """Whether this machine's disk has room for so large a file until it is sent."""
        return self._cache.has_room(size)

    def stored(self) -> Iterator[StoredObject]:
        """Every object; see `ObjectStore.stored`."""
        with contextlib.suppress(StoreError):  # what cannot be sent waits, and is among them
            self._spool.settle()
        listed = set()
        for item in self._remote.stored():
            listed.add(item.key)
            yield item
        for key in self._spool.waiting():
            if key not in listed:
                with contextlib.suppress(ObjectMissingError, FileNotFoundError):
                    size = self._cache.file_of(key).stat().st_size
                    yield StoredObject(key=key, size=size, put_at=datetime.now(UTC))

    def renew(self, key: str) -> bool:
        """Count an object as put now; one that is here is sent again if need be."""
        try:
            if self._cache.renew(key):
                self._have_sent(key, durable=False)
                return True
            return self._remote.renew(key)
        except StoreError:
            return False

    def collect(self, key: str, *, before: datetime) -> bool:
        """Forget an object that was not put since; see `ObjectStore.collect`."""
        return key in self.collect_all([key], before=before)

    def collect_all(self, keys: Collection[str], *, before: datetime) -> frozenset[str]:
        """Forget objects that were not put since, here and in the bucket; see the port."""
        with contextlib.suppress(StoreError):
            self._spool.settle()
        gone = self._remote.collect_all(
            [key for key in keys if not self._spool.holds(key)], before=before
        )
        for key in gone:
            self._sent_at.pop(key, None)
            if not self._spool.holds(key):
                self._cache.delete(key)
        return gone

    def verify(self, key: str) -> None:
        """Read an object in the bucket; see `ObjectStore.verify`."""
        if self._spool.holds(key):
            self._cache.get(key)
            return
        found = self._remote.read(key)
        try:
            if found is None:
                raise self._missing(key)
            require_content(key, *found)
        except (ObjectMissingError, StoreCorruptError):
            if not self._cache.holds(key):
                raise
            self._remote.replace(key, self._cache.file_of(key))

    def settle(self) -> None:
        """Wait until what was put has arrived; see `ObjectStore.settle`."""
        self._spool.settle()

    def held(self) -> Held:
        """What is here, after another attempt to send what waits, whoever put it."""
        self._spool.take_over(_AT_ONCE)
        with contextlib.suppress(StoreError):
            self._spool.settle()
        sizes = {item.key: item.size for item in self._cache.stored()}
        waiting = self._spool.waiting()
        trouble = self._spool.trouble
        return Held(
            folder=str(self._folder),
            taken=sum(sizes.values()),
            limit=self._limit,
            waiting=len(waiting),
            waiting_bytes=sum(sizes.get(key, 0) for key in waiting),
            trouble=None if trouble is None else str(trouble),
        )

    def leftovers(self, *, before: datetime) -> list[Leftover]:
        """What killed processes left here and in the bucket; see `ObjectStore.leftovers`."""
        return [*self._cache.leftovers(before=before), *self._remote.leftovers(before=before)]

    def sweep(self, leftover: Leftover) -> None:
        """Remove a leftover; see `ObjectStore.sweep`."""
        (self._remote if leftover.name.startswith(self.name) else self._cache).sweep(leftover)

    def _have_sent(self, key: str, *, durable: bool) -> None:
        if time.monotonic() - self._sent_at.get(key, float("-inf")) < FRESH.total_seconds():
            return
        self._spool.add(key, durable=durable)
        self._look_after()
        self._note_growth(key)

    def _send(self, key: str) -> None:
        begun = time.monotonic()
        try:
            self._remote.put(key, self._cache.file_of(key))
        except (ObjectMissingError, FileNotFoundError):
            if self._cache.exists(key):
                raise
            return  # deleted since: there is nothing to send
        self._sent_at[key] = begun

    def _cached(self, key: str, read: Callable[[str], _Found]) -> _Found:
        """Read an object from the folder, where it is put first if need be."""
        self._look_after()
        try:
            found = read(key)
        except StoreCorruptError:
            self._cache.delete(key)
        except ObjectMissingError:
            pass
        else:
            self._touch(key)
            return found
        self._fetch(key)
        return read(key)

    def _fetch(self, key: str) -> None:
        found = self._remote.read(key)
        if found is None:
            raise self._missing(key)
        self._cache.adopt(key, *found)
        self._note_growth(key)

    def _touch(self, key: str) -> None:
        """Remember that an object was used; once in a process is enough."""
        if key not in self._touched:
            self._touched.add(key)
            self._cache.renew(key)

    def _look_after(self) -> None:
        """Send what earlier processes left, once."""
        if not self._looked_after:
            self._looked_after = True
            self._spool.take_over(_LEFT_BEHIND)

    def _note_growth(self, key: str) -> None:
        with contextlib.suppress(ObjectMissingError, FileNotFoundError):
            self._grown += self._cache.file_of(key).stat().st_size
        if self._grown > self._limit // 10 and self._bounding.acquire(blocking=False):
            try:
                self._grown = 0
                self._bound()
            finally:
                self._bounding.release()

    def _bound(self) -> None:
        """Give up what was not used for longest, where the cache takes too much."""
        files = sorted(self._cache.stored(), key=lambda item: item.put_at)
        taken = sum(item.size for item in files)
        if taken <= self._limit:
            return
        recent = time.time() - _SPARED
        for item in files:
            if taken <= _EMPTIED_TO * self._limit or item.put_at.timestamp() > recent:
                return
            if not self._spool.holds(item.key):
                with contextlib.suppress(StoreUnwritableError):
                    self._cache.delete(item.key)
                    taken -= item.size

    def _forget(self, key: str) -> None:
        self._spool.drop(key)
        self._sent_at.pop(key, None)
        self._cache.delete(key)

    def _missing(self, key: str) -> ObjectMissingError:
        error = ObjectMissingError(key)
        error.cure = (
            f"It was removed from {self.name}, or still waits on the machine that made it: "
            "nbmlops store info says so there."
        )
        return error
