"""Results that were made with other options than the cells above set now."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbmlops.domain.accesses import ExternalAccess
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
    """A notebook of unnamed cells and two steps, and what a kernel records of it.

    ``values`` are the fingerprints of what names hold.
    """

    workspace: Workspace
    path: Path = Path()
    values: dict[str, str] = field(default_factory=lambda: {"df": "d", "n": "three"})

    def save(self, cells: Sequence[str]) -> None:
        notebook = Notebook(self.workspace.project)
        for source in cells[:-2]:
            notebook.cell(source)
        for name, source in zip(("load", "look"), cells[-2:], strict=True):
            notebook.step(name, source)
        self.path = notebook.save("flights.ipynb")
        raw = json.loads(self.path.read_text("utf-8"))
        for number, cell in enumerate(raw["cells"]):
            cell["id"] = f"cell-{number}"  # as a front end keeps it when the source changes
        self.path.write_text(json.dumps(raw), encoding="utf-8")

    def run(self, *positions: int, kernel: str = "kernel", left: str | None = None) -> None:
        """Record that cells ran as they are in the file, the first of which has left something."""
        found = outline(read(self.path))
        for position in positions:
            flow = found.flow(position)
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
                inputs=self._held(flow.reads),
                outputs=self._held(flow.effects.assigned),
                externals=_state(left if position == positions[0] else None),
                author="tester",
            )
            self.workspace.executions.add(record)

    def _held(self, names: Collection[str]) -> tuple[ValueRecord, ...]:
        kind = ValueSummary(kind="object")
        return tuple(
            ValueRecord(name=name, fingerprint=text, summary=kind)
            for name, text in self.values.items()
            if name in names
        )

    def why(self) -> dict[str, tuple[str, ...]]:
        """Why each step is stale."""
        found = self.workspace.staleness.status(self.path, session="kernel")
        return {one.title: tuple(each.detail for each in one.reasons) for one in found.steps}

    def refreshed(self, step: str) -> list[str]:
        """What a refresh of a step runs."""
        live = frozenset({"pd", "df", "n"})
        found = self.workspace.staleness.plan(step, self.path, session="kernel", live=live)
        return [one.title for one in found.standings]


def _state(name: str | None) -> tuple[ExternalAccess, ...]:
    return () if name is None else (ExternalAccess(kind="state", name=name),)


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


GIVEN = ("n = 3", "import pandas as pd\npd.options.x = n", *CELLS[1:])
OTHERWISE = "cell 2 sets something (an option, a variable), and was given another n since"


@pytest.fixture
def given(mlops_workspace: Workspace) -> Session:
    """A notebook whose option is set from a variable."""
    session = Session(mlops_workspace)
    session.save(GIVEN)
    session.run(0, 1, 2, 3)
    assert session.why() == {"load": (), "look": ()}
    return session


def test_what_is_below_an_option_is_stale_when_that_was_given_another_value(given: Session) -> None:
    given.save(("n = 5", *GIVEN[1:]))
    given.values["n"] = "five"
    assert given.why()["load"] == ("cell 2 sets something (an option, a variable), and is stale",)
    assert given.refreshed("load") == ["cell 1", "cell 2", "load"]
    given.run(0)
    assert given.why()["load"] == ("cell 2 sets something (an option, a variable), and is stale",)
    assert given.refreshed("load") == ["cell 2", "load"]
    given.run(1)
    assert given.why()["load"] == (OTHERWISE,)
    assert given.refreshed("load") == ["load"]
    given.run(2, 3)
    assert given.why() == {"load": (), "look": ()}


def test_an_option_that_was_given_an_equal_value_again_changes_nothing(given: Session) -> None:
    given.run(0, 1)
    assert given.why() == {"load": (), "look": ()}


def test_what_is_given_to_hooks_does_not_get_to_the_steps_below(mlops_workspace: Workspace) -> None:
    session = Session(mlops_workspace)
    cells = ("n = 3", "import atexit\natexit.register(print, n)", *CELLS[1:])
    session.save(cells)
    session.run(0)
    session.run(1, 2, 3, left="exit handlers")
    session.values["n"] = "five"
    session.run(0)
    session.run(1, left="exit handlers")
    assert session.why() == {"load": (), "look": ()}


@pytest.mark.parametrize("eager", ["", "(n)"], ids=["when it is called", "at once"])
def test_what_registered_code_reads_when_it_is_called_is_given_to_nothing_else(
    mlops_workspace: Workspace, eager: str
) -> None:
    """Who calls it has that as an input; what it was registered with counts for all below."""
    session = Session(mlops_workspace)
    registered = (
        f"@pd.api.register_accessor{eager or '()'}\nclass Tax:\n    def all(self): return n"
    )
    session.save(("n = 3", "import pandas as pd", registered, *CELLS[1:]))
    session.run(0, 1, 2, 3, 4)
    session.values["n"] = "five"
    session.run(0)
    stale = "cell 3 sets something (an option, a variable), and is stale"
    assert (stale in session.why()["load"]) == bool(eager)
