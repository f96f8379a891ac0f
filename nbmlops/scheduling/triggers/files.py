"""Changed files as events."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xxhash

from nbmlops.config import STORE
from nbmlops.domain.triggers import Event, FilesChanged, Trigger
from nbmlops.scheduling.triggers.base import Look
from nbmlops.scheduling.triggers.digests import PENDING, Digests, Entry, digest
from nbmlops.scheduling.triggers.stirs import Place, Stirs

SETTLE = 2.0
"""Seconds for which a file has to be left alone before its content counts."""

PATIENCE = 60.0
"""Seconds for which changed files wait at most until those beside them are left alone too."""

LOOK_EVERY = timedelta(seconds=30)
"""How often to look where nothing has been heard: network drives tell of nothing."""

LOOK_OFTEN = timedelta(seconds=5)
"""How often where the operating system cannot be listened to."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as the directory has it, and for how many seconds it has been left alone."""

    entry: Entry
    quiet_for: float

    @property
    def mark(self) -> list[int]:
        """What of the directory entry the cursor keeps."""
        return list(self.entry.mark)


class FileWatcher:
    """Notices that files have another content.

    - Contents are compared, not times: a file that is written again with the same content has
      not changed. One whose directory entry is untouched is not read again.
    - A file counts when it has been left alone for `SETTLE` seconds, and those beside it have
      been, too: files that are copied together are one event. Where something is always being
      written, the others wait no longer than `PATIENCE`.
    - A file that is removed is no event; one that comes back is.
    - It looks when the operating system tells of changes, and from time to time.
    - Large files are read beside it; what has changed counts once all of it is read.

    Its cursor holds, for each file, its directory entry and the digest of its content.

    Args:
        project: the folder that patterns are relative to.
        wall_clock: seconds since the epoch, on the clock that stamps files.
    """

    def __init__(self, project: Path, *, wall_clock: Callable[[], float] = time.time) -> None:
        self._project = project
        self._wall_clock = wall_clock
        self._stirs = Stirs()
        self._digests = Digests()
        self._looked: dict[FilesChanged, Look] = {}

    def begin(self, cause: FilesChanged, now: datetime) -> dict[str, Any]:
        """The contents of now; what is just being written counts when it is done.

        Changes are counted from the present on: a schedule that is paused and goes on begins anew,
        and what it counts must not be taken for what is in the ledger from before.
        """
        found = {}
        for name, seen in self._matching(cause).items():
            known = digest(seen.entry)
            if known is not None:
                found[name] = [*seen.mark, known]
        return {"files": found, "count": round(now.timestamp() * 1000)}

    def attend(self, causes: Collection[FilesChanged]) -> None:
        """Listen to the folders of these causes, before they are looked at."""
        if self._stirs.happened():
            self._looked.clear()
            self._stirs.forget()
        places = [place for cause in causes for place in self._places(cause)]
        self._stirs.listen(places)

    def stirred(self) -> bool:
        """Whether something may have changed since the last look."""
        return self._stirs.happened()

    def close(self) -> None:
        """Stop listening."""
        self._stirs.close()

    def look(self, number: int, cause: FilesChanged, cursor: dict[str, Any], now: datetime) -> Look:
        """The files that have changed since the cursor, as one event."""
        last = self._looked.get(cause)
        if last is not None and last.cursor == cursor and last.again_at is not None:
            left = last.again_at - now
            # A clock that was put back must not make it blind for that time.
            if timedelta() < left <= LOOK_EVERY:
                return last
        found = self._look(number, cause, cursor, now)
        self._looked[cause] = replace(found, events=())
        return found

    def _look(
        self, number: int, cause: FilesChanged, cursor: dict[str, Any], now: datetime
    ) -> Look:
        known: dict[str, list[Any]] = cursor["files"]
        found = self._matching(cause)
        kept = {name: entry for name, entry in known.items() if name in found}
        marked = {name: one for name, one in found.items() if kept.get(name, [])[:-1] != one.mark}
        quiet = {name: one for name, one in marked.items() if one.quiet_for >= SETTLE}
        if marked != quiet and max((one.quiet_for for one in quiet.values()), default=0) < PATIENCE:
            return Look(cursor=cursor, again_at=now + timedelta(seconds=SETTLE / 4))
        digests = {name: self._digests.of(seen.entry) for name, seen in quiet.items()}
        if PENDING in digests.values():
            return Look(cursor=cursor, again_at=now + timedelta(seconds=SETTLE / 4))
        changed = []
        for name, found_now in digests.items():
            if found_now is None:
                continue
            if name not in kept or kept[name][-1] != found_now:
                changed.append(name)
            kept[name] = [*quiet[name].mark, found_now]
        count = cursor["count"] + bool(changed)
        events = (_event(number, tuple(sorted(changed)), count, now),) if changed else ()
        busy = len(quiet) < len(marked)
        calm = LOOK_OFTEN if self._stirs.deaf else LOOK_EVERY
        again = timedelta(seconds=SETTLE / 4) if busy else calm
        return Look(cursor={"files": kept, "count": count}, events=events, again_at=now + again)

    def _places(self, cause: FilesChanged) -> Iterator[Place]:
        """The folders in which files that match come and go."""
        for pattern in cause.patterns:
            root, rest = rooted(self._project, pattern)
            folder, deep = root, "/" in rest or not rest
            if not root.is_dir():
                deep = False
            while not folder.is_dir():
                folder = folder.parent
            yield Place(folder, deep)

    def _matching(self, cause: FilesChanged) -> dict[str, _Seen]:
        """The regular files that match, by their name in the project."""
        found = {}
        now = self._wall_clock()
        for path in self._paths(cause):
            seen = _seen(path, now)
            if seen is not None:
                found[self._name(path)] = seen
        return found

    def _paths(self, cause: FilesChanged) -> Iterator[Path]:
        for pattern in cause.patterns:
            yield from _files(self._project, pattern)

    def _name(self, path: Path) -> str:
        inside = path.is_relative_to(self._project)
        return (path.relative_to(self._project) if inside else path).as_posix()


def without_files(project: Path, trigger: Trigger) -> list[str]:
    """The patterns of a trigger that no file fits now."""
    patterns = [
        pattern
        for cause in trigger.causes
        if isinstance(cause, FilesChanged)
        for pattern in cause.patterns
    ]
    return [pattern for pattern in patterns if next(_files(project, pattern), None) is None]


def rooted(project: Path, pattern: str) -> tuple[Path, str]:
    """The folder below which a pattern looks, and what it looks for there.

    >>> rooted(Path("/flights"), "data/2026/*.csv")
    (PosixPath('/flights/data/2026'), '*.csv')
    """
    parts = (project / Path(pattern).expanduser()).parts
    plain = next((at for at, part in enumerate(parts) if set(part) & set("*?[")), len(parts))
    return Path(*parts[:plain]), "/".join(parts[plain:])


def _files(project: Path, pattern: str) -> Iterator[Path]:
    root, rest = rooted(project, pattern)
    for path in root.glob(rest) if rest else [root]:
        yield from _inside(path)


def _inside(path: Path) -> Iterator[Path]:
    """A file, or all the files in a folder; not those of the store."""
    if STORE in path.parts:
        return
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name != STORE]
        yield from (Path(folder, name) for name in names)


def _seen(path: Path, now: float) -> _Seen | None:
    try:
        found = path.stat()
    except OSError:
        return None  # gone again, or not ours to see
    if not stat.S_ISREG(found.st_mode):
        return None
    changed = max(found.st_mtime, found.st_ctime)
    # A time to come says that clocks differ, and nothing about how long the file is quiet.
    quiet_for = now - changed if changed <= now else now - found.st_ctime
    return _Seen(Entry.of(path, found), quiet_for if quiet_for >= 0 else PATIENCE)


def _event(number: int, names: tuple[str, ...], count: int, now: datetime) -> Event:
    shown = ", ".join(names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Event(
        cause=number,
        key=f"change {count} of cause {number + 1} {xxhash.xxh3_64_hexdigest(shown.encode())}",
        at=now,
        words=f"{shown}{more} changed",
        files=names,
    )
