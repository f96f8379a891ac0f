"""Results that were made with other options than the cells above set now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.notebook.document import read
from nbmlops.pipelines.outline import outline
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

IMPORT, OPTION, OTHER = "import pandas as pd", "pd.set_option('x', 3)", "pd.set_option('x', 5)"
SETUP, EDITED = f"{IMPORT}\n{OPTION}", f"{IMPORT}\n{OTHER}"
CELLS = (SETUP, "df = pd.read_csv('a.csv')", "df.describe()")
WHY = "cell 1 sets something (an option, a variable), and was edited since"


@dataclass
class Session:
    """A notebook of an unnamed cell and two steps, and what a kernel records of it."""

    workspace: Workspace
    path: Path = Path()

    def save(self, cells: Sequence[str]) -> None:
        notebook = Notebook(self.workspace.project).cell(cells[0])
        for name, source in zip(("load", "look"), cells[1:], strict=True):
            notebook.step(name, source)
        self.path = notebook.save("flights.ipynb")
        raw = json.loads(self.path.read_text("utf-8"))
        for number, cell in enumerate(raw["cells"]):
            cell["id"] = f"cell-{number}"  # as a front end keeps it when the source changes
        self.path.write_text(json.dumps(raw), encoding="utf-8")

    def run(self, *positions: int, kernel: str = "kernel") -> None:
        """Record that cells ran as they are in the file."""
        found = outline(read(self.path))
        for position in positions:
            flow = found.flow(position)
            made = [ValueRecord(name="df", fingerprint="d", summary=ValueSummary(kind="frame"))]
            record = ExecutionRecord(
                notebook="flights.ipynb",
                step=found.step_at.get(position),
                cell_id=flow.cell.id,
                source=flow.cell.source,
                digest=flow.digest,
                definitions=dict(flow.definitions),
                session=kernel,
                started_at=NOON,
                duration=0.1,
                status=ExecutionStatus.OK,
                inputs=tuple(made if position > 1 else ()),
                outputs=tuple(made if position == 1 else ()),
                author="tester",
            )
            self.workspace.executions.add(record)

    def why(self) -> dict[str, tuple[str, ...]]:
        """Why each step is stale."""
        found = self.workspace.staleness.status(self.path, session="kernel")
        return {one.title: tuple(each.detail for each in one.reasons) for one in found.steps}

    def refreshed(self, step: str) -> list[str]:
        """What a refresh of a step runs."""
        live = frozenset({"pd", "df"})
        found = self.workspace.staleness.plan(step, self.path, session="kernel", live=live)
        return [one.title for one in found.standings]


@pytest.fixture
def session(mlops_workspace: Workspace) -> Session:
    """A notebook that ran from its top to its end."""
    session = Session(mlops_workspace)
    session.save(CELLS)
    session.run(0, 1, 2)
    assert session.why() == {"load": (), "look": ()}
    return session


def test_what_is_below_an_option_is_stale_when_that_was_edited(session: Session) -> None:
    session.save((EDITED, *CELLS[1:]))
    assert session.why()["load"] == (WHY,)
    assert WHY in session.why()["look"]
    assert session.refreshed("look") == ["cell 1", "load", "look"]


def test_it_stays_so_until_it_has_run_behind_the_option(session: Session) -> None:
    session.save((EDITED, *CELLS[1:]))
    session.run(0)
    assert session.why()["load"] == (WHY,)
    assert session.refreshed("load") == ["load"]
    session.run(1, 2)
    assert session.why() == {"load": (), "look": ()}


def test_the_option_that_counts_is_the_last_one_before_it_ran(session: Session) -> None:
    """It was the same before, and is the same again."""
    session.save((EDITED, *CELLS[1:]))
    session.run(0, 1, 2)
    session.save(CELLS)
    assert session.why()["load"] == (WHY,)


@pytest.mark.parametrize(
    "setup",
    [f"import numpy as np\n{SETUP}", f"{SETUP}\nLIMIT = 3", f"{SETUP}  # more", f"{OPTION}"],
)
def test_what_is_beside_the_options_does_not_count(session: Session, setup: str) -> None:
    session.save((setup, *CELLS[1:]))
    assert session.why()["load"] == ()


def test_nothing_is_said_of_a_cell_that_was_not_recorded(mlops_workspace: Workspace) -> None:
    """It ran before recording began, or in another kernel; nobody knows what it set."""
    session = Session(mlops_workspace)
    session.save(CELLS)
    session.run(0, kernel="another")
    session.run(1, 2)
    session.save((EDITED, *CELLS[1:]))
    assert session.why()["load"] == ()


def test_a_step_that_asks_nothing_sees_no_option(session: Session) -> None:
    cells = (SETUP, "df = 3", "import math")
    session.save(cells)
    session.run(0, 1, 2)
    session.save((EDITED, *cells[1:]))
    assert session.why() == {"load": (), "look": ()}
