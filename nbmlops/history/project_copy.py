"""A copy of a project, in which a run may write what it likes."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbmlops.config import MEBIBYTE, STORE

_MOST_EACH = 64 * MEBIBYTE
_MOST = 2048 * MEBIBYTE
_LEFT_OUT = frozenset([STORE, "__pycache__", ".ipynb_checkpoints"])
_LINKED = frozenset([".git", ".hg", ".venv", "venv", "node_modules", ".tox", ".nox"])


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells that a file was written: its size in bytes and its time in nanoseconds."""

    size: int
    written: int

    @classmethod
    def of(cls, path: Path) -> FileStamp | None:
        """The stamp of a file that may be gone."""
        try:
            found = path.stat()
        except OSError:
            return None
        return cls(found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCopy:
    """A copied project, before or after a run.

    ``stamps`` are those of the copied files by path in the project; ``linked`` those of files that
    are too large to be copied: a run sees, and may write, the original.
    """

    root: Path
    stamps: dict[str, FileStamp]
    linked: dict[str, FileStamp]

    @classmethod
    def make(cls, project: Path, root: Path, *, without: Collection[str] = ()) -> ProjectCopy:
        """Copy a project.

        What lies beside it can be reached from the copy as from the original, as ``../data``.

        Args:
            project: the project's folder.
            root: where the copy goes; its parent is made for it alone.
            without: files of the project that are not copied.

        Raises:
            OSError: a file cannot be copied.
        """
        root.mkdir(parents=True)
        _link_neighbours(project, root.parent)
        made = cls(root=root, stamps={}, linked={})
        budget = _MOST
        for source, path in _files(project, root):
            if path in without:
                continue
            stamp = FileStamp.of(source)
            if stamp is None or not source.is_file():
                continue
            target = root / path
            if stamp.size > min(_MOST_EACH, budget):
                target.symlink_to(source.resolve())
                made.linked[path] = stamp
            else:
                budget -= stamp.size
                shutil.copy2(source, target)
                made.stamps[path] = FileStamp.of(target) or stamp
        return made

    def changed(self) -> set[str]:
        """The files that were made, written or removed since the copy was made."""
        found = {
            path: FileStamp.of(source)
            for source, path in _files(self.root, None)
            if path not in self.linked
        }
        paths = found.keys() | self.stamps.keys()
        return {path for path in paths if found.get(path) != self.stamps.get(path)}

    def overwritten(self) -> set[str]:
        """The originals that were written because they were too large to be copied."""
        return {
            path for path, stamp in self.linked.items() if FileStamp.of(self.root / path) != stamp
        }

    def digest(self, path: str) -> str | None:
        """The SHA-256 of a file's content; ``None`` where there is none."""
        try:
            with (self.root / path).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None


def _link_neighbours(project: Path, parent: Path) -> None:
    for neighbour in project.parent.iterdir():
        if (
            neighbour != project
            and neighbour.name != STORE
            and not parent.is_relative_to(neighbour)
        ):
            (parent / neighbour.name).symlink_to(neighbour)


def _files(project: Path, copy: Path | None) -> Iterator[tuple[Path, str]]:
    """Every file with its path in the project; makes the folders in the copy, or links them."""
    for folder, names, files in os.walk(project):
        here = Path(folder).relative_to(project)
        for name in list(names):
            source = project / here / name
            if name in _LEFT_OUT:
                names.remove(name)
            elif name in _LINKED or source.is_symlink() or (source / "pyvenv.cfg").exists():
                names.remove(name)
                if copy is not None:
                    (copy / here / name).symlink_to(source.resolve())
            elif copy is not None:
                (copy / here / name).mkdir()
        for name in files:
            yield project / here / name, (here / name).as_posix()
