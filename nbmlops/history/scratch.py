"""A copy of what cells need on disk, in which they may write what they like."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbmlops.config import MEBIBYTE, STORE
from nbmlops.errors import UsageError
from nbmlops.history.repeated_files import RepeatedFiles

_LARGE = 64 * MEBIBYTE
_MOST_FILES = 1000
_MOST_FOLDERS = 2000
_MOST = 256 * MEBIBYTE
_LEFT_OUT = frozenset([
    STORE, ".git", ".hg", ".svn", ".venv", "venv", "node_modules", ".tox", ".nox", "__pycache__",
    ".ipynb_checkpoints", ".mypy_cache", ".ruff_cache", ".pytest_cache",
])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """A folder in which every path has its place, below it as below the root of the system.

    So that relative paths lead to the copies, those that leave the project included.
    """

    root: Path
    project: Path

    def of(self, path: Path | str) -> Path:
        """The place of a path: absolute, or relative to the project."""
        whole = self.project / path
        return self.root / whole.relative_to(whole.anchor)


def lay_out(root: Path, *, project: Path, folder: Path, files: RepeatedFiles) -> Scratch:
    """Copy what cells need: the files that they read, and small ones of the project.

    Files of more than 64 MiB that the cells only read are links to the originals. Beside the files
    that are needed, up to 1,000 with 256 MiB are copied, those of the notebook's folder first;
    never the store, ``.git`` and environments.

    Args:
        root: an empty folder.
        project: the project's folder.
        folder: the notebook's.
        files: those of the cells.

    Raises:
        UsageError: what is needed does not fit on the disk.
    """
    scratch = Scratch(root=root, project=project)
    scratch.of(folder).mkdir(parents=True, exist_ok=True)
    scratch.of(project).mkdir(parents=True, exist_ok=True)
    for path in sorted((files.reads | files.writes) - files.fresh):
        _bring(scratch, project / path, linked=path not in files.writes)
    _copy_small(scratch, folder, files)
    for label, source in files.modules.items():
        target = scratch.of(label)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, encoding="utf-8", errors="surrogateescape")
    return scratch


def _bring(scratch: Scratch, source: Path, *, linked: bool) -> None:
    """Copy a file that is needed; one that is gone or closed to us fails where it is read."""
    target = scratch.of(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not source.is_file():
            return
        size = source.stat().st_size
        if linked and size > _LARGE:
            target.symlink_to(source.resolve())
            return
        free = shutil.disk_usage(scratch.root).free
        if size > free:
            raise UsageError(
                f"{source} is written by the cells and too large to be copied to {scratch.root}.",
                cure="Set TMPDIR to a folder on a larger disk, or add --in-place.",
            )
        shutil.copy2(source, target)
    except PermissionError:
        return


def _copy_small(scratch: Scratch, folder: Path, files: RepeatedFiles) -> None:
    """Copy the other files while they are few and small."""
    without = {scratch.project / path for path in files.fresh}
    left, number = _MOST, 0
    for source in _walk(scratch, folder):
        target = scratch.of(source)
        if source in without or target.exists() or target.is_symlink():
            continue
        try:
            size = source.stat().st_size if source.is_file() else _MOST
            if size > min(left, _LARGE):
                continue
            shutil.copy2(source, target)
        except OSError:
            continue  # not needed, as far as is known
        left, number = left - size, number + 1
        if number == _MOST_FILES:
            return


def _walk(scratch: Scratch, folder: Path) -> Iterator[Path]:
    """The files of the notebook's folder, then those of the project; makes the folders."""
    seen = 0
    for start in dict.fromkeys((folder, scratch.project)):
        for place, names, found in os.walk(start):
            seen += 1
            if seen > _MOST_FOLDERS:
                return
            here = Path(place)
            names[:] = sorted(name for name in names if _is_part(scratch, here / name))
            for name in names:
                _make_folder(scratch, here / name)
            yield from (here / name for name in sorted(found))


def _is_part(scratch: Scratch, folder: Path) -> bool:
    left_out = folder.name in _LEFT_OUT or (folder / "pyvenv.cfg").exists()
    return not left_out and not scratch.root.is_relative_to(folder)


def _make_folder(scratch: Scratch, folder: Path) -> None:
    """A folder, or a link that leads to the place in the scratch of what it leads to."""
    target = scratch.of(folder)
    if target.exists() or target.is_symlink():
        return
    if not folder.is_symlink():
        target.mkdir()
        return
    inside = scratch.of(folder.resolve())
    inside.mkdir(parents=True, exist_ok=True)
    target.symlink_to(inside)
