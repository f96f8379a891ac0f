"""Whether cells that ran beside each other used one file."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.agreement import disagreement
from nbmlops.pipelines.lanes import Lane, Lanes
from nbmlops.pipelines.plan import PlanCell
from nbmlops.testing import NOON


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two cells, what was recorded of each as ``mode known_by``, and whether they are at odds."""

    name: str
    sources: tuple[str, str] = ("a = 1", "b = 1")
    first: tuple[str, ...]
    second: tuple[str, ...]
    at_odds: bool
    in_turn: bool = False


NAMED = "open('out.csv', 'w').close()"
CASES = (
    Case(name="both wrote it", first=("write open",), second=("write open",), at_odds=True),
    Case(name="one read it", first=("read open",), second=("write open",), at_odds=True),
    Case(name="both read it", first=("read open",), second=("read open",), at_odds=False),
    Case(
        name="one after the other",
        first=("write open",),
        second=("read open",),
        at_odds=False,
        in_turn=True,
    ),
    Case(
        name="one was only told of it",
        first=("write open",),
        second=("write watch",),
        at_odds=False,
    ),
    Case(name="whichever is first", first=("read watch",), second=("write open",), at_odds=False),
    Case(
        name="nobody is known to have used it",
        first=("write watch",),
        second=("write watch",),
        at_odds=True,
    ),
    Case(
        name="one names it",
        sources=(NAMED, "b = 1"),
        first=("write watch",),
        second=("write watch",),
        at_odds=False,
    ),
    Case(
        name="both name it",
        sources=(NAMED, NAMED),
        first=("write watch",),
        second=("write watch",),
        at_odds=True,
    ),
    Case(
        name="both changed it",
        first=("read open", "write open"),
        second=("write argument",),
        at_odds=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cells_beside_each_other_are_at_odds_where_both_are_known_to_use_a_file(case: Case) -> None:
    flows = build(from_sources([(source, []) for source in case.sources]).code_cells).flows
    cells = [PlanCell(flow=flow, role="step", step=f"s{at}") for at, flow in enumerate(flows)]
    after = frozenset([0]) if case.in_turn else frozenset[int]()
    lanes = Lanes(
        lanes=(
            Lane(number=0, cells=(0,), after=frozenset(), before=()),
            Lane(number=1, cells=(1,), after=after, before=()),
        )
    )
    made: dict[int, Execution] = {
        at: _made(said) for at, said in enumerate((case.first, case.second))
    }
    said = disagreement(cells, lanes, made)
    assert said == ("s0 and s1 both use out.csv" if case.at_odds else None)


def _made(said: tuple[str, ...]) -> Execution:
    """An execution of which only the files count."""
    files = []
    for mode, known_by in map(str.split, said):
        files.append(FileAccess(path="out.csv", mode=mode, digest=None, size=1, known_by=known_by))  # type: ignore[arg-type]  # words of the table
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=None,
        cell_id=None,
        source="",
        digest="",
        session="s",
        started_at=NOON,
        duration=0,
        status=ExecutionStatus.OK,
        files=tuple(files),
        author="tester",
    )
    return Execution(id=1, version=None, record=record)
