"""What records of a cell tell of what it will leave alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.past import changed_after_all, left_alone
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
