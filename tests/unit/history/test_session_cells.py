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
from tests.unit.history.test_timetravel import NewNotebook, new_notebook, notebook
from tests.unit.history.test_timetravel import Notebook as Kernel

__all__ = ["NewNotebook", "new_notebook", "notebook"]

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

    def states(self) -> list[tuple[str | None, str]]:
        """How its cells stand, with the names of steps."""
        found = self.workspace.staleness.status(self.notebook, session="session")
        return [(cell.step, str(cell.state)) for cell in found.cells]

    def titles(self) -> list[str]:
        """What its cells are called."""
        found = self.workspace.staleness.status(self.notebook, session="session")
        return [cell.title for cell in found.cells]

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
    fresh = [(None, "fresh"), (None, "fresh"), ("count", "fresh")]
    assert (session.states(), session.titles()) == (fresh, ["cell @1", "cell @2", "count"])
    for text in ("one two", "one two three"):
        file.write_text(text)
        plan = session.plan()
        assert [standing.step for standing in plan.standings] == [None, None, "count"]
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
    assert session.states() == [(None, "fresh"), (None, "fresh"), ("count", "fresh")]
    assert session.titles() == ["cell @7", "cell @5", "count"]


SETTINGS = "month = 7; rate = 0.1  # of the notebook"
TOTAL = "%mlops track total\nt = month * 10 + rate * 0"


@dataclass(frozen=True)
class Anew:
    """What a session ran around a step, which name it is stale for then, and what it comes to."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    why: str | None
    comes_to: float


ANEW = {
    "one of two names": Anew((SETTINGS,), ("month = 3",), "month", 30),
    "and then all": Anew(
        (SETTINGS,),
        ("month = 3", SETTINGS.replace("7", "5")),
        "month",
        50,
    ),
    "twice": Anew((SETTINGS,), ("month = 3", "month = 4"), "month", 40),
    "as it was": Anew((SETTINGS,), ("month = 7",), None, 70),
    "beside an import": Anew(
        ("import math\nmonth = 7; rate = 1",),
        ("month = 2",),
        "month",
        20,
    ),
    "what no step reads": Anew((f"other = 1; {SETTINGS}",), ("other = 2",), None, 70),
    "from what was made below": Anew((SETTINGS,), ("k = 1", "month = k"), None, 70),
    "of two cells": Anew(
        ("month = 7; x = 1", "rate = 1; y = 1"), ("month, rate = 3, 2",), None, 70
    ),
    "after a cell that may bind it": Anew(
        (SETTINGS, "for month in (7,): pass"), ("month = 3",), None, 70
    ),
}


@pytest.mark.parametrize("case", ANEW.values(), ids=ANEW.keys())
def test_in_a_session_a_name_that_is_set_anew_was_edited(notebook: Kernel, case: Anew) -> None:
    """Where nothing can be edited, the value that was typed last is the one that counts."""
    notebook.run("%mlops track", *case.before, TOTAL, *case.after)
    service = notebook.extension.surface.workspace.staleness
    (step,) = service.status(None, session=notebook.extension.recorder.session.id).steps
    typed = len(case.before) + 1 + len(case.after)
    made_anew = f"cell @{typed} has made another {case.why} since"
    assert [reason.detail for reason in step.reasons] == ([made_anew] if case.why else [])
    notebook.run("%mlops refresh total")
    assert notebook["t"] == case.comes_to


def test_a_refresh_runs_again_what_a_cell_that_runs_for_another_name_would_undo(
    notebook: Kernel,
) -> None:
    """The rows must come back from the first cell, which sets the month, too."""
    notebook.run(
        "%mlops track",
        "month = 7; rows = [1, 2]",
        "%mlops track total\nt = month * len(rows)",
        "rows = rows[:1]",
        "month = 3",
        "%mlops refresh total",
    )
    assert (notebook["t"], notebook["month"], notebook["rows"]) == (6, 3, [1, 2])


FAILS = "acc.append(1); 1 / 0"
LENGTH = "%mlops track length\nn = len(acc)"


def told(kernel: Kernel) -> list[tuple[str, str, list[str]]]:
    """What `status --all` has to tell of a session's cells."""
    service = kernel.extension.surface.workspace.staleness
    found = service.status(None, session=kernel.extension.recorder.session.id)
    return [
        (cell.title, str(cell.state), [reason.detail for reason in cell.reasons])
        for cell in found.cells
        if str(cell.state) != "fresh"
    ]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (FAILS, "failed when it last ran: ZeroDivisionError"),
        ("acc.append(1); raise KeyboardInterrupt", "was interrupted when it last ran"),
    ],
    ids=["failed", "interrupted"],
)
def test_in_a_session_a_cell_that_did_not_end_is_told_where_what_it_left_is_used(
    notebook: Kernel, source: str, why: str
) -> None:
    notebook.run("acc = []")
    notebook.said(source)
    notebook.run("len(acc)")
    assert told(notebook) == [
        ("cell @2", "failed", [why]),
        ("cell @3", "stale", [f"cell @2 {why}"]),
    ]
    notebook.run("%mlops undo")
    assert told(notebook) == []


def test_a_cell_that_failed_before_it_changed_anything_is_not_told(notebook: Kernel) -> None:
    notebook.run("acc = []")
    notebook.said("acc.apend(1)")
    notebook.said("acc = [1 / 0]")
    notebook.run("len(acc)")
    assert told(notebook) == []


def test_what_failed_cells_left_is_healed_by_running_the_cells_that_did_not(
    notebook: Kernel,
) -> None:
    """A session cannot be edited: what failed is not run again, and is forgotten after that."""
    notebook.run("acc = []")
    notebook.said(FAILS)
    notebook.said(FAILS)
    notebook.run(LENGTH, "acc.clear()")
    assert [title for title, _, _ in told(notebook)] == ["cell @2", "cell @3", "length", "cell @5"]
    assert notebook["n"] == 2
    notebook.run("%mlops refresh length")
    assert notebook["n"] == 0
    assert not {"cell @2", "cell @3", "length"} & {title for title, _, _ in told(notebook)}


def test_what_only_a_failed_cell_made_is_made_by_the_cell_that_is_typed_in_its_stead(
    notebook: Kernel,
) -> None:
    notebook.said("acc = [1, 2]; 1 / 0")
    notebook.run(LENGTH)
    failed = "failed when it last ran: ZeroDivisionError"
    assert told(notebook) == [
        ("cell @1", "failed", [failed]),
        ("length", "stale", [f"cell @1 {failed}"]),
    ]
    assert "stopped at cell @1, which ended in ZeroDivisionError" in notebook.said(
        "%mlops refresh length"
    )
    notebook.run("acc = [1, 2, 3]", "%mlops refresh length")
    assert (notebook["n"], told(notebook)) == (3, [])


def test_what_is_around_a_cell_of_a_notebook_that_is_not_saved_is_its_session(
    mlops_workspace: Workspace,
) -> None:
    """In the kernel that ran it; for others, nobody can tell."""
    session = Session(mlops_workspace, mlops_workspace.project / "unsaved.ipynb")
    (mlops_workspace.project / "a.txt").write_text("one")
    for place, cell_id in enumerate("abc"):
        session.run(place, cell_id)
    execution = mlops_workspace.executions.by_ids([3])[3]
    found = mlops_workspace.staleness.around(execution, session="session")
    assert found == mlops_workspace.staleness.status(session.notebook, session="session")
    assert mlops_workspace.staleness.around(execution, session="another") is None
    assert mlops_workspace.staleness.around(execution) is None
