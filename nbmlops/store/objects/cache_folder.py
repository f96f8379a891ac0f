"""A folder of objects that are kept for good somewhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from nbmlops.errors import ObjectMissingError, StoreError
from nbmlops.store.objects import compression
from nbmlops.store.objects.base import damaged
from nbmlops.store.objects.folder import FolderObjectStore


class CacheFolder(FolderObjectStore):
    """A `FolderObjectStore` that takes over files as another store has them."""

    def adopt(self, key: str, suffix: str, blocks: Iterable[memoryview]) -> None:
        """Keep an object as the file that another store has of it.

        Args:
            key: of the content.
            suffix: what the file's name ends with there.
            blocks: of the file; what they raise is raised, and nothing is kept.

        Raises:
            StoreCorruptError: it is not the object; nothing is kept.
            StoreUnwritableError: as for `put`.
        """
        digest = hashlib.sha256()

        def fill(file: BinaryIO) -> None:
            for block in blocks:
                digest.update(block)
                file.write(block)
            # what is compressed is compared with its hash whenever it is read
            if not suffix and digest.hexdigest() != key:
                raise damaged(key)

        target = self._path(key, suffix)
        self._write_named(target.parent, fill, lambda: target, durable=False)
        if not suffix:
            self._verified.note(target, target.stat())

    def file_of(self, key: str) -> Path:
        """The file in which an object is kept.

        Raises:
            ObjectMissingError: there is none.
        """
        path = self._find(key)
        if path is None:
            raise ObjectMissingError(key)
        return path

    def holds(self, key: str) -> bool:
        """Whether an object is here, whole."""
        try:
            self.get(key)
        except StoreError:
            return False
        return True


def require_content(key: str, suffix: str, blocks: Iterator[memoryview]) -> None:
    """Compare the blocks of a file with the hash of the content.

    Raises:
        StoreCorruptError: it is not the object.
    """
    digest = hashlib.sha256()
    for block in compression.decompressed(blocks) if suffix else blocks:
        digest.update(block)
    if digest.hexdigest() != key:
        raise damaged(key)
