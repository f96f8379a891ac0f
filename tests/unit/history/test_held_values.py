"""What a kernel holds otherwise than the results of the notebook's steps used it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbmlops.commands.freshness import standing_line
from nbmlops.commands.terminal import to_text
from nbmlops.commands.views import View
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.staleness import State
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.testing import NOON, Notebook
from tests.unit.history.test_staleness import TRAIN, Session, cells, session

__all__ = ["session"]


def scratch(session: Session, makes: dict[str, str | None], **facts: Any) -> int:
    """Record a cell that is not in the file."""
    outputs = tuple(
        ValueRecord(name=name, fingerprint=print_, summary=ValueSummary(kind="list"))
        for name, print_ in makes.items()
    )
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=None,
        cell_id="not-in-the-file",
        source="...",
        digest="scratch",
        session=facts.pop("kernel", "session"),
        started_at=NOON.replace(year=2000),  # before the file was saved
        duration=0.1,
        status=ExecutionStatus.OK,
        outputs=outputs,
        author="tester",
        **facts,
    )
    return session.workspace.executions.add(record).id


def notes(session: Session, asking: str | None = "session") -> dict[str, tuple[str, ...]]:
    """What is said beside the states, all of which are fresh."""
    found = session.workspace.staleness.status(session.path, session=asking)
    assert {step.state for step in found.steps} == {State.FRESH}
    return {step.title: step.notes for step in found.steps if step.notes}


def test_steps_that_ran_in_order_hold_what_they_used(session: Session) -> None:
    session.run("train", {"kept": "k", "model": "m"}, {"kept": "changed", "model": "m"})
    assert notes(session) == {}


def test_what_a_scratch_cell_left_under_an_input_is_told(session: Session) -> None:
    by = scratch(session, {"rows": "mine", "else_": "e"})
    assert notes(session) == {
        "clean": (f"the kernel holds another rows (by @{by}) than clean used",)
    }


def test_the_same_content_is_the_same_value_whoever_made_it(session: Session) -> None:
    scratch(session, {"rows": "r"})
    assert notes(session) == {}


def test_a_value_without_a_fingerprint_may_be_another_one(session: Session) -> None:
    by = scratch(session, {"rows": None})
    assert notes(session)["clean"] == (
        f"the kernel may hold another rows (by @{by}) than clean used",
    )


def test_a_deleted_input_is_told(session: Session) -> None:
    by = scratch(session, {}, deleted=("rows",))
    told = f"the kernel holds no rows any more (deleted by @{by}), which clean used"
    assert notes(session)["clean"] == (told,)


def test_without_a_kernel_that_asks_the_latest_one_is_meant(session: Session) -> None:
    by = scratch(session, {"rows": "mine"}, kernel="another")
    assert notes(session) == {}
    assert notes(session, "another")["clean"][0].startswith("the kernel holds another rows")
    told = f"the latest kernel was left with another rows (by @{by}) than clean used"
    assert notes(session, None) == {"clean": (told,)}


@pytest.mark.parametrize("with_ids", [True, False])
@pytest.mark.parametrize(
    ("copy", "state", "why"),
    [
        (TRAIN, "fresh", ()),
        ("model = old(kept)", "stale", ("cell 4, which has its name too, has not run",)),
    ],
)
def test_a_restored_step_beside_the_one_that_is_there_is_one_step(
    session: Session, *, copy: str, state: str, why: tuple[str, ...], with_ids: bool
) -> None:
    twice = Notebook(session.workspace.project)
    for step, source in (*cells().items(), ("train", copy)):
        twice.cell(f"%mlops track {step}\n{source}")
    session.path = twice.save("flights.ipynb")
    if with_ids:
        raw = json.loads(session.path.read_text("utf-8"))
        for number, cell in enumerate(raw["cells"]):
            cell["id"] = f"cell-{number}"
        session.path.write_text(json.dumps(raw), "utf-8")
    steps = session.workspace.staleness.status(session.path, session="session").steps
    assert [step.title for step in steps] == ["load", "clean", "train"]
    assert session.states()["train"] == (state, why)
    said = to_text(View(document={}, blocks=(standing_line(steps[-1]),)))
    assert said.rstrip().endswith("named in cells 3 and 4")
