"""Files and folders of a project as they are now, beside what executions found."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from pathlib import Path

from nbmlops.capture.looked_again import LookAgain
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import Execution
from nbmlops.domain.sentences import said


class DiskNow:
    """Looks again at what executions found.

    Args:
        project: where relative paths begin.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._again = LookAgain(project)
        self._digests: dict[tuple[Path, int, int], str] = {}

    def file(self, access: FileAccess, execution: Execution, /) -> str | None:
        """What happened to a file since it was read; unchanged since then, it is not read again."""
        path = self._project / access.path
        try:
            status = path.stat()
            if access.digest is None or status.st_mtime <= execution.record.started_at.timestamp():
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
        key = (path, status.st_mtime_ns, status.st_size)
        if key not in self._digests:
            with path.open("rb") as content:
                self._digests[key] = hashlib.file_digest(content, "sha256").hexdigest()
        return self._digests[key]

    def is_left(self, access: FileAccess, execution: Execution, /) -> bool:
        """Whether a file is what an execution wrote, or is not there as that removed it."""
        if access.mode == "delete":
            return not (self._project / access.path).exists()
        return access.digest is not None and self.file(access, execution) is None

    def look(self, access: ExternalAccess, own: Collection[str], /) -> str | None:
        """What happened to a folder or path, but for files that cells of the notebook changed."""
        return self._again.differs_but_for(access, own)
