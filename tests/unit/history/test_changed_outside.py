"""A slice of a result that read what no recorded cell had left says so, with the cause."""

from __future__ import annotations

import pytest

from nbmlops.domain.verifications import Cause, Verdict
from nbmlops.errors import UsageError
from nbmlops.history.slicing import WrittenSlice
from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


def written(notebook: Notebook, thing: str) -> WrittenSlice:
    """The slice of a thing, proved in a kernel."""
    slices = notebook.extension.surface.workspace.slices
    return slices.write(thing, observer=lambda _: None)


def test_what_was_changed_outside_of_what_was_recorded_is_named(notebook: Notebook) -> None:
    """As a debugger does: nothing of the notebook has run."""
    notebook.run("rows = [1, 2]")
    notebook.shell.user_ns["rows"] = [1, 2, 9]
    notebook.run("%mlops track total\ntotal = sum(rows)")
    proof = written(notebook, "total").proof
    assert proof is not None
    assert (proof.verdict, proof.cause) == (Verdict.DIFFERENT, Cause.INPUT)
    named = "total read another rows than the unnamed cell @1 had left"
    assert proof.why.endswith(f"{named}: it was changed outside of what was recorded")


def test_what_only_a_failed_cell_left_is_refused_with_that_reason(notebook: Notebook) -> None:
    assert "division" in notebook.said("rows = [1, 2]\n1 / 0")
    assert notebook["rows"] == [1, 2]
    with pytest.raises(UsageError, match=r"The cell that left rows failed \(@1\)"):
        written(notebook, "rows")
