"""The collector rests while a value is taken apart, and goes on as the notebook has set it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nbmlops.errors import NbmlopsError
from nbmlops.values.codec import encode
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.session import session_digest
from nbmlops.values.uncollected import lasting

seen: list[bool] = []

WALKS: tuple[Callable[[Any], object], ...] = (encode, fingerprint, session_digest)


class Telling:
    """Notes whether the collector is on while it is taken apart."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails

    def __reduce__(self) -> tuple[Any, ...]:
        """As a call without arguments."""
        seen.append(gc.isenabled())
        if self.fails:
            raise ValueError
        return Telling, ()


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    seen.clear()
    gc.unfreeze()  # what a command of another test has frozen
    enabled = gc.isenabled()
    yield
    (gc.enable if enabled else gc.disable)()


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("fails", [False, True])
def test_it_rests_meanwhile_and_goes_on(walk: Callable[[Any], object], *, fails: bool) -> None:
    gc.enable()
    try:
        walk([Telling(fails=fails)])
    except NbmlopsError:
        assert fails
    assert seen
    assert not any(seen)
    assert gc.isenabled()


@pytest.mark.parametrize("walk", WALKS)
def test_a_notebook_that_turned_it_off_has_it_off(walk: Callable[[Any], object]) -> None:
    gc.disable()
    walk([Telling()])
    assert not gc.isenabled()


def _is_in(generation: int, one: object) -> bool:
    return any(found is one for found in gc.get_objects(generation))


def test_what_is_to_last_counts_as_old_and_nothing_is_collected_for_it() -> None:
    gc.enable()
    begun: list[int] = []

    def note(_: str, info: dict[str, int]) -> None:
        begun.append(info["generation"])

    gc.callbacks.append(note)
    try:
        with lasting():
            made = [[number] for number in range(10 * gc.get_threshold()[0])]
            assert not gc.isenabled()
    finally:
        gc.callbacks.remove(note)
    assert begun == []
    assert gc.isenabled()
    assert _is_in(2, made)
    assert _is_in(2, made[-1])
    assert gc.get_freeze_count() == 0


def test_what_was_frozen_stays_so() -> None:
    gc.enable()
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with lasting():
            made = [[1]]
        assert gc.get_freeze_count() >= frozen - 100, "some may have been freed"
        assert not _is_in(2, made)
    finally:
        gc.unfreeze()


def test_what_lasts_is_left_to_a_notebook_that_has_turned_it_off() -> None:
    gc.disable()
    with lasting():
        made = [[1]]
    assert not gc.isenabled()
    assert _is_in(0, made)


def test_what_fails_to_load_leaves_the_collector_on() -> None:
    gc.enable()
    with pytest.raises(ValueError, match="no"), lasting():
        raise ValueError("no")
    assert gc.isenabled()
