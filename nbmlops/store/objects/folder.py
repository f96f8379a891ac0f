"""Objects in a local folder: one file each, written whole, verified when read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import mmap
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nbmlops.errors import (
    ObjectMissingError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreUnwritableError,
)
from nbmlops.store.objects import compression
from nbmlops.store.objects.base import Blocks, Leftover, StoredObject, damaged, is_key
from nbmlops.store.objects.verified import VerifiedFiles, stray_stamps

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_COMPRESSED = ".zst"
_TEMPORARY = ".writing-"
_TAKEN = ".collecting-"
_STREAMED = 64 * 2**20
_BLOCK = 4 * 2**20
_BUFFER = 8 * 2**10
FRESH = 60.0
"""Seconds for which an object that was put or renewed counts as put now.

A collection leaves alone what was put within an hour, and to touch a file may wait for the disk.
"""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class FolderObjectStore:
    """An `ObjectStore` in a folder.

    The object ``abcdef…`` is the file ``ab/cdef…``, or ``ab/cdef….zst`` where compression pays.
    A plain file holds nothing but the content, aligned for mapping. Files are read-only
    (mode 0444) and appear under their name only when complete, and where they are durable when
    they are on disk. Reading works where the folder cannot be written.

    Args:
        root: the folder; made with the first object.
    """

    is_late = False
    trouble: StoreError | None = None

    def __init__(self, root: Path) -> None:
        self._root = root
        self._verified = VerifiedFiles()

    def put(
        self,
        data: bytes | memoryview,
        *,
        durable: bool = True,
        blocks: Blocks | None = None,
        size: int | None = None,
    ) -> str:
        """Keep bytes; see `ObjectStore.put`."""
        view = memoryview(data).cast("B")
        read = blocks or (lambda: iter((view,)))
        key, size = _key_of(read()), view.nbytes if size is None else size
        if self._holds(key, size) and (self.renew(key) or not self._writable(key)):
            if durable:
                self._sync(key)
            return key
        packs = compression.pays(view, size)
        target = self._path(key, _COMPRESSED if packs else "")

        def fill(file: BinaryIO) -> None:
            content = compression.compressed(read(), size=size) if packs else read()
            file.writelines(content)

        self._write_named(target.parent, fill, lambda: target, durable=durable)
        status = _status(target)
        if status is not None:  # this process has just hashed it
            self._verified.note(target, status)
        return key

    def put_file(self, path: Path) -> str:
        """Keep a file's content; see `ObjectStore.put_file`."""
        with path.open("rb") as source:
            if os.fstat(source.fileno()).st_size <= _STREAMED:
                return self.put(source.read())
            return self._put_stream(source)

    def get(self, key: str) -> bytes:
        """The bytes under a key; see `ObjectStore.get`."""
        with self._open(key) as file:
            content = file.read()
            if file.name.endswith(_COMPRESSED):
                content = _decompress(key, content)
        _verify(key, content)
        return content

    def open_buffer(self, key: str) -> memoryview:
        """Private memory with the bytes under a key; see `ObjectStore.open_buffer`."""
        with self._open(key) as file:
            status = os.fstat(file.fileno())
            if file.name.endswith(_COMPRESSED):
                content = bytearray(_decompress(key, file.read()))
                _verify(key, content)
                return memoryview(content)
            if status.st_size == 0:
                _verify(key, b"")
                return memoryview(bytearray())
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            path = Path(file.name)
        if not self._verified.knows(path, status):
            _verify(key, mapped)
            self._verified.note(path, status)
        return memoryview(mapped)

    def exists(self, key: str) -> bool:
        """Whether there is an object under the key."""
        return self._find(key) is not None

    def size(self, key: str) -> int:
        """The length of the content in bytes; see `ObjectStore.size`."""
        with self._open(key) as file:
            if not file.name.endswith(_COMPRESSED):
                return os.fstat(file.fileno()).st_size
            size = compression.content_size(file.read(compression.HEADER))
        if size is None:
            raise damaged(key)
        return size

    def delete(self, key: str) -> None:
        """Forget an object; see `ObjectStore.delete`."""
        if not is_key(key):
            return
        for suffix in ("", _COMPRESSED):
            try:
                self._path(key, suffix).unlink(missing_ok=True)
                self._verified.forget(self._path(key, suffix))
            except OSError as error:
                raise self._unwritable(error) from error

    def keys(self) -> Iterator[str]:
        """Every key; what a writer has not finished is not among them."""
        for path in self._root.glob("[0-9a-f][0-9a-f]/*"):
            key = path.parent.name + path.name.removesuffix(_COMPRESSED)
            if is_key(key):
                yield key

    def taken(self) -> int:
        """The bytes of all files in the folder; see `ObjectStore.taken`."""
        return sum(_size_of(folder) for folder in self._root.glob("[0-9a-f][0-9a-f]"))

    def has_room(self, size: int) -> bool:
        """Whether the disk has room for so large a file, and the process may write one."""
        if sys.platform != "win32":
            most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
            if most != resource.RLIM_INFINITY and size > most:
                return False
        try:
            return size <= shutil.disk_usage(self._root).free
        except OSError:  # no folder yet, or one of which the system says nothing
            return True

    def stored(self) -> Iterator[StoredObject]:
        """Every object; see `ObjectStore.stored`."""
        for path in self._root.glob("[0-9a-f][0-9a-f]/*"):
            key = path.parent.name + path.name.removesuffix(_COMPRESSED)
            status = _status(path)
            if is_key(key) and status is not None:
                yield StoredObject(key=key, size=status.st_size, put_at=_written_at(status))

    def renew(self, key: str) -> bool:
        """Count an object as put now; see `ObjectStore.renew`."""
        if not is_key(key):
            return False
        for path in self._places(key):
            try:
                status = os.stat(path)  # noqa: PTH116 (asked of every value after each cell)
                if not 0 <= time.time() - status.st_mtime < FRESH:
                    self._touch(Path(path), status)
            except FileNotFoundError:
                continue
            except OSError:
                return False
            return True
        return False

    def _touch(self, path: Path, status: os.stat_result) -> None:
        known = self._verified.knows(path, status)
        os.utime(path)
        if known:  # only its time is another one
            self._verified.note(path, path.stat())

    def collect(self, key: str, *, before: datetime) -> bool:
        """Forget an object that was not put since; see `ObjectStore.collect`.

        The file is taken away under another name first. A `put` before that has renewed it,
        which is seen here, and one after that finds nothing and writes.
        """
        path = self._find(key)
        if path is None:
            return False
        taken = path.with_name(f"{_TAKEN}{path.name}")
        try:
            if _written_at(path.stat()) >= before:
                return False
            path.rename(taken)
            if _written_at(taken.stat()) >= before:
                _put_back(taken)
                return False
            taken.unlink()
            self._verified.forget(path)
        except FileNotFoundError:  # another collection was faster
            return False
        except OSError as error:
            raise self._unwritable(error) from error
        return True

    def collect_all(self, keys: Collection[str], *, before: datetime) -> frozenset[str]:
        """Forget objects that were not put since; see `ObjectStore.collect_all`."""
        return frozenset(key for key in keys if self.collect(key, before=before))

    def verify(self, key: str) -> None:
        """Read an object; see `ObjectStore.verify`."""
        self.get(key)

    def settle(self) -> None:
        """What was put is there."""

    def held(self) -> None:
        """Objects are kept here."""

    def leftovers(self, *, before: datetime) -> list[Leftover]:
        """Unfinished and taken files; see `ObjectStore.leftovers`."""
        found = []
        patterns = (f"{_TEMPORARY}*", f"*/{_TEMPORARY}*", f"*/{_TAKEN}*")
        unfinished = (path for pattern in patterns for path in self._root.glob(pattern))
        for path in (*unfinished, *stray_stamps(self._root)):
            status = _status(path)
            if status is not None and _written_at(status) < before:
                name = path.relative_to(self._root).as_posix()
                found.append(
                    Leftover(name=name, size=status.st_size, written_at=_written_at(status))
                )
        return found

    def sweep(self, leftover: Leftover) -> None:
        """Remove or put back a leftover; see `ObjectStore.sweep`."""
        path = self._root / leftover.name
        try:
            if path.name.startswith(_TAKEN):
                _put_back(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def _path(self, key: str, suffix: str = "") -> Path:
        return Path(f"{self._root}{os.sep}{key[:2]}{os.sep}{key[2:]}{suffix}")

    def _find(self, key: str) -> Path | None:
        if not is_key(key):
            return None
        found = next(filter(os.path.isfile, self._places(key)), None)
        return None if found is None else Path(found)

    def _places(self, key: str) -> tuple[str, str]:
        """Where an object can be; texts, as a path takes longer to make than a file to find."""
        plain = f"{self._root}{os.sep}{key[:2]}{os.sep}{key[2:]}"
        return plain, plain + _COMPRESSED

    def _open(self, key: str) -> BinaryIO:
        path = self._find(key)
        if path is None:
            raise ObjectMissingError(key)
        try:
            return path.open("rb")
        except FileNotFoundError:
            raise ObjectMissingError(key) from None

    def _holds(self, key: str, size: int) -> bool:
        """Whether the object is there; one cut short or damaged is written again.

        Of a compressed one that is too large to be read at once only the length is looked at.
        """
        path = self._find(key)
        status = None if path is None else _status(path)
        if path is None or status is None:
            return False
        if self._verified.knows(path, status):
            return True
        try:
            if self.size(key) != size:
                return False
            if path.name.endswith(_COMPRESSED) and size > _STREAMED:
                return True
            self._read_through(key, path)
        except (FileNotFoundError, ObjectMissingError, StoreCorruptError):
            return False
        self._verified.note(path, status)
        return True

    def _read_through(self, key: str, path: Path) -> None:
        """Compare a file with its hash; a plain one may be of any size.

        Raises:
            StoreCorruptError: it holds something else.
        """
        if path.name.endswith(_COMPRESSED):
            self.get(key)
            return
        with path.open("rb") as file:
            if _key_of(map(memoryview, iter(partial(file.read, _BLOCK), b""))) != key:
                raise damaged(key)

    def _writable(self, key: str) -> bool:
        """Whether an object can be written anew; where not, one that is there is good enough."""
        return os.access(self._root / key[:2], os.W_OK)

    def _put_stream(self, source: BinaryIO) -> str:
        digest = hashlib.sha256()

        def copy(file: BinaryIO) -> None:
            while block := source.read(_BLOCK):
                digest.update(block)
                file.write(block)

        return self._write_named(self._root, copy, lambda: self._path(digest.hexdigest()))

    def _sync(self, key: str) -> None:
        """Put an object on disk that may have been written without; a clean one costs little."""
        path = self._find(key)
        if path is None:
            return
        try:
            with path.open("rb") as file:
                os.fsync(file.fileno())
            _sync_name(path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _write_named(
        self,
        folder: Path,
        fill: Callable[[BinaryIO], None],
        name: Callable[[], Path],
        *,
        durable: bool = True,
    ) -> str:
        """Fill a temporary file, put it on disk if durable, then name it; return the key."""
        try:
            with _temporary_file(folder) as (path, file):
                fill(file)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                file.close()  # a network's disk may say only now that it is full
                path.chmod(0o444)
                target = name()
                if target.parent != folder:
                    target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
            if durable:
                _sync_name(target)
        except OSError as error:
            raise self._unwritable(error) from error
        return target.parent.name + target.name.removesuffix(_COMPRESSED)

    def _unwritable(self, error: OSError) -> StoreUnwritableError:
        if error.errno in _FULL:
            return StoreFullError(
                f"The disk that holds {self._root} is full.", cure="Free some space and try again."
            )
        if error.errno in _READ_ONLY:
            return StoreUnwritableError(
                f"{self._root} cannot be written.",
                cure="Give yourself write access to the folder, or work on a copy of the project.",
            )
        if error.errno == errno.EFBIG:
            return StoreFullError(
                f"{self._root} cannot be written: a file would be larger than this process may "
                "write.",
                cure="Raise the limit, ulimit -f, or lower value_limit in .nbmlops/config.toml.",
            )
        return StoreUnwritableError(
            f"{self._root} cannot be written: {error.strerror or error}.",
            cure="Check the disk and the folder.",
        )


@contextlib.contextmanager
def _temporary_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file that is to be given another name; where that fails, it is gone afterwards."""
    path = Path(f"{folder}{os.sep}{_TEMPORARY}{os.urandom(8).hex()}")
    try:
        file = _new(path)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        file = _new(path)
    try:
        with file:
            yield path, file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _new(path: Path) -> BinaryIO:
    """A file that was not there; ``tempfile`` takes longer than the system takes for all of it."""
    return open(path, "xb", buffering=_BUFFER, opener=_for_us)


def _for_us(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _status(path: Path) -> os.stat_result | None:
    """The status of a file; ``None`` where somebody has removed it meanwhile."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _size_of(folder: Path) -> int:
    """The bytes of a folder's files, without a path for each of thousands."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # collected meanwhile
                total += entry.stat().st_size
    return total


def _written_at(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


def _put_back(taken: Path) -> None:
    """Give a file its name again; equal content that was written meanwhile may be replaced."""
    with contextlib.suppress(FileNotFoundError):
        taken.rename(taken.with_name(taken.name.removeprefix(_TAKEN)))


def _key_of(blocks: Iterator[memoryview]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _sync_name(path: Path) -> None:
    """Put a file's name on disk, and its folder's, where the system can open folders."""
    if os.name != "posix":
        return
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _decompress(key: str, packed: bytes) -> bytes:
    content = compression.decompress(packed)
    if content is None:
        raise damaged(key)
    return content


def _verify(key: str, content: ReadableBuffer) -> None:
    if hashlib.sha256(content).hexdigest() != key:
        raise damaged(key)
