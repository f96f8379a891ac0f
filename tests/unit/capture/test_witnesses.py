"""What is remembered of stored values takes no more memory than storing them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

from nbmlops.capture.parts import parts_of
from nbmlops.capture.witnesses import Witnesses
from nbmlops.values.codec import encode


def peak(work: Callable[[], Any]) -> int:
    """The bytes that something takes at most."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_a_value_is_looked_into_when_its_pickler_is_gone() -> None:
    rows = [{"a": number, "b": str(number)} for number in range(20_000)]
    witnesses = Witnesses()

    def watched() -> None:
        placed = witnesses.watch({"rows": rows}, lambda _: parts_of(rows).own)
        encode(rows, placed=placed)
        witnesses.stored("rows", rows, "a key")
        witnesses.recorded(1, names=["rows"])

    both = peak(lambda: encode(rows)) + peak(lambda: parts_of(rows).own)
    assert peak(watched) < both
    assert witnesses.targets({"rows": 1}, {"rows": rows}) == {0: rows}
