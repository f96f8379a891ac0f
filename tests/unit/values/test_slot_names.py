"""Looking at objects leaves no note on their classes."""

from __future__ import annotations

import copy
import copyreg
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.session import session_digest
from nbmlops.values.slot_names import unnoted


def _plain() -> Any:
    class Person:
        def __init__(self) -> None:
            self.name = "Ada"

    return Person()


def _with_slots() -> Any:
    class Point:
        __slots__ = ("__secret", "x")

        def __init__(self) -> None:
            self.x, self.__secret = 1, 2

        def secret(self) -> int:
            return self.__secret

    return Point()


def _list() -> Any:
    class Row(list[int]):
        pass

    return Row([1, 2])


def _dict() -> Any:
    class Table(dict[str, int]):
        pass

    made = Table(a=1)
    made.source = "here"  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize("make", [_plain, _with_slots, _list, _dict])
@pytest.mark.parametrize("look", [fingerprint, session_digest, encode])
@pytest.mark.parametrize("hold", [lambda one: one, lambda one: [one] * 3, lambda one: {"a": one}])
def test_a_class_shows_what_it_did(
    make: Callable[[], Any], look: Callable[[Any], Any], hold: Callable[[Any], Any]
) -> None:
    value = make()
    before = dir(value), list(vars(type(value)))
    look(hold(value))
    look([value, *(type(value)() for _ in range(20))])
    assert (dir(value), list(vars(type(value)))) == before


def test_an_object_with_slots_comes_back() -> None:
    encoded = encode(_with_slots())
    back = decode(encoded.stream, [memoryview(one) for one in encoded.buffers])
    assert (back.x, back.secret()) == (1, 2)


def test_pickling_in_other_threads_goes_on_as_ever() -> None:
    value = _plain()
    with unnoted():
        thread = threading.Thread(target=copy.copy, args=(value,))
        thread.start()
        thread.join()
    assert "__slotnames__" in vars(type(value))


def test_nothing_stays_in_place_of_the_hook() -> None:
    hook = vars(copyreg)["_slotnames"]
    with unnoted(), unnoted():
        assert vars(copyreg)["_slotnames"] is not hook
    assert vars(copyreg)["_slotnames"] is hook


def test_threads_may_overlap() -> None:
    hook = vars(copyreg)["_slotnames"]
    values = [_plain() for _ in range(8)]

    def look(value: Any) -> None:
        for _ in range(20):
            with unnoted():
                copy.copy(value)
                time.sleep(0)

    threads = [threading.Thread(target=look, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert vars(copyreg)["_slotnames"] is hook
    assert not any("__slotnames__" in vars(type(value)) for value in values)
