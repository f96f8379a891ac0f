"""Which files are the user's, and not those of the tools that work for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.capture.places import Places

VARIABLES = ("IPYTHONDIR", "JUPYTER_DATA_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")


@pytest.mark.parametrize("variable", VARIABLES)
def test_where_tools_keep_their_own_is_not_the_users_wherever_a_variable_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The history of IPython, the fonts that matplotlib has found: no cell has written them."""
    project, own = tmp_path / "project", tmp_path / "own"
    file = str(own / "profile_default" / "history.sqlite")
    assert Places(project, None).counts(file)
    monkeypatch.setenv(variable, str(own))
    assert not Places(project, None).counts(file)
    assert Places(project, None).counts(str(tmp_path / "owner" / "data.csv"))


def test_a_project_within_such_a_folder_is_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Places(tmp_path / "project", None).counts(str(tmp_path / "project" / "data.csv"))
    assert Places(tmp_path, None).counts(str(tmp_path / "data.csv"))
