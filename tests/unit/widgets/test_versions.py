"""The versions panel over a real history, as a person clicks through it."""

from __future__ import annotations

from typing import Any

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Step
from nbmlops.domain.references import StepReference
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.domain.verifications import Verdict, Verification
from nbmlops.history.versions import RestoredStep
from nbmlops.notebook.normalize import digest
from nbmlops.store.catalog.verifications import VerificationRecords
from nbmlops.testing import NOON, FixedClock
from nbmlops.testing import Notebook as WrittenNotebook
from nbmlops.values.fingerprint import fingerprint
from nbmlops.widgets.versions import VersionsPanel
from nbmlops.workspace import Workspace

NOTEBOOK = "flights.ipynb"
SUMMARY = ValueSummary(kind="int", text="1")


class Notebook:
    """Takes what the panel restores."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        self.values: dict[str, Any] = {}

    def add_cell(self, source: str, below: Step) -> str:
        """Take source."""
        self.cells.append(source)
        return f"The source of {below.name} is in the cell below."

    def bring_back(self, restored: RestoredStep, command: str) -> RestoredStep:
        """Take values."""
        assert command.startswith("%mlops restore ")
        self.values.update({value.name: value.value for value in restored.values})
        return restored


def record(
    workspace: Workspace,
    step: str,
    source: str,
    *others: ValueRecord,
    failed: bool = False,
    unseen: str | None = None,
    **values: Any,
) -> None:
    """A step has run."""
    ledger = workspace.ledger
    outputs = tuple(
        ValueRecord(
            name=name,
            fingerprint=fingerprint(value),
            summary=ValueSummary(kind="int", text=repr(value)),
            manifest=ledger.save_value(value),
        )
        for name, value in values.items()
    )
    ledger.add(
        ExecutionRecord(
            notebook=NOTEBOOK,
            step=step,
            cell_id=None,
            source=source,
            digest=digest(source),
            session="s",
            started_at=workspace.clock(),
            duration=1.5,
            status=ExecutionStatus.ERROR if failed else ExecutionStatus.OK,
            outputs=outputs + others,
            inputs_complete=unseen is None,
            inputs_note=unseen,
            author="tester",
        )
    )


@pytest.fixture
def history(mlops_workspace: Workspace, mlops_clock: FixedClock) -> Workspace:
    """Three versions of ``train``, the last of which failed, and one of ``load``."""
    record(mlops_workspace, "train", "%mlops track train\nauc = 1", auc=1)
    mlops_clock.advance(minutes=1)
    record(mlops_workspace, "train", "%mlops track train\nauc = '<b>'", auc=2)
    record(mlops_workspace, "train", "%mlops track train\n1 / 0", failed=True)
    record(mlops_workspace, "load", "%mlops track load\nrows = []", rows=3)
    return mlops_workspace


def panel_of(
    workspace: Workspace, notebook: Notebook, step: str | None = f"{NOTEBOOK}:train"
) -> VersionsPanel:
    return VersionsPanel(
        workspace.history,
        step=step,
        notebook=NOTEBOOK,
        status=lambda: workspace.staleness.status(workspace.project / NOTEBOOK),
        restore_source=notebook.add_cell,
        restore_values=notebook.bring_back,
    )


def test_it_opens_on_the_last_two_versions(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    assert [label for label, _ in panel.step.options] == ["train", "load"]
    assert (panel.before.value, panel.after.value) == (2, 3)
    assert "train@3" in panel.listing.value
    assert "1 / 0" in panel.difference.value


def test_choosing_two_versions_shows_their_difference(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    panel.before.value, panel.after.value = 1, 2
    assert "train@1" in panel.difference.value
    assert "&lt;b&gt;" in panel.difference.value
    assert "<b>" not in panel.difference.value
    panel.before.value = 2
    assert "Choose two versions" in panel.difference.value


def test_a_value_is_looked_at_without_loading_it(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    assert panel.look.value is None
    label, chosen = panel.look.options[1]
    panel.look.value = chosen
    assert label in panel.inside.value
    assert "fingerprint" in panel.inside.value
    panel.look.value = None
    assert panel.inside.value == ""


def test_restoring_source_adds_a_cell(history: Workspace) -> None:
    notebook = Notebook()
    panel = panel_of(history, notebook)
    panel.before.value = 1
    panel.source.click()
    assert notebook.cells == ["%mlops track train\nauc = 1"]
    assert "in the cell below" in panel.message.value


def test_restoring_values_assigns_them(history: Workspace) -> None:
    notebook = Notebook()
    panel = panel_of(history, notebook)
    panel.before.value = 2
    panel.values.click()
    assert notebook.values == {"auc": 2}
    assert "Restored auc of train@2." in panel.message.value


def test_what_cannot_be_restored_is_told_with_the_reason(history: Workspace) -> None:
    lost = ValueRecord(name="lazy", fingerprint=None, summary=SUMMARY, reason="a generator")
    record(history, "made", "%mlops track made\nx = 1", lost, x=5)
    notebook = Notebook()
    panel = panel_of(history, notebook, f"{NOTEBOOK}:made")
    panel.values.click()
    assert notebook.values == {"x": 5}
    assert "Not restored: lazy (a generator)." in panel.message.value


def test_a_failure_is_told_in_the_panel_and_cleared_by_the_next_click(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    panel.before.value = 3
    panel.values.click()
    assert "never ran to its end" in panel.message.value
    panel.refresh.click()
    assert panel.message.value == ""


def test_choosing_another_step_shows_its_versions(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    panel.step.value = f"{NOTEBOOK}:load"
    assert "load@1" in panel.listing.value
    assert "train@" not in panel.listing.value
    assert (panel.before.value, panel.after.value) == (1, 1)


def test_refresh_shows_what_was_recorded_since_and_keeps_the_step(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    record(history, "train", "%mlops track train\nauc = 4", auc=4)
    record(history, "score", "%mlops track score\ns = 4", s=4)
    panel.refresh.click()
    assert "train@4" in panel.listing.value
    assert panel.step.value == f"{NOTEBOOK}:train"
    assert [label for label, _ in panel.step.options] == ["train", "load", "score"]


def test_it_says_whether_the_step_is_fresh_and_why_not(history: Workspace) -> None:
    cells = {"load": "%mlops track load\nrows = []", "train": "%mlops track train\nauc = 9"}
    notebook = WrittenNotebook(history.project)
    for source in cells.values():
        notebook.cell(source)
    notebook.save(NOTEBOOK)
    panel = panel_of(history, Notebook())
    assert ">failed</span>" in panel.standing.value
    panel.step.value = f"{NOTEBOOK}:load"
    assert ">fresh</span>" in panel.standing.value


def test_without_a_notebook_file_it_says_that_freshness_is_not_known(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    assert "Whether train is fresh is not known: There is no notebook" in panel.standing.value
    assert "train@3" in panel.listing.value


def test_it_says_what_is_not_known_of_the_inputs_and_what_a_verification_showed(
    history: Workspace,
) -> None:
    record(history, "load", "%mlops track load\nexec(code)", unseen="exec runs code")
    (version,) = history.history.versions("load")[-1:]
    reference = StepReference(name="load", version=version.number)
    execution = history.history.representative(history.history.version(reference))
    assert execution is not None
    VerificationRecords(history.database).add(
        Verification(
            execution_id=execution.id,
            verdict=Verdict.DIFFERENT,
            reason="different: rows",
            author="tester",
            verified_at=NOON,
        )
    )
    panel = panel_of(history, Notebook(), f"{NOTEBOOK}:load")
    assert "not fully known: exec runs code" in panel.listing.value
    assert "differs: different: rows" in panel.listing.value


def test_without_a_step_it_opens_on_the_first_and_says_so_where_there_is_none(
    history: Workspace, tmp_path: Any
) -> None:
    assert panel_of(history, Notebook(), None).step.value == f"{NOTEBOOK}:train"
    empty = Workspace(tmp_path)
    panel = panel_of(empty, Notebook(), None)
    assert "No step yet" in panel.listing.value
    for button in (panel.source, panel.values):
        panel.message.value = ""
        button.click()
        assert "There is no version to restore yet." in panel.message.value
    record(empty, "train", "%mlops track train\nauc = 1", auc=1)
    panel.refresh.click()
    assert "train@1" in panel.listing.value
    empty.close()


def test_the_store_that_is_gone_is_told_of_in_the_panel(history: Workspace) -> None:
    panel = panel_of(history, Notebook())
    history.database.close()
    history.catalog.write_bytes(b"not a database" * 1000)
    panel.refresh.click()
    assert "is damaged" in panel.message.value
