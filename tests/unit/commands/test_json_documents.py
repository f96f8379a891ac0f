"""What ``--json`` prints has a schema name and stable keys, and nothing else is printed with it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbmlops.commands.root import SECTIONS, command
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.environments import GitState
from nbmlops.domain.executions import (
    Artifact,
    ExecutionRecord,
    ExecutionStatus,
    Failure,
    Metric,
    ReportedOutput,
)
from nbmlops.domain.references import StepReference
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.values import ColumnProfile, ValuePreview, ValueRecord, ValueSummary
from nbmlops.execution.process import this_process
from nbmlops.notifying.channels import channel_of
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace
from tests.unit.commands.json_keys import (
    APPROVAL,
    BACKFILL_PLAN,
    CHANNEL,
    DATASET_VERSION,
    DECISION,
    DIFF,
    EXECUTION,
    EXECUTION_ROW,
    FIRE,
    LINEAGE,
    LOG_ROW,
    MEMBER,
    PIPELINE_VERSION,
    PLAN,
    PLANNED_CELL,
    POOL,
    REASON,
    RECORDED_VALUE,
    RUN,
    RUN_DIFF,
    RUN_STEP,
    SCHEDULE,
    STANDING,
    STEP_IN_RUN,
    STEP_VERSION,
    TAG,
    USES,
    VERSION_ROW,
    WALK,
    each,
    under,
)

Shell = Callable[..., Any]

INSIDE = ValuePreview(columns=(ColumnProfile(name="", kind="int64"),))
SUMMED_UP = ValueSummary(kind="list", preview=INSIDE)
VALUE = ValueRecord(name="rows", fingerprint="f", summary=SUMMED_UP, manifest="m")
FAILURE = Failure(kind="ValueError", message="no", step="load", line=2)
ARTIFACT = Artifact(name="flights.ipynb", media_type="text/plain", object="a" * 64, size=3)


def record(source: str, run_id: int | None) -> ExecutionRecord:
    """An execution with everything that can be recorded."""
    return ExecutionRecord(
        notebook="flights.ipynb",
        step="load",
        cell_id="cell",
        source=source,
        digest=source,
        session="session",
        run_id=run_id,
        started_at=NOON,
        duration=0.5,
        status=ExecutionStatus.ERROR,
        failure=FAILURE,
        inputs=(VALUE,),
        outputs=(VALUE,),
        metrics=(Metric(name="auc", value=0.9, recorded_at=NOON),),
        reported=(ReportedOutput(name="total", type="int", value=1, artifact=ARTIFACT),),
        artifacts=(ARTIFACT,),
        files=(FileAccess(path="data.csv", mode="read", digest=source[::-1], known_by="open"),),
        externals=(ExternalAccess(kind="variable", name="HOME", detail=source),),
        git=GitState(commit="c", dirty=False),
        author="tester",
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two versions of a step, an approved pipeline, a failed run and a schedule."""
    folder = tmp_path_factory.mktemp("documents")
    path = Notebook(folder).parameters(month=1).step("load", "rows = [month]").save("flights.ipynb")
    workspace = Workspace(folder)
    version = workspace.pipelines.build(path).version
    workspace.approvals.approve(version, comment="checked")
    records = RunRecords(workspace.database)
    run = records.start(
        version,
        parameters={"month": 1},
        trigger="manual",
        author="tester",
        started_at=NOON,
        process=this_process(),
    )
    workspace.executions.add(record("rows = [1]", None))
    workspace.executions.add(record("rows = [2]", run.id))
    records.finish(
        run,
        status=RunStatus.FAILED,
        ended_at=NOON + timedelta(seconds=1),
        failure=FAILURE,
        artifacts=[ARTIFACT],
    )
    executed = workspace.runs.folder(run).notebook
    executed.parent.mkdir(parents=True)
    shutil.copy(path, executed)
    other = records.start(
        version,
        parameters={"month": 2},
        trigger="manual",
        author="tester",
        started_at=NOON,
        process=this_process(),
    )
    records.finish(other, status=RunStatus.CANCELLED, ended_at=NOON)
    for text in ("a", "b"):
        (folder / "pinned.csv").write_text(text)
        workspace.datasets.pin_paths("pinned", ["pinned.csv"], base=folder)
    workspace.schedules.create("flights", cron="0 6 * * *", timezone="UTC")
    workspace.tags.give(StepReference.parse("load@1"), "first")
    workspace.notify.add(channel_of("ops", {"type": "webhook", "url": "https://a.example"}))
    workspace.close()
    return folder


def keys(value: Any, path: str = "") -> set[str]:
    """The path of every key, such as ``runs[].failure.line``."""
    found: set[str] = set()
    if isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}.{key}".lstrip(".")
            found |= {here} | keys(item, here)
    if isinstance(value, list):
        for item in value:
            found |= keys(item, f"{path}[]")
    return found


SPAN = ("flights", "--from", "2026-01-01", "--to", "2026-01-03", "--every", "1d")


@dataclass(frozen=True)
class Case:
    """A command, the schema of its document and its keys."""

    words: tuple[str, ...]
    schema: str
    keys: set[str]


CASES = [
    Case(("versions",), "versions/1", each("versions", VERSION_ROW)),
    Case(("versions", "load"), "versions/1", each("versions", VERSION_ROW)),
    Case(("versions", "load", "--executions"), "executions/1", each("executions", EXECUTION_ROW)),
    Case(("lineage", "rows"), "lineage/1", under("lineage", LINEAGE)),
    Case(("lineage", "load@1", "--forward"), "lineage/1", under("lineage", USES)),
    Case(
        ("why", "load@2:rows"),
        "why/1",
        {"thing", "text", "run", "from_outside", "standing", "saved_at", "ran_since"}
        | {"verification"}
        | under("execution", EXECUTION)
        | under("made_from", LINEAGE)
        | under("used_by", WALK),
    ),
    Case(
        ("status",),
        "status/1",
        each(
            "notebooks",
            {"notebook", "late", "saved_at", "ran_since"} | each("cells", STANDING | REASON),
        ),
    ),
    Case(("log",), "log/1", each("executions", LOG_ROW)),
    Case(
        ("diff", "load"),
        "diff/1",
        under("diff", DIFF) | under("contents", "frames", "others", "pictures"),
    ),
    Case(
        ("diff", "flights#1", "flights#2"),
        "run_diff/1",
        under(
            "diff",
            RUN_DIFF
            | each("steps", {"name"} | under("before", STEP_IN_RUN) | under("after", STEP_IN_RUN)),
        ),
    ),
    Case(
        ("show", "load@2"),
        "version/1",
        {"verification", "tests", "tags"}
        | under("version", STEP_VERSION)
        | under("execution", EXECUTION),
    ),
    Case(("tag",), "tags/1", each("tags", TAG)),
    Case(("tag", "load"), "tags/1", each("tags", TAG)),
    Case(("tag", "load@2", "best"), "tagging/1", {"name", "step", "version", "before"}),
    Case(("show", "@1"), "execution/1", {"verification"} | under("execution", EXECUTION)),
    Case(
        ("show", "load@2", "--value", "rows"),
        "value/1",
        {"version", "sample"} | under("value", RECORDED_VALUE),
    ),
    Case(
        ("show", "flights#1"),
        "run/1",
        {"progress"} | under("run", RUN) | each("steps", RUN_STEP) | each("executions", EXECUTION),
    ),
    Case(
        ("show", "flights"),
        "pipeline/1",
        {"proof"} | under("version", PIPELINE_VERSION) | each("decisions", APPROVAL),
    ),
    Case(("runs",), "runs/1", each("runs", RUN)),
    Case(
        ("report", "flights#1", "--output", os.devnull),
        "report/1",
        {"run", "path", "format", "code"},
    ),
    Case(
        ("plan", "flights"),
        "plan/1",
        {"where"} | under("plan", PLAN | each("cells", PLANNED_CELL)),
    ),
    Case(
        ("resume", "flights#1", "--plan"),
        "plan/1",
        {"where"} | under("plan", PLAN | each("cells", PLANNED_CELL)),
    ),
    Case(("resume", "1"), "schedule/1", under("schedule", SCHEDULE - {"parameters.month"})),
    Case(("pipelines",), "pipelines/1", {"proofs"} | each("pipelines", PIPELINE_VERSION)),
    Case(
        ("build", "flights.ipynb"),
        "build/1",
        {"created", "left_out", "proof", "skipped"} | under("version", PIPELINE_VERSION),
    ),
    Case(("approve", "flights"), "approval/1", DECISION),
    Case(
        ("schedule", "flights", "--cron", "@daily", "--timezone", "UTC", "-p", "month=1"),
        "schedule/1",
        {"next", "token"} | under("schedule", SCHEDULE),
    ),
    Case(
        ("deploy", "flights", "--to", "airflow", "--output", "dags", "--timezone", "UTC"),
        "deployment/1",
        {"pipeline", "path", "recipe", "notes"}
        | each("tasks", {"name", "steps", "after", "joined"}),
    ),
    Case(("scheduler", "status"), "schedulers/1", {"schedulers", "unit"}),
    Case(("scheduler", "stop"), "schedulers/1", {"schedulers"}),
    Case(("scheduler", "uninstall"), "uninstalled/1", {"unit", "removed"}),
    Case(("scheduler", "install"), "unit/1", {"unit", "name", "systemd"}),
    Case(("notify", "add", "hook", "--webhook", "https://a.example"), "channel/1", CHANNEL),
    Case(
        ("notify", "list"),
        "channels/1",
        each("channels", CHANNEL | {"waiting", "sent", "given_up", "last_sent", "last_error"}),
    ),
    Case(("notify", "remove", "ops"), "channel/1", CHANNEL),
    Case(
        ("schedules",),
        "schedules/1",
        each("schedules", {"next", "fires", "removed"} | under("schedule", SCHEDULE)),
    ),
    Case(("next", "1"), "next/1", {"next"} | under("schedule", SCHEDULE - {"parameters.month"})),
    Case(
        ("trigger", "1"),
        "fire/1",
        under("schedule", SCHEDULE - {"parameters.month"}) | under("fire", FIRE),
    ),
    Case(("pools", "gpu", "--size", "2"), "pools/1", each("pools", POOL)),
    Case(("backfill", *SPAN, "--dry-run"), "backfill/1", under("plan", BACKFILL_PLAN)),
    Case(
        ("backfill", *SPAN, "--detach"),
        "backfill/1",
        {"counts", "counts.due"}
        | under("plan", BACKFILL_PLAN)
        | under(
            "backfill",
            (SCHEDULE - {"parameters.month"}) | {"policies.priority"},
        ),
    ),
    Case(("withdraw", "flights", "--comment", "wrong"), "approval/1", DECISION),
    Case(("request-changes", "flights", "--comment", "the month"), "approval/1", DECISION),
    Case(
        ("data", "pin", "all", "--path", "flights.ipynb"),
        "pinned/1",
        {"is_new"} | under("version", DATASET_VERSION),
    ),
    Case(("data", "list"), "datasets/1", each("versions", DATASET_VERSION)),
    Case(
        ("data", "show", "pinned@1"),
        "dataset/1",
        {"uses"} | under("version", DATASET_VERSION) | each("members", MEMBER),
    ),
    Case(
        ("data", "diff", "pinned@1", "pinned@2"),
        "dataset-diff/1",
        under(
            "diff",
            {"before", "after", "same"}
            | each(
                "differences",
                {"kind", "name", "change"} | under("before", MEMBER) | under("after", MEMBER),
            ),
        ),
    ),
    Case(
        ("data", "restore", "pinned@1", "--to", "restored"),
        "restored-dataset/1",
        under("restored", {"reference", "folder"} | each("files", {"path", "deed"})),
    ),
    Case(("data", "delete", "pinned@1"), "datasets/1", each("versions", DATASET_VERSION)),
    Case(
        ("gc",),
        "collection/1",
        {"given_up"}
        | under(
            "collection",
            {"dry_run", "objects", "leftovers", "folders", "due_times", "freed", "kept"}
            | {"released", "notices", "calls", "runs"},
        ),
    ),
    Case(
        ("fsck", "--repair"),
        "damages/1",
        each("damages", {"kind", "what", "meaning", "cure", "repair"}),
    ),
    Case(
        ("store", "info"),
        "store-info/1",
        under("store", {"catalog", "objects", "count", "taken", "held"}),
    ),
    Case(
        ("store", "copy", ".nbmlops/objects", "copy-of-objects"),
        "copied/1",
        under("copied", {"source", "target", "objects", "bytes", "there", "damaged"}),
    ),
    Case(
        ("store", "copy", ".nbmlops/catalog.db", "copy-of-catalog.db"),
        "copied-catalog/1",
        under("copied", {"source", "target", "rows"} | each("tables", {"name", "rows"})),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.words))
def test_a_document_names_its_schema_and_keeps_its_keys(
    case: Case, project: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(project))
    answer = shell(*case.words, "--json")
    document = json.loads(answer.out)
    assert answer.code == 0
    assert document.pop("schema") == f"nbmlops.{case.schema}"
    assert keys(document) == case.keys


def test_every_verb_that_lists_or_shows_has_json() -> None:
    answering = {
        name
        for verbs in SECTIONS.values()
        for name in verbs
        if any(option.name == "as_json" for option in command(name).params)
    }
    groups = {"data", "notify", "scheduler", "store"}
    assert answering | groups == {words[0] for words in (case.words for case in CASES)} | {
        *(
            "cancel",
            "debug",
            "run",
            "slice",
            "test",
            "verify",
            "checkout",
            "undo",
        )  # tested where kernels are
    }
