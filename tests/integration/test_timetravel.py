"""Going back in a kernel as JupyterLab drives it, and after it was restarted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.conftest import Kernel, Outcome

MAKE = """
def make():
    total = []
    def add(v):
        total.append(v)
    def read():
        return list(total)
    return add, read
add, read = make()
"""
CELLS = (
    "import random\nimport numpy as np\nimport pandas as pd\nrandom.seed(1)",
    "a = [1]\nb = a\nx = np.arange(10.0)\nview = x[2:5]",
    MAKE,
    "class Box:\n    def __init__(self, items):\n        self.items = items\nbox = Box(a)",
    "add(3); add(4); b.append(2); view[:] = -1",
    "frame = pd.DataFrame({'p': range(5), 'q': range(5)})",
    "del frame['q']; drawn = random.random()",
)
SHARED = (
    "(a is b, box.items is a, a, x.tolist()[:6], np.shares_memory(x, view), read(),"
    " type(box) is Box, list(frame))"
)
THEN = (True, True, [1, 2], [0.0, 1.0, -1.0, -1.0, -1.0, 5.0], True, [3, 4], True)


@pytest.fixture(scope="module")
def notebook(start_kernel: Callable[..., Kernel]) -> Kernel:
    """A kernel that has run the cells, with the values of all of them kept."""
    kernel = start_kernel()
    for number, cell in enumerate(("%load_ext nbmlops", "%mlops track --values", *CELLS)):
        outcome = kernel.run(cell, cell_id=f"cell-{number}")
        assert outcome.status == "ok", outcome.traceback
    return kernel


def _said(outcome: Outcome) -> str:
    shown = [str(found.get("text/plain", "")) for found in outcome.displayed]
    return "\n".join([*shown, outcome.stderr])


def test_cells_are_undone_changed_anew_and_come_back_after_a_restart(notebook: Kernel) -> None:
    """Undo passes over cells that only look; a restarted kernel resumes where this one was."""
    assert notebook.value(SHARED) == (*THEN, ["p"])
    drawn = notebook.value("drawn")
    notebook.run("frame.head()", cell_id="look")

    assert "Back at @6" in _said(notebook.run("%mlops undo", cell_id="undo-1"))
    assert notebook.value(SHARED) == (*THEN, ["p", "q"])
    assert notebook.value("random.Random.random(random._inst)") == drawn
    assert "Back at @5" in _said(notebook.run("%mlops undo", cell_id="undo-2"))
    assert notebook.value("'frame' in globals()") is False
    assert notebook.complete("%mlops checkout @7")[:1] == ["%mlops checkout @7"]
    said = _said(notebook.run("%mlops log", cell_id="log"))
    assert "here" in said
    assert "undone" in said

    notebook.run("%mlops checkout @7", cell_id="forward")
    notebook.run("b.append(5)", cell_id="append")
    expected = (True, True, [1, 2, 5], *THEN[3:], ["p"])
    assert notebook.value(SHARED) == expected

    notebook.restart()
    notebook.run("%load_ext nbmlops")
    assert "nothing to undo" in _said(notebook.run("%mlops undo", cell_id="undo-3"))
    said = _said(notebook.run("%mlops checkout latest", cell_id="resume"))
    assert "track --values" in said  # what runs next is not recorded yet
    assert notebook.value(SHARED) == expected

    notebook.run("%mlops track --values", cell_id="track")
    notebook.run("add(9)\na.clear()", cell_id="clear")
    notebook.run("%mlops undo", cell_id="undo-4")
    assert notebook.value(SHARED) == expected


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("@9999", "no execution '@9999'"),
        ("@", "names no state"),
        ("12x", "names no state"),
        ("nothing", "no step 'nothing'"),
        ("", "Missing argument"),
    ],
)
def test_what_names_no_state_is_explained(state: str, told: str, notebook: Kernel) -> None:
    """One sentence, with the cure; the cell fails."""
    outcome = notebook.run(f"%mlops checkout {state}")

    assert outcome.status == "error" or outcome.stderr
    assert told in _said(outcome)


def test_a_cell_that_awaits_in_a_notebook_is_told_beforehand_and_lost_alone(
    start_kernel: Callable[..., Kernel],
) -> None:
    """Run by hand, it is there again; what does not follow from it came back without it."""
    kernel = start_kernel()
    awaiting = "await asyncio.sleep(0.01)\nheld = [object()]"
    cells = ("import asyncio", "first = [object(), 1]", awaiting, "after = [held, 2]")
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track")
    for cell in (*cells, "last = [object(), first]"):
        kernel.run(cell)
    kernel.restart()
    kernel.run("%load_ext nbmlops")
    plan = _said(kernel.run("%mlops checkout latest"))
    assert "cannot come back: held (it follows from @3, which awaits at its top level" in plan
    assert "cannot come back: after (it follows from @3" in plan
    kernel.run("%mlops checkout latest --yes")
    assert kernel.value("last[1] is first and 'after' not in globals()") is True
    assert kernel.run(awaiting).status == "ok"
