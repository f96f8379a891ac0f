"""Ranges and choices as people write them, and prose that only looks like them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.errors import ParameterError
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.parameters import Inferred, inspect
from nbmlops.pipelines.typed import describe
from nbmlops.pipelines.typed.check import check
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.schema import json_schema


def _inspect(source: str) -> Inferred:
    cells = from_sources([(source, ["parameters"])]).cells
    return inspect(cells[0], cells)


@dataclass(frozen=True)
class Told:
    """A line, what tables show as allowed, its help, and a part of what is noted."""

    source: str
    allowed: str = ""
    help: str = ""
    note: str = ""


ANNOTATED = (
    Told("x: Annotated[str, Literal['x', 'y']] = 'x'", "x, y"),
    Told("x: Annotated[str, ['x', 'y']] = 'x'", "x, y"),
    Told("x: Annotated[str, ('x', 'y')] = 'x'", "x, y"),
    Told("x: Annotated[str, {'x', 'y'}] = 'x'", "x, y"),
    Told("x: Annotated[str, frozenset(['x', 'y'])] = 'x'", "x, y"),
    Told("x: Annotated[str, ['x', None]] = 'x'", "x"),
    Told("x: Annotated[int, 'how many'] = 3", "", "how many"),
    Told("x: Annotated[int, 'how many (1 to 9)'] = 3", "from 1 to 9", "how many"),
    Told("x: Annotated[int, range(1, 10)] = 3", "from 1 to 9"),
    Told("x: Annotated[int, range(0, 6, 2)] = 2", "0, 2, 4"),
    Told(
        "x: Annotated[int, range(0, 10**9, 2)] = 2", note="range(0, 10 ** 9, 2) in the annotation"
    ),
    Told("x: Annotated[int, Field(ge=1, le=5, description='stars')] = 2", "from 1 to 5", "stars"),
    Told("x: Annotated[int, Field(description='stars')] = 2", "", "stars"),
    Told("x: Annotated[int, at.Ge(1), at.Lt(5)] = 2", "from 1 below 5"),
    Told("x: Annotated[float, Interval(gt=0, le=1)] = 0.5", "above 0 to 1"),
    Told("x: Annotated[int, MultipleOf(8)] = 16", "in steps of 8"),
    Told("x: Annotated[float, MultipleOf(0.1)] = 0.3", "in steps of 0.1"),
    Told("x: Annotated[str, MinLen(1), MaxLen(3)] = 'a'", "of 1 to 3 characters"),
    Told("x: Annotated[int, Doc('how many')] = 3", "", "how many"),
    Told("x: Annotated[int, Doc('how many')] = 3  # 1..9", "from 1 to 9", "how many"),
    Told("x: Annotated[int, 'one'] = 3  # two", "", "one; two"),
    Told("Modes = Literal['x', 'y']\nx: Annotated[str, Modes] = 'x'", "x, y"),
    Told("x: conint(ge=1, le=5) = 2", "from 1 to 5"),
    Told("x: PositiveInt = 2", "above 0"),
    Told("x: list[Annotated[str, ['x', 'y']]] = ['x']"),
    Told("x: Annotated[int, Ge(LOW)] = 3", note="Ge(LOW) in the annotation"),
    Told("x: Annotated[int, ['a']] = 3", note="['a'] in the annotation"),
    Told("x: Annotated[str, Predicate(str.isupper)] = 'A'", note="Predicate(str.isupper) in the"),
    Told("x: Annotated[str, Field(pattern='a+')] = 'a'", note="Field(pattern='a+') in the"),
    Told("x: conint(ge=LOW) = 3", note="conint(ge=LOW) in the annotation"),
)
RANGES = (
    Told("x = 5  # 1 to 10", "from 1 to 10"),
    Told("x = 5  # from 1 to 10", "from 1 to 10"),
    Told("x = 5  # 1..10", "from 1 to 10"),
    Told("x = 5  # 1..10 folds", "from 1 to 10", "folds"),
    Told("x = 5  # 1-10", "from 1 to 10"),
    Told("x = 5  # 1 – 10", "from 1 to 10"),  # noqa: RUF001 (people type it)
    Told("x = 5  # [1, 10]", "from 1 to 10"),
    Told("x = 0.5  # (0, 1]", "above 0 to 1"),
    Told("x = 0.5  # in [0, 1)", "from 0 below 1"),
    Told("x = 5  # 1 to 10 (inclusive)", "from 1 to 10"),
    Told("x = 0.5  # 0 to 1, exclusive", "above 0 below 1"),
    Told("x = 1  # >= 1", "from 1 up"),
    Told("x = 1  # must be ≥ 1", "from 1 up"),
    Told("x = 0.5  # > 0 and <= 1", "above 0 to 1"),
    Told("x = 0.5  # >0, <1", "above 0 below 1"),
    Told("x = 0.5  # between 0 and 1", "from 0 to 1"),
    Told("x = 0.5  # 0 < x < 1", "above 0 below 1"),
    Told("x = 5  # 10 >= x >= 1", "from 1 to 10"),
    Told("learning_rate = 0.1  # eta, 0 < lr <= 1", "above 0 to 1", "eta"),
    Told("x = 0.1  # usually 0 to 1", "", "usually 0 to 1"),
    Told("x = 5  # min 1, max 10", "from 1 to 10"),
    Told("x = 5  # min: 1 max: 10", "from 1 to 10"),
    Told("x = 16  # min:1, max:128, step:1", "from 1 to 128"),
    Told("x = 5  # days (max. 30)", "up to 30", "days"),
    Told("x = 5  # 1 to 10 (default 5)", "from 1 to 10", "(default 5)"),
    Told("x = 5  # at least 2", "from 2 up"),
    Told("x = 5  # folds, at least 2", "from 2 up", "folds"),
    Told("x = 5  # folds: 2-10", "from 2 to 10", "folds"),
    Told("x = 5  # how many (1 to 10)", "from 1 to 10", "how many"),
    Told("x = 5  # how many (1 to 10), roughly", "from 1 to 10", "how many; roughly"),
    Told("x = 5  # between 1 and 10: how many", "from 1 to 10", "how many"),
    Told("x = 1_500  # 1_000 to 2_000", "from 1000 to 2000"),
    Told("x = 1e-3  # rate, 1e-5 to 1e-1", "from 1e-05 to 0.1", "rate"),
    Told("x = Decimal('0.10')  # 0 to 2.5", "from 0 to 2.5"),
    Told(
        "x = date(2026, 1, 1)  # 2020-01-01 to 2026-12-31", "from 2020-01-01 to 2026-12-31"
    ),
    Told("# how many\n# 1 to 10\nx = 5", "from 1 to 10", "how many"),
    Told("x: int | None = None  # 1 to 10", "from 1 to 10"),
    Told("x: int  # 1 to 10", "from 1 to 10"),
    Told("x: Annotated[int, Ge(1), Le(9)] = 5  # 1 to 9", "from 1 to 9"),
    Told("x: Annotated[int, Ge(1)] = 5  # 1 to 9", "from 1 up", "1 to 9", note="which holds"),
    Told("x = 5  #@param {type:'slider', min:0, max:10, step:1}", "from 0 to 10"),
)  # fmt: skip
CHOICES = (
    Told("x = 'x'  # choices: x, y", "x, y"),
    Told("x = 'x'  # one of x, y", "x, y"),
    Told("x = 'x'  # one of x, y or z", "x, y, z"),
    Told("x = 'x'  # x | y | z", "x, y, z"),
    Told("x = 'x'  # {x, y}", "x, y"),
    Told("x = 'x'  # ['x', 'y']", "x, y"),
    Told("x = 'x'  # 'x' or \"y\"", "x, y"),
    Told("x = 'x'  # x (default), y", "x, y"),
    Told("x = 'x'  # x/y", "x, y"),
    Told("x = 'new york'  # one of: new york, paris", "'new york', paris"),
    Told("x = 'low'  # low | mid | high: how much", "low, mid, high", "how much"),
    Told("x = 'b'  # the city; one of: a, b; how", "a, b", "the city; how"),
    Told("x = 'xgb'  # model type (lgb, xgb, cat)", "lgb, xgb, cat", "model type"),
    Told("x = 'auc'  # metric to optimise: auc or f1", "auc, f1", "metric to optimise"),
    Told("x = 32  # one of 16, 32, 64", "16, 32, 64"),
    Told("x = 32  # 16 | 32", "16, 32"),
    Told("x = ';'  # one of: ',', ';', '\\t'", "',', ';', '\\t'"),
    Told("x = 'a'  # Must be one of 'a', 'b', or None. Scales the data", "a, b", "Scales the data"),
    Told("x = 'a'  # one of: a, b, c (default: b)", "a, b, c", "(default: b)"),
    Told("x = 'small (1)'  #@param ['small (1)', '']", "'small (1)', ''"),
    Told("x: str  # fast | slow", "fast, slow"),
    Told("x: Literal['a', 'b'] = 'a'  # a or b", "a, b"),
    Told("x = 'a'  #@param ['a', 'b']", "a, b"),
    Told("x = 'a'  #@param ['a', 'b'] {allow-input: true}"),
    Told("x = True  #@param {type:'boolean'}"),
)
PROSE = (
    Told("x = 2  # see figure 1 to 3", "", "see figure 1 to 3", note="mentions '1 to 3'"),
    Told("x = 2  # see figure (1 to 3)", "", "see figure (1 to 3)", note="mentions '1 to 3'"),
    Told("x = 2022  # 2020-2024 data", "", "2020-2024 data", note="mentions '2020-2024'"),
    Told("x = 'a.csv'  # 2020-2024 data", "", "2020-2024 data"),
    Told("x = 2024  # 2024-01", "", "2024-01"),
    Told("x = 'a'  # e.g. a, b", "", "e.g. a, b"),
    Told("x = 'a'  # e.g. 'a', 'b'", "", "e.g. 'a', 'b'"),
    Told("x = 18  # age >= 18", "", "age >= 18", note="mentions '>= 18'"),
    Told("x = 5  # (1, 10)", "", "(1, 10)", note="mentions '(1, 10)'"),
    Told("x = 5  # [5, 10]", "", "[5, 10]", note="mentions '[5, 10]'"),
    Told("x = 1  # 1-3, 5-7", "", "1-3, 5-7", note="mentions '1-3'"),
    Told("x = 0.1  # learning rate 0 to 1", "", "learning rate 0 to 1", note="mentions '0 to 1'"),
    Told("x = 13  # 1..12", "", "1..12", note="which its default 13 is not"),
    Told("x = 'c'  # one of: a, b", "", "one of: a, b", note="which its default 'c' is not"),
    Told("x = 'a'  # one of: a, b, ...", "", "one of: a, b, ...", note="mentions 'one of'"),
    Told("x = 'x'  # x, y, z", "", "x, y, z", note="mentions 'x, y, z'"),
    Told("x = 'a'  # max 10 characters", "", "max 10 characters", note="with Annotated"),
    Told("x = [1]  # each 1 to 10", "", "each 1 to 10", note="with Annotated"),
    Told("x = 'x'  # only used for a/b testing", "", "only used for a/b testing"),
    Told("x = 'now'  # now we know, or not", "", "now we know, or not"),
    Told("x = 'train'  # train or die trying", "", "train or die trying"),
    Told("x = None  # int | None", "", "int | None"),
    Told("x = True  # True or False", "", "True or False"),
    Told("x = 80  # 80/20", "", "80/20"),
    Told("x = 2020  # 2019/2020 season", "", "2019/2020 season"),
    Told("x = 5  # minutes 5", "", "minutes 5"),
    Told("x = 0.5  # alpha, in (0, 1)", "", "alpha, in (0, 1)", note="mentions '(0, 1)'"),
    Told("x = 'a'  # one of the best", "", "one of the best", note="mentions 'one of'"),
    Told("x = 3  # three of the 12 months", "", "three of the 12 months"),
)


@pytest.mark.parametrize(
    "told", [*ANNOTATED, *RANGES, *CHOICES, *PROSE], ids=lambda one: one.source
)
def test_what_limits_a_parameter_is_understood_and_prose_stays_help(told: Told):
    found = _inspect(told.source)
    (parameter,) = found.parameters
    assert (describe.allowed(parameter), parameter.help) == (told.allowed, told.help)
    assert bool(found.warnings) == bool(told.note)
    assert told.note in "".join(found.warnings)
    assert not found.problems


@given(
    default=st.one_of(
        st.integers(-3, 12), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from(["a", "b", "c d"])
    ),
    words=st.lists(
        st.sampled_from([
            "1 to 10", "0..1", "> 0", "<= 1", "a | b", "one of a, b", "(a, b)", "[0, 1]", "{1, 2}",
            "see", "help", ",", ";", ":", "-", "or", "a", "'b'", "1", "max 5", "x <", "none", "/",
        ]),
        max_size=6,
    ),
)  # fmt: skip
def test_a_default_always_satisfies_what_its_comment_is_taken_for(
    default: object, words: list[str]
):
    found = _inspect(f"x = {default!r}  # {' '.join(words)}")
    (parameter,) = found.parameters
    assert fit(parameter, default) == default
    assert not found.problems


def test_the_schema_says_steps_and_a_wrong_value_is_refused_with_one_that_is_right():
    (parameter,) = _inspect("x: Annotated[int, MultipleOf(8)] = 16").parameters
    assert json_schema([parameter])["properties"]["x"]["multipleOf"] == 8
    with pytest.raises(ParameterError, match=r"in steps of 8, not '9'.*x=8"):
        check([parameter], {"x": 9})
    (parameter,) = _inspect("x = 0.5  # 0 < x < 1").parameters
    with pytest.raises(ParameterError, match=r"above 0 below 1, not '1'.*x=0.5"):
        check([parameter], {"x": 1})
