"""Signals ask a run to stop, and mean afterwards what they meant before."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from nbmlops.execution.cancellation import Cancellation


class Caller:
    """Handles both signals, as a scheduler's worker does."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def hear(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.heard.append(number)


@pytest.fixture
def caller() -> Iterator[Caller]:
    """Who handles the signals around the run."""
    handler = Caller()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, handler.hear) for number in numbers}
    yield handler
    for number, before in previous.items():
        signal.signal(number, before)


def test_the_first_signal_is_remembered_and_every_one_is_told(caller: Caller) -> None:
    told: list[str] = []
    with Cancellation() as cancellation, cancellation.told(lambda: told.append("stop")):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert cancellation.signal is signal.SIGTERM
    assert told == ["stop", "stop"]
    assert caller.heard == []


def test_a_signal_that_came_before_anybody_listened_is_told_at_once(caller: Caller) -> None:
    told: list[str] = []
    with Cancellation() as cancellation:
        signal.raise_signal(signal.SIGINT)
        with cancellation.told(lambda: told.append("stop")):
            assert told == ["stop"]
    assert caller.heard == []


def test_the_callers_handlers_are_back_afterwards_and_are_given_the_signal(caller: Caller) -> None:
    with Cancellation() as cancellation:
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == caller.hear
    assert signal.getsignal(signal.SIGINT) == caller.hear
    cancellation.hand_on()
    assert caller.heard == [signal.SIGTERM]


def test_nothing_is_handed_on_where_nothing_came(caller: Caller) -> None:
    with Cancellation() as cancellation:
        pass
    cancellation.hand_on()
    assert caller.heard == []


def test_a_signal_that_the_caller_ignores_stays_ignored(caller: Caller) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Cancellation() as cancellation:
        signal.raise_signal(signal.SIGINT)
    assert cancellation.signal is None
    assert caller.heard == []


def test_another_thread_than_the_main_one_leaves_signals_alone(caller: Caller) -> None:
    handlers = []

    def look() -> None:
        with Cancellation():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert handlers == [caller.hear]
