"""Which values see a change to another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.capture.sharing import SharedParts, parts_of


class Holder:
    """An object with an attribute."""

    def __init__(self, held: Any) -> None:
        self.held = held


PART = [1, 2]
ARRAY = np.arange(10)
FRAME = pd.DataFrame({"a": [1.5, 2.5]})

SHARING = (
    (PART, PART),
    (PART, [PART]),
    (PART, {"deep": [({"er": PART},)]}),
    (PART, Holder(PART)),
    (PART, Holder(PART).held.append),
    ([PART], (0, PART)),
    (ARRAY, ARRAY[2:5]),
    (ARRAY[:5], ARRAY[5:]),
    (ARRAY, ARRAY.reshape(2, 5).T),
    (ARRAY, memoryview(ARRAY)),
    (PART, np.array([PART, None], dtype=object)),
    (FRAME, [FRAME]),
)
APART = (
    (1, 1),
    ("text", "text"),
    (None, None),
    ([1], [1]),
    (np, np),
    (ARRAY, ARRAY.copy()),
    (bytearray(b"ab"), bytearray(b"ab")),
    ((1, 2), [1, 2]),
)


@pytest.mark.parametrize("number", range(len(SHARING)))
def test_values_with_a_part_or_memory_in_common_share(number: int) -> None:
    first, second = SHARING[number]
    assert parts_of(first) & parts_of(second)


@pytest.mark.parametrize("number", range(len(APART)))
def test_values_with_nothing_mutable_in_common_do_not(number: int) -> None:
    first, second = APART[number]
    assert not parts_of(first) & parts_of(second)


def test_names_are_found_whose_values_share() -> None:
    values = {"part": PART, "whole": [PART], "other": [1, 2], "text": "x"}
    assert SharedParts().sharing_with(["part"], values) == {"part", "whole"}
    assert SharedParts().sharing_with(["text"], values) == set()


def test_a_value_that_may_have_changed_is_looked_at_again() -> None:
    whole: list[Any] = []
    values = {"part": PART, "whole": whole}
    shared = SharedParts()
    assert shared.sharing_with(["part"], values) == {"part"}
    whole.append(PART)
    shared.forget(["whole"])
    assert shared.sharing_with(["part"], values) == {"part", "whole"}


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.tuples(inner)))
def test_a_value_shares_with_what_holds_it(value: object) -> None:
    assert parts_of(value) <= parts_of([value])


def test_a_value_with_cycles_and_a_very_large_one_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert len(parts_of(loop)) == 1
    assert len(parts_of([[n] for n in range(100_000)])) <= 2_000
