"""Frames are compared inside, figures side by side; what cannot be says why."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.figure import Figure

from nbmlops.commands import terminal
from nbmlops.commands.html import to_html
from nbmlops.commands.inside import content_blocks
from nbmlops.commands.views import View
from nbmlops.domain.contents import (
    ColumnDifference,
    ContentDifference,
    FrameDifference,
    PartDifference,
    RowDifference,
    ValueDifference,
)
from nbmlops.domain.executions import Artifact, ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import StepReference
from nbmlops.domain.values import ValueRecord
from nbmlops.testing import NOON
from nbmlops.values.summary import summarize
from nbmlops.workspace import Workspace

FRAME = pd.DataFrame({"month": [1, 2, 3], "delay": [0.5, None, 2.0], "carrier": ["AA", "B6", None]})


def ran(
    workspace: Workspace, number: int, value: Any = None, *, kept: bool = True, picture: bytes = b""
) -> None:
    """Record a version of ``train`` that made a frame and drew a figure."""
    outputs = ()
    if value is not None:
        manifest = workspace.ledger.save_value(value) if kept else None
        outputs = (
            ValueRecord(
                name="rows",
                fingerprint=str(number),
                summary=summarize(value),
                manifest=manifest,
                reason=None if kept else "larger than the limit",
            ),
        )
    drawn = ()
    if picture:
        key = workspace.objects.put(picture)
        drawn = (Artifact(name="output-1", media_type="image/png", object=key, size=len(picture)),)
    workspace.ledger.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step="train",
            cell_id="cell",
            source=str(number),
            digest=str(number),
            session="session",
            started_at=NOON,
            duration=1.5,
            status=ExecutionStatus.OK,
            outputs=outputs,
            artifacts=drawn,
            author="tester",
        )
    )
    workspace.ledger.finish()


def between(workspace: Workspace, *, whole: bool = False) -> ContentDifference:
    """What differs inside of the first two versions."""
    first, second = StepReference.parse("train@1"), StepReference.parse("train@2")
    return workspace.contents.diff(first, second, whole=whole)


def frames(workspace: Workspace, before: Any, after: Any) -> FrameDifference:
    """What differs between two frames."""
    ran(workspace, 1, before)
    ran(workspace, 2, after)
    (found,) = between(workspace).frames
    return found


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas], ids=["pandas", "polars"])
def test_cells_are_compared_where_rows_correspond(
    kind: Callable[[pd.DataFrame], Any], mlops_workspace: Workspace
) -> None:
    after = FRAME.assign(delay=[0.5, 1.0, 5.0], carrier=["AA", "UA", None])
    found = frames(mlops_workspace, kind(FRAME), kind(after))
    assert found.rows == (3, 3)
    assert found.columns == (
        ColumnDifference(name="delay", cells=2, mean=3.0, largest=3.0),
        ColumnDifference(name="carrier", cells=1),
    )


def test_columns_that_came_went_or_changed_their_type_are_listed(
    mlops_workspace: Workspace,
) -> None:
    after = FRAME.drop(columns="carrier").assign(month=[1.0, 2.0, 3.0], year=2013)
    found = frames(mlops_workspace, FRAME, after)
    assert [(item.name, item.before, item.after) for item in found.schema] == [
        ("carrier", str(FRAME["carrier"].dtype), None),
        ("month", "int64", "float64"),
        ("year", None, "int64"),
    ]
    assert found.columns == ()


def test_rows_that_came_and_went_are_counted_by_content(mlops_workspace: Workspace) -> None:
    more = pd.DataFrame({"month": [9, 9], "delay": [1.0, 1.0], "carrier": ["AA", "AA"]})
    found = frames(mlops_workspace, FRAME, pd.concat([FRAME.iloc[1:], more], ignore_index=True))
    assert (found.rows, found.rows_added, found.rows_removed) == ((3, 4), 2, 1)


def test_some_of_the_rows_that_differ_are_shown_by_the_columns_that_do(
    mlops_workspace: Workspace,
) -> None:
    """All digits of a number; of a long text, where it begins to differ."""
    long = "one and the same beginning of a sentence that goes on and on until it ends "
    before = FRAME.assign(carrier=["AA", long + "here", None])
    after = FRAME.assign(carrier=["AA", long + "there", None], delay=[0.5000000001, None, 2.0])
    found = frames(mlops_workspace, before, after)
    assert found.sampled == ("delay", "carrier")
    first, second = found.sample
    assert first == RowDifference(row="0", before=("0.5", "AA"), after=("0.5000000001", "AA"))
    assert (second.row, second.before and second.before[0]) == ("1", "nan")
    assert second.before is not None
    assert second.before[1].endswith(" here")
    text = terminal.to_text(shown(mlops_workspace))
    assert "Rows of rows" in text
    assert "0.5 -> 0.5000000001" in " ".join(text.split())


def test_a_row_that_corresponds_to_one_with_another_label_says_both(
    mlops_workspace: Workspace,
) -> None:
    after = FRAME.assign(month=[1, 2, 4]).set_axis([0, 1, 7])
    (row,) = frames(mlops_workspace, FRAME, after).sample
    assert row == RowDifference(row="2 → 7", before=("3",), after=("4",))


def test_some_of_the_rows_that_came_and_went_are_shown(mlops_workspace: Workspace) -> None:
    """A row that is there twice before and once after went once."""
    before = pd.concat([FRAME, FRAME.iloc[:1]], ignore_index=True)
    more = pd.DataFrame({"month": [9] * 20, "delay": 1.0, "carrier": "B6"})
    found = frames(mlops_workspace, before, pd.concat([FRAME, more], ignore_index=True))
    assert (found.rows_added, found.rows_removed) == (20, 1)
    gone, *came = found.sample
    assert gone == RowDifference(row="0", before=("1", "0.5", "AA"), after=None)
    assert [row.row for row in came] == [str(at) for at in range(3, 11)]
    assert came[0].after == ("9", "1.0", "B6")
    assert "+ 3" in terminal.to_text(shown(mlops_workspace))


def test_frames_without_a_common_column_have_no_rows_to_show(mlops_workspace: Workspace) -> None:
    before = pd.DataFrame({"month": [1, 2]})
    assert frames(mlops_workspace, before, pd.DataFrame({"year": [1, 2]})).sample == ()
    assert frames(mlops_workspace, before, pd.DataFrame({"year": [1]})).sample == ()


def test_cells_without_one_answer_are_compared_by_what_they_show(
    mlops_workspace: Workspace,
) -> None:
    before = pd.DataFrame({"lists": [[1], [2, 3]]})
    found = frames(mlops_workspace, before, pd.DataFrame({"lists": [[1], [4]]}))
    assert found.columns == (ColumnDifference(name="lists", cells=1),)


def test_integers_that_no_float_holds_are_compared_exactly(mlops_workspace: Workspace) -> None:
    before = pd.DataFrame({"id": [2**60, 1], "some": pd.array([2**60, None], "Int64")})
    after = pd.DataFrame({"id": [2**60 + 1, 1], "some": pd.array([2**60 + 3, 7], "Int64")})
    assert frames(mlops_workspace, before, after).columns == (
        ColumnDifference(name="id", cells=1, mean=1.0, largest=1.0),
        ColumnDifference(name="some", cells=2, mean=3.0, largest=3.0),
    )


def inside(
    workspace: Workspace, before: Any, after: Any, *, whole: bool = False
) -> ValueDifference:
    """What differs between two values that are no frames."""
    ran(workspace, 1, before)
    ran(workspace, 2, after)
    (found,) = between(workspace, whole=whole).others
    return found


def test_arrays_say_how_many_elements_differ_where_and_by_how_much(
    mlops_workspace: Workspace,
) -> None:
    before = np.arange(6.0).reshape(2, 3)
    after = before.copy()
    after[1] = [3.5, 4, np.nan]
    (part,) = inside(mlops_workspace, before, after).parts
    assert part == PartDifference(
        path="",
        first=" at (1, 0)",
        differing=2,
        elements=6,
        largest=0.5,
        relative=0.5 / 3.5,
        unmeasured=1,
        before="3.0",
        after="3.5",
    )
    text = " ".join(terminal.to_text(shown(mlops_workspace)).split())
    assert "rows at (1, 0)" in text
    assert "2 of 6 elements, 1 with NaN or" in text


def test_a_large_array_is_looked_into_when_asked_for(mlops_workspace: Workspace) -> None:
    large = np.zeros(2_200_000)
    found = inside(mlops_workspace, large, large + 1)
    assert "--values" in found.note
    (found,) = between(mlops_workspace, whole=True).others
    assert found.parts[0].differing == 2_200_000


def test_an_object_is_looked_into_when_asked_for(mlops_workspace: Workspace) -> None:
    before, after = Fraction(1, 3), Fraction(2, 3)
    assert inside(mlops_workspace, before, after, whole=True).parts[0].place == "._numerator"
    assert "rows._numerator" in terminal.to_text(shown(mlops_workspace, whole=True))
    assert between(mlops_workspace).others == ()


def test_many_places_are_cut_and_that_is_said(mlops_workspace: Workspace) -> None:
    before = {number: [number] for number in range(50)}
    after = {number: [number + 1] for number in range(50)}
    found = inside(mlops_workspace, before, after)
    assert (len(found.parts), found.more) == (20, True)
    assert found.parts[2].place == "[2][0]"
    assert "and more places" in terminal.to_text(shown(mlops_workspace))


def test_values_that_show_no_difference_say_so(mlops_workspace: Workspace) -> None:
    found = inside(mlops_workspace, [0.0], [-0.0])
    assert (found.parts, found.note) == ((), "equal in value, not in form")


def test_a_large_frame_is_compared_when_asked_for(mlops_workspace: Workspace) -> None:
    large = pd.DataFrame({"x": range(2_200_000)})
    ran(mlops_workspace, 1, large)
    ran(mlops_workspace, 2, large + 1)
    (found,) = between(mlops_workspace).frames
    assert "--values" in found.note
    assert not found.columns
    (found,) = between(mlops_workspace, whole=True).frames
    assert found.columns == (ColumnDifference(name="x", cells=2_200_000, mean=1.0, largest=1.0),)


def test_a_frame_that_was_not_kept_says_so(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, 1, FRAME, kept=False)
    ran(mlops_workspace, 2, FRAME.head(1))
    (found,) = between(mlops_workspace).frames
    assert found.note == "not kept: larger than the limit"
    assert found.rows == (3, 1)


def test_equal_figures_do_not_differ(mlops_workspace: Workspace) -> None:
    for number in (1, 2):
        ran(mlops_workspace, number, picture=b"png")
    assert between(mlops_workspace) == ContentDifference()


def test_two_figures_stand_side_by_side(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, 1, FRAME, picture=b"first")
    ran(mlops_workspace, 2, FRAME.assign(delay=0.0), picture=b"second")
    found = between(mlops_workspace)
    picture = mlops_workspace.contents.picture
    blocks = content_blocks(found, ("train@1", "train@2"), picture)
    view = View(document={"schema": "nbmlops.diff/1"}, blocks=tuple(blocks))
    page = to_html(view)
    assert page.count("data:image/png;base64,") == 2
    text = terminal.to_text(view)
    assert "train@2: image/png, 6 B" in text
    assert "rows: 3 rows" in text
    assert "delay" in text


def plotted(*values: float, size: tuple[float, float] = (3, 2)) -> bytes:
    """A real figure."""
    figure = Figure(figsize=size, dpi=60)
    figure.subplots().plot(values)
    written = BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def shown(workspace: Workspace, *, whole: bool = False) -> View:
    """What differs between both versions, as it is displayed."""
    found = between(workspace, whole=whole)
    blocks = content_blocks(found, ("train@1", "train@2"), workspace.contents.picture)
    return View(document={"schema": "nbmlops.diff/1"}, blocks=tuple(blocks))


def test_two_figures_say_how_many_pixels_differ_and_show_them(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, 1, picture=plotted(1, 2, 3))
    ran(mlops_workspace, 2, picture=plotted(1, 2.5, 3))
    (found,) = between(mlops_workspace).pictures
    assert found.pixels
    view = shown(mlops_workspace)
    assert f"figure 1: {found.pixels:,} pixels differ, from (" in terminal.to_text(view)
    page = to_html(view)
    assert page.count("data:image/png;base64,") == 3
    assert "what differs, in red" in page


def test_two_figures_of_other_sizes_say_both(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, 1, picture=plotted(1, 2, 3))
    ran(mlops_workspace, 2, picture=plotted(1, 2, 3, size=(4, 2)))
    text = " ".join(terminal.to_text(shown(mlops_workspace)).split())
    assert "figure 1: 180 x 120 -> 240 x 120 pixels; upper left corners together, " in text
    assert "pixels differ, from (" in text
    assert to_html(shown(mlops_workspace)).count("data:image/png;base64,") == 3


def test_a_figure_that_was_removed_says_so(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, 1, picture=b"first")
    ran(mlops_workspace, 2, picture=b"second")
    found = between(mlops_workspace)
    assert found.pictures[0].before is not None
    mlops_workspace.objects.delete(found.pictures[0].before[1])
    blocks = content_blocks(found, ("train@1", "train@2"), mlops_workspace.contents.picture)
    view = View(document={"schema": "nbmlops.diff/1"}, blocks=tuple(blocks))
    assert "train@1: not kept any more" in terminal.to_text(view)
