"""The state right before a run failed comes into a kernel as JupyterLab drives it."""

from __future__ import annotations

import json
from collections.abc import Callable

from nbmlops.testing import Notebook
from tests.integration.conftest import Kernel

TRAIN = (
    "%mlops track train\nmore = [*rows, next(later), len(names)]\n"
    "chance = random.random()\nscore = 1 / (month - 3)"
)
BEFORE = "(rows, names, month, math.pi > 3, next(later), random.random())"
RIGHT = ([2, 3], ["a", "b"], 3, True, 3, 0.23604808973743452)
"""What the cell that fails reads, as it was in the run; to look at it uses it up."""


def states(printed: str) -> dict[str, str]:
    """What the steps came to, as a document says it."""
    return {step["name"]: step["status"] for step in json.loads(printed)["steps"]}


def test_a_failed_run_is_brought_back_with_its_cell(start_kernel: Callable[..., Kernel]) -> None:
    """What was not kept is said before it is run; what the run had taken is there as well."""
    kernel = start_kernel()
    notebook = (
        Notebook(kernel.project)
        .parameters(month=3)
        .cell("import math, random\nnames = sorted('ba')\nrandom.seed(4)")
        .step("load", "rows = [math.floor(2.5), month]")
        .cell("later = (row for row in rows)\nnext(later)")
        .cell(TRAIN)
        .step("report", "text = str(score)")
    )
    notebook.save(kernel.notebook.name)
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops build")
    run = f"{kernel.notebook.stem}#1"
    assert f"{run[:-1]}" in kernel.run(f"%mlops run {run[:-2]}").stderr
    again = kernel.run(f"%mlops run {run[:-2]} --json")  # may take what the first has made
    assert (*states(again.stdout).items(),)[1:] == (("train", "failed"), ("report", "not run"))
    steps = kernel.run(f"%mlops debug {run[:-1]}2 --dry-run --json").stdout
    assert states(steps) == states(again.stdout)
    asked = kernel.run(f"%mlops debug {run}")
    assert "ZeroDivisionError" in asked.stdout
    assert "Nothing was changed" in asked.stderr
    assert kernel.run("rows").status == "error"
    done = kernel.run(f"%mlops debug {run} --yes")
    assert f"%mlops resume {run}" in done.stdout
    assert kernel.value(BEFORE) == RIGHT
    assert kernel.run("score").status == "error"
    assert [found["text"] for found in done.payload if found["source"] == "set_next_input"] == [
        TRAIN
    ]
    kernel.restart()
    kernel.run("%load_ext nbmlops")
    kernel.run(f"%mlops debug {run[:-1]}2 --yes")
    assert kernel.value(BEFORE) == RIGHT


def test_the_cells_stand_as_the_run_left_them(start_kernel: Callable[..., Kernel]) -> None:
    """What the notebook itself had run was undone; what is there now, the run has made."""
    kernel = start_kernel()
    notebook = Notebook(kernel.project).parameters(month=2)
    notebook.step("load", "rows = [month]").step("train", "score = 1 / (month - 3)")
    notebook.step("report", "text = str(score)").save(kernel.notebook.name)
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track --all")
    for cell in json.loads(kernel.notebook.read_text("utf-8"))["cells"]:
        kernel.run(
            "".join(cell["source"]), cell_id=cell["id"], tags=cell["metadata"].get("tags", ())
        )
    kernel.run("%mlops build")
    name = kernel.notebook.stem
    kernel.run(f"%mlops run {name} -p month=3")
    kernel.run(f"%mlops debug {name}#1 --yes")
    found = json.loads(kernel.run("%mlops status --json").stdout)["notebooks"][0]["cells"]
    stand = {cell["title"]: (cell["state"], cell["version"]) for cell in found}
    assert stand == {
        "cell 1": ("fresh", None),
        "load": ("stale", "load@1"),  # the run was given another month
        "train": ("never run", None),  # it is to be mended
        "report": ("never run", None),
    }
    assert found[1]["reasons"][0]["detail"] == "it read another month than cell 1 left"
