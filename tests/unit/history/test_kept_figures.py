"""Figures come back from the store, with the axes that are part of them, and no cell runs again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.history.test_timetravel import NewNotebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

CELLS = (
    "import matplotlib.pyplot as plt\nplt.switch_backend('agg')\nheights = [3, 1, 2]",
    "fig, ax = plt.subplots()\nline, = ax.plot(heights)",
    "pair, grid = plt.subplots(2, 2)\nheld = {'left': grid[0, 0]}",
    "ax.set_title('heights')",
    "fig.savefig('heights.png')",
    "grid[1, 1].hist(heights)",
)


def test_a_later_kernel_gets_figures_and_their_axes_without_running_a_cell(
    new_notebook: NewNotebook,
) -> None:
    """What wrote files of them is not asked for, and they are drawn as before."""
    first = new_notebook()
    first.run("%mlops track --values", *CELLS)
    drawn = Path("heights.png").read_bytes()
    Path("heights.png").write_text("the user's")
    second = new_notebook()
    second.run("import matplotlib.pyplot as plt", "plt.close('all')", "%mlops checkout latest")
    assert second["ax"] is second["fig"].axes[0]
    assert second["line"] is second["ax"].lines[0]
    assert second["grid"].ravel().tolist() == second["pair"].axes
    assert second["held"]["left"] is second["grid"][0, 0]
    assert second["ax"].get_title() == "heights"
    assert Path("heights.png").read_text() == "the user's"
    assert second["plt"].get_fignums() == []  # pyplot would show and draw on them
    second.run("fig.savefig('again.png')")
    assert Path("again.png").read_bytes() == drawn
    second.run("ax.plot([1, 1, 1])", "fig.savefig('more.png')")
    assert Path("more.png").read_bytes() != drawn


def test_what_was_drawn_is_undone(new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run("%mlops track --values", *CELLS, "ax.set_title('other')")
    first.run("%mlops undo")
    assert first["ax"].get_title() == "heights"
    assert first["fig"].axes == [first["ax"]]
    first.run("ax.set_xlabel('x')", "%mlops undo")
    assert first["ax"].get_xlabel() == ""


def test_a_figure_of_a_step_comes_back(new_notebook: NewNotebook) -> None:
    """Two of them are still not compared, as nothing says whether they are the same."""
    first = new_notebook()
    first.run("%mlops track", CELLS[0], f"%mlops track draw\n{CELLS[1]}")
    second = new_notebook()
    second.run("%mlops restore draw --values")
    assert second["ax"] is second["fig"].axes[0]


@pytest.mark.parametrize(
    "cell",
    ["ax.format_coord = (number for number in ())", "fig.canvas.kept = fig\nfig.kept = fig.canvas"],
)
def test_a_figure_with_what_cannot_be_kept_is_made_again(
    cell: str, new_notebook: NewNotebook
) -> None:
    first = new_notebook()
    first.run("%mlops track --values", *CELLS[:2], cell)
    second = new_notebook()
    assert "--yes" in second.said("%mlops checkout latest")
    second.run("%mlops checkout latest --yes")
    assert second["ax"] is second["fig"].axes[0]
