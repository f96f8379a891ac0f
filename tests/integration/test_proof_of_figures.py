"""A step that draws is repeated, and its figures compared by their pixels."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

STEADY = "%mlops track steady\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);"
CHANCE = (
    "%mlops track chance\nimport os\nimport matplotlib.pyplot as plt\n"
    "plt.plot(list(os.urandom(9)));"
)


def test_a_figure_is_reproduced_to_the_pixel_or_differs_by_chance(
    start_kernel: Callable[[], Any],
) -> None:
    kernel = start_kernel()
    for source in ("%load_ext nbmlops", STEADY, CHANCE):
        assert kernel.run(source).status == "ok"
    found = {}
    for step in ("steady", "chance"):
        answer = kernel.run(f"%mlops verify {step} --json")
        found[step] = json.loads(answer.stdout)
    steady, chance = (found[name]["verification"] for name in ("steady", "chance"))
    assert steady["outputs"] == [{"name": "figure 1", "verdict": "identical", "why": ""}]
    assert steady["verdict"] == "identical"
    assert chance["verdict"] == "different"
    assert "pixels differ, from (" in chance["outputs"][-1]["why"]
    assert found["chance"]["cause"] == "randomness"


def test_the_figures_of_a_cell_without_a_name_are_not_compared(
    start_kernel: Callable[[], Any],
) -> None:
    """Nothing that such a cell displays is recorded, so that there is nothing to differ from."""
    kernel = start_kernel()
    draw = STEADY.partition("\n")[2]
    for source in ("%load_ext nbmlops", "%mlops track", f"{draw}\nn = 1", draw):
        assert kernel.run(source).status == "ok"
    *_, making, drawing = (execution.id for execution in kernel.executions())
    told = {}
    for number in (making, drawing):
        answer = kernel.run(f"%mlops verify @{number} --json")
        told[number] = json.loads(answer.stdout)["verification"]["verdict"]
    assert told == {making: "identical", drawing: "not comparable"}
