"""The architecture is a contract in ``pyproject.toml``; importing nbmlops stays light."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTED = "import json, sys; import {module}; print(json.dumps(sorted(sys.modules)))"


def loaded_by(module: str) -> set[str]:
    """The top-level modules that importing a module loads in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", LISTED.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_every_import_contract_is_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_importing_nbmlops_loads_no_heavy_library() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lint = pyproject["tool"]["ruff"]["lint"]
    heavy = set(lint["flake8-tidy-imports"]["banned-module-level-imports"])
    assert "sqlalchemy" in heavy
    assert not loaded_by("nbmlops") & heavy
    assert not loaded_by("nbmlops.cli.main") & heavy
    assert not loaded_by("nbmlops.workspace") & heavy
    assert not loaded_by("nbmlops.magics.extension") & (heavy - {"IPython"})
