"""The port to whatever keeps bytes by the hash of their content."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from nbmlops.domain.upkeep import Held
from nbmlops.errors import StoreCorruptError, StoreError

_KEY = re.compile(r"[0-9a-f]{64}")

Blocks = Callable[[], Iterator[memoryview]]
"""Reads content from its beginning, block by block; each is used before the next is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as it is kept: ``size`` in bytes as stored, and when it was last put."""

    key: str
    size: int
    put_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """What a killed process left: ``name`` says where, ``size`` is in bytes."""

    name: str
    size: int
    written_at: datetime


class ObjectStore(Protocol):
    """Content-addressed bytes.

    A key is the SHA-256 of the content in lower-case hexadecimal, so that equal content is kept
    once. An object is there whole or not at all, whatever happens to its writer, and any number
    of threads and processes may read and write the same store at once.

    Every method that takes a key treats a text that is no key like a key that is not there:
    keys come from files that others may have written.
    """

    is_late: bool
    """Whether an object may be missing because it still waits on the machine that made it."""

    @property
    def trouble(self) -> StoreError | None:
        """What keeps what was put from arriving where others find it, at present."""

    def put(
        self,
        data: bytes | memoryview,
        *,
        durable: bool = True,
        blocks: Blocks | None = None,
        size: int | None = None,
    ) -> str:
        """Keep bytes and return their key.

        Args:
            data: the content.
            durable: whether the object must survive a power cut, which costs disk flushes. A
                killed process loses no object either way, and bytes that a power cut spoiled
                are found out when they are read, and written again when they are put again.
            blocks: reads the content where ``data`` is memory that others may write to: it is
                read by this alone then, once or twice, but for a guess at how well it compresses.
                What this raises is raised, and nothing is kept.
            size: the bytes of all that ``blocks`` reads, where ``data`` is its beginning alone.

        Raises:
            StoreUnwritableError: the store is read-only or full; nothing is left behind.
        """

    def put_file(self, path: Path) -> str:
        """Keep the content of a file, without holding a large one in memory.

        Raises:
            OSError: the file cannot be read.
            StoreUnwritableError: as for `put`.
        """

    def get(self, key: str) -> bytes:
        """The bytes under a key, verified against it.

        Raises:
            ObjectMissingError: there is no such object.
            StoreCorruptError: the bytes are not those that were put.
        """

    def open_buffer(self, key: str) -> memoryview:
        """The bytes under a key as memory of the caller's own.

        Where the technology can, the memory is mapped from disk, copy on write: nothing is read
        before it is used, and what the caller writes into it never reaches the store.

        Raises:
            ObjectMissingError: there is no such object.
            StoreCorruptError: the bytes are not those that were put. A large object is verified
                once, and again when its file was touched since: what is unpickled is not to be
                read so, but with `get`.
        """

    def exists(self, key: str) -> bool:
        """Whether there is an object under the key; it may still prove damaged when read."""

    def size(self, key: str) -> int:
        """The length of the content in bytes, before any compression.

        Raises:
            ObjectMissingError: there is no such object.
        """

    def delete(self, key: str) -> None:
        """Forget an object; without effect where there is none.

        Raises:
            StoreUnwritableError: the store is read-only.
        """

    def keys(self) -> Iterator[str]:
        """Every key, in no particular order."""

    def taken(self) -> int:
        """The bytes that all objects take, as they are kept; about, while others write."""

    def has_room(self, size: int) -> bool:
        """Whether an object of so many bytes finds room now, as far as is told without a try.

        It may be said of one that finds none: quotas are not asked, and others write as well.
        """

    def stored(self) -> Iterator[StoredObject]:
        """Every object with what it takes and when it was last put or renewed."""

    def renew(self, key: str) -> bool:
        """Count an object as put now, or a minute ago; false where it is gone or not to be touched.

        Who is about to refer to an object that it did not just put renews it first: `collect`
        spares it then.
        """

    def collect(self, key: str, *, before: datetime) -> bool:
        """Forget an object unless it was put or renewed since ``before``; whether it is gone.

        Safe while others put: a `put` of equal content at the same time either spares the
        object or writes it anew.

        Raises:
            StoreUnwritableError: the store is read-only.
        """

    def collect_all(self, keys: Collection[str], *, before: datetime) -> frozenset[str]:
        """Do what `collect` does with many objects, where it can in few requests.

        Returns:
            The keys of those that are gone.

        Raises:
            StoreError: the store is read-only, or cannot be reached.
        """

    def verify(self, key: str) -> None:
        """Read an object where it is kept for good, not in a cache.

        One that is damaged or gone there, and whole in a cache, is put there again.

        Raises:
            ObjectMissingError: there is no such object.
            StoreCorruptError: the bytes are not those that were put.
        """

    def settle(self) -> None:
        """Wait until what this process has put can be had on all machines that share the store.

        Raises:
            StoreError: it cannot at present; it waits on this machine's disk, and is sent later.
        """

    def held(self) -> Held | None:
        """What this machine has of objects that are kept elsewhere; ``None`` where none are."""

    def leftovers(self, *, before: datetime) -> list[Leftover]:
        """What killed writers left, and nobody has written to since ``before``."""

    def sweep(self, leftover: Leftover) -> None:
        """Remove a leftover; an object that a killed `collect` had taken away is put back.

        Raises:
            StoreUnwritableError: the store is read-only.
        """


def is_key(text: str) -> bool:
    """Whether a text is the hexadecimal form of a SHA-256."""
    return _KEY.fullmatch(text) is not None


def damaged(key: str) -> StoreCorruptError:
    """What is raised for an object that is not what was put."""
    return StoreCorruptError(
        f"The object {key} is damaged.",
        cure="Bring it back from a backup, or run the step again that made it.",
    )
