"""How times, durations, sizes and states read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbmlops.commands import wording
from nbmlops.domain.runs import CellProgress


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0, "0 ms"),
        (0.0034, "3 ms"),
        (0.9996, "1.0 s"),
        (1.24, "1.2 s"),
        (59.97, "1 min 00 s"),
        (245, "4 min 05 s"),
        (3599.8, "1 h 00 min"),
        (7380, "2 h 03 min"),
    ],
)
def test_a_duration_reads_in_the_unit_that_fits(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 * 2**30, "3.0 GiB")],
)
def test_a_size_has_a_binary_unit(count: int | None, text: str) -> None:
    assert wording.size(count) == text


def test_what_there_is_none_of_is_a_dash() -> None:
    assert wording.metrics({}) == wording.parameters({}) == wording.when(None) == "-"
    assert wording.status(None).text == "-"


def test_metrics_and_parameters_read_on_one_line() -> None:
    assert wording.metrics({"auc": 0.91437, "rows": 336776.0}) == "auc 0.9144, rows 336776"
    assert wording.metrics({"mae": 12345.678, "p": 1e-9}) == "mae 12345.7, p 1e-09"
    assert wording.parameters({"month": 3, "carrier": "AA"}) == "month=3, carrier='AA'"


def test_nouns_agree_with_their_number() -> None:
    assert [wording.count(number, "step") for number in (0, 1, 2)] == [
        "0 steps",
        "1 step",
        "2 steps",
    ]


STEP = CellProgress(cell=6, cells=9, step="features", number=2, steps=4, event="started")


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (STEP, "flights@1 step 2 of 4: features …"),
        (replace(STEP, event="completed"), "flights@1 step 2 of 4: features … done"),
        (replace(STEP, event="failed"), "flights@1 step 2 of 4: features … failed"),
        (
            replace(STEP, reason="`df` changed; the variable HOME has another value"),
            "flights@1 step 2 of 4: features (`df` changed) …",
        ),
        (
            replace(STEP, event="completed", reason="never ran"),
            "flights@1 step 2 of 4: features (never ran) … done",
        ),
        (replace(STEP, step=None), ""),
        (replace(STEP, steps=0, event="ok"), "flights@1 6 of 9: features … done"),
    ],
)
def test_progress_counts_steps_where_they_are_known(event: CellProgress, told: str) -> None:
    assert wording.progress("flights@1", event) == told


def test_progress_is_counted_in_cells_where_it_is_not_in_steps() -> None:
    """So that a notebook tells how far a proof is, whose cells need no names."""
    event = CellProgress(cell=2, cells=5, step=None, event="started")
    assert wording.counted("verify train@2", event) == "verify train@2: 2 of 5"
    assert not wording.counted("flights@1", replace(event, number=1, steps=3))
    assert not wording.counted("verify train@2", replace(event, step="train"))
