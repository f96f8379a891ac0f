"""Files and folders of a project as they are now, beside what executions found."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nbmlops.capture.looked_again import LookAgain
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import Execution
from nbmlops.domain.sentences import said

_SETTLED = 2.0
"""Seconds after which another write of a file has another time, on every file system."""


@dataclass(frozen=True, slots=True)
class TakenDigest:
    """The digest of a file: what it stands for of the file's status, and when it was taken."""

    stamp: tuple[int, ...]
    at: float
    digest: str

    @property
    def lasts(self) -> bool:
        """Whether any later write changes the stamp."""
        return max(self.stamp[-2:]) / 1e9 + _SETTLED < self.at


class DiskNow:
    """Looks again at what executions found.

    Args:
        project: where relative paths begin.
        known: digests that earlier looks took; what this one takes is added.
    """

    def __init__(self, project: Path, known: dict[Path, TakenDigest] | None = None) -> None:
        self._project = project
        self._again = LookAgain(project)
        self._began = time.time()
        self._known = {} if known is None else known

    def file(self, access: FileAccess, execution: Execution, /) -> str | None:
        """What happened to a file since it was read; unchanged since then, it is not read again.

        A copy may bring the time of its content along (``shutil.copy2``, ``mv``, ``tar``), but not
        that of its inode.
        """
        path = self._project / access.path
        try:
            status = path.stat()
            changed = max(status.st_mtime, status.st_ctime)
            if access.digest is None or changed <= execution.record.started_at.timestamp():
                return None
            if access.size is not None and status.st_size != access.size:
                return said("has changed since it was read")
            same = self._digest(path, status) == access.digest
        except FileNotFoundError:
            return said("is not there any more")
        except OSError:
            return None
        return None if same else said("has changed since it was read")

    def _digest(self, path: Path, status: os.stat_result) -> str:
        """The digest of a file, which many cells may have read or written."""
        stamp = (
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
        )  # fmt: skip
        found = self._known.get(path)
        if found is None or found.stamp != stamp or not (found.lasts or found.at >= self._began):
            at = time.time()
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            found = self._known[path] = TakenDigest(stamp, at, digest)
        return found.digest

    def is_left(self, access: FileAccess, execution: Execution, /) -> bool:
        """Whether a file is what an execution wrote, or is not there as that removed it."""
        if access.mode == "delete":
            return not (self._project / access.path).exists()
        return access.digest is not None and self.file(access, execution) is None

    def look(self, access: ExternalAccess, own: Collection[str], /) -> str | None:
        """What happened to a folder or path, but for files that cells of the notebook changed."""
        return self._again.differs_but_for(access, own)
