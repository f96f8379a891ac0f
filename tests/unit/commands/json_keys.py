"""The keys that each part of a JSON document has; a key may be added, and none taken away."""

from __future__ import annotations

from nbmlops.domain.schedules import Policies
from nbmlops.domain.triggers import Within


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
SUMMARY = under(
    "summary",
    {"kind", "text", "shape", "size", "columns", "order", "holding", "labelled_with"} | PREVIEW,
)
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
    "tags",
}
TAG = {"name", "reference", "step", "notebook", "version_id", "author", "tagged_at"}
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
RUN_STEP = {
    *("name", "status", "why", "failure", "version", "origin", "duration", "attempts"),
    "executions",
}
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
    "multiple",
    "shortest",
    "longest",
    "items",
    "keys",
    "members",
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
        for name in (
            *("timeout", "retries", "retry_delay", "on_failure", "cache"),
            *("memory", "cpus", "resources"),
        )
    }
    | {f"parameters[].{name}" for name in PARAMETER}
)
PIPELINE_VERSION = (
    {"id", "number", "notebook_object", "environment", "author", "created_at"}
    | under("spec", SPEC)
    | under("approval", APPROVAL)
)
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

STEP_IN_RUN = {"version", "outcome", "why", "attempts", "origin", "duration"}
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
    "deleted", "by_code", "kept", "kept_in_part", "travelled_to", "was_cut_off", "standing",
}  # fmt: skip
PLAN = {"pipeline", "parameters", "parameters.month", "lanes", "joined", "missing_secrets"}
PLANNED_CELL = {
    "cell_id", "index", "title", "step", "state", "reason", "execution", "origin", "changes",
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
    "duration",
    "held",
    "named_in",
    "others_above",
}
REASON = {"reasons[].kind", "reasons[].detail", "reasons[].cause"}


def each(path: str, names: set[str]) -> set[str]:
    """A list, and each name of its items."""
    return {path} | {f"{path}[].{name}" for name in names}


DECISION = {"recorded", "tests", "proof", "cells"} | under("version", PIPELINE_VERSION)
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

DATASET_VERSION = {
    "id",
    "name",
    "number",
    "digest",
    "comment",
    "author",
    "created_at",
    "source",
    "left_out",
    "files",
    "values",
    "size",
}
MEMBER = {"kind", "name", "digest", "size", "object", "manifest", "text"}
