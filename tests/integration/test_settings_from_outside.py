"""What a cell takes from a clock and sets for the process reaches the cells below in each run."""

from __future__ import annotations

import pytest

from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

SET = "decimal.getcontext().prec = {}\nprint(decimal.getcontext().prec)"
ANEW = "1 + time.time_ns() // 1000 % 10**6"


def run(workspace: Workspace, cells: dict[str, str]) -> tuple[list[str], list[str]]:
    """What a run executed, and what each cell printed."""
    notebook = Notebook(workspace.project)
    for name, source in cells.items():
        notebook.step(name, source)
    version = workspace.pipelines.build(notebook.save("sums.ipynb")).version
    done = workspace.runs.run(version, {}, page=False)
    made = read(workspace.runs.folder(done).notebook).raw["cells"]
    states = [cell["metadata"]["papermill"]["status"] for cell in made]
    ran = [name for name, state in zip(cells, states, strict=True) if state == "completed"]
    return ran, ["".join("".join(one.get("text", "")) for one in cell["outputs"]) for cell in made]


def cells(setting: str) -> dict[str, str]:
    """A cell that sets something, and one that shows it."""
    shown = "print(decimal.getcontext().prec)"
    return {"load": "import decimal, time", "set": setting, "shown": shown}


def test_cells_below_have_what_a_clock_has_set(mlops_workspace: Workspace) -> None:
    for _ in range(2):
        _, printed = run(mlops_workspace, cells(SET.format(ANEW)))
        assert printed[1] == printed[2]


def test_cells_below_one_that_asks_the_clock_for_something_else_are_taken(
    mlops_workspace: Workspace,
) -> None:
    beside = cells(f"n = 7\nstart = {ANEW}\n" + SET.format("n"))
    run(mlops_workspace, beside)
    assert run(mlops_workspace, beside) == (["set"], ["", "7\n", "7\n"])


def test_a_setting_that_was_as_before_then_is_compared_now(mlops_workspace: Workspace) -> None:
    """What the cell had left then besides, such as a handler, does not tell what it leaves now."""
    handler = "import signal\nbefore = signal.signal(signal.SIGUSR1, print)\n"
    for number in ("28", "5"):
        given = {"number": f"n = {number}"} | cells(handler + SET.format("n"))
        _, printed = run(mlops_workspace, given)
        assert printed[2:] == [f"{number}\n", f"{number}\n"]


def test_what_a_module_remembers_is_made_again_for_who_is_answered_from_it(
    mlops_workspace: Workspace,
) -> None:
    """The price of 2 was asked for at the first rate, whatever the rate is when it is shown."""
    lib = "import functools\nRATE = 2\n@functools.lru_cache\ndef price(n):\n    return n * RATE\n"
    (mlops_workspace.project / "prices.py").write_text(lib)
    for rate in ("5", "6"):
        cells = {"load": "import prices", "first": "print(prices.price(2))"}
        cells |= {"set": f"prices.RATE = {rate}", "shown": "print(prices.price(2), prices.RATE)"}
        _, printed = run(mlops_workspace, cells)
        assert printed[3] == f"4 {rate}\n"
