"""What is said of a step that several cells of a notebook have the name of."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmlops.domain.staleness import Standing
from nbmlops.testing import Notebook as Saved
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook

__all__ = ["new_notebook"]

ROWS = "rows = [3, 1, 2]"
TRAIN = "%mlops track train\nmodel = sorted(rows)"
CHANGES = "model.append(len(rows))"
OTHER = "%mlops track train\nmodel = sorted(rows)[::-1]"

Open = Callable[..., "Opened"]


class Opened:
    """A notebook file with a kernel, of which single cells are run."""

    def __init__(self, kernel: Notebook, path: Path, cells: tuple[str, ...]) -> None:
        self.kernel, self.path, self.cells = kernel, path, cells
        saved = Saved(path.parent)
        for source in cells:
            saved.cell(source)
        saved.save(path.name)
        raw = json.loads(path.read_text("utf-8"))
        for number, cell in enumerate(raw["cells"], 1):
            cell["id"] = f"cell-{number}"
        path.write_text(json.dumps(raw), "utf-8")

    def run(self, *numbers: int) -> None:
        """Run cells, counted from 1, as a front end does."""
        for number in numbers:
            source, cell_id = self.cells[number - 1], f"cell-{number}"
            self.kernel.shell.run_cell(source, True, cell_id=cell_id).raise_error()

    def standing(self) -> Standing:
        """How the step stands."""
        workspace, session = self.kernel.extension.surface.workspace, self.kernel.extension
        (found,) = workspace.staleness.status(self.path, session=session.recorder.session.id).steps
        return found

    def told(self) -> tuple[str, ...]:
        """How the step stands, and why."""
        found = self.standing()
        return (str(found.state), *(reason.detail for reason in found.reasons))


@pytest.fixture
def open_notebook(
    new_notebook: NewNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Open:
    """Saves cells as a notebook and starts its kernel."""

    def open_it(*cells: str) -> Opened:
        path = tmp_path / "flights.ipynb"
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        opened = Opened(new_notebook(), path, cells)
        opened.kernel.run("%mlops track")
        return opened

    return open_it


def test_a_cell_between_a_step_and_a_copy_of_it_makes_the_step_not_stale(
    open_notebook: Open,
) -> None:
    """It is stale for the step, and the copy did not run: the step is not stale for it."""
    opened = open_notebook(ROWS, TRAIN, CHANGES, TRAIN)
    opened.run(1, 2, 3, 2)
    assert opened.told() == ("fresh",)
    assert opened.standing().named_in == (2, 4)


def test_a_copy_that_has_not_run_is_the_only_reason(open_notebook: Open) -> None:
    opened = open_notebook(ROWS, TRAIN, CHANGES, TRAIN, "print(model)", OTHER)
    opened.run(1, 2, 3, 5, 2)
    assert opened.told() == ("stale", "cell 6, which has its name too, has not run")


def test_a_step_is_no_reason_for_itself(open_notebook: Open) -> None:
    """Its second cell takes what the first one makes, and the first one was edited."""
    more = "%mlops track train\nmodel = [*model, 4]"
    opened = open_notebook(ROWS, TRAIN, more, OTHER)
    opened.run(1, 2, 3)
    source = opened.path.read_text("utf-8")
    opened.path.write_text(source.replace("sorted(rows)", "sorted(rows[1:])"), "utf-8")
    later = opened.path.stat().st_mtime + 60
    os.utime(opened.path, (later, later))
    assert opened.told() == (
        "stale",
        "edited since it ran",
        "cell 4, which has its name too, has not run",
    )


def test_a_cell_that_ran_between_cells_of_a_step_that_ran_is_a_reason(open_notebook: Open) -> None:
    """The last cell of the step took what that cell had left, which the first one made anew."""
    more = "%mlops track train\nmodel = [*model, 4]"
    opened = open_notebook(ROWS, TRAIN, CHANGES, more)
    opened.run(1, 2, 3, 4)
    opened.cells = (ROWS, TRAIN.replace("rows", "rows[1:]"), *opened.cells[2:])
    opened.run(2)
    assert opened.told() == ("stale", "cell 3 is stale")
