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
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Policies
from nbmlops.domain.triggers import Within
from nbmlops.domain.values import ColumnProfile, ValuePreview, ValueRecord, ValueSummary
from nbmlops.execution.process import this_process
from nbmlops.notifying.channels import channel_of
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

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
    workspace.schedules.create("flights", cron="0 6 * * *", timezone="UTC")
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


def under(path: str, *names: str | set[str]) -> set[str]:
    """Each name behind a path."""
    flat = {name for group in names for name in ({group} if isinstance(group, str) else group)}
    return {path} | {f"{path}.{name}" for name in flat}


PREVIEW = (
    under("preview", "head", "items")
    | {"preview.columns"}
    | {
        f"preview.columns[].{name}"
        for name in ("name", "kind", "nulls", "minimum", "maximum", "mean", "distinct", "note")
    }
)
SUMMARY = under("summary", {"kind", "text", "shape", "size", "columns", "order"} | PREVIEW)
RECORDED_VALUE = {"name", "fingerprint", "manifest", "reason"} | SUMMARY
FAILED = under("failure", "kind", "message", "traceback", "step", "cell_id", "cell_index", "line")
ARTIFACTS = {"artifacts"} | {
    f"artifacts[].{name}" for name in ("name", "media_type", "object", "size")
}
REPORTED = {"name", "type", "value", "reason"} | under(
    "artifact", "name", "media_type", "object", "size"
)
STEP = under("step", "id", "notebook", "name")
STEP_VERSION = STEP | {
    "id",
    "number",
    "digest",
    "source",
    "definitions",
    "author",
    "created_at",
}
RECORD = (
    {
        "notebook",
        "step",
        "cell_id",
        "source",
        "digest",
        "definitions",
        "session",
        "files",
        "externals",
        "run_id",
        "execution_count",
        "started_at",
        "duration",
        "peak_memory",
        "status",
        "deleted",
        "inputs_complete",
        "inputs_note",
        "parameters",
        "environment",
        "random_state",
        "author",
        "inputs",
        "outputs",
        "metrics",
        "left",
        "samples",
        "travelled_to",
    }
    | FAILED
    | ARTIFACTS
    | under("git", "commit", "dirty")
    | {f"{side}[].{name}" for side in ("inputs", "outputs") for name in RECORDED_VALUE}
    | {f"metrics[].{name}" for name in ("name", "value", "step", "recorded_at")}
    | {"reported"}
    | {f"reported[].{name}" for name in REPORTED}
    | {f"files[].{name}" for name in ("path", "mode", "digest", "size", "known_by")}
    | {f"externals[].{name}" for name in ("kind", "name", "detail")}
)
EXECUTION = {"id"} | under("version", STEP_VERSION) | under("record", RECORD)
VERSION_ROW = {
    "reference",
    "step",
    "notebook",
    "number",
    "digest",
    "author",
    "created_at",
    "changed",
    "executions",
    "status",
    "started_at",
    "duration",
    "metrics",
    "metrics.auc",
    "run",
    "inputs_note",
    "last_status",
    "verified",
    "verified_why",
}
EXECUTION_ROW = {
    "id",
    "reference",
    "notebook",
    "author",
    "status",
    "started_at",
    "duration",
    "parameters",
    "metrics",
    "metrics.auc",
    "run",
}
RULES = (
    *("timeout", "step_timeout", "cell_timeout", "retries", "retry_delay", "keep_going"),
    *("no_cache", "force", "only"),
)
RUN = (
    {
        "id",
        "pipeline",
        "number",
        "version",
        "version_id",
        "parameters",
        "parameters.month",
        "status",
        "trigger",
        "author",
        "started_at",
        "ended_at",
        "metrics",
        "metrics.auc",
        "warnings",
        "goes_on_with",
        "rules",
        "attempts",
        "cancelled_by",
    }
    | {f"rules.{name}" for name in RULES}
    | FAILED
    | ARTIFACTS
    | under("outputs", under("total", REPORTED))
)
APPROVAL = {"decision", "digest", "author", "comment", "decided_at"}
CELL = {"cell_id", "index", "role", "step", "source"}
SHAPE = {
    "type",
    "optional",
    "choices",
    "minimum",
    "maximum",
    "above",
    "below",
    "shortest",
    "longest",
    "items",
    "enum",
}
PARAMETER = SHAPE | {"name", "default", "required", "help"}
SPEC = (
    {
        "name",
        "notebook",
        "kernel",
        "digest",
        "cells",
        "steps",
        "edges",
        "parameters",
        "warnings",
        "steps_from",
    }
    | {f"cells[].{name}" for name in CELL}
    | {f"steps[].{name}" for name in ("name", "digest", "reads", "writes", "parts", "rules")}
    | {
        f"steps[].rules.{name}"
        for name in ("timeout", "retries", "retry_delay", "on_failure", "cache", "memory", "cpus")
    }
    | {f"parameters[].{name}" for name in PARAMETER}
)
PIPELINE_VERSION = (
    {"id", "number", "notebook_object", "environment", "author", "created_at"}
    | under("spec", SPEC)
    | under("approval", APPROVAL)
)
SPAN = ("flights", "--from", "2026-01-01", "--to", "2026-01-03", "--every", "1d")
POOL = {"name", "size", "busy", "waiting"}
FIRE = {
    "id",
    "schedule_id",
    "due_at",
    "status",
    "key",
    "source",
    "interval_start",
    "parameters",
    "deadline_at",
    "late",
    "attempts",
    "token",
    "owner",
    "lease_until",
    "run_id",
    "note",
    "cause",
    "files",
}
BACKFILL_PLAN = {
    "pipeline",
    "version",
    "step",
    "timezone",
    "first",
    "last",
    "times",
    "combinations",
    "done",
    "failed",
    "open",
    "new",
    "schedule_id",
}
SCHEDULE = {
    "id",
    "pipeline",
    "version",
    "version_id",
    "cron",
    "timezone",
    "parameters",
    "parameters.month",
    "missed",
    "paused",
    "pause_reason",
    "author",
    "created_at",
    "rules",
    "backfill",
    "policies",
    "trigger",
    "trigger.causes",
    "trigger.causes[].kind",
    "trigger.causes[].expression",
    "trigger.join",
    "trigger.within",
}
SCHEDULE |= {f"rules.{name}" for name in RULES}
SCHEDULE |= {f"policies.{name}" for name in Policies.__dataclass_fields__}
SCHEDULE |= {f"trigger.within.{name}" for name in Within.__dataclass_fields__}
DIFF = {
    "before",
    "after",
    "source",
    "before_source",
    "after_source",
    "definitions",
    "inputs",
    "outputs",
    "metrics",
    "parameters",
    "files",
    "externals",
    "environment",
} | {f"{side}[].{name}" for side in ("files", "externals") for name in ("name", "before", "after")}

STEP_IN_RUN = {"version", "outcome", "origin", "duration"}
SIDES = {"name", "before", "after"}
RUN_DIFF = (
    {
        "before",
        "after",
        "contents",
        "cells",
        "notes",
        "environment",
    }
    | {
        f"{group}[].{name}"
        for group in ("facts", "parameters", "metrics", "outputs", "files", "externals", "reported")
        for name in SIDES
    }
    | {"facts", "parameters", "metrics", "outputs", "files", "externals", "reported"}
)


LOG_ROW = {
    "id", "notebook", "title", "version", "status", "started_at", "duration", "outputs",
    "deleted", "kept", "kept_in_part", "travelled_to", "standing",
}  # fmt: skip
PLAN = {"pipeline", "parameters", "parameters.month", "lanes", "joined"}
PLANNED_CELL = {
    "cell_id", "index", "title", "step", "state", "reason", "execution", "origin",
}  # fmt: skip
STANDING = {
    "cell_id",
    "title",
    "step",
    "state",
    "reasons",
    "execution",
    "version",
    "ran_at",
    "held",
    "named_in",
    "others_above",
}
REASON = {"reasons[].kind", "reasons[].detail", "reasons[].cause"}


def each(path: str, names: set[str]) -> set[str]:
    """A list, and each name of its items."""
    return {path} | {f"{path}[].{name}" for name in names}


@dataclass(frozen=True)
class Case:
    """A command, the schema of its document and its keys."""

    words: tuple[str, ...]
    schema: str
    keys: set[str]


DECISION = {"recorded", "tests", "proof"} | under("version", PIPELINE_VERSION)
NODE = {
    "id",
    "title",
    "step",
    "notebook",
    "cell_id",
    "run",
    "session",
    "status",
    "started_at",
    "author",
    "outputs",
    "metrics",
    "metrics.auc",
    "artifacts",
    "files_read",
    "files_written",
}
EDGE = {"source", "target", "names"}
WALK = {"thing", "direction", "focus", "names", "truncated", "edges", "origins"} | each(
    "nodes", NODE
)
USES = WALK | each("edges", EDGE)
LINEAGE = USES | each("origins", {"name", "target", "fingerprint", "kind"})

CHANNEL = under(
    "channel",
    {
        "name",
        "type",
        "on",
        "pipelines",
        "schedules",
        "report",
        "link",
        "to",
        "sender",
        "host",
        "port",
        "security",
        "user",
        "password",
        "url",
        "secret",
    },
)

CASES = [
    Case(("versions",), "versions/1", each("versions", VERSION_ROW)),
    Case(("versions", "load"), "versions/1", each("versions", VERSION_ROW)),
    Case(("versions", "load", "--executions"), "executions/1", each("executions", EXECUTION_ROW)),
    Case(("lineage", "rows"), "lineage/1", under("lineage", LINEAGE)),
    Case(("lineage", "load@1", "--forward"), "lineage/1", under("lineage", USES)),
    Case(
        ("why", "load@2:rows"),
        "why/1",
        {"thing", "text", "run", "standing", "verification"}
        | under("execution", EXECUTION)
        | under("made_from", LINEAGE)
        | under("used_by", WALK),
    ),
    Case(
        ("status",),
        "status/1",
        each("notebooks", {"notebook", "late"} | each("cells", STANDING | REASON)),
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
        {"verification", "tests"} | under("version", STEP_VERSION) | under("execution", EXECUTION),
    ),
    Case(("show", "@1"), "execution/1", under("execution", EXECUTION)),
    Case(
        ("show", "load@2", "--value", "rows"),
        "value/1",
        {"version", "sample"} | under("value", RECORDED_VALUE),
    ),
    Case(
        ("show", "flights#1"),
        "run/1",
        {"progress"} | under("run", RUN) | each("executions", EXECUTION),
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
        {"created", "left_out", "proof"} | under("version", PIPELINE_VERSION),
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
        {"pipeline", "path", "notes"} | each("tasks", {"name", "steps", "after", "joined"}),
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
    Case(
        ("gc",),
        "collection/1",
        {"given_up"}
        | under(
            "collection",
            {"dry_run", "objects", "leftovers", "folders", "freed", "kept", "released"},
        ),
    ),
    Case(
        ("fsck", "--repair"),
        "damages/1",
        each("damages", {"kind", "what", "meaning", "cure", "repair"}),
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
    groups = {"notify", "scheduler"}
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
