"""Hears from the operating system that something in a folder has changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbmlops.config import STORE

_TOGETHER_MS = 200
_STOPS_WITHIN_MS = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to listen to; ``deep`` with all that is below it."""

    folder: Path
    deep: bool


class Stirs:
    """Listens to folders from a thread of its own, as long as there are any.

    It says only that it is worth to look: what it does not hear, such as what another machine
    writes on a network drive, is found by looking from time to time.
    """

    def __init__(self) -> None:
        self._places: frozenset[Place] = frozenset()
        self._stirred = threading.Event()
        self._end = threading.Event()
        self._deaf = threading.Event()

    @property
    def deaf(self) -> bool:
        """Whether the operating system cannot be listened to."""
        return self._deaf.is_set()

    def listen(self, places: Iterable[Place]) -> None:
        """Listen to these folders from now on, and to no others."""
        wanted = frozenset(places)
        if wanted == self._places:
            return
        self.close()
        self._places, self._end = wanted, threading.Event()
        self._deaf.clear()
        for deep in (False, True):
            folders = [str(place.folder) for place in wanted if place.deep is deep]
            if folders:
                args = (folders, deep, self._end)
                threading.Thread(
                    target=self._hear, args=args, name="nbmlops-files", daemon=True
                ).start()
        # What has changed before the ears were open may have gone unheard.
        self._stirred.set()

    def happened(self) -> bool:
        """Whether something has changed since `forget`."""
        return self._stirred.is_set()

    def forget(self) -> None:
        """Begin to look: what changes from now on is worth another look."""
        self._stirred.clear()

    def close(self) -> None:
        """Stop listening."""
        self._end.set()
        self._places = frozenset()

    def _hear(self, folders: list[str], deep: bool, end: threading.Event) -> None:  # noqa: FBT001
        import watchfiles

        try:
            for _ in watchfiles.watch(
                *folders,
                watch_filter=lambda _, path: STORE not in Path(path).parts,
                debounce=_TOGETHER_MS,
                rust_timeout=_STOPS_WITHIN_MS,
                stop_event=end,
                recursive=deep,
            ):
                self._stirred.set()
        except (OSError, RuntimeError):  # no more watches, or a folder that is gone
            self._deaf.set()
            self._stirred.set()
