"""What a step may report as an output, and what is kept of it."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nbmlops.capture.reports import Reported, ReportLog, close_log, open_log, output


class Kind(enum.Enum):
    """An enumeration of a notebook."""

    BEST = "best"


class Shown:
    """What a plotting library returns."""

    def _repr_svg_(self) -> str:
        return "<svg/>"


VALUES: tuple[tuple[Any, str, Any], ...] = (
    (0.5, "float", 0.5),
    (np.float64("inf"), "numpy.float64", float("inf")),
    ([1.0, float("-inf")], "list", [1.0, float("-inf")]),
    (3, "int", 3),
    (True, "bool", True),
    ("good", "str", "good"),
    (None, "NoneType", None),
    (np.float64(0.5), "numpy.float64", 0.5),
    (np.array(2), "numpy.ndarray", 2),
    ([1, "a", None], "list", [1, "a", None]),
    ({"depth": 2, 3: [0.5]}, "dict", {"depth": 2, "3": [0.5]}),
    (dt.date(2026, 1, 2), "datetime.date", "2026-01-02"),
)
REFUSED: tuple[tuple[Any, str], ...] = (
    (object(), "no form in JSON"),
    (np.arange(3), "no form in JSON"),
    ("x" * 2**20, "bytes as JSON"),
    (Path("nowhere.txt"), "cannot be read"),
)


@pytest.fixture
def log() -> Iterator[ReportLog]:
    """What a recorded cell reports to."""
    found = ReportLog()
    open_log(found)
    yield found
    close_log(found)


@pytest.mark.parametrize(("value", "kind", "kept"), VALUES, ids=[repr(item[0]) for item in VALUES])
def test_plain_values_keep_their_type_and_their_json(
    log: ReportLog, value: Any, kind: str, kept: Any
) -> None:
    output("it", value)
    assert log.all() == (Reported(name="it", type=kind, value=kept),)


def test_an_enumeration_is_its_value(log: ReportLog) -> None:
    output("it", Kind.BEST)
    assert log.all()[0].value == "best"


@pytest.mark.parametrize(("value", "why"), REFUSED, ids=[repr(item[0])[:20] for item in REFUSED])
def test_what_cannot_be_kept_is_warned_of_and_never_raised(
    log: ReportLog, value: Any, why: str
) -> None:
    with pytest.warns(UserWarning, match=f"output 'it' is not kept: .*{why}"):
        output("it", value)
    assert log.all() == ()


def test_frames_figures_and_files_are_kept_as_files(log: ReportLog, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"\x00\x01")
    figure = Figure()
    output("table", pd.DataFrame({"a": [1]}))
    output("curve", figure)
    output("drawing", Shown())
    output("model", path)
    table, curve, drawing, model = log.all()
    assert table.type.startswith("pandas")
    assert table.file in {"table.parquet", "table.csv"}
    assert (curve.media_type, curve.file) == ("image/png", "curve.png")
    assert curve.content is not None
    assert curve.content.startswith(b"\x89PNG")
    assert (drawing.media_type, drawing.content) == ("image/svg+xml", b"<svg/>")
    assert (model.type, model.file, model.content) == ("file", "model.bin", b"\x00\x01")


def test_the_last_output_of_a_name_counts_as_it_was_then(log: ReportLog) -> None:
    """A list that changes later does not change what was reported."""
    found = [1]
    output("it", 0)
    output("it", found)
    found.append(2)
    assert [item.value for item in log.all()] == [[1]]


def test_outside_of_a_recorded_cell_nothing_is_kept() -> None:
    with pytest.warns(UserWarning, match="no recorded cell is running"):
        output("it", 1)
