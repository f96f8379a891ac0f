"""Paths stay inside the server's root; a workspace is opened once."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbmlops.errors import UsageError
from nbmlops.server.projects import Projects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A server's root with a project in it."""
    (tmp_path / "root" / "project" / ".nbmlops").mkdir(parents=True)
    return tmp_path / "root"


@pytest.mark.parametrize("notebook", ["a.ipynb", "/a.ipynb", "x/../a.ipynb", "missing/a.ipynb"])
def test_a_path_below_the_root_is_located(root: Path, notebook: str) -> None:
    assert Projects(root).locate(notebook).is_relative_to(root)


@pytest.mark.parametrize("notebook", ["", "/", ".", "..", "../root2/a.ipynb", "a/../..", "a\0b"])
def test_any_other_path_is_refused(root: Path, notebook: str) -> None:
    with pytest.raises(UsageError):
        Projects(root).locate(notebook)


def test_notebooks_of_one_project_share_a_workspace_even_when_asked_at_once(root: Path) -> None:
    projects = Projects(root)
    notebooks = [root / "project" / f"{number}.ipynb" for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        found = set(map(id, threads.map(projects.workspace, notebooks)))
    assert len(found) == 1
    projects.close()


def test_a_folder_without_a_store_has_no_workspace(root: Path) -> None:
    assert Projects(root).workspace(root / "a.ipynb") is None


def test_a_store_that_was_replaced_is_opened_anew(root: Path) -> None:
    projects = Projects(root)
    notebook = root / "project" / "a.ipynb"
    before = projects.workspace(notebook)
    (root / "project" / ".nbmlops").rename(root / "project" / "kept")
    assert projects.workspace(notebook) is None
    (root / "project" / ".nbmlops").mkdir()
    assert projects.workspace(notebook) is not before
    projects.close()
    shutil.rmtree(root / "project" / "kept")
