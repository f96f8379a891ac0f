"""Functions that go back: the one that is there is repaired, else the new one is named."""

from __future__ import annotations

import pytest

from tests.unit.history.test_mending import lib
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["lib", "new_notebook", "notebook"]

GIVE = "import held_outside as lib\nlib.held['f'] = f"
MAKE = "def f(a, kept=[]):\n    kept.append(a)\n    return kept\nf.calls = 0"
CLOSURE = """
def make():
    n = []
    def count():
        n.append(1)
        return n
    return count
f = make()
"""


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ("f.calls = 1", "f.calls == 0"),
        ("f(9)", "f.__defaults__ == ([],)"),
        ("def f():\n    return 2", "f(3) == [3]"),
        ("del f", "f(3) == [3]"),
        ("f.__code__ = (lambda a, kept: 5).__code__", "f(3) == [3]"),
    ],
)
def test_a_function_that_others_hold_goes_back_for_them_too(
    notebook: Notebook, capsys: pytest.CaptureFixture[str], change: str, holds: str
) -> None:
    notebook.run(MAKE, GIVE, change)
    capsys.readouterr()
    notebook.run("%mlops undo --yes")
    assert "in new objects" not in capsys.readouterr().out
    notebook.run(f"same, right = lib.held['f'] is f, {holds}")
    assert notebook["same"]
    assert notebook["right"]


def test_a_closure_comes_back_as_a_new_one_and_is_named(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run(CLOSURE, GIVE, "f()")
    capsys.readouterr()
    notebook.run("%mlops undo --yes")
    assert "in new objects: f " in capsys.readouterr().out
    notebook.run("same, counted = lib.held['f'] is f, f()")
    assert not notebook["same"]
    assert notebook["counted"] == [1]


def test_in_another_kernel_no_function_is_named(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    new_notebook().run("%mlops track --values", MAKE)
    other = new_notebook()
    other.run("%mlops track --values")
    capsys.readouterr()
    other.run("%mlops checkout latest --yes")
    assert "in new objects" not in capsys.readouterr().out
    assert other["f"](3) == [3]
