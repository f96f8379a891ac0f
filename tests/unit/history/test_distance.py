"""How far apart two values are is said with the place and the amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.domain.verifications import Verdict
from nbmlops.history.distance import compare

DIFFERENT, WITHIN = Verdict.DIFFERENT, Verdict.WITHIN_TOLERANCE
NAN = float("nan")


class Model:
    """An object made of parts."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)


class Prickly:
    """A value whose code fails when it is looked at."""

    @property
    def __dict__(self) -> dict[str, Any]:
        """Nothing that could be read."""
        raise RuntimeError("no")


def frame(**columns: list[Any]) -> pd.DataFrame:
    """A pandas frame."""
    return pd.DataFrame(columns)


def one(gap: str, place: str) -> str:
    """What is said of one number that differs."""
    return f"1 number differs, by up to {gap} relative, first {place}"


TIMES = "; scikit-learn measured how long it took"


@dataclass(frozen=True)
class Case:
    before: Any
    after: Any
    tolerance: float | None
    verdict: Verdict
    why: str


CASES = (
    Case(1.0, 1.0 + 1e-12, None, DIFFERENT, one("1e-12", "the value")),
    Case(1.0, 1.0 + 1e-12, 1e-9, WITHIN, one("1e-12", "the value")),
    Case(1.0, 1.1, 1e-9, DIFFERENT, one("0.091", "the value")),
    Case(1, 1.0, 1e-9, DIFFERENT, "int before, float now"),
    Case(True, False, 1.0, DIFFERENT, "True before, False now"),
    Case(1.0, NAN, 1e9, DIFFERENT, one("inf", "the value")),
    Case(0.0, -0.0, None, DIFFERENT, "equal in value, different in form"),
    Case(0.0, -0.0, 0.0, WITHIN, "equal in value, different in form"),
    Case([1, [2, 3]], [1, [2, 6]], None, DIFFERENT, one("0.5", "[1][1]")),
    Case([1], [1, 2], None, DIFFERENT, "1 items before, 2 now"),
    Case({"a": [1]}, {"a": [2]}, 0.5, WITHIN, one("0.5", "['a'][0]")),
    Case({"a": 1}, {}, None, DIFFERENT, "'a' is gone"),
    Case({}, {"a": 1}, None, DIFFERENT, "'a' is new"),
    Case(["x"], ["y"], 1.0, DIFFERENT, "[0]: 'x' before, 'y' now"),
    Case(np.array([1.0, NAN, 2.0]), np.array([1.0, NAN, 4.0]), None, DIFFERENT, one("0.5", "at 2")),
    Case(np.zeros(2), np.zeros(3), None, DIFFERENT, "shape (2,) before, (3,) now"),
    Case(np.zeros(2), np.zeros(2, dtype="f4"), None, DIFFERENT, "float64 before, float32 now"),
    Case(np.float64(2), np.float64(4), 0.5, WITHIN, one("0.5", "the value")),
    Case(
        np.array(["NaT", "2026-01-01"], "M8[D]"),
        np.array(["NaT", "2026-01-02"], "M8[D]"),
        None,
        DIFFERENT,
        "at 1: datetime.date(2026, 1, 1) before, datetime.date(2026, 1, 2) now",
    ),
    Case(
        frame(a=[1, 2], b=[1.0, 2.0]),
        frame(a=[1, 2], b=[1.0, 2.5]),
        None,
        DIFFERENT,
        one("0.2", "column 'b' at 1"),
    ),
    Case(
        frame(a=[1], b=[2]),
        frame(b=[2], a=[1]),
        None,
        DIFFERENT,
        "the order of the columns differs",
    ),
    Case(frame(a=[1]), frame(a=[1], c=[2]), None, DIFFERENT, "column 'c' is new"),
    Case(
        frame(a=[1]), frame(a=[1]).set_index(pd.Index([5])), None, DIFFERENT, one("1", "index at 0")
    ),
    Case(
        frame(a=["x", None]),
        frame(a=["y", None]),
        None,
        DIFFERENT,
        "column 'a' at 0: 'x' before, 'y' now",
    ),
    Case(pd.Series([1.0]), pd.Series([2.0]), 0.5, WITHIN, one("0.5", "at 0")),
    Case(
        pl.DataFrame({"a": [1.0]}),
        pl.DataFrame({"a": [2.0]}),
        0.5,
        WITHIN,
        one("0.5", "column 'a' at 0"),
    ),
    Case(Model(w=[1.0]), Model(w=[2.0]), 0.5, WITHIN, one("0.5", ".w[0]")),
    Case(
        {"fit_time": np.array([1.0, 2.0]), "test_score": np.array([0.5])},
        {"fit_time": np.array([1.0, 4.0]), "test_score": np.array([0.5])},
        None,
        DIFFERENT,
        one("0.5", "['fit_time'] at 1") + TIMES,
    ),
    Case(
        frame(mean_fit_time=[1.0], std_score_time=[2.0], rank=[1]),
        frame(mean_fit_time=[2.0], std_score_time=[4.0], rank=[1]),
        None,
        DIFFERENT,
        "2 numbers differ, by up to 0.5 relative, first column 'mean_fit_time' at 0" + TIMES,
    ),
    Case(
        {"fit_time": 1.0, "score_time": 2.0, "auc": 0.5},
        {"fit_time": 2.0, "score_time": 4.0, "auc": 0.5},
        None,
        DIFFERENT,
        "2 numbers differ, by up to 0.5 relative, first ['fit_time']" + TIMES,
    ),
    Case(
        {"fit_time": 1.0, "auc": 0.5},
        {"fit_time": 2.0, "auc": 0.25},
        None,
        DIFFERENT,
        "2 numbers differ, by up to 0.5 relative, first ['auc']",
    ),
    Case(
        Model(refit_time_=1.0, cv_results_={"mean_fit_time": np.array([1.0])}),
        Model(refit_time_=2.0, cv_results_={"mean_fit_time": np.array([2.0])}),
        None,
        DIFFERENT,
        "2 numbers differ, by up to 0.5 relative, first .refit_time_" + TIMES,
    ),
    Case(Model(fit_times=[1]), Model(fit_times=[2]), None, DIFFERENT, one("0.5", ".fit_times[0]")),
    Case(slice(0, 2), slice(0, 3), 0.5, DIFFERENT, "another slice"),
    Case(object(), object(), None, DIFFERENT, "equal in value, different in form"),
    Case(Prickly(), Prickly(), None, DIFFERENT, "comparing failed with RuntimeError"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{type(case.before).__name__} {case.why}")
def test_a_difference_is_said_with_its_place_and_amount(case: Case) -> None:
    assert compare(case.before, case.after, tolerance=case.tolerance) == (case.verdict, case.why)


def test_what_is_nested_in_itself_ends() -> None:
    before, after = [1], [1]
    before.append(before)
    after.append(after)
    verdict, why = compare(before, after, tolerance=None)
    assert verdict is DIFFERENT
    assert why == "equal in value, different in form"
    deep, deeper = [1], [2]
    for _ in range(50):
        deep, deeper = [deep], [deeper]
    why = compare(deep, deeper, tolerance=None)[1]
    assert why.endswith("nested too deeply to say where")


@given(
    st.lists(st.floats(min_value=1e-3, max_value=1e3), min_size=1),
    st.floats(min_value=1e-9, max_value=1e-3),
)
def test_a_tolerance_holds_for_lists_and_arrays_alike(values: list[float], shift: float) -> None:
    moved = [value * (1 + shift) for value in values]
    for before, after in ((values, moved), (np.array(values), np.array(moved))):
        assert compare(before, after, tolerance=2 * shift)[0] is WITHIN
        assert compare(before, after, tolerance=shift / 2)[0] is DIFFERENT
