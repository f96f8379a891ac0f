"""How the name of a step finds its notebook."""

from __future__ import annotations

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.errors import AmbiguousNameError, UnknownNameError
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace


def record(workspace: Workspace, notebook: str, step: str) -> None:
    """Let the ledger know a step of a notebook."""
    workspace.executions.add(
        ExecutionRecord(
            notebook=notebook,
            step=step,
            cell_id=None,
            source="x = 1",
            digest="0" * 64,
            session="s",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            author="tester",
        )
    )


@pytest.fixture
def history(mlops_workspace: Workspace) -> Workspace:
    """Two notebooks of the same file name, and a third."""
    for notebook in ("flights.ipynb", "sub/flights.ipynb", "other/sales.ipynb"):
        record(mlops_workspace, notebook, "train")
    return mlops_workspace


def test_an_exact_path_wins_over_the_ends_of_others(history: Workspace) -> None:
    assert history.history.step("train", "flights.ipynb").notebook == "flights.ipynb"
    assert history.history.step("train", "sub/flights.ipynb").notebook == "sub/flights.ipynb"


def test_the_end_of_a_path_is_enough_where_it_is_the_only_one(history: Workspace) -> None:
    assert history.history.step("train", "sales").notebook == "other/sales.ipynb"


def test_a_name_that_fits_several_notebooks_is_refused_with_all_of_them(
    history: Workspace,
) -> None:
    with pytest.raises(AmbiguousNameError, match=r"sub/flights\.ipynb:train"):
        history.history.step("train")
    with pytest.raises(AmbiguousNameError, match=r"sub/flights\.ipynb:train"):
        history.history.step("train", "flights")


def test_a_step_of_another_notebook_is_named_in_the_refusal(history: Workspace) -> None:
    with pytest.raises(UnknownNameError, match=r"other/sales\.ipynb:train"):
        history.history.step("train", "sale")
