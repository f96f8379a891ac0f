"""What uses code that was made of a value does not look fresh once that is another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.domain.staleness import State
from nbmlops.testing import Notebook as Saved
from tests.unit.history.test_edited_functions import run_cell, told
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

Edit = Callable[[int, str], None]


@dataclass(frozen=True)
class Made:
    """Code that takes the rate when it is made, and what uses it."""

    code: str
    use: str
    is_definition: bool = True


MADE = {
    "a default": Made("def f(x, y=RATE): return x * y", "f(1)"),
    "a keyword's default": Made("def f(x, *, y=RATE): return x * y", "f(1)"),
    "an attribute of a class": Made("class P:\n    rate = RATE", "P.rate"),
    "a decorator's argument": Made(
        "import functools\n@functools.partial(lambda k, f: lambda x: f(x) * k, RATE)\n"
        "def f(x): return x",
        "f(1)",
    ),
    "a closure": Made(
        "def make(k):\n    def inner(x): return x * k\n    return inner\nf = make(RATE)",
        "f(1)",
        False,
    ),
}


@pytest.fixture
def in_file(
    new_notebook: NewNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Notebook, Path, Edit]]:
    """Makes a notebook file, and a kernel that has run its cells."""

    def make(*cells: str) -> tuple[Notebook, Path, Edit]:
        saved = Saved(tmp_path)
        for cell in cells:
            saved.cell(cell)
        path = saved.save("flights.ipynb")
        raw = json.loads(path.read_text("utf-8"))
        for number, cell in enumerate(raw["cells"]):
            cell["id"] = f"cell-{number}"
        path.write_text(json.dumps(raw), "utf-8")
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        kernel = new_notebook()
        kernel.run("%mlops track")
        for number, cell in enumerate(cells):
            run_cell(kernel, number, cell)

        def edit(number: int, source: str) -> None:
            raw["cells"][number]["source"] = source
            path.write_text(json.dumps(raw), "utf-8")

        return kernel, path, edit

    return make


@pytest.mark.parametrize("made", MADE.values(), ids=MADE.keys())
def test_a_step_is_stale_until_it_ran_with_what_is_made_now(
    made: Made, in_file: Callable[..., tuple[Notebook, Path, Edit]]
) -> None:
    step = f"%mlops track a\na = {made.use}"
    kernel, path, edit = in_file("RATE = 2", made.code, step)
    assert told(kernel, path) == (State.FRESH, ())
    edit(0, "RATE = 3")
    assert told(kernel, path)[0] is State.STALE
    run_cell(kernel, 0, "RATE = 3")
    assert told(kernel, path)[0] is State.STALE
    run_cell(kernel, 1, made.code)
    assert told(kernel, path)[0] is State.STALE
    run_cell(kernel, 2, step)
    assert kernel["a"] == 3
    assert told(kernel, path) == (State.FRESH, ())


def test_a_value_in_the_cell_of_a_function_counts_as_well(
    in_file: Callable[..., tuple[Notebook, Path, Edit]],
) -> None:
    step = "%mlops track a\na = f(1)"
    function = "def f(x, y=RATE): return x * y"
    kernel, path, edit = in_file(f"RATE = 2\n{function}", step)
    edit(0, f"RATE = 3\n{function}")
    assert told(kernel, path)[0] is State.STALE


def test_a_cell_with_a_function_that_takes_no_value_may_be_edited(
    in_file: Callable[..., tuple[Notebook, Path, Edit]],
) -> None:
    """What the digest of its user covers, imports and annotations are no values."""
    step = "%mlops track a\na = f(1)"
    function = "import math\ndef other(): return 1\ndef f(x: int, y=math.pi, z=other): return x * y"
    kernel, path, edit = in_file(f"RATE = 2\n{function}", step)
    edit(0, f"RATE = 3\n{function}")
    assert told(kernel, path) == (State.FRESH, ())
    run_cell(kernel, 0, f"RATE = 3\n{function}")
    assert told(kernel, path) == (State.FRESH, ())
