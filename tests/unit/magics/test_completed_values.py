"""Tab offers the values of a version and the latest executions where they are typed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.magics.completion import complete
from nbmlops.magics.extension import load, unload


def test_values_and_executions_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    extension = load(InteractiveShell(config=Config({"HistoryManager": {"enabled": False}})))
    try:
        extension.shell.run_cell("%mlops track load\nrows, ratio = [1], 2", store_history=True)
        number = extension.recorder.latest.id  # type: ignore[union-attr]  # the cell was recorded
        assert complete(extension.surface, "%mlops show load@1 --value r") == ["ratio", "rows"]
        for verb in ("show", "lineage", "checkout", "verify", "diff"):
            assert complete(extension.surface, f"%mlops {verb} @") == [f"@{number}"]
        assert complete(extension.surface, "%mlops show nothing@1 --value ") == []
        assert complete(extension.surface, "%mlops pause ") == []
        extension.surface.workspace.pools.resize("gpu", 2)
        assert complete(extension.surface, "%mlops pools g") == ["gpu"]
        assert complete(extension.surface, "%mlops schedule flights --pool ") == ["gpu"]
        extension.shell.run_cell("%mlops tag load@1 best")
        assert complete(extension.surface, "%mlops tag load@1 ") == ["best"]
        assert complete(extension.surface, "%mlops tag load@") == complete(
            extension.surface, "%mlops restore load@"
        )
        assert "load@best" in complete(extension.surface, "%mlops restore load@")
        assert complete(extension.surface, "%mlops tag load@1 best ") == []
    finally:
        unload(extension.shell)
        sys.modules["__main__"] = main
        sys.displayhook, sys.excepthook = hooks
