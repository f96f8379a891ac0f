"""What a schedule says of the cache holds in its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.cli.main import main
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.rules import RunRules
from nbmlops.notebook.document import read
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow


def states(workspace: Workspace, version_id: int, rules: RunRules) -> list[str]:
    """What became of each step in a run as a schedule asks for it."""
    run = workspace.runs.run_version(
        version_id=version_id,
        parameters={},
        trigger="schedule:1",
        occasion=Occasion.at(NOON),
        on_started=lambda _: None,
        rules=rules,
        page=False,
    )
    assert not workspace.runs.folder(run).report.exists()
    cells = read(workspace.runs.folder(run).notebook).raw["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells]


def test_the_runs_of_a_schedule_keep_to_what_it_says_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All steps, some, or those whose result does not hold; a step that is not there is refused."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    workspace = Workspace(tmp_path, author="tester")
    notebook = Notebook(tmp_path).step("fetch", "rows = [1]").step("train", "auc = len(rows)")
    version = workspace.pipelines.build(notebook.save("flights.ipynb")).version
    plain, forced = RunRules(), RunRules(force=("train",))
    assert states(workspace, version.id, plain) == ["completed", "completed"]
    assert states(workspace, version.id, plain) == ["cached", "cached"]
    assert states(workspace, version.id, forced) == ["cached", "completed"]
    assert states(workspace, version.id, RunRules(no_cache=True)) == ["completed", "completed"]
    workspace.approvals.approve(version, comment="fine")
    workspace.close()

    monkeypatch.chdir(tmp_path)
    main(["show", "flights#4"])  # whose worker has left the page to whoever asks for it
    assert "flights.html" in capsys.readouterr().out
    words = ["schedule", "flights", "--cron", "@daily", "--force"]
    with pytest.raises(SystemExit, match="2"):
        main([*words, "trian"])
    assert "Did you mean 'train'?" in capsys.readouterr().err
    main([*words, "train", "--no-cache"])
    assert "no cache, force train" in capsys.readouterr().out
