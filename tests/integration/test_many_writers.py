"""Processes that write at once lose nothing and number no version twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

PROCESSES = 16
EXECUTIONS = 100
SCRIPT = Path(__file__).parent / "scripts" / "writer.py"


def test_sixteen_processes_lose_no_execution_and_share_version_numbers(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.executions.session_cells("none yet") == []
    command = [sys.executable, str(SCRIPT), str(tmp_path), str(EXECUTIONS)]
    writers = [
        subprocess.Popen([*command, str(number)], stderr=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    for writer in writers:
        _, told = writer.communicate(timeout=120)
        assert writer.returncode == 0, told
    kept = [
        execution
        for number in range(PROCESSES)
        for execution in workspace.executions.session_cells(f"writer-{number}")
    ]
    workspace.close()
    assert len(kept) == PROCESSES * EXECUTIONS
    assert len({execution.id for execution in kept}) == len(kept)
    counts = Counter(execution.record.session for execution in kept)
    assert set(counts.values()) == {EXECUTIONS}
    versions = {execution.version.id: execution.version for execution in kept if execution.version}
    by_digest = {version.digest: version.number for version in versions.values()}
    assert len(versions) == len(by_digest)
    assert sorted(by_digest.values()) == list(range(1, len(by_digest) + 1))
    for execution in kept:
        assert execution.version is not None
        assert execution.version.digest == execution.record.digest
        assert [metric.value for metric in execution.record.metrics] == [execution.record.duration]
