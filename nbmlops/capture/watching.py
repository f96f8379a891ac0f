"""What the file system tells of the project's folders, whoever touches them (Linux)."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

Told = Literal["open", "read", "write", "close", "delete"]
"""``read`` is told of files that are watched by themselves. ``close``: a file that could be
written to was closed; perhaps nothing was written."""

_ACCESS, _MODIFY, _CLOSE_WRITE, _OPEN = 0x1, 0x2, 0x8, 0x20
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_OVERFLOW, _IGNORED, _ONLY_FOLDERS, _IS_FOLDER = 0x4000, 0x8000, 0x1000000, 0x40000000
_FOLDER_EVENTS = _MODIFY | _CLOSE_WRITE | _OPEN | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_ONCE = 0x80000000
_FILE_EVENTS = _ACCESS | _MODIFY | _ONCE
_NONBLOCKING, _CLOSE_ON_EXEC = os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0, 0o2000000
_HEADER = struct.Struct("iIII")
_BUFFER = 1 << 16

_MOST_FOLDERS = 2_000
"""Folders that are watched; what is deeper or beyond is seen by its name in the code alone."""

_MOST_ENTRIES = 50_000
"""Entries of one folder among which others are looked for: a million images are no folders."""


@dataclass(slots=True)
class Seen:
    """What was told since the last time; ``files`` in order of their first event."""

    files: dict[str, list[Told]] = field(default_factory=dict)
    complete: bool = True

    def note(self, path: str, told: Told) -> None:
        """Add one event, once in a row."""
        deeds = self.files.setdefault(path, [])
        if not deeds or deeds[-1] != told:
            deeds.append(told)


class FolderWatch:
    """Watches folders through inotify; where the system has none, it watches nothing.

    Args:
        skips: whether a folder is left out, with all that is below it.
    """

    def __init__(self, skips: Callable[[str], bool]) -> None:
        self._skips = skips
        self._system = _Inotify.open()
        self._paths: dict[int, str] = {}
        self._folders: set[str] = set()

    @property
    def descriptor(self) -> int | None:
        """What becomes readable when there is something to take; ``None`` without inotify."""
        return None if self._system is None else self._system.descriptor

    def close(self) -> None:
        """Watch no more."""
        if self._system is not None:
            self._system.close()
            self._system = None
        self._folders.clear()

    def watches(self, folder: str) -> bool:
        """Whether what happens in a folder is seen."""
        return folder in self._folders

    def add_tree(self, folder: str, most: int = _MOST_FOLDERS) -> None:
        """Watch a folder and those below it, the upper ones first, until so many are watched."""
        waiting = [folder]
        most = min(_MOST_FOLDERS, len(self._folders) + most)
        while waiting and len(self._folders) < most:
            below = []
            for path in waiting:
                if (len(self._folders) < most and self.add(path)) or path == folder:
                    below += _folders_in(path)
            waiting = below

    def add(self, folder: str) -> bool:
        """Watch one folder; returns whether it is watched now and was not before."""
        known = folder in self._folders or self._skips(folder)
        if self._system is None or known or len(self._folders) >= _MOST_FOLDERS:
            return False
        number = self._system.watch(folder, _FOLDER_EVENTS | _ONLY_FOLDERS)
        if number < 0:
            return False
        self._paths[number] = folder
        self._folders.add(folder)
        return True

    def add_file(self, path: str) -> None:
        """Watch one file until it is read or written to, whichever comes first."""
        number = -1 if self._system is None else self._system.watch(path, _FILE_EVENTS)
        if number >= 0 and self._paths.get(number) not in self._folders:
            self._paths[number] = path

    def take(self) -> Seen:
        """What happened since the last call."""
        seen = Seen()
        while self._system is not None and (data := self._system.read()):
            for number, mask, name in _events(data):
                self._note(seen, number, mask, name)
        return seen

    def _note(self, seen: Seen, number: int, mask: int, name: str) -> None:
        if mask & _OVERFLOW:
            seen.complete = False
        place = self._paths.get(number)
        if place is None:
            return
        if mask & _IGNORED:  # it is gone, or was watched for one event
            self._folders.discard(self._paths.pop(number))
            return
        path = os.path.join(place, name) if name else place
        if mask & _IS_FOLDER:
            if mask & (_CREATE | _MOVED_TO):
                self._take_new_folder(seen, path)
            return
        if place in self._folders and not name:
            return  # the folder itself was listed
        told = _told(mask)
        if told is not None:
            seen.note(path, told)

    def _take_new_folder(self, seen: Seen, folder: str) -> None:
        """Files may have been made in it before it was watched."""
        self.add_tree(folder)
        for place, inner, names in os.walk(folder):
            inner[:] = [name for name in inner if not self._skips(os.path.join(place, name))]
            for name in names if not self._skips(place) else ():
                seen.note(os.path.join(place, name), "write")


def _told(mask: int) -> Told | None:
    if mask & (_DELETE | _MOVED_FROM):
        return "delete"
    if mask & (_MODIFY | _CREATE | _MOVED_TO):
        return "write"
    if mask & _CLOSE_WRITE:
        return "close"
    if mask & _ACCESS:
        return "read"
    return "open" if mask & _OPEN else None


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            first = islice(entries, _MOST_ENTRIES)
            return [entry.path for entry in first if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _events(data: bytes) -> Iterable[tuple[int, int, str]]:
    at = 0
    while at < len(data):
        number, mask, _, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        yield number, mask, os.fsdecode(data[at : at + length].rstrip(b"\0"))
        at += length


class _Inotify:
    """The system's calls."""

    def __init__(self, library: ctypes.PyDLL, descriptor: int) -> None:
        self._library = library
        self.descriptor = descriptor
        self._process = os.getpid()
        self._buffer = ctypes.create_string_buffer(_BUFFER)

    @classmethod
    def open(cls) -> _Inotify | None:
        """A new queue of events; ``None`` where the system has none, or gives no more."""
        if not sys.platform.startswith("linux"):
            return None
        try:
            # without the lock given up, a call that never waits costs no turn of other threads
            library = ctypes.PyDLL(None)
            descriptor = library.inotify_init1(_NONBLOCKING | _CLOSE_ON_EXEC)
        except (OSError, AttributeError):
            return None
        return cls(library, descriptor) if descriptor >= 0 else None

    def watch(self, path: str, mask: int) -> int:
        """Watch a path; returns its number, negative where it cannot be."""
        return int(
            self._library.inotify_add_watch(self.descriptor, os.fsencode(path), ctypes.c_uint(mask))
        )

    def read(self) -> bytes:
        """The next events, empty where there are none; a forked process leaves them alone."""
        if os.getpid() != self._process:
            return b""
        length = self._library.read(self.descriptor, self._buffer, _BUFFER)
        return self._buffer.raw[:length] if length > 0 else b""

    def close(self) -> None:
        """Give the queue up."""
        os.close(self.descriptor)
