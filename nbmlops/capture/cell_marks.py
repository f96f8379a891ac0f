"""A mark of the cell that is running, which survives the end of its process."""

from __future__ import annotations

import json
import os
import platform
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from nbmlops.capture.cell import RunningCell
from nbmlops.capture.code import by_their_names
from nbmlops.capture.session import Session
from nbmlops.config import RUNNING, STORE
from nbmlops.errors import StoreError
from nbmlops.notebook.dataflow.effects import Definition
from nbmlops.store.endings import at_the_end, not_at_the_end
from nbmlops.store.making import make_store
from nbmlops.store.process_life import is_over, life_of

_HEAD = struct.Struct("<cII")
"""Whether a cell runs, the bytes of what is said of it, and their checksum."""
_RUNS, _NONE = b"R", b"-"
_encoded = msgspec.json.Encoder().encode
_escaped = json.JSONEncoder().encode
"""Slower, for the halves of characters that no UTF-8 has; `json.dumps` a cell may have replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMark:
    """A cell that has begun; the fields are those of its record.

    ``imports`` are the modules that its code imports, directly or by the notebook's functions.
    ``process``, ``life`` and ``host`` tell which process ran it, ``runs`` is whether it had not
    ended yet.
    """

    runs: bool
    notebook: str
    step: str | None
    cell_id: str | None
    source: str
    definitions: Mapping[str, str]
    imports: tuple[str, ...]
    started_at: datetime
    session: str
    author: str
    process: int
    life: str
    host: str

    @property
    def is_over(self) -> bool:
        """Whether the process has certainly ended."""
        return is_over(self.process, self.life, self.host)


class CellMarks:
    """Marks the cell of a session that is running, for whoever finds that its kernel is gone.

    - writes into one small file that stays open: some microseconds, and nothing is flushed, as
      what a process has written outlives it;
    - never harms a cell: a full disk or a file that is gone means that there is no mark;
    - leaves no file behind where the process ends in order.

    Args:
        session: gives the session, which may come to belong to another notebook.
        author: who runs the cells.
    """

    def __init__(self, session: Callable[[], Session], author: str) -> None:
        self._session = session
        self._author = author
        self._file: int | None = None
        self._path: Path | None = None
        self._is: tuple[int, int] | None = None
        self._owner: dict[str, Any] = {}
        self._is_set = False

    def set(
        self,
        cell: RunningCell,
        *,
        used: Mapping[str, Definition],
        imports: Iterable[str],
        at: datetime,
    ) -> None:
        """A cell is about to run.

        Args:
            cell: the cell.
            used: the functions and classes of the notebook that it uses.
            imports: the modules that it or these import.
            at: when it begins.
        """
        session = self._session()
        if session.run_id is not None:
            return  # its run says how it ended
        with suppress(OSError, StoreError):
            file = self._opened(session)
            if file is None:
                return
            own = by_their_names(used, of_step=cell.step is not None) if used else {}
            fields = {
                **self._owner,
                "notebook": session.notebook,
                "step": cell.step,
                "cell_id": cell.cell_id,
                "source": cell.source,
                "definitions": {name: found.source for name, found in own.items()},
                "imports": [*imports],
                "started_at": at.isoformat(),
            }
            try:
                said = _encoded(fields)
            except UnicodeEncodeError:
                said = _escaped(fields).encode("ascii")
            os.pwrite(file, _HEAD.pack(_RUNS, len(said), zlib.crc32(said)) + said, 0)
            self._is_set = True

    def clear(self) -> None:
        """The cell has been recorded, or it was said that it was not."""
        if not self._is_set:
            return
        self._is_set = False
        with suppress(OSError):
            if self._is_ours():
                os.pwrite(self._file, _NONE, 0)  # type: ignore[arg-type] # it is open

    def close(self, *, ended: bool = False) -> None:
        """The process ends: the mark of a cell that still runs stays.

        Args:
            ended: whether it is certain that none does.
        """
        self._is_set = self._is_set and not ended
        not_at_the_end(self.close)
        ours = self._is_ours()
        self._give_up()
        if ours and self._path is not None and not self._is_set:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _give_up(self) -> None:
        """Close the file, unless its number belongs to another one by now."""
        with suppress(OSError):
            if self._file is not None:
                status = os.fstat(self._file)
                if (status.st_dev, status.st_ino) == self._is:
                    os.close(self._file)
        self._file = None

    def _opened(self, session: Session) -> int | None:
        """The open file; ``None`` where the end of this process could not be told."""
        if self._file is not None and self._is_ours():
            return self._file
        self._give_up()
        process = os.getpid()
        life = life_of(process)
        if life is None or self._owner.get("process", process) != process:
            return None
        store = session.project / STORE
        make_store(store)
        folder = store / RUNNING
        folder.mkdir(exist_ok=True)
        self._path = folder / session.id
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        status = os.fstat(self._file)
        self._is = status.st_dev, status.st_ino
        self._owner = {
            "session": session.id,
            "author": self._author,
            "process": process,
            "life": life,
            "host": platform.node(),
        }
        at_the_end(self.close)
        return self._file

    def _is_ours(self) -> bool:
        """Whether the open file is still the one that was opened, is there, and is this process's.

        Code may close files that it has not opened, and be given the number for one of its own; a
        process that was forked has the file of the other one.
        """
        if self._file is None or self._owner["process"] != os.getpid():
            return False
        try:
            status = os.fstat(self._file)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._is and status.st_nlink > 0


def read(content: bytes) -> CellMark | None:
    """The mark in a file; ``None`` where it was not written to its end."""
    try:
        state, length, checksum = _HEAD.unpack_from(content)
        said = content[_HEAD.size : _HEAD.size + length]
        if len(said) != length or zlib.crc32(said) != checksum:
            return None
        fields = json.loads(said)
        fields |= {
            "started_at": datetime.fromisoformat(fields["started_at"]),
            "imports": tuple(fields["imports"]),
        }
        return CellMark(runs=state == _RUNS, **fields)
    except (struct.error, ValueError, TypeError, KeyError):
        return None
