"""Small values that cannot change are read from what their record says of them."""

from __future__ import annotations

import datetime as dt
import enum
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.values import literals
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.summary import summarize

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=40),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, dt.UTC])),
    st.times(),
    st.timedeltas(),
)


@given(PLAIN | st.tuples(PLAIN) | st.tuples(PLAIN, PLAIN) | st.just(()))
def test_what_is_read_back_is_equal_or_said_to_be_cut(value: Any) -> None:
    summary = summarize(value)
    assert literals.may_be_literal(summary.kind)
    try:
        found = literals.read(summary.kind, summary.text)
    except ValueError:
        assert "…" in summary.text or isinstance(value, tuple | complex)
        return
    if fingerprint(found) == fingerprint(value):
        reference = literals.reference_to(summary.kind, summary.text)
        assert literals.is_reference(reference)
        assert "#" not in reference
        assert fingerprint(literals.value_of(reference)) == fingerprint(value)


@pytest.mark.parametrize(
    "value",
    [1, -2, 0.1, -0.0, math.inf, True, None, "a # 'b'\n", "x" * 290, (1, "x", -2.5), (1,), ()],
    ids=repr,
)
def test_the_usual_ones_come_back(value: Any) -> None:
    summary = summarize(value)
    assert fingerprint(literals.read(summary.kind, summary.text)) == fingerprint(value)


@given(PLAIN)
def test_what_stands_for_a_value_brings_this_very_value_back(value: Any) -> None:
    reference = literals.reference_of(value)
    assert (reference is None) == (
        type(value) not in (type(None), bool, int, float, str) or value != value  # noqa: PLR0124 (NaN)
    )
    if reference is not None:
        found = literals.value_of(reference)
        assert type(found) is type(value)
        assert repr(found) == repr(value)  # of 0.0 and -0.0 as well
        assert fingerprint(found) == fingerprint(value)


class Grade(str):
    """A text that is more than its letters."""

    __slots__ = ()


class Level(enum.IntEnum):
    """A number that has a name."""

    HIGH = 3


@pytest.mark.parametrize(
    "value", [math.nan, "x" * 257, 2**256, Grade("A"), Level.HIGH, [1], (1,), b"x", np.float64(1)]
)
def test_nothing_stands_for_what_a_text_does_not_say_or_is_long(value: Any) -> None:
    assert literals.reference_of(value) is None


@pytest.mark.parametrize("value", ["x" * 256, -(2**256 - 1), "\ud800\0'\"\n", -math.inf, True])
def test_something_stands_for_short_numbers_and_texts(value: Any) -> None:
    reference = literals.reference_of(value)
    assert reference is not None
    assert literals.value_of(reference) == value


@pytest.mark.parametrize(
    "text", ["open('x')", "datetime.datetime.now()", "[1]", "x", "-'a'", "(1, …)", "f()", "1 +"]
)
def test_nothing_else_is_evaluated(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        literals.read("tuple", text)
