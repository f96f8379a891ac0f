"""Notebooks as pytest sees them: each test cell is an item. Only where it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nbmlops.config import choose_project
from nbmlops.domain.cell_tests import CellTestResult, CellTestStatus
from nbmlops.errors import NbmlopsError
from nbmlops.workspace import Workspace


class NotebookPlugin:
    """Collects the notebooks that pytest comes by."""

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> NotebookFile | None:
        """Take notebooks."""
        if file_path.suffix != ".ipynb":
            return None
        return NotebookFile.from_parent(parent, path=file_path)


class NotebookFile(pytest.File):
    """A notebook with its tests, which run together, in one kernel, when the first is asked for."""

    _results: dict[str, CellTestResult] | None = None

    def collect(self) -> Iterator[NotebookItem]:
        """The tests of the notebook, in order."""
        with _workspace(self.path) as workspace:
            try:
                found = workspace.tests.find(self.path)
            except NbmlopsError as error:
                raise self.CollectError(str(error)) from error
        for test in found.tests:
            yield NotebookItem.from_parent(self, name=test.name)

    def result(self, name: str) -> CellTestResult:
        """What came of a test; runs those that pytest has selected, the first time."""
        if self._results is None:
            names = [item.name for item in self.session.items if item.parent is self]
            with _workspace(self.path) as workspace:
                ran = workspace.tests.run(
                    self.path,
                    {},
                    names=names,
                    everything=self.config.getoption("--nbmlops-all"),
                    observer=lambda _: None,
                )
            self._results = {result.name: result for result in ran}
        return self._results[name]


class NotebookItem(pytest.Item):
    """One test cell."""

    def runtest(self) -> None:
        """Pass, fail or skip as the cell did."""
        parent = self.parent
        assert isinstance(parent, NotebookFile)  # noqa: S101 (it was made by one)
        result = parent.result(self.name)
        if result.unchanged:
            self.add_report_section("call", "nbmlops", "unchanged since it passed")
        if result.output:
            self.add_report_section("call", "stdout", result.output)
        if result.status is CellTestStatus.SKIPPED:
            pytest.skip(result.message)
        if result.status is not CellTestStatus.PASSED:
            raise CellFailure(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The cell's own failure, without the way that it took here."""
        if isinstance(excinfo.value, CellFailure | NbmlopsError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The notebook and the test."""
        return self.path, None, self.name


class CellFailure(Exception):  # noqa: N818 (an assertion that does not hold is no error)
    """A test cell that did not pass.

    Args:
        result: what came of it.
    """

    def __init__(self, result: CellTestResult) -> None:
        place = f", line {result.line}" if result.line else ""
        super().__init__(f"cell {result.cell}{place}: {result.message}")


@contextmanager
def _workspace(path: Path) -> Iterator[Workspace]:
    """The project of a notebook, open for a while."""
    workspace = Workspace(choose_project(path))
    try:
        yield workspace
    finally:
        workspace.close()
