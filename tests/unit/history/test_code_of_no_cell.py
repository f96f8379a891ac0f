"""What uses a function that stands in no cell is fresh right after its notebook ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmlops.domain.staleness import State
from tests.unit.history.test_code_made_of_values import Edit, in_file
from tests.unit.history.test_edited_functions import run_cell, told
from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["in_file", "new_notebook", "notebook"]

COUNTER = """\
def counter():
    n = 0
    def inc():
        nonlocal n
        n += 1
        return n
    return inc
inc = counter()"""
BY_HAND = """\
import functools
def twice(f):
    @functools.wraps(f)
    def inner(*given):
        return 2 * f(*given)
    return inner
def plain():
    return 1
inc = twice(plain)"""
MADE = {
    "what a call returned": COUNTER,
    "what wraps another one": BY_HAND,
    "what exec made": "exec('def inc():\\n    return 1')",
    "what a script made": "%run script.py",
}
STEP = "%mlops track a\na = inc()"


@pytest.mark.parametrize("made", MADE.values(), ids=MADE.keys())
def test_a_cell_without_a_name_that_uses_it_is_fresh(
    made: str, in_file: Callable[..., tuple[Notebook, Path, Edit]], tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text("def inc():\n    return 1")
    kernel, path, _ = in_file(made, "b = inc()", "%mlops track a\na = b")
    assert told(kernel, path) == (State.FRESH, ())


@pytest.mark.parametrize("made", MADE.values(), ids=MADE.keys())
def test_its_user_is_fresh_until_it_is_made_again(
    made: str, in_file: Callable[..., tuple[Notebook, Path, Edit]], tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text("def inc():\n    return 1")
    kernel, path, _ = in_file(made, STEP)
    assert told(kernel, path) == (State.FRESH, ())
    run_cell(kernel, 0, made)
    again = "cell 1 ran again, and its inc cannot be compared"
    assert told(kernel, path) == (State.STALE, (again,))
    run_cell(kernel, 1, STEP)
    assert told(kernel, path) == (State.FRESH, ())


def test_a_function_that_wraps_itself_is_the_one_of_its_cell(
    in_file: Callable[..., tuple[Notebook, Path, Edit]],
) -> None:
    made = BY_HAND.replace("plain", "inc")
    kernel, path, edit = in_file(made, STEP)
    assert told(kernel, path) == (State.FRESH, ())
    edit(0, made.replace("return 1", "return 3"))
    assert told(kernel, path) == (State.STALE, ("inc, which it uses, was edited",))
