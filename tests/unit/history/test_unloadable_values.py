"""A stored value that turns out not to load keeps a journey from beginning."""

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
        return (make, ())


def make():
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
