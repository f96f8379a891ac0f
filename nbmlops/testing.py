"""What tests over nbmlops need; pytest finds the fixtures by itself.

With ``pytest --nbmlops``, or ``nbmlops = true`` in pytest's configuration, the tests in notebooks
are collected as well; without either, nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from nbmlops.workspace import Workspace

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FixedClock:
    """A clock that stands still until it is moved.

    >>> clock = FixedClock()
    >>> clock.advance(hours=1)
    >>> clock().hour
    13

    Args:
        now: an aware time in UTC.
    """

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time at which it stands."""
        return self.now

    def advance(self, **amount: float) -> None:
        """Move on by what `datetime.timedelta` takes: ``minutes=5``."""
        self.now += timedelta(**amount)


class Notebook:
    """Builds a notebook cell by cell.

    Args:
        folder: where `save` writes it.
        kernel: the name of its kernel.
    """

    def __init__(self, folder: Path, *, kernel: str = "python3") -> None:
        self.folder = folder
        self._kernel = kernel
        self._cells: list[tuple[str, tuple[str, ...]]] = []

    def cell(self, source: str, *tags: str) -> Self:
        """Add a code cell, with tags such as ``parameters`` or ``step:train``."""
        self._cells.append((source, tags))
        return self

    def parameters(self, **defaults: Any) -> Self:
        """Add the cell tagged ``parameters``."""
        lines = [f"{name} = {value!r}" for name, value in defaults.items()]
        return self.cell("\n".join(lines), "parameters")

    def step(self, name: str, source: str) -> Self:
        """Add a cell that is a step."""
        return self.cell(f"%mlops track {name}\n{source}")

    def save(self, name: str = "notebook.ipynb") -> Path:
        """Write the notebook into its folder."""
        from nbmlops.notebook.document import from_sources, serialize

        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(serialize(from_sources(self._cells, kernel=self._kernel)))
        return path


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that collect notebooks."""
    group = parser.getgroup("nbmlops", "tests in notebooks")
    group.addoption(
        "--nbmlops", action="store_true", help="Collect the test cells of notebooks (*.ipynb)."
    )
    group.addoption(
        "--nbmlops-all",
        action="store_true",
        help="Run test cells for which nothing has changed since they passed, too.",
    )
    parser.addini("nbmlops", "Collect the test cells of notebooks.", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Collect notebooks, where that was asked for."""
    if config.getoption("--nbmlops") or config.getini("nbmlops"):
        from nbmlops.pytest_notebooks import NotebookPlugin

        config.pluginmanager.register(NotebookPlugin(), "nbmlops-notebooks")


@pytest.fixture
def mlops_clock() -> FixedClock:
    """A clock that the test moves."""
    return FixedClock()


@pytest.fixture
def mlops_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mlops_clock: FixedClock
) -> Iterator[Workspace]:
    """A workspace in a temporary project, with a signing key of its own."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    project = tmp_path / "project"
    project.mkdir()
    workspace = Workspace(project, clock=mlops_clock, author="tester")
    yield workspace
    workspace.close()


@pytest.fixture
def mlops_notebook(mlops_workspace: Workspace) -> Notebook:
    """An empty notebook in the workspace's project."""
    return Notebook(mlops_workspace.project)
