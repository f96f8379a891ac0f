"""What is too large is kept as a profile and a sample, which never passes for the value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbmlops.capture.cell import RunningCell
from nbmlops.capture.namespace import Changes
from nbmlops.capture.parts import Parts, parts_of
from nbmlops.capture.prints import Print, take_print
from nbmlops.capture.session import Session
from nbmlops.capture.sharing import KnownParts
from nbmlops.capture.value_records import record_of
from nbmlops.capture.writer import Observation, RecordWriter
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import StepReference
from nbmlops.domain.upkeep import Retention
from nbmlops.domain.values import ValueRecord
from nbmlops.notebook.dataflow.effects import Effects
from nbmlops.notebook.labels import label_of
from nbmlops.testing import NOON
from nbmlops.values import literals, secrets
from nbmlops.workspace import Workspace

MEBI = 2**20
SOURCE = "%mlops track load\nrows = read()"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A project whose values may take 4 MiB each and 6 MiB per step."""
    (tmp_path / ".nbmlops").mkdir()
    (tmp_path / ".nbmlops" / "config.toml").write_text("value_limit = 4\nstep_limit = 6\n")
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


@dataclass(frozen=True)
class Values:
    """What is known of the values of a step."""

    values: dict[str, Any]

    def parts(self, name: str) -> Parts:
        """What one of them consists of."""
        return parts_of(self.values[name])

    def print_of(self, name: str) -> Print:
        """Its fingerprint."""
        return take_print(self.values[name])

    def labelled_with(self, name: str) -> tuple[str, ...]:
        """Those that have their labels in common with it."""
        return KnownParts().labelled_with(name, self.values)

    def record(self, name: str, value: Any, found: Print) -> ValueRecord:
        """It as a record."""
        return record_of(name, value, found)

    def families(
        self, names: Collection[str], values: Mapping[str, Any] | None = None
    ) -> list[tuple[str, ...]]:
        """Those that share parts."""
        return KnownParts().families(names, values or self.values)


def written(workspace: Workspace, values: dict[str, Any]) -> ExecutionRecord:
    """The record of a step that made these values, as the catalog gives it back."""
    session = Session(project=workspace.project, notebook="flights.ipynb", path=None)
    writer = RecordWriter(
        session,
        ledger=lambda _: workspace.ledger,
        author="tester",
        namespace=Values(values),
    )
    prints = {name: take_print(value) for name, value in values.items()}
    cell = RunningCell(
        source=SOURCE,
        cell_id="cell",
        label=label_of(SOURCE, []),
        step="load",
        is_parameters=False,
        effects=Effects(),
        problem=None,
    )
    kept = writer.write(
        Observation(
            cell=cell,
            definitions={},
            modules={},
            inputs_complete=True,
            inputs_note=None,
            started_at=NOON,
            duration=0.5,
            peak_memory=None,
            execution_count=1,
            status=ExecutionStatus.OK,
            failure=None,
            changes=Changes(outputs=values, prints=prints),
            parameters={},
            metrics=(),
            displayed=(),
            reported=(),
            random_state=None,
            files=(),
            externals=(),
            git=None,
        )
    )
    writer.finish()
    version = kept.version
    assert version is not None
    found = workspace.history.representative(version)
    assert found is not None
    return found.record


def restored(workspace: Workspace, *, samples: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """What `restore` puts back by name, and why it does not what is missing."""
    found = workspace.history.restore(StepReference.parse("load@1"), values=True, samples=samples)
    back = {item.name: item.value for item in found.values}  # noqa: PD011  no frame
    return back, found.missing or {}


def numbers(mebibytes: float) -> Any:
    return np.random.default_rng(0).random(int(mebibytes * MEBI / 8))


SHORT = {"n": 3, "rate": -0.5, "name": "a # 'b'\n", "none": None, "yes": True}


def test_short_numbers_and_texts_are_kept_in_their_record_alone(workspace: Workspace) -> None:
    """They come back with it, and a collection or a check finds nothing to do."""
    record = written(workspace, SHORT)
    assert all(item.manifest for item in record.outputs)
    assert list(workspace.objects.keys()) == []
    assert workspace.integrity.check(repair=True) == []
    workspace.collection.collect(Retention())
    assert restored(workspace, samples=False) == (SHORT, {})


def test_a_number_that_is_a_secret_is_not_told_in_a_record(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "key"))
    secrets.remember("8402917365")
    try:
        record = written(workspace, {"pin": 8402917365, "n": 3})
    finally:
        secrets.forget()
    told = b"8402917365".hex()
    assert not any(told in str(item.manifest) for item in record.outputs)
    assert record.outputs[1].manifest == literals.reference_of(3)


def test_a_large_frame_leaves_a_profile_and_a_sample(workspace: Workspace) -> None:
    rows = pd.DataFrame({"a": numbers(5), "b": 1})
    record = written(workspace, {"rows": rows})
    [output], [sample] = record.outputs, record.samples
    assert output.manifest is None
    assert output.fingerprint is not None
    assert output.reason is not None
    assert "only a sample of 1,000 of 655,360 rows is kept" in output.reason
    assert output.summary.preview is not None
    assert [profile.nulls for profile in output.summary.preview.columns] == [0, 0]
    assert sample.name == "rows"
    assert sample.fingerprint is None


def test_a_sample_is_restored_under_a_name_of_its_own_when_asked_for(workspace: Workspace) -> None:
    rows = pd.DataFrame({"a": numbers(5)})
    written(workspace, {"rows": rows, "count": 3})
    back, missing = restored(workspace, samples=False)
    assert back == {"count": 3}
    assert "restore --sample" in missing["rows"]
    back, missing = restored(workspace, samples=True)
    assert back.keys() == {"count", "rows_sample"}
    pd.testing.assert_frame_equal(back["rows_sample"].iloc[[0, -1]], rows.iloc[[0, -1]])
    assert missing.keys() == {"rows"}


def test_a_step_keeps_its_smallest_values_within_its_limit(workspace: Workspace) -> None:
    record = written(workspace, {"a": numbers(3.5), "b": numbers(3), "c": numbers(1)})
    assert [(item.name, item.manifest is None) for item in record.outputs] == [
        ("a", True), ("b", False), ("c", False),
    ]  # fmt: skip
    assert "left of the step's limit of 6 MiB" in (record.outputs[0].reason or "")
    again = written(workspace, {"a": numbers(3.5), "b": numbers(3), "c": numbers(1)})
    assert [item.manifest for item in again.outputs] == [item.manifest for item in record.outputs]


def test_samples_survive_a_collection_and_a_check(workspace: Workspace) -> None:
    written(workspace, {"rows": numbers(5)})
    workspace.collection.collect(Retention())
    assert workspace.integrity.check() == []
    back, _ = restored(workspace, samples=True)
    assert len(back["rows_sample"]) == 1000


def test_of_a_value_with_a_secret_there_is_neither_sample_nor_preview(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "key"))
    secrets.remember("hunter2-hunter2")
    try:
        record = written(
            workspace,
            {
                "headers": {"auth": "hunter2-hunter2"},
                "rows": pd.DataFrame({"a": ["hunter2-hunter2"] * 5}),
            },
        )
    finally:
        secrets.forget()
    assert [item.manifest for item in record.outputs] == [None, None]
    assert [item.summary.preview for item in record.outputs] == [None, None]
    assert record.samples == ()
