"""Lineage follows what led to the present state, not what was undone on the way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.domain.lineage import Focus
from nbmlops.magics.extension import Extension, load, unload


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Extension]:
    """A kernel in this process that keeps the values of all cells."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    extension = load(shell)
    yield extension
    unload(shell)
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


def test_a_maker_that_was_undone_made_nothing_that_was_read_later(
    kernel: Extension, capsys: pytest.CaptureFixture[str]
) -> None:
    shell, lineage = kernel.shell, kernel.surface.workspace.lineage
    for cell in (
        "%mlops track --values",
        "x = [5]",
        "y = 1",
        "x = [5]",
        "%mlops undo",
        "z = x + [1]",
    ):
        shell.run_cell(cell, store_history=True).raise_error()
    cells = kernel.surface.workspace.executions.session_cells(kernel.recorder.session.id)
    first, _, undone, _, last = cells
    back = lineage.backward(Focus(thing="z", executions=(last.id,), names=("z",)))
    assert [(edge.source, edge.names) for edge in back.edges] == [(first.id, ("x",))]
    forward = lineage.forward(Focus(thing="x", executions=(first.id,), names=("x",)))
    assert [(edge.source, edge.target) for edge in forward.edges] == [(first.id, last.id)]
    nothing = lineage.forward(Focus(thing="x", executions=(undone.id,), names=("x",)))
    assert nothing.edges == ()
    capsys.readouterr()
    shell.run_cell("%mlops why x", store_history=True).raise_error()
    assert "Since then it was used by the cell `z = x + [1]`" in capsys.readouterr().out
