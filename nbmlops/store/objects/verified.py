"""Which files of a folder store were compared with their hash, so that it is not done again."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from nbmlops.store.objects.base import is_key

SMALLEST = 2**20
"""Bytes from which on a file has a stamp: to hash a smaller one takes a millisecond."""

_SUFFIX = ".stamp"
_BOOT = Path("/proc/sys/kernel/random/boot_id")

_Identity = tuple[int, int, int, int, int]
_SEEN: set[_Identity] = set()
"""The files that this process has written, or read and compared with their hash."""


class VerifiedFiles:
    """Remembers files that were hashed, for this process and beside large ones for others.

    A stamp says which file it was: device, inode, size, and when it was last written to and
    changed in any way, the latter of which no program can set. It holds until the machine starts
    again: until then what is read is what was written, afterwards a power cut may have spoiled
    it. It is for memory that arrays look at; what is unpickled is hashed whatever it says.
    """

    def knows(self, path: Path, status: os.stat_result) -> bool:
        """Whether a file is as it was when it was hashed."""
        identity = _identity(status)
        if identity in _SEEN:
            return True
        if status.st_size < SMALLEST or not _boot():
            return False
        try:
            return _stamp_of(path).read_text("ascii") == _written(identity)
        except (OSError, UnicodeDecodeError):
            return False

    def note(self, path: Path, status: os.stat_result) -> None:
        """A file was hashed as it is."""
        identity = _identity(status)
        _SEEN.add(identity)
        if status.st_size >= SMALLEST and _boot():
            with suppress(OSError):  # a store that cannot be written is hashed again
                _stamp_of(path).write_text(_written(identity), "ascii")

    def forget(self, path: Path) -> None:
        """A file is gone."""
        with suppress(OSError):
            _stamp_of(path).unlink(missing_ok=True)


def stray_stamps(root: Path) -> list[Path]:
    """Stamps whose file is gone."""
    return [
        stamp
        for stamp in root.glob(f"*/*{_SUFFIX}")
        if is_key(stamp.parent.name + stamp.stem) and not stamp.with_suffix("").exists()
    ]


def _stamp_of(path: Path) -> Path:
    return path.with_name(f"{path.name}{_SUFFIX}")


def _written(identity: _Identity) -> str:
    return f"{' '.join(map(str, identity))} {_boot()}\n"


@cache
def _boot() -> str:
    """What this run of the machine is called; empty where the system does not say."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def _identity(status: os.stat_result) -> _Identity:
    return (
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
    )  # fmt: skip
