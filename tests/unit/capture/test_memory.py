"""The peak of memory is that of the cell, and not of what ran before it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nbmlops.capture import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux forgets a peak")

MUCH = 64 * 2**20


def told_by_linux() -> int:
    """The peak that Linux tells of this process."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(text.partition("VmHWM:")[2].split()[0])


def peak_of(size: int) -> int:
    """The peak while so many bytes are taken, which Linux tells as well."""
    memory.reset_peak()
    taken = bytearray(size)
    del taken
    found = memory.peak()
    assert found is not None
    assert abs(found - told_by_linux()) < MUCH // 16
    return found


def test_a_peak_holds_what_was_taken_and_let_go() -> None:
    before = peak_of(0)
    assert peak_of(MUCH) - before > MUCH * 0.9


def test_a_peak_is_forgotten_after_which_less_is_taken() -> None:
    """Also where it was the first that was asked for, and where it was asked for between."""
    most = peak_of(2 * MUCH)
    assert most - peak_of(MUCH) > MUCH * 0.9
    assert most - peak_of(0) > 2 * MUCH * 0.9
    assert most - peak_of(MUCH) > MUCH * 0.9


def test_a_process_that_was_larger_before_it_began_is_not_taken_for_the_peak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Linux gives the most of the program that a process was before, if that is more."""
    before = told_by_linux() + 4 * MUCH
    monkeypatch.setattr(memory, "_lifetime_peak", lambda: max(before, told_by_linux()))
    monkeypatch.setattr(memory._Process, "least", float("inf"))
    small, large = peak_of(0), peak_of(8 * MUCH)
    assert small < before < large
    assert peak_of(0) < before
