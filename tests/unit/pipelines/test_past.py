"""What records of a cell tell of what it will leave alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.evidence import SessionEntry
from nbmlops.pipelines.past import bystanders, changed_after_all, left_alone
from nbmlops.testing import NOON

CELLS = from_sources([("import tool\nd = {}", ()), ("tool.look(d)", ())]).cells
FLOW = build(CELLS).flows[1]


def value(fingerprint: str | None = "1") -> ValueRecord:
    """What a name held."""
    return ValueRecord(
        name="d", fingerprint=fingerprint, summary=ValueSummary(kind="dict", text="")
    )


READ = ExecutionRecord(
    notebook="n.ipynb", step=None, cell_id="b", source="", digest=FLOW.digest, session="s",
    started_at=NOON, duration=1, status=ExecutionStatus.OK, inputs=(value(),), author="tester",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Case:
    """Recorded executions of the cell, and whether it is foreseen to leave what it reads alone."""

    name: str
    past: tuple[ExecutionRecord, ...]
    left: bool


CASES = (
    Case(name="never ran", past=(), left=False),
    Case(name="has read it", past=(READ, READ), left=True),
    Case(name="has changed it", past=(replace(READ, outputs=(value("2"),)),), left=False),
    Case(name="has changed it once", past=(READ, replace(READ, outputs=(value("2"),))), left=False),
    Case(name="has removed it", past=(replace(READ, deleted=("d",)),), left=False),
    Case(name="could not be compared", past=(replace(READ, inputs=(value(None),)),), left=False),
    Case(name="read what is not known", past=(replace(READ, inputs_complete=False),), left=False),
    Case(name="did not read it", past=(replace(READ, inputs=()),), left=False),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_cell_is_foreseen_to_leave_alone_what_no_execution_has_changed(case: Case) -> None:
    past = [Execution(id=at, version=None, record=one) for at, one in enumerate(case.past)]
    assert ("d" in left_alone(FLOW, past)) is case.left


def test_what_a_record_does_not_tell_of_may_have_changed() -> None:
    left = frozenset(["d"])
    assert not changed_after_all(left, READ)
    assert changed_after_all(left, None) == left
    assert changed_after_all(left, replace(READ, outputs=(value("2"),))) == left


def entry(at: int, source: str, *outputs: str, reads: tuple[str, ...] = ()) -> SessionEntry:
    """What a kernel ran before the cell."""
    return SessionEntry(
        id=at,
        digest=str(at),
        source=source,
        inputs=dict.fromkeys(reads, "1"),
        outputs=dict.fromkeys(outputs, "1"),
    )


@dataclass(frozen=True, kw_only=True)
class Session:
    """What a kernel ran before the cell, what that left, and what it is known to have seen."""

    name: str
    entries: tuple[SessionEntry, ...]
    record: ExecutionRecord = READ
    there: str = ""
    stayed: str = ""


SESSIONS = (
    Session(name="it was bound", entries=(entry(1, "e = 1", "e"),), there="e", stayed="e"),
    Session(name="it is bound later", entries=(entry(9, "e = 1", "e"),)),
    Session(
        name="it was brought back for another cell",
        entries=(entry(1, "d = [e]", "d", reads=("e",)),),
        there="de",
        stayed="de",
    ),
    Session(
        name="it may have been removed",
        entries=(entry(1, "e = 1", "e"), entry(2, "del e", "f")),
        there="f",
        stayed="f",
    ),
    Session(
        name="steps are named",
        entries=(entry(1, "%mlops track a\ne = 1", "e"), entry(2, "%mlops track b\nf = 1", "f")),
        there="ef",
        stayed="ef",
    ),
    Session(
        name="another state was brought back",
        entries=(entry(1, "e = 1", "e"), entry(2, "%mlops back 1", "f")),
        there="f",
        stayed="f",
    ),
    Session(
        name="the cell has changed it",
        entries=(entry(1, "d = {}", "d"),),
        record=replace(READ, outputs=(value("2"),)),
        there="d",
    ),
    Session(
        name="only what it shares is another thing",
        entries=(entry(1, "d = {}", "d"),),
        record=replace(READ, outputs=(value("1"),)),
        there="d",
        stayed="d",
    ),
    Session(
        name="it is bound to the same again, once what it stood for has changed",
        entries=(entry(1, "d = {}", "d"),),
        record=replace(READ, source="d.clear()\nd = {1: 2}", outputs=(value("1"),)),
        there="d",
    ),
    Session(
        name="a function has done so",
        entries=(entry(1, "d = {}", "d"),),
        record=replace(
            READ,
            source="f()",
            definitions={"f": "def f():\n    global d\n    d.clear()\n    d = {1: 2}"},
            outputs=(value("1"),),
        ),
        there="d",
    ),
    Session(
        name="its code does not tell what it binds",
        entries=(entry(1, "d = {}", "d"),),
        record=replace(READ, source="exec(code)", outputs=(value("1"),)),
        there="d",
    ),
    Session(
        name="it cannot be compared",
        entries=(entry(1, "d = {}", "d"),),
        record=replace(READ, inputs=(value(None),), outputs=(value(None),)),
        there="d",
    ),
    Session(
        name="read what is not known",
        entries=(entry(1, "e = 1", "e"),),
        record=replace(READ, inputs_complete=False),
    ),
)


@pytest.mark.parametrize("case", SESSIONS, ids=lambda case: case.name)
def test_what_was_there_when_a_cell_ran_is_told_by_what_its_kernel_ran(case: Session) -> None:
    past = [Execution(id=5, version=None, record=case.record)]
    found = bystanders(FLOW, past, lambda _: case.entries)
    assert (found.there, found.stayed) == (frozenset(case.there), frozenset(case.stayed))


@pytest.mark.parametrize(
    ("source", "as_now"),
    [
        ("tool.look(d)  # again", True),
        ("tool.look(d, 1)", True),
        ("tool.look(d)\nd.clear()", True),
        ("tool.look([])", False),
        ("tool.see(d)", False),
        ("d.clear()", False),
        ("look(d", False),
    ],
)
def test_an_edit_that_reaches_more_is_not_what_ran_before(
    source: str,
    as_now: bool,  # noqa: FBT001 (of a table of cases)
) -> None:
    """Code that has reached more than it does now tells of what it does now."""
    past = [Execution(id=5, version=None, record=replace(READ, source=source, digest="before"))]
    assert bystanders(FLOW, past, lambda _: ()).as_now is as_now
