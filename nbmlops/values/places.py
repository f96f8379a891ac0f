"""Which objects a pickled value consists of, without what pickling takes to be imported."""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from nbmlops.values.slot_names import unnoted
from nbmlops.values.uncollected import uncollected


class Sink(Protocol):
    """What a pickler has written into."""

    def memoized(self) -> int:
        """How many objects have a number in the stream, or more."""

    def aside(self) -> AbstractContextManager[io.BytesIO]:
        """While what is written goes elsewhere."""


class Places:
    """Which objects a value that was pickled consists of, each with its number in the pickle.

    Args:
        pickler: has pickled the value.
        sink: what it has written into.
    """

    def __init__(self, pickler: pickle.Pickler, sink: Sink) -> None:
        self._pickler = pickler
        self._sink = sink
        self.at_most = sink.memoized()
        """As many as there are or more: known without a look at each."""

    def every(self) -> list[tuple[int, Any]]:
        """All of them; takes time and memory for each."""
        with uncollected():
            return list(self._pickler.memo.copy().values())

    def of(self, part: object) -> int | None:
        """The number of one of them; ``None`` where it has none."""
        with unnoted(), self._sink.aside() as written:
            self._pickler.dump(part)  # an object that was pickled before is written as its number
        said = list(pickletools.genops(written.getvalue()))
        got = [argument for opcode, argument, _ in said if "GET" in opcode.name]
        return got[0] if len(said) == _NUMBER_ALONE and got else None


_NUMBER_ALONE = 3
"""Instructions: of which protocol, the number, the end."""

Placed = Callable[[Places], None]
"""Told which objects a value consists of."""
