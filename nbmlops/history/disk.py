"""Files and folders of a project as they are now, beside what executions found."""

from __future__ import annotations

import hashlib
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

    def file(self, access: FileAccess, execution: Execution, /) -> str | None:
        """What happened to a file since it was read; unchanged since then, it is not read again."""
        path = self._project / access.path
        try:
            status = path.stat()
            if access.digest is None or status.st_mtime <= execution.record.started_at.timestamp():
                return None
            if access.size is not None and status.st_size != access.size:
                return said("has changed since it was read")
            with path.open("rb") as content:
                same = hashlib.file_digest(content, "sha256").hexdigest() == access.digest
        except FileNotFoundError:
            return said("is not there any more")
        except OSError:
            return None
        return None if same else said("has changed since it was read")

    def look(self, access: ExternalAccess, own: Collection[str], /) -> str | None:
        """What happened to a folder or path, but for files that cells of the notebook changed."""
        return self._again.differs_but_for(access, own)
