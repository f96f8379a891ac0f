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
