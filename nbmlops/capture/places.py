"""Which paths are the user's: not the interpreter's, its libraries' or the system's."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from pathlib import Path

from nbmlops.config import STORE
from nbmlops.values.homes import file_of

_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/run/systemd", "/usr/lib", "/usr/share",
           "/lib", "/lib64", "/usr/local/share/fonts", "/var/cache")  # fmt: skip
_CACHES = (".cache", ".config", ".ipython", ".jupyter", ".local/lib", ".local/share/jupyter",
           ".fonts", ".matplotlib")  # fmt: skip
_MOVED_BY = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR",
             "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")  # fmt: skip
"""Variables that name another folder than one of these."""

_HISTORIES = (".pdbhistory", ".python_history")
"""Files in the home folder in which shells and debuggers keep what was typed."""

_ANYWHERE = frozenset([
    "site-packages", "dist-packages", "__pycache__", "node_modules", STORE, ".git", ".hg", ".svn",
    ".ipynb_checkpoints", ".venv", ".tox", ".mypy_cache", ".ruff_cache", ".pytest_cache",
])  # fmt: skip


class Places:
    """Tells the paths that count, and names them.

    Args:
        project: the project's folder, resolved.
        notebook: the notebook's file, which front ends read and write by themselves.
    """

    def __init__(self, project: Path, notebook: Path | None) -> None:
        self.project = str(project)
        self._below = self.project.rstrip(os.sep) + os.sep
        home = os.path.expanduser("~")
        self._own = {os.path.join(home, name) for name in _HISTORIES}
        if notebook is not None:
            self._own.add(str(notebook))
        self._foreign = tuple(
            folder.rstrip(os.sep) + os.sep
            for folder in _foreign()
            if not self._below.startswith(folder.rstrip(os.sep) + os.sep)
        )

    def counts(self, path: str) -> bool:
        """Whether an access to an absolute path is the user's."""
        inside = path.startswith(self._below)
        parts = path[len(self._below) :] if inside else path
        if path in self._own or not _ANYWHERE.isdisjoint(parts.split(os.sep)):
            return False
        return not path.startswith(self._foreign)

    def counts_watched(self, path: str) -> bool:
        """The same, of what only the file system told: hidden files are not a cell's."""
        return self.counts(path) and not path.rpartition(os.sep)[2].startswith(".")

    def skips(self, folder: str) -> bool:
        """Whether a folder is not watched."""
        inside = folder.startswith(self._below)
        hidden = inside and os.path.basename(folder).startswith(".")
        return hidden or not self.counts(folder + os.sep) or folder in ("/", str(Path.home()))

    def name(self, path: str) -> str:
        """A path as the record shows it: relative to the project where it is inside, POSIX."""
        path = path.removeprefix(self._below)
        return path.replace(os.sep, "/")

    def is_code(self, path: str) -> bool:
        """Whether a file is one that a module of this process was made of."""
        return path.endswith((".py", ".pyc", ".so", ".pyd")) and path in {
            file_of(module) for module in list(sys.modules.values())
        }


def _foreign() -> frozenset[str]:
    home = os.path.expanduser("~")
    moved = {os.environ.get(name, "") for name in _MOVED_BY}
    caches = {os.path.join(home, name) for name in _CACHES}
    return libraries() | set(_SYSTEM) | caches | set(filter(os.path.isabs, moved))


@cache
def libraries() -> frozenset[str]:
    """Where the interpreter and what is installed for it are, under all names."""
    folders = {sysconfig.get_path(n) for n in ("stdlib", "platstdlib", "purelib", "platlib")}
    if sys.prefix != sys.base_prefix:
        folders.add(sys.prefix)
    found = {folder for folder in folders if folder}
    return frozenset(found | {os.path.realpath(folder) for folder in found})
