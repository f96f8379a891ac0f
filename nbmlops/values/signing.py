"""Who wrote a stored value: only what this user wrote is ever unpickled."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from nbmlops.errors import StoreCorruptError, StoreUnwritableError

KEY_FILE_VARIABLE = "NBMLOPS_SIGNING_KEY_FILE"
"""The environment variable that names another key file, for a team that shares a store."""

_LENGTH = 32


class Signer:
    """Signs bytes with a secret key (HMAC-SHA256, RFC 2104).

    Args:
        key: 32 secret bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def for_user(cls, path: Path | None = None) -> Signer:
        """The signer of the user who runs this process; the key is made on first use.

        Args:
            path: the key file; by default what ``NBMLOPS_SIGNING_KEY_FILE`` says, else
                ``signing-key`` in the user's data folder, outside of every project.

        Raises:
            StoreCorruptError: the file does not hold a key.
            StoreUnwritableError: there is no key, and the file cannot be made.
        """
        path = path or key_file()
        try:
            if not path.exists():
                _create(path)
            key = path.read_bytes()
        except OSError as error:
            raise StoreUnwritableError(
                f"The signing key {path} cannot be made or read: {error.strerror}.",
                cure=f"Give yourself access to it, or name another file in {KEY_FILE_VARIABLE}.",
            ) from error
        if len(key) != _LENGTH:
            raise StoreCorruptError(
                f"{path} does not hold a signing key of {_LENGTH} bytes.",
                cure="Bring it back from a backup; if you remove it, a new one is made and values "
                "stored so far are not trusted any more.",
            )
        return cls(key)

    def sign(self, data: bytes) -> str:
        """The signature of the bytes, in hexadecimal."""
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def verify(self, data: bytes, signature: str) -> bool:
        """Whether the signature is this signer's on these bytes."""
        return hmac.compare_digest(self.sign(data).encode(), signature.encode())


def key_file() -> Path:
    """Where the user's key is kept."""
    named = os.environ.get(KEY_FILE_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("nbmlops", appauthor=False) / "signing-key"


def _create(path: Path) -> None:
    """Make the key file, whole and private; whoever comes second leaves the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".signing-key-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
