"""A cell that prints more than a notebook should hold, through papermill and a real kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

pytestmark = pytest.mark.slow


def test_of_very_much_that_a_cell_prints_the_beginning_is_kept_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    sources = ["for _ in range(70):\n    print('x' * 2**20)", "print('after')"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "loud.ipynb")
    executed = papermill.execute_notebook(
        str(tmp_path / "loud.ipynb"), None, engine_name="nbmlops", kernel_name="python3",
        cwd=str(tmp_path), progress_bar=False,
    )  # fmt: skip
    loud, after = executed.cells
    *printed, told = loud.outputs
    assert sum(len(output.text) for output in printed) == 64 * 2**20
    assert told.text == "\nnbmlops: of 70M that this cell printed, the first 64M are kept.\n"
    assert [output.text for output in after.outputs] == ["after\n"]
