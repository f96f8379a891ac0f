"""What the notebook's file says of its parameters, where the front end does not."""

from __future__ import annotations

from pathlib import Path

from nbmlops.capture.auditing import FileStamp, stamp
from nbmlops.capture.cell import PARAMETER_TAGS, effects_of
from nbmlops.config import MEBIBYTE
from nbmlops.errors import NbmlopsError
from nbmlops.notebook.document import parse

_LARGEST = 64 * MEBIBYTE
_MARKS = tuple(f'"{tag}"' for tag in PARAMETER_TAGS)


class SavedParameters:
    """The names that the tagged cells of the saved notebook bind.

    A cell that ran before nbmlops was loaded, or was sent without its tags, is known by these
    alone. The file is read again when it has changed.

    Attributes:
        names: those in the file as it was looked at last; none where it cannot be read.
    """

    def __init__(self) -> None:
        self._known: tuple[Path, FileStamp] | None = None
        self.names: frozenset[str] = frozenset()

    def look(self, path: Path | None) -> bool:
        """Look at the file; returns whether there is one."""
        found = None if path is None else stamp(str(path))
        if path is None or found is None:
            self._known, self.names = None, frozenset()
            return False
        if self._known != (path, found):
            self._known = path, found
            self.names = _names_in(path) if found.size <= _LARGEST else frozenset()
        return True


def _names_in(path: Path) -> frozenset[str]:
    try:
        text = path.read_text(encoding="utf-8")
        if not any(mark in text for mark in _MARKS):
            return frozenset()
        cells = parse(text, name=path.name).code_cells
    except (OSError, UnicodeDecodeError, NbmlopsError):
        return frozenset()
    tagged = [cell for cell in cells if PARAMETER_TAGS & set(cell.tags)]
    return frozenset[str]().union(*(effects_of(cell.source)[0].writes for cell in tagged))
