"""A cell of which nothing can be recorded runs as if nobody had tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.history.test_timetravel import NewNotebook, new_notebook

__all__ = ["new_notebook"]


def test_a_step_that_cannot_be_recorded_runs_all_the_same(
    new_notebook: NewNotebook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its label finds nothing wrong with the cell."""
    notebook = new_notebook()
    notebook.run("%mlops track", "%mlops track first\nx = [1]")
    (tmp_path / ".nbmlops" / "config.toml").write_text("value_limit = 0\n")
    capsys.readouterr()
    notebook.run("%mlops track second\ny = [x]")
    assert notebook["y"] == [[1]]
    told = capsys.readouterr().err
    assert told.startswith("nbmlops: this cell was not recorded: ")
    assert "sets 'value_limit' to 0." in told
    assert "names nothing here" not in told
    (tmp_path / ".nbmlops" / "config.toml").write_text("")
    notebook.run("%mlops track second\ny = [x]", "y.append(2)", "%mlops restore second@1 --values")
    assert notebook["y"] == [[1]]
