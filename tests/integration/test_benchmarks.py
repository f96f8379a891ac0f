"""The benchmarks run, and write what they print as JSON as well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_quick_measurement_prints_a_table_and_writes_every_sample(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "metrics", "--quick", "--json", str(target)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "### One metric" in done.stdout
    content = json.loads(target.read_text(encoding="utf-8"))
    assert content["machine"]["cores"] >= 1
    (comparison,) = content["comparisons"]
    taken = {figure["name"]: figure["wall"] for figure in comparison["figures"]}
    assert min(taken["nothing"]) < min(taken["nbmlops.metric"]) < 0.01
