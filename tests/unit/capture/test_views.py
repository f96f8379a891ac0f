"""What looks at the memory of what is found, also among many arrays that look at none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbmlops.capture.parts import parts_of
from nbmlops.capture.views import views_in


def _crowd(count: int = 50) -> list[Any]:
    return [np.arange(3.0) for _ in range(count)]


def test_arrays_with_memory_of_their_own_look_at_nothing() -> None:
    assert views_in([_crowd()]) == {}


def test_a_view_is_found_with_the_array_that_it_looks_at() -> None:
    array = np.arange(10)
    view = array[2:5]
    found = views_in([_crowd(), {"array": array}, [view], _crowd()])
    assert found == {id(array): array, id(view): array}
    assert all(root is array for root in found.values())


def test_one_view_alone_is_kept_without_the_rest() -> None:
    assert views_in([_crowd(), np.arange(10)[2:5]]) == {}


def test_two_views_are_found_without_the_array() -> None:
    array = np.arange(10)
    first, second = array[:4], array[6:]
    del array
    assert views_in([_crowd(), first, second]).keys() == {id(first), id(second)}


def test_an_array_in_a_frame_is_found_if_one_beside_looks_at_it() -> None:
    array = np.zeros((4, 2))
    frame = pd.DataFrame(array, copy=False)
    inside = frame._mgr.arrays[0]
    assert views_in([_crowd(), frame]) == {}
    found = views_in([_crowd(), frame, array])
    assert {id(array), id(inside)} <= found.keys()
    assert all(root is array for root in found.values())


def test_arrays_over_a_buffer_are_found_with_it() -> None:
    buffer = bytearray(8)
    array = np.frombuffer(buffer, np.uint8)
    assert views_in([_crowd(), array, buffer]) == {id(array): buffer}


def _calls(work: Callable[[], Any]) -> int:
    """How many functions of ours something calls, its loops within expressions aside."""
    calls: list[str] = []

    def count(frame: Any, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and "nbmlops" in code.co_filename and code.co_name[0] != "<":
            calls.append(code.co_name)

    work()  # what is asked of a type is remembered
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return len(calls)


@pytest.mark.parametrize("look", [parts_of, lambda value: views_in([value])])
@pytest.mark.parametrize("make", [_crowd, lambda count: list(map(np.float64, range(count)))])
def test_one_more_of_many_arrays_calls_no_function(
    look: Callable[[Any], Any], make: Callable[[int], Any]
) -> None:
    some, more = make(1_000), make(2_000)
    assert _calls(lambda: look(some)) == _calls(lambda: look(more))
