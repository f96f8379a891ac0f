"""Copy objects from one place to another: a folder, or a bucket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from nbmlops.domain.upkeep import Copied
from nbmlops.errors import ObjectMissingError, StoreCorruptError, UsageError
from nbmlops.store.objects.bucket import Bucket
from nbmlops.store.objects.cache_folder import CacheFolder, require_content
from nbmlops.store.objects.remote import COMPRESSED, RemoteObjects

Progress = Callable[[int, int], None]

_AT_ONCE = 8
_BLOCK = 4 * 2**20


class Place(Protocol):
    """Where objects are, as files that are the same in each kind of place."""

    def sizes(self) -> dict[str, int]:
        """The bytes of each object's file, by key."""

    @contextmanager
    def file(self, key: str) -> Iterator[Path]:
        """The file of an object, whose content has been compared with its hash.

        Raises:
            StoreCorruptError: it is not what was put.
            ObjectMissingError: it was removed meanwhile.
        """

    def take(self, key: str, file: Path) -> None:
        """Keep such a file, and compare what is there then with its hash."""


class FolderPlace:
    """Objects in a folder."""

    def __init__(self, folder: Path) -> None:
        self._objects = CacheFolder(folder)

    def sizes(self) -> dict[str, int]:
        """See `Place.sizes`."""
        return {item.key: item.size for item in self._objects.stored()}

    @contextmanager
    def file(self, key: str) -> Iterator[Path]:
        """See `Place.file`."""
        file = self._objects.file_of(key)
        require_content(key, _suffix(file), _blocks(file))
        yield file

    def take(self, key: str, file: Path) -> None:
        """See `Place.take`."""
        self._objects.adopt(key, _suffix(file), _blocks(file))


class BucketPlace:
    """Objects in a bucket; a file of one is on this machine while it is copied."""

    def __init__(self, url: str) -> None:
        self._objects = RemoteObjects(Bucket(url))

    def sizes(self) -> dict[str, int]:
        """See `Place.sizes`."""
        return {item.key: item.size for item in self._objects.stored()}

    @contextmanager
    def file(self, key: str) -> Iterator[Path]:
        """See `Place.file`."""
        found = self._objects.read(key)
        if found is None:
            raise ObjectMissingError(key)
        with TemporaryDirectory(prefix="nbmlops-copy-") as folder:
            passing = CacheFolder(Path(folder))
            passing.adopt(key, *found)
            file = passing.file_of(key)
            require_content(key, _suffix(file), _blocks(file))
            yield file

    def take(self, key: str, file: Path) -> None:
        """See `Place.take`."""
        self._objects.put(key, file)
        found = self._objects.read(key)
        if found is None:
            raise ObjectMissingError(key)
        require_content(key, *found)


def place_of(text: str) -> Place:
    """The place that a text names.

    Raises:
        UsageError: it is no URL of a bucket; the driver is not installed.
    """
    if text.startswith("s3://"):
        return BucketPlace(text)
    if "://" in text:
        raise UsageError(
            f"{text.partition('://')[0]}:// is no place for objects.",
            cure="Name a folder, or s3://bucket/prefix.",
        )
    return FolderPlace(Path(text).expanduser())


def copy(source: str, target: str, *, progress: Progress) -> Copied:
    """Copy all objects that are not there yet; what a copy that was stopped has done stays done.

    Args:
        source: a folder, or ``s3://bucket/prefix``.
        target: likewise.
        progress: told how many objects of how many have been dealt with.

    Raises:
        UsageError: one of them is no such place, or there is nothing in the source.
        StoreError: one of them cannot be read or written.
    """
    there, here = place_of(target), place_of(source)
    wanted, found = here.sizes(), there.sizes()
    if not wanted:
        raise UsageError(
            f"There are no objects in {source}.",
            cure="Name the folder that holds them, such as .nbmlops/objects, or the bucket.",
        )
    missing = sorted(key for key, size in wanted.items() if found.get(key) != size)
    damaged = _copy_all(missing, here, there, progress)
    copied = [key for key in missing if key not in damaged]
    return Copied(
        source=_absolute(source),
        target=_absolute(target),
        objects=len(copied),
        bytes=sum(wanted[key] for key in copied),
        there=len(wanted) - len(missing),
        damaged=tuple(sorted(key for key, is_there in damaged.items() if is_there)),
    )


def _absolute(text: str) -> str:
    return text.rstrip("/") if "://" in text else str(Path(text).expanduser().resolve())


def _copy_all(
    keys: Sequence[str], source: Place, target: Place, progress: Progress
) -> dict[str, bool]:
    """Copy objects, several at once; those that were not, and whether they are there, damaged."""
    left: dict[str, bool] = {}
    done, counting = 0, threading.Lock()

    def copy_one(key: str) -> None:
        nonlocal done
        try:
            with source.file(key) as file:
                target.take(key, file)
        except StoreCorruptError:
            left[key] = True
        except ObjectMissingError:  # collected since it was listed
            left[key] = False
        with counting:
            done += 1
            progress(done, len(keys))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = [pool.submit(copy_one, key) for key in keys]
        try:
            for one in waiting:
                one.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return left


def _suffix(file: Path) -> str:
    return COMPRESSED if file.name.endswith(COMPRESSED) else ""


def _blocks(file: Path) -> Iterator[memoryview]:
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            yield memoryview(block)
