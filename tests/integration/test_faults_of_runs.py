"""Notebooks that end their process or never end, through a real scheduler and its workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import FireStatus
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

CASES = {
    "dies": ("import os\nos._exit(3)", "The kernel ended while this cell ran (exit code 3)"),
    "never": ("import time\nwhile True:\n    time.sleep(1)", "the run took longer than 10s"),
    "forks": ("import os\nif os.fork():\n    os._exit(4)", "The kernel ended while this cell ran"),
}


@pytest.mark.slow
def test_a_notebook_that_breaks_its_process_fails_in_words_and_the_scheduler_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    workspace = Workspace(tmp_path)
    try:
        made = {}
        for name, (code, _) in CASES.items():
            notebook = Notebook(tmp_path).step(name, code).save(f"{name}.ipynb")
            version = workspace.pipelines.build(notebook).version
            workspace.approvals.approve(version, comment="for the test")
            made[name] = workspace.schedules.create(
                name,
                when=When(http=True),
                rules=RunRules(timeout=10.0 if name == "never" else 300.0),
            )
            workspace.schedules.fire_now(made[name].id)
        with workspace.scheduler(max_fires=len(CASES)) as scheduler:
            assert scheduler.run() == len(CASES)
        for name, (_, said) in CASES.items():
            (fire,) = workspace.schedules.fires(made[name])
            assert (fire.status, fire.attempts) == (FireStatus.FAILED, 1)
            assert said in (fire.note or "")
    finally:
        workspace.close()
