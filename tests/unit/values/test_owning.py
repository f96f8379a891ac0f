"""Arrays that come back own their memory, as far as that takes no time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbmlops.values.codec import decode, encode
from nbmlops.values.mending import decode_into
from nbmlops.values.owning import Room


def fixed() -> Any:
    array = np.arange(3)
    array.flags.writeable = False
    return array


@dataclass(frozen=True)
class Case:
    """An array that is stored."""

    name: str
    array: Any


CASES = [
    Case("short", np.arange(6.0)),
    Case("long, beside the stream", np.arange(100_000)),
    Case("in Fortran's order", np.asfortranarray(np.arange(12).reshape(3, 4))),
    Case("with turned axes", np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2)),
    Case("empty", np.zeros((0, 3))),
    Case("one number", np.array(3.0)),
    Case("that must not be written to", fixed()),
    Case("a part of another one", np.arange(10)[2:5]),
    Case("of records", np.zeros(3, [("a", "i4"), ("b", "f8")])),
    Case("of times", np.array(["2026-01-01"], "M8[D]")),
    Case("of objects", np.array([[1], "a"], object)),
]


def again(value: Any, room: Room | None = None) -> Any:
    encoded = encode(value)
    buffers = [memoryview(bytearray(buffer)) for buffer in encoded.buffers]
    return decode(encoded.stream, buffers, room)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_array_comes_back_as_it_was_and_can_be_resized(case: Case) -> None:
    back = again(case.array)
    np.testing.assert_array_equal(back, case.array)
    assert (back.dtype, back.flags.writeable) == (case.array.dtype, case.array.flags.writeable)
    assert back.flags.f_contiguous == case.array.flags.f_contiguous
    if case.array.flags.forc:
        assert back.flags.owndata
        back.resize(back.size + 1, refcheck=False)


def test_arrays_are_resized_that_come_back_in_others_or_by_the_unpickler_that_mends() -> None:
    array = np.arange(6)
    encoded = encode({"a": array, "b": [array]})
    for targets in ({}, {99: array}):
        found = decode_into(encoded.stream, (), targets).value
        assert found["a"] is found["b"][0]
        found["a"].resize(8, refcheck=False)
        assert found["b"][0].tolist() == [0, 1, 2, 3, 4, 5, 0, 0]


def test_without_room_an_array_stays_where_it_lies() -> None:
    room = Room(10_000)
    assert not again(np.arange(100_000), room).flags.owndata
    assert again(np.arange(1_000), room).flags.owndata
    mapped = again(np.arange(1_000), room)
    assert not mapped.flags.owndata
    mapped += 1
    assert mapped[0] == 1


def test_frames_come_back_equal() -> None:
    frame = pd.DataFrame({"a": np.arange(20_000), "b": 1.5, "c": "x"})
    pd.testing.assert_frame_equal(again(frame), frame)
