"""What counts as a metric."""

from __future__ import annotations

import decimal
import fractions
import math
import threading
from typing import Any

import numpy as np
import pytest

from nbmlops.capture.metrics import MetricLog, as_number, close_log, metric, open_log
from nbmlops.errors import UsageError
from nbmlops.testing import FixedClock

NUMBERS: tuple[tuple[Any, float], ...] = (
    (1, 1.0),
    (0.5, 0.5),
    (True, 1.0),
    (np.float32(0.5), 0.5),
    (np.int64(3), 3.0),
    (np.array(2.5), 2.5),
    (np.array([2.5]), 2.5),
    (np.bool_(True), 1.0),
    (fractions.Fraction(1, 2), 0.5),
    (decimal.Decimal("0.5"), 0.5),
    (float("inf"), float("inf")),
    (np.float32("-inf"), float("-inf")),
)
OTHERS = (
    "1", None, [1], np.array([1, 2]), 1j, {}, object, 10**400, decimal.Decimal("sNaN"),
)  # fmt: skip


@pytest.mark.parametrize(("value", "number"), NUMBERS, ids=[repr(value) for value, _ in NUMBERS])
def test_numbers_of_every_kind_count(value: Any, number: float) -> None:
    assert as_number("m", value) == number
    assert type(as_number("m", value)) is float


@pytest.mark.parametrize("value", OTHERS, ids=repr)
def test_what_is_no_number_is_refused_in_a_sentence(value: Any) -> None:
    with pytest.raises(UsageError, match="The metric 'm' is not kept"):
        as_number("m", value)


@pytest.mark.parametrize("value", [math.nan, np.float32("nan"), decimal.Decimal("nan")], ids=repr)
def test_not_a_number_is_kept_as_one(value: Any) -> None:
    assert math.isnan(as_number("m", value))


def test_a_series_counts_on_and_takes_given_steps() -> None:
    log = MetricLog(FixedClock())
    log.add("loss", 1.0)
    log.add("loss", 0.5, step=10)
    log.add("loss", 0.25)
    log.add("auc", 0.9)
    assert [(m.name, m.step) for m in log.all()] == [
        ("loss", 0),
        ("loss", 10),
        ("loss", 11),
        ("auc", 0),
    ]


def test_a_thread_of_the_cell_reports_to_it() -> None:
    log = MetricLog(FixedClock())
    open_log(log)
    thread = threading.Thread(target=metric, args=("m", 1))
    thread.start()
    thread.join()
    close_log(log)
    assert [m.value for m in log.all()] == [1.0]


def test_a_step_that_is_no_whole_number_is_told_of_and_an_array_scalar_counts() -> None:
    log = MetricLog(FixedClock())
    open_log(log)
    metric("m", 1, step=np.int64(7))  # type: ignore[arg-type]
    with pytest.warns(UserWarning, match="its step is 'first'"):
        metric("m", 1, step="first")  # type: ignore[arg-type]
    with pytest.warns(UserWarning, match="it is a ndarray"):
        metric("m", np.array([1, 2]))  # type: ignore[arg-type]
    close_log(log)
    assert [(m.step, type(m.step)) for m in log.all()] == [(7, int)]


def test_outside_of_a_cell_it_warns_and_goes_on() -> None:
    with pytest.warns(UserWarning, match="no recorded cell is running"):
        metric("m", 1)
