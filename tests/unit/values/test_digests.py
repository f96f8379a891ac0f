"""Within one look at the namespace, the memory of an array is hashed once."""

from __future__ import annotations

import gc
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
import xxhash

from nbmlops.values import digests
from nbmlops.values.digests import EachOnce, digest_buffer
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.session import session_digest
from nbmlops.values.volatile import VolatileMemory

ENOUGH = 64 * 2**10


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of each buffer that is read to be hashed."""
    sizes: list[int] = []

    def counted(data: Any) -> bytes:
        sizes.append(memoryview(data).nbytes)
        return xxhash.xxh3_128_digest(data)

    monkeypatch.setattr(digests, "xxhash", SimpleNamespace(xxh3_128_digest=counted))
    return sizes


def test_a_mark_a_fingerprint_and_what_is_stored_read_an_array_once(hashed: list[int]) -> None:
    array = np.random.default_rng(0).random((300, 400))
    with EachOnce():
        session_digest(array)
        fingerprint(array)
        memory = VolatileMemory(memoryview(array))
    assert hashed == [array.nbytes]
    assert memory.digest == VolatileMemory(memoryview(array.copy())).digest


def test_memory_for_which_there_is_no_time_is_not_read(hashed: list[int]) -> None:
    columns = {name: np.zeros(ENOUGH) for name in "abcdefgh"}
    assert session_digest([pd.DataFrame(columns), *columns.values()]) is not None
    assert sum(hashed) >= 16 * 8 * ENOUGH
    hashed.clear()
    soon = time.perf_counter() + 0.0003
    assert session_digest([pd.DataFrame(columns), *columns.values()], until=soon) is None
    assert sum(hashed) < ENOUGH


def test_parts_of_an_array_are_told_apart() -> None:
    array = np.random.default_rng(0).random(100_000)
    with EachOnce():
        found = {digest_buffer(memoryview(array[start:])) for start in (0, 8, 80)}
        found |= {digest_buffer(memoryview(array[:end])) for end in (20_000, 30_000)}
    assert len(found) == 5


def test_memory_that_was_given_back_is_read_anew() -> None:
    """The next array may lie where the last one was."""
    with EachOnce():
        for number in range(50):
            array = np.full(ENOUGH, number, dtype=np.uint8)
            assert digest_buffer(array) == xxhash.xxh3_128_digest(array)
            del array


def test_nothing_is_kept_alive_and_nothing_is_remembered_afterwards() -> None:
    array = np.zeros(ENOUGH, dtype=np.uint8)
    before = digest_buffer(array)
    with EachOnce():
        assert digest_buffer(array) == before
        assert len(gc.get_referrers(array)) <= 1
    array[0] = 1
    assert digest_buffer(array) != before
    array.resize(2 * ENOUGH, refcheck=True)
