"""The files that a cell read, wrote and deleted, from all that was seen of it."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from nbmlops.capture.auditing import AuditLog, FileStamp, Touched, stamp, stamp_of
from nbmlops.capture.places import Places
from nbmlops.capture.watching import FolderWatch, Seen, Told
from nbmlops.domain.accesses import AccessMode, FileAccess
from nbmlops.values.kinds import is_a

_OF_FRONT_ENDS = ".ipynb"
"""How files end that a front end saves while cells run."""

_LARGEST = 256 * 1024 * 1024
"""Bytes that are hashed for one cell; a file beyond it has its size and no digest."""

_COARSE = 20_000_000
"""Nanoseconds by which a file's time may lie before that of the clock."""

_DESCRIPTORS = "/proc/self/fd"
_MOST_NAMED = 500
_MOST_BELOW = 200
"""Folders that are watched in one that the code names, such as the parts of a dataset."""

_LONGEST_NAME = 1_000


class FileDigests:
    """SHA-256 of files, taken again only where the stamp says that a file may have changed."""

    def __init__(self) -> None:
        self._known: dict[FileStamp, str] = {}

    def known(self, of: FileStamp | None) -> str | None:
        """The digest of a content that was seen before."""
        return None if of is None else self._known.get(of)

    def take(self, path: str, of: FileStamp, budget: int) -> str | None:
        """The digest of a file as it is now; ``None`` where it is larger than the budget."""
        known = self._known.get(of)
        if known is not None or of.size > budget:
            return known
        try:
            with open(path, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None
        if stamp(path) == of:  # nobody wrote while it was read
            self._known[of] = found
        return found


@dataclass(slots=True)
class _Evidence:
    """All that is known of one path."""

    path: str
    audit: Touched | None = None
    told: list[Told] = field(default_factory=list)
    before: FileStamp | None = None
    after: FileStamp | None = None
    named: bool = False
    looked_at: bool = False
    watched: bool = False

    @property
    def existed(self) -> bool:
        """Whether there was a file before the cell."""
        return self.before is not None or (
            self.audit is None and not self.named and self.told[:1] != ["write"]
        )

    @property
    def changed(self) -> bool:
        """Whether the file is another one than before the cell, as far as known."""
        if not self.looked_at:
            return False
        if self.watched and "write" not in self.told:  # a link or a mode changes one of its times
            return _content(self.before) != _content(self.after)
        return self.before != self.after

    def by_audit(self, deed: AccessMode) -> bool:
        """Whether Python told of it."""
        return self.audit is not None and deed in self.audit.deeds

    @property
    def reads(self) -> bool:
        """Whether the content from before the cell was read."""
        if not self.existed:
            return False
        if self.audit is not None:
            return self.audit.deeds[:1] == ["read"]
        first = next((deed for deed in self.told if deed in ("read", "write")), None)
        return first == "read" or ("open" in self.told and first is None)

    @property
    def writes(self) -> bool:
        """Whether there is a content that the cell made."""
        if self.after is None:
            return False
        opened = self.by_audit("write") and not self.by_audit("read")
        return opened or "write" in self.told or self.changed

    @property
    def deletes(self) -> bool:
        """Whether a file from before the cell is gone."""
        if self.after is not None or not self.existed:
            return False
        return self.changed or "delete" in self.told


class CellFiles:
    """Gathers the file accesses of one cell at a time.

    - names the paths that the code mentions, and looks at them before and after;
    - joins what Python, the file system and these looks tell;
    - hashes what was read and written, up to a bound.

    Args:
        places: which paths count.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._digests = FileDigests()
        self._watch = FolderWatch(places.skips)
        self._named: dict[str, FileStamp | None] = {}
        self._held: dict[str, FileStamp | None] = {}
        self._absent: set[str] = set()
        self._trees = {places.project}
        self._seen = Seen()
        self._began = 0
        self._started = False

    def begin(self, mentioned: Iterable[Any]) -> None:
        """A cell begins.

        Args:
            mentioned: strings of its code, and values that it reads: what may be a path.
        """
        _real_folder.cache_clear()  # a folder may have become a link
        if not self._started:
            self._started = True
            self._watch.add_tree(self._places.project)
        paths = (path for path in _paths(mentioned) if not is_whole_disk(path))
        named = dict.fromkeys(path for path in paths if self._places.counts(path))
        self._absent.clear()
        self._named = {path: self._looked_at(path) for path in named}
        self._held = {path: stamp(path) for path in list(self._held)[-_MOST_NAMED:]}
        for path, found in (self._held | self._named).items():
            if found is not None:  # of a folder, what happens in it is told anyway
                self._watch.add_file(path)
        self._watch.take()
        self._began = time.time_ns() - _COARSE

    def end(self) -> None:
        """The cell has ended."""
        self._seen = self._watch.take()

    @property
    def saw_nothing(self) -> bool:
        """Whether no file is looked at, and the system told of none while the cell ran."""
        return self._seen.complete and not (self._seen.files or self._named or self._held)

    def found(self, log: AuditLog) -> tuple[tuple[FileAccess, ...], bool]:
        """What the cell did to files.

        Args:
            log: what Python told.

        Returns:
            The accesses by path, and whether nothing escaped.
        """
        seen = self._seen
        found: list[FileAccess] = []
        budget, left_open = _LARGEST, open_files() if log.files or seen.files else frozenset()
        for evidence in self._evidence(log, seen):
            if evidence.after is not None:
                digest = self._digests.take(evidence.path, evidence.after, budget)
                budget -= evidence.after.size if digest is not None else 0
            found += self._accesses(evidence)
            if evidence.path in left_open and evidence.path not in self._held:
                self.hold(evidence.path)
        return tuple(found), log.complete and seen.complete

    def hold(self, path: str) -> None:
        """A file stays open after the cell, such as a database: look at it in later cells too."""
        self._held[path] = stamp(path)

    def close(self) -> None:
        """Watch no more."""
        self._watch.close()

    def _looked_at(self, path: str) -> FileStamp | None:
        """The stamp of a file, whose folder is watched from now on; or the folder that it is."""
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            found = None
            if not os.path.lexists(path):  # a link to nothing may be written through
                self._absent.add(path)
        if found is not None and stat.S_ISDIR(found.st_mode):
            if path not in self._trees:
                self._trees.add(path)
                self._watch.add_tree(path, _MOST_BELOW)
            return None
        folder = os.path.dirname(path)
        if not self._watch.watches(folder) and os.path.isdir(folder):
            self._watch.add(folder)
        return None if found is None else stamp_of(found)

    def _evidence(self, log: AuditLog, seen: Seen) -> Iterator[_Evidence]:
        before = self._held | self._named
        audited = {real_path(path): touched for path, touched in log.files.items()}
        for path in sorted(audited.keys() | seen.files.keys() | before.keys()):
            audit, told = audited.get(path), seen.files.get(path, [])
            counts = self._places.counts if audit is not None else self._places.counts_watched
            if audit is None and path not in seen.files and self._stays_absent(path, seen):
                continue
            if not counts(path) or self._places.is_code(path):
                continue
            named, after = path in self._named, stamp(path)
            earlier = audit.before if audit is not None else before.get(path)
            told = list(self._settled(told, earlier, after))
            if audit is None and path not in before and not told:
                continue
            if audit is None and not named and path.endswith(_OF_FRONT_ENDS):
                continue
            yield _Evidence(
                path=path,
                audit=audit,
                told=told,
                before=earlier,
                after=after,
                named=named,
                looked_at=audit is not None or path in before,
                watched=self._watch.watches(os.path.dirname(path)),
            )

    def _stays_absent(self, path: str, seen: Seen) -> bool:
        """Whether nothing was there before the cell, and nothing was made: that would be told."""
        known = path in self._absent and seen.complete
        return known and self._watch.watches(os.path.dirname(path))

    def _settled(
        self, told: list[Told], before: FileStamp | None, after: FileStamp | None
    ) -> Iterator[Told]:
        """What was told, a mere close taken for a write where the file was modified since."""
        since = self._began if before is None else before.modified + 1
        for deed in told:
            if deed != "close":
                yield deed
            elif after is not None and after.modified >= since:
                yield "write"

    def _accesses(self, seen: _Evidence) -> Iterator[FileAccess]:
        if seen.reads:
            unchanged = seen.after if not (seen.writes or seen.changed) else seen.before
            yield self._access(seen, "read", unchanged)
        elif _perhaps_read(seen):
            yield self._access(seen, "read", seen.after)
        if seen.writes:
            yield self._access(seen, "write", seen.after)
        if seen.deletes:
            yield self._access(seen, "delete", seen.before)

    def _access(self, seen: _Evidence, mode: AccessMode, of: FileStamp | None) -> FileAccess:
        told = seen.told and (mode == "read" or "write" in seen.told or "delete" in seen.told)
        return FileAccess(
            path=self._places.name(seen.path),
            mode=mode,
            digest=self._digests.known(of),
            size=of.size if of is not None else None,
            known_by="open" if seen.audit is not None else "watch" if told else "argument",
        )


def _content(of: FileStamp | None) -> FileStamp | None:
    """A stamp without the time that changes with what is no content."""
    return None if of is None else replace(of, changed=0)


def open_files() -> frozenset[str]:
    """The files that this process has open, by whatever library (Linux)."""
    found = []
    with suppress(OSError):
        for number in os.listdir(_DESCRIPTORS):
            with suppress(OSError):  # closed meanwhile, as that of the listing is
                found.append(os.readlink(f"{_DESCRIPTORS}/{number}"))
    return frozenset(found)


def _perhaps_read(seen: _Evidence) -> bool:
    """Whether the code names a file, where nothing would tell of a library that read it."""
    unseen = seen.named and not seen.watched and seen.audit is None and not seen.told
    return unseen and seen.after is not None and not seen.changed


def _paths(mentioned: Iterable[Any]) -> Iterator[str]:
    """Absolute paths of what may be a path; patterns count by the folder before them."""
    for number, thing in enumerate(mentioned):
        if number >= _MOST_NAMED:
            return
        try:
            text = os.fspath(thing)
            if isinstance(text, str) and 0 < len(text) < _LONGEST_NAME and "\n" not in text:
                yield real_path(os.path.abspath(os.path.expanduser(text.partition("*")[0])))
        except Exception:  # noqa: BLE001, S112 (a path of the notebook may raise anything)
            continue


def is_whole_disk(path: str) -> bool:
    """Whether a path is the root of all: a text ``/`` takes others apart, and is no folder."""
    return os.path.dirname(path) == path


def real_path(path: str) -> str:
    """A path with the links of its folder followed, as the file system tells of it."""
    folder, _, name = path.rpartition(os.sep)
    return os.path.join(_real_folder(folder or os.sep), name)


@lru_cache(maxsize=4096)
def _real_folder(folder: str) -> str:
    """A folder without links; its parents, which it shares with many, are asked about once."""
    above, _, name = folder.rpartition(os.sep)
    if not above or name in ("", os.curdir, os.pardir):
        return os.path.realpath(folder)
    found = os.path.join(_real_folder(above), name)
    return os.path.realpath(found) if os.path.islink(found) else found


def mentioned_values(names: Collection[str], namespace: Mapping[str, Any]) -> list[Any]:
    """The values among these names that may be paths."""
    return [value for name in names if is_a(value := namespace.get(name), (str, PurePath))]
