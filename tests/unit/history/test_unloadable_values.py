"""Stored values are loaded before a journey begins, once; one that does not load keeps it back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.magics.extension import Extension, load, unload

LIBRARY = """
class Depth:
    def __reduce__(self):
        return (make, (), vars(self) or None)


made = []


def make():
    made.append(1)
    return Depth()
"""


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Extension]:
    """A kernel in this process that keeps the values of all cells, beside a module."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "depths.py").write_text(LIBRARY, encoding="utf-8")
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    extension = load(InteractiveShell(config=Config({"HistoryManager": {"enabled": False}})))
    yield extension
    unload(extension.shell)
    sys.modules.pop("depths", None)
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


def test_nothing_changes_and_the_next_plan_makes_it_again(kernel: Extension) -> None:
    def run(cell: str) -> str:
        return str(kernel.shell.run_cell(cell, store_history=True).error_in_exec or "")

    for cell in ("%mlops track --values", "import depths", "d, n = depths.Depth(), 1", "d = n = 2"):
        assert run(cell) == ""
    kept, sys.modules["depths"].make = sys.modules["depths"].make, None  # the library has changed
    said = run("%mlops undo --yes")
    assert "Nothing was changed: a stored value could not be loaded. d: " in said
    assert (kernel.shell.user_ns["d"], kernel.shell.user_ns["n"]) == (2, 2)
    sys.modules["depths"].make = kept
    assert "cells must run again" in run("%mlops undo")
    assert run("%mlops undo --yes") == ""
    assert type(kernel.shell.user_ns["d"]).__name__ == "Depth"
    assert kernel.shell.user_ns["n"] == 1


@pytest.mark.parametrize(
    ("cells", "loaded"),
    [
        (("d = depths.Depth()", "d = 2"), 1),
        (("d = depths.Depth(); e = [d]", "d = e = 2"), 1),
        # the cell that makes the generator again is given its own
        (("d = depths.Depth()", "g = (n for n in [type(d).__name__])", "d = g = 2"), 2),
        (("class A: pass\na = A(); d = depths.Depth()", "del A, a, d"), 1),
    ],
)
def test_a_stored_value_is_loaded_once(
    kernel: Extension, cells: tuple[str, ...], loaded: int
) -> None:
    for cell in ("%mlops track --values", "import depths", *cells):
        assert kernel.shell.run_cell(cell, store_history=True).success
    kernel.shell.run_cell("%mlops undo --yes", store_history=True).raise_error()
    names = kernel.shell.user_ns
    assert type(names["d"]).__name__ == "Depth"
    assert len(sys.modules["depths"].made) == loaded
    if "e" in names:
        assert names["e"][0] is names["d"]
    if "g" in names:
        assert next(names["g"]) == "Depth"
    if "A" in names:
        assert type(names["a"]) is names["A"]


def test_one_refusal_tells_of_all_that_does_not_load(kernel: Extension) -> None:
    """What the cells that run again would be given is tried as well, before it says so."""

    def run(cell: str) -> str:
        return str(kernel.shell.run_cell(cell, store_history=True).error_in_exec or "")

    cells = ("import depths", "d = depths.Depth()", "d.x = 1", "d.x = 2", "n = 3", "del d, n")
    for cell in ("%mlops track --values", *cells):
        assert run(cell) == ""
    sys.modules["depths"].make = None  # the library has changed
    assert "a stored value could not be loaded. d: " in run("%mlops undo --yes")
    assert run("%mlops undo --yes") == ""
    assert (kernel.shell.user_ns["d"].x, kernel.shell.user_ns["n"]) == (2, 3)
