"""What an analysis asks of the cells above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from nbmlops.notebook.dataflow.asked import Asked
from nbmlops.notebook.dataflow.effects import Harmless, analyze

HARMLESS = Harmless(shares=False, opens=False)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell, and what two notebooks know above it."""

    source: str
    imported: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    harmless: tuple[Mapping[str, Harmless], Mapping[str, Harmless]] = ({}, {})
    same: bool = field(default=True)


CASES = [
    Case(source="asked_0 = a + 1", imported=({}, {"np": "numpy"})),
    Case(source="asked_1 = np.ones(1)", imported=({}, {"np": "numpy"}), same=False),
    Case(source="import numpy as np\nasked_2 = np.ones(1)", imported=({}, {"np": "jax.numpy"})),
    Case(source="asked_3('a')", harmless=({}, {"asked_3": HARMLESS})),
    Case(source="asked_4(a)", harmless=({}, {"asked_4": HARMLESS}), same=False),
    Case(source="m.query('asked_5')", imported=({}, {"pl": "pandas"})),
    Case(source="m.query('asked_6')", imported=({}, {"pl": "polars"}), same=False),
    Case(source="asked_7.predict(a)", imported=({}, {"D": "sklearn.dummy.D"}), same=False),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_a_cell_is_analysed_anew_only_where_the_cells_above_tell_something_else(
    case: Case,
) -> None:
    """What it does not ask for makes no difference."""
    first, second = (
        analyze(case.source, imported, harmless)
        for imported, harmless in zip(case.imported, case.harmless, strict=True)
    )
    assert (first is second) == case.same
    assert analyze(case.source, case.imported[0], case.harmless[0]) is first


def test_what_a_walk_learns_is_no_answer() -> None:
    """Only what was known at the beginning is."""
    asked = Asked({"a": 1, "b": 2})
    asked.learn("a", 3)
    asked.learn("c", 4)
    asked.learn("b", None)
    assert [asked.get(name) for name in "abcd"] == [3, None, 4, None]
    assert asked.those(_is_odd) == [3]
    answers = asked.answers()
    assert answers.are_those_of({"a": 1, "b": 4, "c": 2})
    assert not answers.are_those_of({"a": 1, "d": 2})
    assert not answers.are_those_of({"a": 5})


def _is_odd(number: int) -> bool:
    return number % 2 == 1
