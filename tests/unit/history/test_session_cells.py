"""The cells of a session whose notebook is no file, and that they are known again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.capture.session import notebook_key
from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.history.staleness import RefreshPlan
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.outline import outline
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace

SOURCES = (
    "words = open('a.txt').read().split()",
    "words.sort()",
    "%mlops track count\nn = len(words)",
)
MADE = ("words", "words", "n")


@dataclass
class Session:
    """Runs the cells of a notebook that is no file, as a kernel would record them."""

    workspace: Workspace
    notebook: Path | None

    def run(self, place: int, cell_id: str | None) -> None:
        """Run the cell at a place; what it makes hangs on the file."""
        path = self.workspace.project / "a.txt"
        text = path.read_text("utf-8")
        access = FileAccess(
            path="a.txt",
            mode="read",
            digest=hashlib.sha256(text.encode()).hexdigest(),
            size=len(text),
            known_by="open",
        )
        flow = outline(from_sources([(source, ()) for source in SOURCES])).graph.flows[place]
        self.workspace.executions.add(
            ExecutionRecord(
                notebook=notebook_key(self.workspace.project, self.notebook),
                step="count" if place == 2 else None,
                cell_id=cell_id,
                source=SOURCES[place],
                digest=flow.digest,
                session="session",
                started_at=NOON,
                duration=0.1,
                status=ExecutionStatus.OK,
                files=(access,) if place == 0 else (),
                inputs=_values(MADE[place - 1], f"{place - 1} {text}") if place else (),
                outputs=_values(MADE[place], f"{place} {text}"),
                author="tester",
            )
        )

    def states(self) -> list[tuple[str, str]]:
        """How its cells stand."""
        found = self.workspace.staleness.status(self.notebook, session="session")
        return [(cell.title, str(cell.state)) for cell in found.cells]

    def plan(self) -> RefreshPlan:
        """What has to run for the step."""
        return self.workspace.staleness.plan(
            "count", self.notebook, session="session", live=frozenset(MADE)
        )


def _values(name: str, content: str) -> tuple[ValueRecord, ...]:
    return (ValueRecord(name=name, fingerprint=content, summary=ValueSummary(kind="list")),)


@pytest.mark.parametrize(
    ("notebook", "ids"),
    [(None, (None, None, None)), ("unsaved.ipynb", ("a", "b", "c"))],
    ids=["a shell", "a notebook that is not saved"],
)
def test_cells_that_run_again_as_planned_are_the_same_cells(
    mlops_workspace: Workspace, notebook: str | None, ids: Sequence[str | None]
) -> None:
    """Twice: what ran again is known under the id that it was given the first time."""
    file = mlops_workspace.project / "a.txt"
    path = None if notebook is None else mlops_workspace.project / notebook
    session = Session(mlops_workspace, path)
    file.write_text("one")
    for place, cell_id in enumerate(ids):
        session.run(place, cell_id)
    fresh = [("cell 1", "fresh"), ("cell 2", "fresh"), ("count", "fresh")]
    assert session.states() == fresh
    for text in ("one two", "one two three"):
        file.write_text(text)
        plan = session.plan()
        assert [standing.title for standing in plan.standings] == ["cell 1", "cell 2", "count"]
        for place, cell in enumerate(plan.cells):
            session.run(place, cell.id)
        assert session.states() == fresh


def test_a_cell_that_is_typed_again_after_a_refresh_is_still_that_cell(
    mlops_workspace: Workspace,
) -> None:
    file = mlops_workspace.project / "a.txt"
    session = Session(mlops_workspace, None)
    file.write_text("one")
    for place in range(3):
        session.run(place, None)
    file.write_text("one two")
    for place, cell in enumerate(session.plan().cells):
        session.run(place, cell.id)
    session.run(0, None)
    assert session.states() == [("cell 1", "fresh"), ("cell 2", "fresh"), ("count", "fresh")]
