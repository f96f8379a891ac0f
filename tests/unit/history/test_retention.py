"""What a collection keeps, what it removes, and that it may run while others write."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from nbmlops.domain.executions import Artifact, Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import PipelineReference, StepReference
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.upkeep import Collection, Retention
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.domain.verifications import Verdict
from nbmlops.errors import ObjectMissingError
from nbmlops.execution.process import this_process
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import FixedClock, Notebook
from nbmlops.workspace import Workspace

EVERYTHING_OLD = Retention(younger_than=timedelta(hours=1))
LONG_AGO = timedelta(days=90)


@dataclass
class Ledger:
    """Records executions of an old time with real values."""

    workspace: Workspace
    clock: FixedClock

    def ran(
        self,
        number: int,
        *,
        step: str | None = "train",
        code: str = "one",
        age: timedelta = LONG_AGO,
        inputs: tuple[ValueRecord, ...] = (),
        status: ExecutionStatus = ExecutionStatus.OK,
        run: Run | None = None,
    ) -> Execution:
        """An execution that made a value and displayed an output of its own."""
        value = ValueRecord(
            name="model",
            fingerprint=f"print {number}",
            summary=ValueSummary(kind="dict"),
            manifest=self.workspace.values.save({"made": number}, limit=10**6),
        )
        output = self.workspace.objects.put(f"output {number}".encode())
        shown = Artifact(name="output-1", media_type="text/plain", object=output, size=8)
        return self.workspace.executions.add(
            ExecutionRecord(
                notebook="flights.ipynb",
                step=step,
                cell_id="cell",
                source=code,
                digest=code,
                session="s",
                run_id=run.id if run else None,
                started_at=self.clock() - age,
                duration=1.0,
                status=status,
                inputs=inputs,
                outputs=(value,),
                artifacts=(shown,),
                author="tester",
            )
        )

    def ran_pipeline(self, pipeline: str) -> Run:
        """A run of long ago, with its executed notebook."""
        notebook = Notebook(self.workspace.project).step("train", "model = 1")
        version = self.workspace.pipelines.build(notebook.save(f"{pipeline}.ipynb")).version
        records = RunRecords(self.workspace.database)
        started = self.clock() - LONG_AGO
        run = records.start(
            version,
            parameters={},
            trigger="manual",
            author="tester",
            started_at=started,
            process=this_process(),
        )
        folder = self.workspace.runs.folder(run)
        folder.path.mkdir(parents=True)
        folder.notebook.write_text(run.reference)
        key = self.workspace.objects.put_file(folder.notebook)
        kept = Artifact(name=folder.notebook.name, media_type="x", object=key, size=9)
        return records.finish(run, status=RunStatus.SUCCEEDED, ended_at=started, artifacts=[kept])

    def age_objects(self) -> None:
        """Make every object as old as its record."""
        old = (self.clock() - LONG_AGO).timestamp()
        for path in (self.workspace.store / "objects").rglob("*"):
            if path.is_file():
                os.utime(path, (old, old))

    def collect(self, policy: Retention = EVERYTHING_OLD, *, dry_run: bool = False) -> Collection:
        """Collect where all objects are old."""
        self.age_objects()
        return self.workspace.collection.collect(policy, dry_run=dry_run)

    def value_of(self, execution: Execution) -> ValueRecord:
        """The output of an execution, as the ledger has it now."""
        recorded = self.workspace.executions.session_cells("s")
        return next(item.record.outputs[0] for item in recorded if item.id == execution.id)

    def kept(self, execution: Execution) -> bool:
        """Whether the value of an execution can be had."""
        manifest = self.value_of(execution).manifest
        if manifest is None:
            return False
        self.workspace.values.load(manifest)
        return True


@pytest.fixture
def ledger(mlops_workspace: Workspace, mlops_clock: FixedClock) -> Ledger:
    """An empty ledger in the machine's present, for files have its times."""
    mlops_clock.now = datetime.now(UTC)
    return Ledger(mlops_workspace, mlops_clock)


def test_all_executions_of_a_version_with_a_tag_keep_their_content(ledger: Ledger) -> None:
    """Until the tag goes, or is another version's."""
    first = [ledger.ran(number) for number in (1, 2)]
    second = [ledger.ran(number, code="two") for number in (3, 4)]
    tags = ledger.workspace.tags
    tags.give(StepReference.parse("train@1"), "best")
    ledger.collect()
    assert [ledger.kept(item) for item in (*first, *second)] == [True, True, False, True]
    tags.give(StepReference.parse("train@2"), "best")
    planned = ledger.collect(dry_run=True)
    assert [(item.owner, item.values) for item in planned.released] == [("train@1", 1)]
    ledger.collect()
    assert [ledger.kept(item) for item in first] == [False, True]


def test_the_newest_execution_of_each_version_keeps_its_content(ledger: Ledger) -> None:
    old, new = ledger.ran(1), ledger.ran(2)
    other = ledger.ran(3, code="two")
    done = ledger.collect()
    assert [ledger.kept(item) for item in (old, new, other)] == [False, True, True]
    assert [(item.owner, item.values, item.outputs) for item in done.released] == [
        ("train@1", 1, 1)
    ]
    assert done.objects == 2
    assert done.freed > 0


def test_the_record_stays_and_says_what_became_of_the_value(ledger: Ledger) -> None:
    old, _ = ledger.ran(1), ledger.ran(2)
    ledger.collect()
    value = ledger.value_of(old)
    assert (value.fingerprint, value.summary.kind) == ("print 1", "dict")
    assert value.reason is not None
    assert value.reason.startswith("removed by gc on 20")
    with pytest.raises(ObjectMissingError):
        ledger.workspace.objects.get(old.record.artifacts[0].object)


def test_a_dry_run_says_the_same_and_removes_nothing(ledger: Ledger) -> None:
    old, _ = ledger.ran(1), ledger.ran(2)
    planned = ledger.collect(dry_run=True)
    assert planned.dry_run
    assert ledger.kept(old)
    done = ledger.collect()
    assert (planned.released, planned.objects, planned.freed, planned.kept) == (
        done.released,
        done.objects,
        done.freed,
        done.kept,
    )


def test_the_newest_success_is_kept_behind_a_failure(ledger: Ledger) -> None:
    good, failed = ledger.ran(1), ledger.ran(2, status=ExecutionStatus.ERROR)
    ledger.collect()
    assert ledger.kept(good)
    assert ledger.kept(failed)


def test_the_newest_success_in_the_notebook_is_kept_behind_one_in_a_run(ledger: Ledger) -> None:
    shown = ledger.ran(1)
    ledger.ran(2, run=ledger.ran_pipeline("flights"))
    ledger.collect()
    assert ledger.kept(shown), "it is the one that speaks for the version"


def test_the_policy_keeps_more(ledger: Ledger) -> None:
    runs = [ledger.ran(number) for number in range(4)]
    young = ledger.ran(4, age=timedelta(days=3))
    newest = ledger.ran(5)
    ledger.collect(Retention(keep_last=3, younger_than=timedelta(days=7)))
    assert [ledger.kept(item) for item in runs] == [False, False, False, True]
    assert ledger.kept(young)
    assert ledger.kept(newest)


def test_what_ran_within_the_hour_is_kept_whatever_the_policy_says(ledger: Ledger) -> None:
    young, _ = ledger.ran(1, age=timedelta(minutes=50)), ledger.ran(2)
    ledger.collect(Retention(younger_than=timedelta()))
    assert ledger.kept(young)


def test_what_a_kept_execution_has_read_is_kept(ledger: Ledger) -> None:
    clean, _ = ledger.ran(1, step="clean"), ledger.ran(2, step="clean")
    read = ValueRecord(name="rows", fingerprint="print 1", summary=ValueSummary(kind="dict"))
    ledger.ran(3, inputs=(read,))
    ledger.collect()
    assert ledger.kept(clean), "train could not be verified without it"


def test_what_a_verification_is_about_is_kept(ledger: Ledger) -> None:
    verified, _ = ledger.ran(1), ledger.ran(2)
    with ledger.workspace.database.write() as connection:
        connection.execute(
            schema.verifications.insert().values(
                execution_id=verified.id,
                verdict=Verdict.IDENTICAL,
                reason="",
                outputs="[]",
                author="tester",
                verified_at=ledger.clock(),
            )
        )
    ledger.collect()
    assert ledger.kept(verified)


def test_runs_of_an_approved_version_keep_all_and_others_the_newest(ledger: Ledger) -> None:
    approved, other = ledger.ran_pipeline("flights"), ledger.ran_pipeline("delays")
    version = ledger.workspace.pipelines.get(PipelineReference(name="flights"))
    ledger.workspace.approvals.approve(version, comment="checked")
    mine, _ = ledger.ran(1, run=approved), ledger.ran(2, run=approved)
    runs = [approved, other, ledger.ran_pipeline("flights"), ledger.ran_pipeline("delays")]
    done = ledger.collect()
    assert ledger.kept(mine)
    folders = [ledger.workspace.runs.folder(run).path.is_dir() for run in runs]
    assert folders == [True, False, True, True]
    assert done.folders == 1
    assert [(item.owner, item.outputs) for item in done.released] == [("delays#1", 1)]


def test_an_equal_value_that_another_record_needs_stays(ledger: Ledger) -> None:
    old, new = ledger.ran(1), ledger.ran(1)
    assert ledger.collect().objects == 0
    assert ledger.kept(old)
    assert ledger.kept(new)


def test_values_of_another_user_are_counted_as_well(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = ledger.ran(1)
    ledger.age_objects()
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(ledger.workspace.project / "another"))
    stranger = Workspace(ledger.workspace.project, clock=ledger.clock, author="another")
    assert stranger.collection.collect(EVERYTHING_OLD).objects == 0
    stranger.close()
    assert ledger.kept(mine)


def test_a_value_that_was_collected_is_not_referred_to_again(ledger: Ledger) -> None:
    """A kernel remembers the values that it kept, and may run for longer than they stay."""
    old, newest = ledger.ran(1), ledger.ran(2)
    keys = [str(ledger.value_of(item).manifest) for item in (old, newest)]
    ledger.collect()
    assert [ledger.workspace.ledger.renew_value(key) for key in keys] == [False, True]


def test_unfinished_files_of_killed_writers_are_swept(ledger: Ledger) -> None:
    ledger.ran(1)
    left = ledger.workspace.store / "objects" / ".writing-x"
    left.write_bytes(b"half")
    assert ledger.collect().leftovers == 1
    assert not left.exists()


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.objects import folder
from nbmlops.workspace import Workspace

folder.FRESH = 0.0
workspace = Workspace(Path(sys.argv[1]))
ledger, manifests = workspace.ledger, {}
for turn in range(200):
    number = turn % 5
    known = manifests.get(number)
    if known is None or not ledger.renew_value(known):
        known = manifests[number] = ledger.save_value(bytearray([number]) * 200_000)
    if turn == 0:
        print("ready", flush=True)
    value = ValueRecord(
        name="data", fingerprint=str(number), summary=ValueSummary(kind="bytes"), manifest=known
    )
    ledger.add(ExecutionRecord(
        notebook="n.ipynb", step="load", cell_id="c", source="x", digest="x", session="w",
        started_at=datetime.now(UTC), duration=0.0, status=ExecutionStatus.OK,
        outputs=(value,), author="writer",
    ))
workspace.close()
"""


def test_nothing_that_a_writer_records_meanwhile_is_lost(ledger: Ledger) -> None:
    """With moments instead of an hour and a minute: only renewing saves what was put before."""
    command = [sys.executable, "-c", WRITER, str(ledger.workspace.project)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        collections = 0
        while writer.poll() is None:
            ledger.clock.now = datetime.now(UTC) + timedelta(minutes=59, seconds=59)
            ledger.workspace.collection.collect(EVERYTHING_OLD)
            collections += 1
            time.sleep(0.01)
    assert writer.returncode == 0
    assert collections
    recorded = ledger.workspace.executions.session_cells("w")
    kept = [item.record.outputs[0].manifest for item in recorded]
    assert kept[-1] is not None
    for manifest in {key for key in kept if key is not None}:
        ledger.workspace.values.load(manifest)
