"""The door to S3: named bytes in a bucket, and what is said where they cannot be had."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from nbmlops.errors import (
    StoreError,
    StoreRefusedError,
    StoreUnreachableError,
    StoreUnwritableError,
    UsageError,
)
from nbmlops.store.objects.aws import AwsAccess

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

_PART = 8 * 2**20
"""Bytes of a file that are sent in one request; of a larger one, two parts are at once."""

_BLOCK = 4 * 2**20
_RETRIES = 3
_LONGEST = timedelta(seconds=20)
"""How long a request that fails is tried again for, each time after a longer pause."""

_CONNECTING = timedelta(seconds=5)
_ANSWERING = timedelta(minutes=5)

_CONNECTED: list[int] = []
"""The process that uses the driver, once it does; its forked children have the same list."""

_CODE = re.compile(r"<Code>(\w+)</Code>")
_KEYS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, for those who may use it."
_CAUSES: tuple[tuple[tuple[str, ...], type[StoreError], str, str], ...] = (
    (
        ("169.254.169.254", "169.254.170.", "NoCredentials"),
        StoreRefusedError,
        "{name} asks for an access key, and there is none here.",
        _KEYS,
    ),
    (
        ("NoSuchBucket",),
        StoreRefusedError,
        "The bucket of {name} does not exist.",
        "Make it, or correct [store] objects in .nbmlops/config.toml, or AWS_ENDPOINT_URL.",
    ),
    (
        ("InvalidAccessKeyId", "InvalidToken", "ExpiredToken", "InvalidClientTokenId"),
        StoreRefusedError,
        "{name} does not know this access key.",
        _KEYS,
    ),
    (
        ("SignatureDoesNotMatch", "AuthorizationHeaderMalformed"),
        StoreRefusedError,
        "{name} refuses the signature: the secret of the access key, or the region, is wrong.",
        "Correct AWS_SECRET_ACCESS_KEY, or AWS_REGION.",
    ),
    (
        ("AccessDenied", "AllAccessDisabled", "403 Forbidden", "401 Unauthorized"),
        StoreUnwritableError,
        "{name} does not let this access key do that.",
        "It needs to list the bucket, and to get, put and delete objects below the prefix.",
    ),
    (
        ("PermanentRedirect", "301 Moved", "IllegalLocationConstraint"),
        StoreRefusedError,
        "The bucket of {name} is in another region.",
        "Set AWS_REGION to that of the bucket.",
    ),
    (
        ("QuotaExceeded", "InsufficientStorage", "507 ", "XMinioStorageFull"),
        StoreUnwritableError,
        "{name} is full.",
        "Free some space with nbmlops gc, or have its limit raised.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name in a bucket: ``size`` in bytes, and when it was last written, by its clock."""

    name: str
    size: int
    written_at: datetime


class Bucket:
    """Named bytes below the prefix of a bucket.

    Nothing is connected before it is used; any thread may use it. Requests that fail are tried
    again, with pauses that grow.

    Args:
        url: ``s3://bucket/prefix``; endpoint, region and keys are those of the usual variables
            and files of AWS.

    Raises:
        UsageError: the driver is not installed, or the URL names no bucket.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.hostname or "@" in parts.netloc or parts.query:
            raise UsageError(
                f"{_without_secrets(url)!r} does not name a place in S3.",
                cure="Write s3://bucket/prefix; keys are not part of it: AWS_PROFILE or "
                "AWS_ACCESS_KEY_ID names them.",
            )
        self.name = f"s3://{parts.netloc}/{parts.path.strip('/')}".rstrip("/")
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        self._store: S3Store | None = None
        _require_driver()

    def find(self, name: str) -> Entry | None:
        """What is under a name; ``None`` where nothing is.

        Raises:
            StoreError: the bucket cannot be asked.
        """
        import obstore

        with self._explained():
            try:
                return _entry(obstore.head(self._opened(), name))
            except FileNotFoundError as error:
                self._require_bucket(error)
                return None

    def read(self, name: str) -> Iterator[memoryview] | None:
        """The bytes under a name, block by block; ``None`` where nothing is.

        Raises:
            StoreError: now or while it is read, the bucket cannot be asked.
        """
        import obstore

        with self._explained():
            try:
                found = obstore.get(self._opened(), name)
            except FileNotFoundError as error:
                self._require_bucket(error)
                return None
        return self._blocks(found.stream(min_chunk_size=_BLOCK))

    def beginning(self, name: str, length: int) -> bytes:
        """The first bytes under a name that is there, which are at least so many.

        Raises:
            StoreError: the bucket cannot be asked.
        """
        import obstore

        with self._explained():
            return bytes(obstore.get_range(self._opened(), name, start=0, length=length))

    def write(self, name: str, content: bytes | Path, *, anew: bool = True) -> bool:
        """Put bytes, or those of a file, under a name: all of them or none.

        Args:
            name: where to.
            content: a large file is read and sent in parts.
            anew: whether to replace what is there, if something is.

        Returns:
            Whether it was written.

        Raises:
            StoreError: it cannot be written.
            OSError: the file cannot be read.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError

        mode: Literal["overwrite", "create"] = "overwrite" if anew else "create"
        with self._explained():
            if isinstance(content, Path) and not anew:
                content = content.read_bytes()  # in parts there is no condition
            try:
                obstore.put(
                    self._opened(), name, content, mode=mode, chunk_size=_PART, max_concurrency=2
                )
            except AlreadyExistsError:
                return False
            except FileNotFoundError as error:
                if isinstance(content, Path) and not content.exists():
                    raise
                raise explained(error, self.name) from error
        return True

    def entries(self, prefix: str) -> Iterator[Entry]:
        """All that is below a prefix, a page at a time.

        Raises:
            StoreError: now or while it is read, the bucket cannot be asked.
        """
        import obstore

        with self._explained():
            pages = iter(obstore.list(self._opened(), prefix=prefix, chunk_size=1000))
        while True:
            with self._explained():
                page = next(pages, None)
            if page is None:
                return
            yield from map(_entry, page)

    def delete(self, names: Sequence[str]) -> None:
        """Remove names, a thousand in a request; without effect on those that are not there.

        Raises:
            StoreError: the bucket cannot be asked, or refuses.
        """
        import obstore

        with self._explained():
            try:
                obstore.delete(self._opened(), list(names))
            except FileNotFoundError as error:
                self._require_bucket(error)

    def _opened(self) -> S3Store:
        _require_unforked(self.name)
        if self._store is None:
            self._store = self._open()
        return self._store

    def _open(self) -> S3Store:
        from obstore.store import S3Store

        access = AwsAccess.here()
        if not access.may_ask_for_keys and not access.has_keys:
            raise StoreRefusedError(
                f"{self.name} asks for an access key, and there is none here.", cure=_KEYS
            )
        return S3Store(
            self._bucket,
            prefix=self._prefix or None,
            config=cast("S3Config", access.config()),
            client_options={
                "allow_http": access.endpoint.startswith("http://"),
                "connect_timeout": _CONNECTING,
                "timeout": _ANSWERING,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _LONGEST},
        )

    def _blocks(self, stream: Any) -> Iterator[memoryview]:
        blocks = iter(stream)
        while True:
            with self._explained():
                block = next(blocks, None)
            if block is None:
                return
            yield memoryview(block)

    def _require_bucket(self, error: Exception) -> None:
        """Tell a name that is not there from a bucket that is not."""
        if "NoSuchBucket" in str(error):
            raise explained(error, self.name) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, PermissionError, ValueError) as error:
            raise explained(error, self.name) from error


def explained(error: Exception, name: str) -> StoreError:
    """What an error of the driver means.

    Args:
        error: what the driver raised.
        name: the place, as people call it.
    """
    said = str(error)
    for fragments, kind, message, cure in _CAUSES:
        if any(fragment in said for fragment in fragments):
            return kind(message.format(name=name), cure=cure)
    code = _CODE.search(said)
    if code is not None:
        return StoreUnreachableError(f"{name} does not do what it is asked: {code[1]}.")
    return StoreUnreachableError(f"{name} cannot be reached: {_sentence(said)}.")


def _sentence(said: str) -> str:
    """The end of the first line, which says what happened; no address with a signature."""
    first = said.strip().splitlines()[0] if said.strip() else "no reason given"
    return first.rpartition(" - ")[2].strip().rstrip(".")[:200]


def _entry(meta: Any) -> Entry:
    return Entry(name=meta["path"], size=meta["size"], written_at=meta["last_modified"])


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", url)


def _require_unforked(name: str) -> None:
    """Refuse what would never end: the threads of the driver are not there in a forked process."""
    _CONNECTED.append(os.getpid())
    del _CONNECTED[1:]
    if _CONNECTED[0] != os.getpid():
        raise StoreUnreachableError(
            f"{name} is out of reach of a process that was forked from one that had reached it.",
            cure="What it puts is sent by the next process in the project; to read, start it anew "
            'with multiprocessing.get_context("spawn").',
        )


def _require_driver() -> None:
    try:
        import obstore  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "The objects are in S3, and its driver obstore is not installed.",
            cure="Install it: pip install 'nbmlops[team]'.",
        ) from error
