"""A value has its time: work counts, and waiting for a busy machine up to a point."""

from __future__ import annotations

from math import inf
from time import perf_counter, sleep, thread_time

from nbmlops.values.deadlines import Deadline
from nbmlops.values.fingerprint import fingerprint


class Slow:
    """Waits when it is asked what it is."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        sleep(0.25)
        return Slow, ()


def test_who_waits_for_others_has_time_left() -> None:
    assert fingerprint([Slow(), [1]], until=perf_counter() + 0.2) == fingerprint([Slow(), [1]])


def test_who_has_worked_for_all_of_the_time_has_none_left() -> None:
    deadline = Deadline(perf_counter() + 0.02)
    until = thread_time() + 0.03
    while thread_time() < until:
        pass
    assert deadline.has_passed()


def test_nobody_waits_for_ever() -> None:
    deadline = Deadline(perf_counter() + 0.01)
    sleep(0.05)
    assert deadline.has_passed()


def test_what_certainly_takes_longer_is_not_begun() -> None:
    deadline = Deadline(perf_counter() + 10)
    assert deadline.has_passed(20)
    assert not deadline.has_passed(1)
    assert not Deadline(inf).has_passed(1e9)
    assert Deadline(perf_counter() - 1).has_passed()
