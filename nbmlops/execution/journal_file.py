"""The journal of a run on disk, from which its notebook is put together if its driver is killed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class JournalFile:
    """Appends lines of JSON, each complete as soon as it is written.

    The first line is ``{"cells": N, "metadata": …}``; each other one says what became of a cell:
    ``{"cell": 3, "metadata": …, "outputs": …, "execution_count": …}``, of which the latest holds;
    or, while it runs, the last line that it has printed: ``{"cell": 3, "line": "epoch 4"}``.

    Args:
        path: the file; what it held is gone.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, line: Mapping[str, Any]) -> None:
        """Write a line; a process that is killed afterwards does not take it along.

        Raises:
            OSError: it cannot be written.
        """
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal, up to one that was cut off while it was written.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        for line in file:
            try:
                found = json.loads(line)
            except ValueError:
                return
            if not isinstance(found, dict) or not line.endswith(b"\n"):
                return
            yield found
