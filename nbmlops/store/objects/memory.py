"""Objects in memory, for tests and for values that need not outlive the process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from nbmlops.errors import ObjectMissingError


class MemoryObjectStore:
    """An `ObjectStore` that ends with the process."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def put(self, data: bytes | memoryview) -> str:
        """Keep a copy of the bytes."""
        key = hashlib.sha256(data).hexdigest()
        self._objects.setdefault(key, bytes(data))
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
