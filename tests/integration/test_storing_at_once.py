"""Kernels of one project that store values at once keep all of them, what is equal once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "scripts" / "storing_kernel.py"
KERNELS, CELLS = 2, 5


def test_two_kernels_store_at_once_what_is_equal_and_what_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    Workspace(tmp_path).close()
    kernels = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(tmp_path), str(number), str(CELLS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(KERNELS)
    ]
    told = [kernel.communicate(timeout=120) for kernel in kernels]
    assert [kernel.returncode for kernel in kernels] == [0] * KERNELS, told
    workspace = Workspace(tmp_path)
    try:
        assert workspace.integrity.check() == []
        found = workspace.executions.by_ids(range(1, 100)).values()
        kept = [
            (value.name, value.manifest)
            for execution in found
            for value in execution.record.outputs
            if "= np.arange(" in execution.record.source
        ]
        assert Counter(name for name, _ in kept) == dict.fromkeys("xy", KERNELS * CELLS)
        assert all(manifest is not None for _, manifest in kept)
        made = [workspace.values.load(str(manifest)) for name, manifest in kept if name == "x"]
    finally:
        workspace.close()
    assert Counter(array[0] for array in made) == dict.fromkeys(range(CELLS), KERNELS)
    assert all(np.array_equal(np.diff(array), np.ones(499_999)) for array in made)
