"""What is said of two values that differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.domain.accesses import ExternalAccess
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.history.compare import externals_said, value_said
from nbmlops.values.excerpts import excerpt

TREES = "Trees(l2=0.001, rate=0.123456, bins=200, iterations=1000, leaves={}, least=27, seed=1234)"
WORDS = st.lists(st.text("abc01.=", min_size=1, max_size=30), max_size=30).map(" ".join)


def _value(text: str) -> ValueRecord:
    return ValueRecord(name="m", fingerprint="f" * 32, summary=ValueSummary(kind="T", text=text))


@pytest.mark.parametrize(("one", "other"), [("16", "31"), ("1", "16"), ("120", "12")])
def test_of_long_texts_the_part_is_said_that_differs(one: str, other: str) -> None:
    before, after = _value(TREES.format(one)), _value(TREES.format(other))
    assert f"leaves={one}," in (value_said(before, beside=after) or "")
    assert f"leaves={other}," in (value_said(after, beside=before) or "")


def test_what_is_left_out_is_marked() -> None:
    said = excerpt(TREES.format(16), "")
    assert said.endswith(",…")
    assert TREES.startswith(said.removesuffix("…"))


@given(WORDS, WORDS)
def test_no_word_is_cut(one: str, other: str) -> None:
    """But for the mark, an excerpt is made of whole words of the text."""
    said = excerpt(one, other).removeprefix("…").removesuffix("…")
    assert set(said.split()) <= set(one.split())


def test_what_a_cell_set_for_the_process_was_changed_and_not_used() -> None:
    accesses = [
        ExternalAccess(kind="state", name="filters of warnings"),
        ExternalAccess(kind="process", name="git"),
    ]
    assert externals_said(accesses) == {
        "state filters of warnings": "changed",
        "process git": "used",
    }


def test_a_text_that_begins_with_its_class_says_it_once() -> None:
    value = ValueRecord(
        name="model",
        summary=ValueSummary(
            kind="sklearn.linear_model.LogisticRegression", text="LogisticRegression(C=2)"
        ),
        fingerprint="be51c7bd00",
        manifest=None,
    )
    assert value_said(value) == "LogisticRegression(C=2) [be51c7bd]"
