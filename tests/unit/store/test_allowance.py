"""A store that has reached its limit takes no more large values."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from nbmlops.capture.ledger import StoreLedger
from nbmlops.config import Settings
from nbmlops.errors import ValueTooLargeError
from nbmlops.store.allowance import StoreAllowance
from nbmlops.store.objects.folder import FolderObjectStore
from nbmlops.workspace import Workspace

LONGEST = 10.0


def wait_until_spent(allowance: StoreAllowance) -> None:
    """Ask until the measure is there, which is made in the background."""
    until = time.monotonic() + LONGEST
    while not allowance.is_spent():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_an_empty_store_has_room(tmp_path: Path) -> None:
    allowance = StoreAllowance(FolderObjectStore(tmp_path / "objects"), limit=1)
    allowance.measure()
    assert not allowance.is_spent()


def test_a_full_store_is_found_without_waiting(tmp_path: Path) -> None:
    objects = FolderObjectStore(tmp_path / "objects")
    objects.put(b"four" * 10)
    wait_until_spent(StoreAllowance(objects, limit=40))


def test_room_that_was_made_is_seen_at_the_next_measure(tmp_path: Path) -> None:
    objects = FolderObjectStore(tmp_path / "objects")
    key = objects.put(b"four" * 10)
    allowance = StoreAllowance(objects, limit=40)
    allowance.measure()
    assert allowance.is_spent()
    objects.delete(key)
    allowance.measure()
    assert not allowance.is_spent()


def test_a_full_store_keeps_small_values_and_says_why_it_keeps_no_large_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbmlops.capture.ledger.GIBIBYTE", 1)  # a limit in bytes
    workspace = Workspace(tmp_path)
    ledger = StoreLedger(
        executions=workspace.executions,
        values=workspace.values,
        objects=workspace.objects,
        settings=Settings(store_limit=1_000),
    )
    large = np.random.default_rng(0).random(10_000)
    key = ledger.save_value(large)
    ledger._allowance.measure()
    assert ledger.save_value("small") != key
    with pytest.raises(ValueTooLargeError, match="the store has reached its limit of 1000 GiB"):
        ledger.save_value(large + 1)
    assert ledger.save_output(bytes(100)) is not None
    assert ledger.save_output(bytes(100_000)) is None
    workspace.close()
