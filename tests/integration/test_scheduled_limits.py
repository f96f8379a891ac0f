"""What a schedule says of memory and processors holds in its runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nbmlops.cli.main import main
from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

GREEDY = """import os
assert os.environ["OMP_NUM_THREADS"] == "1"
held = bytearray(800 * 1024**2)
held[::4096] = b"x" * len(held[::4096])
import time
time.sleep(60)"""


def test_a_run_of_a_schedule_is_killed_beyond_the_memory_that_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.chdir(tmp_path)
    workspace = Workspace(tmp_path, author="tester")
    notebook = Notebook(tmp_path).step("fetch", GREEDY)
    version = workspace.pipelines.build(notebook.save("flights.ipynb")).version
    workspace.approvals.approve(version, comment="fine")
    words = ["schedule", "flights", "--cron", "@daily", "--cpus", "1", "--memory"]
    with pytest.raises(SystemExit, match="2"):
        main([*words, "much"])
    assert "'much' is no amount of memory" in capsys.readouterr().err
    main([*words, "400M"])
    assert "Limits: memory 400M, cpus 1" in capsys.readouterr().out

    schedule, records = workspace.schedules.get(1), ScheduleRecords(workspace.database)
    assert (schedule.policies.memory, schedule.policies.cpus) == (400 * 1024**2, 1)
    workspace.schedules.fire_now(schedule.id)
    now = datetime.now(UTC)
    claim = records.claim_next(owner="me", lease_until=now + timedelta(minutes=5), now=now)
    assert claim is not None
    assert workspace.run_fire(claim.fire.id, claim.token) is FireStatus.FAILED
    note = records.fires(schedule.id)[0].note
    assert note is not None
    assert "400M" in note
    workspace.close()
