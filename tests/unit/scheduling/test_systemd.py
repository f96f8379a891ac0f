"""The unit that systemd reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbmlops.errors import UsageError
from nbmlops.scheduling.systemd import unit_of


def test_a_unit_is_written_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    unit = unit_of(Path("/srv/a b/50%"), ["/bin/python", "-m", "nbmlops", "--project", "$HOME/50%"])
    assert unit.path.parent == tmp_path / "systemd" / "user"
    assert unit.name.startswith("nbmlops-50-")
    unit.write()
    text = unit.path.read_text()
    assert 'ExecStart="/bin/python" "-m" "nbmlops" "--project" "$$HOME/50%%"' in text
    assert "WorkingDirectory=/srv/a b/50%%" in text
    assert unit.remove()
    assert not unit.remove()


def test_two_projects_of_one_name_have_two_units() -> None:
    assert unit_of(Path("/a/x"), ["x"]).name != unit_of(Path("/b/x"), ["x"]).name


def test_a_line_break_in_a_path_is_no_line_of_the_unit() -> None:
    with pytest.raises(UsageError, match="control character"):
        unit_of(Path("/srv/a\nExecStart=evil"), ["x"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_finds_nothing_wrong_with_a_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "a b %h"
    folder.mkdir()
    unit = unit_of(folder, [sys.executable, "-m", "nbmlops", "--project", str(folder), "scheduler"])
    unit.write()
    checked = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(unit.path)],
        capture_output=True,
        text=True,
        check=False,
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert unit.name not in checked.stderr
