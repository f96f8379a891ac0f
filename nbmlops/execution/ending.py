"""How a run has ended, kept where a full disk does not keep it from being written."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.wire import decode, encode

_SIZE = 4096
"""Bytes: a block of most disks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run has ended, before the catalog says so."""

    status: RunStatus
    ended_at: datetime
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()


class EndRecord:
    """A small file that has its size from the start of a run, and is overwritten at its end.

    Whoever finds the run open later learns from it that the run is over, where the catalog could
    not be told because its disk was full. It goes once the catalog knows.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def reserve(self) -> None:
        """Take the space.

        Raises:
            OSError: there is none.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(b" " * _SIZE)

    def write(self, end: RunEnd) -> None:
        """Write how the run has ended, if nothing was written before.

        A disk that takes nothing in place either leaves it blank: the run is then lost.
        """
        with suppress(OSError):
            if self.read() is None:
                with self._path.open("r+b", buffering=0) as file:
                    file.write(_fitting(end).ljust(_SIZE))

    def read(self) -> RunEnd | None:
        """How the run has ended; ``None`` where nothing says so."""
        try:
            return decode(self._path.read_bytes(), RunEnd)
        except (OSError, msgspec.DecodeError):
            return None

    def forget(self) -> None:
        """Give the space up: the catalog knows."""
        with suppress(OSError):  # it is of no harm
            self._path.unlink(missing_ok=True)


def _fitting(end: RunEnd) -> bytes:
    """The end as JSON of the size that there is room for; what is long goes first."""
    whole = encode(end)
    if len(whole) <= _SIZE:
        return whole
    failure = end.failure
    if failure is not None:
        message = failure.message[: _SIZE // 8]
        failure = replace(failure, kind=failure.kind[:100], message=message, traceback="")
    return encode(replace(end, failure=failure, warnings=()))
