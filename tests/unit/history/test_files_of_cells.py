"""Files that cells of one notebook hand to one another, and change below those that read them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbmlops.domain.accesses import AccessMode, FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.notebook.document import read
from nbmlops.pipelines.outline import outline
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

SOURCES = {"make": "seed = 1", "look": "rows = seen()", "change": "done = changed(rows)"}
_MAKES = {"make": "seed", "add": "added", "look": "rows", "change": "done"}
FRESH = ("fresh", ())
Deeds = Sequence[tuple[AccessMode, str]]


@dataclass
class Session:
    """Three steps that read, write and delete one file; ``hashed`` unless that is too large."""

    workspace: Workspace
    path: Path = field(init=False)
    hashed: bool = True

    def __post_init__(self) -> None:
        self.save(SOURCES)

    def save(self, sources: Mapping[str, str]) -> None:
        """Write the notebook."""
        notebook = Notebook(self.workspace.project)
        for step, source in sources.items():
            notebook.step(step, source)
        self.path = notebook.save("tables.ipynb")

    def run(self, step: str, deeds: Deeds) -> None:
        """Record that a step did this to the file, each with the content; do what it wrote."""
        accesses = []
        for mode, text in deeds:
            known = self.hashed and mode != "delete"
            made = hashlib.sha256(text.encode()).hexdigest() if known else None
            accesses.append(
                FileAccess(path="t.csv", mode=mode, digest=made, size=len(text), known_by="open")
            )
            file = self.workspace.project / "t.csv"
            if mode == "write":
                file.write_text(text)
            elif mode == "delete":
                file.unlink()
        found = outline(read(self.path))
        flow = found.flow(found.steps[step][0])
        self.workspace.executions.add(
            ExecutionRecord(
                notebook="tables.ipynb",
                step=step,
                cell_id=flow.cell.id,
                source=flow.cell.source,
                digest=flow.digest,
                session="session",
                started_at=NOON,
                duration=0.1,
                status=ExecutionStatus.OK,
                outputs=(
                    ValueRecord(
                        name=_MAKES[step],
                        fingerprint=step,
                        summary=ValueSummary(kind="int"),
                    ),
                ),
                files=tuple(accesses),
                author="tester",
            )
        )

    def states(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """The state of each step with its reasons."""
        found = self.workspace.staleness.status(self.path, session="session")
        return {
            cell.title: (str(cell.state), tuple(reason.detail for reason in cell.reasons))
            for cell in found.steps
        }

    def plan(self, step: str) -> list[str]:
        """What a refresh of a step runs."""
        live = frozenset(["seed", "rows", "done", "seen", "changed"])
        found = self.workspace.staleness.plan(step, self.path, session="session", live=live)
        return [standing.title for standing in found.standings]


@pytest.fixture
def session(mlops_workspace: Workspace) -> Session:
    return Session(mlops_workspace)


@dataclass(frozen=True)
class Case:
    """What the step below does, and what is said of the one that has read the file before."""

    name: str
    makes: Deeds
    changes: Deeds
    state: tuple[str, tuple[str, ...]] = FRESH


BELOW = "t.csv was changed since by change below, and no cell above makes it anew"
CASES = [
    Case("written over", [("write", "a")], [("write", "b")]),
    Case("added to", [("write", "a")], [("read", "a"), ("write", "ab")]),
    Case("deleted", [("write", "a")], [("delete", "")]),
    Case("not made above", [], [("read", "a"), ("write", "ab")], ("stale", (BELOW,))),
    Case(
        "added to above",
        [("read", "0"), ("write", "a")],
        [("write", "ab")],
        ("stale", (BELOW,)),
    ),
    Case(
        "another than was read",
        [("write", "0")],
        [("write", "ab")],
        ("stale", ("t.csv has changed since it was read",)),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_that_is_made_above_may_be_changed_below(session: Session, case: Case) -> None:
    """Run from the top, the step reads what the one above makes; else it reads the change."""
    session.run("make", case.makes)
    (session.workspace.project / "t.csv").write_text("a")
    session.run("look", [("read", "a")])
    session.run("change", case.changes)
    assert session.states()["look"] == case.state


ADDING = {"make": "seed = 1", "add": "added = 1", **SOURCES}


@pytest.mark.parametrize(
    "change", [[("delete", "")], [("write", "c")], [("read", "ab"), ("write", "abc")]]
)
def test_a_file_that_several_cells_make_may_be_changed_below(
    session: Session, change: Deeds
) -> None:
    """As a database to which cells add tables: all of them run again for who reads it."""
    session.save(ADDING)
    session.run("make", [("write", "a")])
    session.run("add", [("read", "a"), ("write", "ab")])
    session.run("look", [("read", "ab")])
    session.run("change", change)
    assert session.states() == dict.fromkeys(ADDING, FRESH)
    session.save(ADDING | {"look": "rows = seen(2)"})
    assert session.plan("look") == ["make", "add", "look"]
    session.save(ADDING | {"add": "added = 2"})
    assert session.plan("add") == ["make", "add"]


@dataclass(frozen=True)
class Broken:
    """What the cells above did to a file that the one below them read."""

    name: str
    makes: Deeds
    adds: Deeds


@pytest.mark.parametrize(
    "case",
    [
        Broken("another than was made", [("write", "a")], [("read", "b"), ("write", "ab")]),
        Broken("there before", [("read", "0"), ("write", "a")], [("read", "a"), ("write", "ab")]),
        Broken("made after a deletion", [("delete", "a")], [("read", "a"), ("write", "ab")]),
    ],
    ids=lambda case: case.name,
)
def test_a_file_in_which_something_else_had_a_part_is_not_made_above(
    session: Session, case: Broken
) -> None:
    session.save(ADDING)
    (session.workspace.project / "t.csv").write_text("0")
    session.run("make", case.makes)
    session.run("add", case.adds)
    session.run("look", [("read", "ab")])
    session.run("change", [("write", "c")])
    assert session.states()["look"] == ("stale", (BELOW,))


def test_a_file_that_something_else_changed_makes_its_reader_stale(session: Session) -> None:
    """And is not written over by a refresh."""
    session.run("make", [("write", "a")])
    session.run("look", [("read", "a")])
    session.run("change", [("write", "b")])
    (session.workspace.project / "t.csv").write_text("by hand")
    assert session.states()["look"] == ("stale", ("t.csv has changed since it was read",))
    assert session.plan("look") == ["look"]


def test_a_step_that_reads_and_removes_what_is_made_above_is_fresh(session: Session) -> None:
    session.run("make", [("write", "a")])
    session.run("look", [("read", "a"), ("delete", "")])
    assert session.states()["look"] == FRESH


def test_a_large_file_that_is_made_above_may_be_deleted_below(session: Session) -> None:
    """Nothing but its size is known; a memory map of the notebook, say, which it removes."""
    session.hashed = False
    session.run("make", [("write", "a")])
    session.run("look", [("read", "a")])
    session.run("change", [("delete", "")])
    assert session.states()["look"] == FRESH
    assert session.plan("change") == []


def test_a_large_file_of_another_size_was_not_made_above(session: Session) -> None:
    session.hashed = False
    session.run("make", [("write", "abc")])
    session.run("look", [("read", "a")])
    session.run("change", [("delete", "")])
    assert session.states()["look"] == ("stale", ("t.csv is not there any more",))


def test_who_made_a_file_runs_again_for_its_reader_where_a_cell_has_changed_it(
    session: Session,
) -> None:
    """The step would read what the one below made of it."""
    session.run("make", [("write", "a")])
    session.run("look", [("read", "a")])
    session.save(SOURCES | {"look": "rows = seen(2)"})
    assert session.plan("look") == ["look"]
    session.save(SOURCES)
    session.run("change", [("write", "b")])
    assert session.plan("look") == []
    session.save(SOURCES | {"look": "rows = seen(2)"})
    assert session.plan("look") == ["make", "look"]


def test_a_step_takes_the_file_of_a_cell_that_must_run_again(session: Session) -> None:
    """As it takes a value: run from the top, it would read what that one writes then."""
    session.run("make", [("write", "a")])
    session.run("look", [("read", "a")])
    session.save(SOURCES | {"make": "seed = 2"})
    assert session.states()["look"] == ("stale", ("make was edited since it ran",))
    assert session.plan("look") == ["make", "look"]


def test_a_step_takes_what_a_cell_that_must_run_again_has_added(session: Session) -> None:
    sources = {"make": "seed = 1", "add": "added = 1", "look": "rows = 1"}
    session.save(sources)
    session.run("make", [("write", "a")])
    session.run("add", [("read", "a"), ("write", "ab")])
    session.run("look", [("read", "ab")])
    session.save(sources | {"make": "seed = 2"})
    assert session.states()["add"] == ("stale", ("make was edited since it ran",))
    assert session.states()["look"][0] == "stale"
    assert session.plan("look") == ["make", "add", "look"]


@pytest.mark.parametrize("reads", [[("read", "b")], [("delete", "")], []])
def test_a_step_that_did_not_read_what_a_cell_wrote_takes_nothing_of_it(
    session: Session, reads: Deeds
) -> None:
    session.run("make", [("write", "a")])
    (session.workspace.project / "t.csv").write_text("b")
    session.run("look", reads)
    session.save(SOURCES | {"make": "seed = 2"})
    assert session.states()["look"] == FRESH


def test_a_step_that_adds_to_a_file_is_stale_where_one_below_changes_it(session: Session) -> None:
    session.run("look", [("read", "a"), ("write", "ab")])
    session.run("change", [("read", "ab"), ("write", "abc")])
    assert session.states()["look"] == ("stale", (BELOW,))


def test_a_step_is_not_stale_for_what_it_changed_itself(session: Session) -> None:
    """It took what the one above had read; else no run could make it fresh."""
    session.run("look", [("read", "a")])
    session.run("change", [("read", "a"), ("write", "ab")])
    assert session.states() == {
        "make": ("never run", ()), "look": ("stale", (BELOW,)), "change": FRESH,
    }  # fmt: skip
    assert session.plan("change") == []
    session.save(SOURCES | {"look": "rows = seen(2)"})
    assert session.states()["change"] == ("stale", ("look was edited since it ran",))
    assert session.plan("change") == ["look", "change"]
