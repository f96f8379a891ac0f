"""Distributions from a folder, a file or a URL: where they came from, what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from nbmlops.domain.environments import DirectPackage

_MOST_FILES = 5000
_NO_SOURCES = frozenset(["__pycache__", "node_modules"])
_LOOK_AGAIN = 60.0
"""Seconds after which editable sources are looked at again."""

SETTLED = 1_000_000_000
"""Nanoseconds after a folder's last change in which another one may leave its time as it is."""

_Stamp = tuple[tuple[str, int, int], ...]
_Listing = tuple[tuple[str, ...], tuple[str, ...]]
"""The Python files of a folder, and the folders in it that are to be looked at."""
ReadText = Callable[[str], str | None]


class EditableSources:
    """The content of editable packages, read again only where a file has changed.

    - remembers the folders that it was asked for;
    - looks at their files' times and sizes at most once a minute, unless it is asked for one;
    - lists a folder again only where something was made or removed in it.
    """

    def __init__(self) -> None:
        self._digests: dict[Path, tuple[_Stamp, str | None]] = {}
        self._looked_at: dict[Path, float] = {}
        self._ahead: dict[Path, float] = {}
        self._listings: dict[str, tuple[int, _Listing]] = {}

    def digest(self, root: Path) -> str | None:
        """The SHA-256 of the names and contents of a folder's Python files.

        Returns:
            ``None`` where there are none, or too many.
        """
        now = time.monotonic()
        if now < self._ahead.pop(root, 0.0):
            return self._digests[root][1]
        self._looked_at[root] = now
        stamp = self._stamp(root)
        known = self._digests.get(root)
        if known is None or known[0] != stamp:
            known = self._digests[root] = stamp, _content(root, stamp)
        return known[1]

    def current(self) -> tuple[str | None, ...]:
        """The digests of all folders that were asked for before."""
        late = time.monotonic() - _LOOK_AGAIN
        for root, looked_at in list(self._looked_at.items()):
            if looked_at < late:
                self.digest(root)
        return tuple(digest for _, digest in self._digests.values())

    def look_ahead(self, until: float) -> None:
        """Look at all of them on behalf of a process that is forked next.

        Args:
            until: the moment up to which it need not look by itself the first time that it asks.
        """
        self._ahead.clear()
        for root in list(self._looked_at):
            self.digest(root)
        self._ahead.update(dict.fromkeys(self._looked_at, until))

    def _stamp(self, root: Path) -> _Stamp:
        """The Python files below a folder: not those of virtual environments or hidden folders."""
        found: list[tuple[str, int, int]] = []
        folders = [str(root)]
        while folders and len(found) <= _MOST_FILES:
            files, below = self._listing(folders.pop(), top=str(root))
            folders += below
            for path in files:
                try:
                    status = os.stat(path)  # noqa: PTH116 (thousands of them)
                except OSError:  # gone meanwhile
                    continue
                found.append((path, status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _listing(self, folder: str, *, top: str) -> _Listing:
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 (hundreds of them)
        except OSError:
            return (), ()
        known = self._listings.get(folder)
        if known is not None and known[0] == changed:
            return known[1]
        found = _in_folder(folder, top=top)
        if time.time_ns() - changed > SETTLED:
            self._listings[folder] = changed, found
        return found


def direct_package(read_text: ReadText, sources: EditableSources) -> DirectPackage | None:
    """Where a distribution came from, unless that is an index (PEP 610).

    Args:
        read_text: gives a file of the distribution's metadata.
        sources: knows the content of editable packages.
    """
    try:
        origin = json.loads(read_text("direct_url.json") or "null")
        url = _without_credentials(str(origin["url"]))
    except (TypeError, KeyError, ValueError):
        return None
    editable = bool(origin.get("dir_info", {}).get("editable"))
    if editable:
        root = Path(unquote(urlsplit(url).path))
        return DirectPackage(url=url, editable=True, digest=sources.digest(root))
    return DirectPackage(url=_pinned(url, origin), digest=_recorded(read_text("RECORD")))


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _pinned(url: str, origin: dict[str, Any]) -> str:
    """The URL with the commit that was installed, in pip's spelling."""
    control = origin.get("vcs_info")
    return f"{control['vcs']}+{url}@{control['commit_id']}" if control else url


def _recorded(record: str | None) -> str | None:
    """The hash of the hashes that the installer wrote down for the Python files."""
    lines = sorted(line for line in (record or "").splitlines() if ".py,sha256=" in line)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else None


def _in_folder(folder: str, *, top: str) -> _Listing:
    """What is to be looked at in a folder: nothing in a virtual environment."""
    files: list[str] = []
    below: list[str] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name == "pyvenv.cfg" and folder != top:
                return (), ()
            if entry.is_dir():
                if not (name.startswith(".") or name in _NO_SOURCES or entry.is_symlink()):
                    below.append(entry.path)
            elif name.endswith(".py"):
                files.append(entry.path)
    return tuple(sorted(files)), tuple(sorted(below))


def _content(root: Path, stamp: _Stamp) -> str | None:
    if not stamp or len(stamp) > _MOST_FILES:
        return None
    digest = hashlib.sha256()
    above = f"{root}/"
    for path in sorted(path for path, _, _ in stamp):
        try:
            with open(path, "rb") as file:  # noqa: PTH123 (paths are text here: thousands of them)
                content = file.read()
        except OSError:
            continue
        digest.update(f"{path.removeprefix(above)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
