"""Which notebook a kernel belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.capture.session import identify, notebook_key


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git project in which a kernel runs, told nothing by its environment."""
    for name in ("NBMLOPS_PROJECT", "NBMLOPS_RUN", "NBMLOPS_NOTEBOOK", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "reports").mkdir()
    monkeypatch.chdir(project / "reports")
    return project


def test_a_jupyter_server_names_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(project / "reports" / "flights.ipynb"))
    session = identify({})
    assert session.project == project
    assert session.notebook == "reports/flights.ipynb"
    assert session.path == project / "reports" / "flights.ipynb"


def test_vs_code_names_it_in_the_namespace(project: Path) -> None:
    session = identify({"__vsc_ipynb_file__": str(project / "reports" / "a b.ipynb")})
    assert session.notebook == "reports/a b.ipynb"


@pytest.mark.parametrize("name", ["console-1", "script.py", ""])
def test_a_shell_without_a_notebook_has_a_key_of_its_own(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", name)
    session = identify({"__vsc_ipynb_file__": None})
    assert (session.notebook, session.path) == ("ipython", None)
    assert session.project == project


def test_a_pipeline_run_says_which_notebook_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_PROJECT", str(project))
    monkeypatch.setenv("NBMLOPS_RUN", "7")
    monkeypatch.setenv("NBMLOPS_NOTEBOOK", "reports/flights.ipynb")
    session = identify({})
    assert (session.run_id, session.notebook) == (7, "reports/flights.ipynb")


def test_a_notebook_outside_of_the_project_keeps_its_whole_path(tmp_path: Path) -> None:
    assert notebook_key(tmp_path / "project", tmp_path / "n.ipynb") == str(tmp_path / "n.ipynb")


def test_each_kernel_process_is_a_session_of_its_own(project: Path) -> None:
    assert project.is_dir()
    assert identify({}).id != identify({}).id
