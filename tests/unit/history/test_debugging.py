"""The state of a run comes into the kernel of its own notebook alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus, Failure
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec, PipelineVersion
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import UsageError
from nbmlops.history.debugging import before_failure, check_place
from nbmlops.testing import NOON

VERSION = PipelineVersion(
    id=1,
    number=1,
    spec=PipelineSpec(
        name="a",
        notebook="a.ipynb",
        kernel="python3",
        digest="d",
        cells=tuple(
            PipelineCell(
                cell_id=name,
                index=at,
                role="parameters" if name == "p" else "support",
                step=None,
                source="x = 1",
            )
            for at, name in enumerate("apbcde")
        ),
        steps=(),
        edges=(),
    ),
    notebook_object="",
    environment=None,
    author="tester",
    created_at=NOON,
)
RUN = Run(
    id=1,
    pipeline="a",
    number=1,
    version=1,
    version_id=1,
    parameters={},
    status=RunStatus.FAILED,
    trigger="manual",
    author="tester",
    started_at=NOON,
    failure=Failure(kind="ValueError", message="no", cell_id="d"),
)


def test_the_state_of_a_run_comes_into_its_own_notebook_alone() -> None:
    check_place("a#1", "a.ipynb", here="a.ipynb")
    with pytest.raises(UsageError, match="Open that notebook"):
        check_place("a#1", "a.ipynb", here="b.ipynb")


def test_nodes_of_other_tools_leave_no_state_to_be_brought_back() -> None:
    with pytest.raises(UsageError, match=r"nodes of pipeline\.yaml.* resume a#1"):
        check_place("a#1", "pipeline.yaml", here="b.ipynb")
    with pytest.raises(UsageError, match=r"nodes of pipeline\.yaml"):
        check_place("a#1", "pipeline.yaml", here=None)


def test_a_kernel_without_a_notebook_file_takes_any() -> None:
    check_place("a#1", "a.ipynb", here=None)


def ran(number: int, cell: str | None, session: str, *, ok: bool = True) -> Execution:
    """A cell that ran in a kernel."""
    record = ExecutionRecord(
        notebook="a.ipynb",
        step=None,
        cell_id=cell,
        source="x = 1",
        digest="d",
        session=session,
        run_id=1,
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK if ok else ExecutionStatus.ERROR,
        author="tester",
    )
    return Execution(id=number, version=None, record=record)


@dataclass(frozen=True)
class Case:
    """What a run executed and took, and what leads to its cell d then."""

    name: str
    executions: tuple[Execution, ...]
    line: tuple[int, ...]
    target: int


CASES = (
    Case(
        "one kernel",
        (ran(1, "a", "s"), ran(2, "p", "s"), ran(3, "b", "s"), ran(4, "d", "s", ok=False)),
        (1, 2, 3),
        3,
    ),
    Case(
        "what gives the parameters comes right behind their cell",
        (ran(1, "p", "s"), ran(2, "given", "s"), ran(3, "d", "s", ok=False), ran(9, "c", "other")),
        (1, 2, 9),
        2,
    ),
    Case(
        "of a cell that two kernels ran, the own one counts",
        (ran(1, "a", "s"), ran(2, "a", "other"), ran(3, "c", "other"), ran(4, "d", "s", ok=False)),
        (1, 3),
        1,
    ),
    Case(
        "an earlier attempt failed",
        (
            ran(1, "a", "s"),
            ran(2, "b", "s", ok=False),
            ran(3, "b", "t"),
            ran(4, "d", "t", ok=False),
        ),
        (1, 3),
        3,
    ),
    Case(
        "the kernel was killed before it recorded anything",
        (ran(1, "b", "s"), ran(2, "c", "s"), ran(3, "e", "s")),
        (1, 2),
        2,
    ),
    Case(
        "what a thread changed late stays behind its cell",
        (ran(1, "a", "s"), ran(2, "b", "s"), ran(3, None, "s"), ran(4, "d", "s", ok=False)),
        (1, 2, 3),
        3,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_led_to_the_failed_cell_is_in_the_order_of_the_notebook(case: Case) -> None:
    scene = before_failure(RUN, VERSION, case.executions)
    assert (scene.cell.cell_id, scene.line, scene.target) == ("d", case.line, case.target)


def test_a_run_that_left_no_record_says_so() -> None:
    with pytest.raises(UsageError, match="before the failure was recorded"):
        before_failure(RUN, VERSION, ())
