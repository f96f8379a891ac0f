"""The state right before a run failed comes into a kernel as JupyterLab drives it."""

from __future__ import annotations

from collections.abc import Callable

from nbmlops.testing import Notebook
from tests.integration.conftest import Kernel

TRAIN = "%mlops track train\nmore = [*rows, len(names)]\nscore = 1 / (month - 3)"


def test_a_failed_run_is_brought_back_with_its_cell(start_kernel: Callable[..., Kernel]) -> None:
    """What was not kept is said before it is run; what the run had taken is there as well."""
    kernel = start_kernel()
    notebook = (
        Notebook(kernel.project)
        .parameters(month=3)
        .cell("import math\nnames = sorted('ba')")
        .step("load", "rows = [math.floor(2.5), month]")
        .cell(TRAIN)
        .step("report", "text = str(score)")
    )
    notebook.save(kernel.notebook.name)
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops build")
    run = f"{kernel.notebook.stem}#1"
    for _ in range(2):  # the second one takes what the first has made
        assert f"{run[:-1]}" in kernel.run(f"%mlops run {run[:-2]}").stderr
    asked = kernel.run(f"%mlops debug {run}")
    assert "ZeroDivisionError" in asked.stdout
    assert "Nothing was changed" in asked.stderr
    assert kernel.run("rows").status == "error"
    done = kernel.run(f"%mlops debug {run} --yes")
    assert f"%mlops resume {run}" in done.stdout
    assert kernel.value("(rows, names, month, math.pi > 3)") == ([2, 3], ["a", "b"], 3, True)
    assert kernel.run("score").status == "error"
    assert [found["text"] for found in done.payload if found["source"] == "set_next_input"] == [
        TRAIN
    ]
    kernel.restart()
    kernel.run("%load_ext nbmlops")
    again = kernel.run(f"%mlops debug {run[:-1]}2 --yes")
    assert "Results that the run had taken are here too: rows." in again.stdout
    assert kernel.value("rows") == [2, 3]
