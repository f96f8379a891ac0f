"""Objects in memory, for tests and for values that need not outlive the process."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from nbmlops.errors import ObjectMissingError, StoreError
from nbmlops.store.objects.base import Blocks, Leftover, StoredObject


class MemoryObjectStore:
    """An `ObjectStore` that ends with the process."""

    is_late = False
    trouble: StoreError | None = None

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._put_at: dict[str, datetime] = {}

    def put(
        self,
        data: bytes | memoryview,
        *,
        durable: bool = True,
        blocks: Blocks | None = None,
        size: int | None = None,
    ) -> str:
        """Keep a copy of the bytes."""
        del durable, size  # memory survives nothing
        content = bytes(data) if blocks is None else b"".join(map(bytes, blocks()))
        key = hashlib.sha256(content).hexdigest()
        self._objects.setdefault(key, content)
        self._put_at[key] = datetime.now(UTC)
        return key

    def put_file(self, path: Path) -> str:
        """Keep a copy of the file's content."""
        return self.put(path.read_bytes())

    def get(self, key: str) -> bytes:
        """The bytes under a key."""
        try:
            return self._objects[key]
        except KeyError:
            raise ObjectMissingError(key) from None

    def open_buffer(self, key: str) -> memoryview:
        """A copy of the bytes under a key."""
        return memoryview(bytearray(self.get(key)))

    def exists(self, key: str) -> bool:
        """Whether there is an object under the key."""
        return key in self._objects

    def size(self, key: str) -> int:
        """The length of the content in bytes."""
        return len(self.get(key))

    def delete(self, key: str) -> None:
        """Forget an object."""
        self._objects.pop(key, None)

    def keys(self) -> Iterator[str]:
        """Every key, as of now."""
        return iter(tuple(self._objects))

    def taken(self) -> int:
        """The bytes of all objects."""
        return sum(map(len, self._objects.values()))

    def has_room(self, size: int) -> bool:  # noqa: ARG002 (no disk)
        """Always: nothing is told of the memory that is left."""
        return True

    def stored(self) -> Iterator[StoredObject]:
        """Every object, as of now."""
        for key, content in tuple(self._objects.items()):
            yield StoredObject(key=key, size=len(content), put_at=self._put_at[key])

    def renew(self, key: str) -> bool:
        """Count an object as put now."""
        if key not in self._objects:
            return False
        self._put_at[key] = datetime.now(UTC)
        return True

    def collect(self, key: str, *, before: datetime) -> bool:
        """Forget an object that was not put since."""
        if key not in self._objects or self._put_at[key] >= before:
            return False
        self.delete(key)
        return True

    def collect_all(self, keys: Collection[str], *, before: datetime) -> frozenset[str]:
        """Forget objects that were not put since."""
        return frozenset(key for key in keys if self.collect(key, before=before))

    def verify(self, key: str) -> None:
        """What is in memory is as it was put."""
        self.get(key)

    def settle(self) -> None:
        """What was put is there."""

    def held(self) -> None:
        """Objects are kept here."""

    def leftovers(self, *, before: datetime) -> list[Leftover]:
        """None: a killed process leaves no memory."""
        del before
        return []

    def sweep(self, leftover: Leftover) -> None:
        """Nothing is ever left."""
        del leftover
