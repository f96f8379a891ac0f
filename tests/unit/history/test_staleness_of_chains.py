"""Of many cells above for which one is stale, a few are named and the others counted."""

from __future__ import annotations

import json

import pytest

from nbmlops.domain.staleness import NotebookStatus, Reason, Standing, State
from nbmlops.domain.wire import document
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace


def _chain(workspace: Workspace, length: int) -> NotebookStatus:
    """A list, and steps each of which changes it in place; none has run."""
    notebook = Notebook(workspace.project).step("s0", "rows = []")
    for number in range(1, length):
        notebook.step(f"s{number}", f"rows.append({number})")
    return workspace.staleness.status(notebook.save("chain.ipynb"))


def _text(found: NotebookStatus) -> str:
    return json.dumps(document("status/1", notebooks=[found.in_short()]), default=str)


def test_the_nearest_and_the_first_are_named(mlops_workspace: Workspace) -> None:
    """That which begins it comes behind the three nearest; the others are a number."""
    last = _chain(mlops_workspace, 40).in_short().cells[-1]
    named = [reason.cause for reason in last.reasons]
    assert named == ["s38", "s37", "s36", "s0", "s35", "s34"]
    assert last.others_above == 33
    assert last.more_above == "and 33 more cells above"


def test_a_few_are_all_named_in_their_order(mlops_workspace: Workspace) -> None:
    """Nothing is left out of short chains."""
    last = _chain(mlops_workspace, 6).in_short().cells[-1]
    assert [reason.cause for reason in last.reasons] == ["s0", "s1", "s2", "s3", "s4"]
    assert (last.others_above, last.more_above) == (0, "")


def test_the_document_grows_with_the_cells_and_not_with_their_pairs(
    mlops_workspace: Workspace,
) -> None:
    """Twice as many cells, twice as long."""
    short, long = (len(_text(_chain(mlops_workspace, length))) for length in (50, 100))
    assert long < 2.3 * short


@pytest.mark.parametrize("others", [1, 2])
def test_all_other_reasons_are_kept(others: int) -> None:
    """They lie in the cell itself, or each in another thing."""
    above = [
        Reason(kind="upstream", detail="is stale", cause=f"s{number}")
        for number in range(6 + others)
    ]
    edited = Reason(kind="edited", detail="edited since it ran")
    parameter = Reason(kind="parameter", detail="n was 1 and is 2 now", cause="n")
    reasons = (edited, *above, parameter)
    standing = Standing(cell_id="c", title="s", step="s", state=State.STALE, reasons=reasons)
    assert standing.in_short().reasons == (edited, *above[:6], parameter)
    assert standing.in_short().others_above == others
    assert standing.in_short().in_short() == standing.in_short()
