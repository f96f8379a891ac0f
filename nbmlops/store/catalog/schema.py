"""The tables of the catalog; the migrations build exactly these."""

from __future__ import annotations

import sqlalchemy as sa

from nbmlops.store.catalog.column_types import Number, UtcDateTime, big_integer, json_type

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[int]:
    return sa.Column("id", big_integer(), primary_key=True)


def _reference(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.ForeignKey(f"{target}.id"), nullable=nullable, index=True)


steps = sa.Table(
    "steps",
    metadata,
    _id(),
    sa.Column("notebook", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, index=True),
    sa.UniqueConstraint("notebook", "name"),
)

step_versions = sa.Table(
    "step_versions",
    metadata,
    _id(),
    sa.Column("step_id", sa.ForeignKey("steps.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("definitions", json_type(), nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("step_id", "number"),
    sa.UniqueConstraint("step_id", "digest"),
)

version_tags = sa.Table(
    "version_tags",
    metadata,
    _id(),
    sa.Column("step_id", sa.ForeignKey("steps.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    _reference("version_id", "step_versions"),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("tagged_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("step_id", "name"),
)

environments = sa.Table(
    "environments",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("content", json_type(), nullable=False),
)

pipelines = sa.Table(
    "pipelines",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
)

pipeline_versions = sa.Table(
    "pipeline_versions",
    metadata,
    _id(),
    sa.Column("pipeline_id", sa.ForeignKey("pipelines.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("notebook", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("notebook_object", sa.Text, nullable=False),
    sa.Column("environment", sa.ForeignKey("environments.digest")),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("built", sa.Integer),
    sa.UniqueConstraint("pipeline_id", "number"),
    sa.UniqueConstraint("pipeline_id", "digest"),
)

approvals = sa.Table(
    "approvals",
    metadata,
    _id(),
    _reference("pipeline_version_id", "pipeline_versions"),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("decided_at", UtcDateTime, nullable=False),
)

cell_reviews = sa.Table(
    "cell_reviews",
    metadata,
    _id(),
    _reference("pipeline_version_id", "pipeline_versions"),
    sa.Column("cell_id", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("decided_at", UtcDateTime, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    _id(),
    sa.Column("pipeline_id", sa.ForeignKey("pipelines.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    _reference("pipeline_version_id", "pipeline_versions"),
    sa.Column("parameters", json_type(), nullable=False),
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("failure", sa.Text),
    sa.Column("warnings", json_type(), nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("process_started_at", sa.Float),
    sa.Column("goes_on_with", big_integer()),
    sa.Column("rules", json_type()),
    sa.Column("attempts", json_type()),
    sa.Column("cancelled_by", sa.Text),
    sa.UniqueConstraint("pipeline_id", "number"),
    sa.Index("ix_runs_trigger_id", "trigger", "id"),
    sa.Index("ix_runs_trigger_status_id", "trigger", "status", "id"),
)

executions = sa.Table(
    "executions",
    metadata,
    _id(),
    _reference("version_id", "step_versions", nullable=True),
    _reference("run_id", "runs", nullable=True),
    sa.Column("notebook", sa.Text, nullable=False),
    sa.Column("cell_id", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("execution_count", sa.Integer),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("duration", sa.Float, nullable=False),
    sa.Column("peak_memory", sa.BigInteger),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("failure", sa.Text),
    sa.Column("deleted", json_type(), nullable=False),
    sa.Column("inputs_complete", sa.Boolean, nullable=False),
    sa.Column("inputs_note", sa.Text),
    sa.Column("parameters", json_type(), nullable=False),
    sa.Column("environment", sa.ForeignKey("environments.digest")),
    sa.Column("random_state", sa.Text),
    sa.Column("git_commit", sa.Text),
    sa.Column("git_dirty", sa.Boolean),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("travelled_to", big_integer()),
    sa.Column("reported", json_type(none_as_null=True)),
    # each holds what its queries ask for, so that they read no row of a large table
    sa.Index("ix_executions_notebook_cell_id_run_id", "notebook", "cell_id", "run_id"),
    sa.Index("ix_executions_version_id_status_run_id", "version_id", "status", "run_id"),
    sa.Index("ix_executions_notebook", "notebook"),
    sa.Index("ix_executions_session_id", "session", "id"),
)

execution_values = sa.Table(
    "execution_values",
    metadata,
    _id(),
    _reference("execution_id", "executions"),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("manifest", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Index("ix_execution_values_fingerprint_direction_name", "fingerprint", "direction", "name"),
    sa.Index(
        "ix_execution_values_name_direction_execution_id", "name", "direction", "execution_id"
    ),
)

metrics = sa.Table(
    "metrics",
    metadata,
    _id(),
    _reference("execution_id", "executions"),
    sa.Column("name", sa.Text, nullable=False, index=True),
    sa.Column("step", big_integer(), nullable=False),
    sa.Column("value", Number, nullable=False),
    sa.Column("recorded_at", UtcDateTime, nullable=False),
)

execution_artifacts = sa.Table(
    "execution_artifacts",
    metadata,
    _id(),
    _reference("execution_id", "executions"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)

execution_files = sa.Table(
    "execution_files",
    metadata,
    _id(),
    _reference("execution_id", "executions"),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, index=True),
    sa.Column("size", sa.BigInteger),
    sa.Column("known_by", sa.Text, nullable=False),
    sa.Index("ix_execution_files_path_mode", "path", "mode"),
)

execution_externals = sa.Table(
    "execution_externals",
    metadata,
    _id(),
    _reference("execution_id", "executions"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)

verifications = sa.Table(
    "verifications",
    metadata,
    _id(),
    _reference("execution_id", "executions"),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("outputs", sa.Text, nullable=False),
    sa.Column("tolerance", sa.Float),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("verified_at", UtcDateTime, nullable=False),
)

run_artifacts = sa.Table(
    "run_artifacts",
    metadata,
    _id(),
    _reference("run_id", "runs"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)

run_reuses = sa.Table(
    "run_reuses",
    metadata,
    _id(),
    _reference("run_id", "runs"),
    _reference("execution_id", "executions"),
)

proofs = sa.Table(
    "proofs",
    metadata,
    _id(),
    _reference("pipeline_version_id", "pipeline_versions"),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("proof", sa.Text, nullable=False),
    sa.Column("proved_at", UtcDateTime, nullable=False),
)

proof_notebooks = sa.Table(
    "proof_notebooks",
    metadata,
    _id(),
    _reference("proof_id", "proofs"),
    sa.Column("object", sa.Text, nullable=False),
)

schedules = sa.Table(
    "schedules",
    metadata,
    _id(),
    _reference("pipeline_version_id", "pipeline_versions"),
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("parameters", json_type(), nullable=False),
    sa.Column("missed", sa.Text, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("pause_reason", sa.Text),
    sa.Column("resumed_at", UtcDateTime),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("rules", json_type()),
    sa.Column("backfill", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("at_once", sa.Integer, nullable=False, server_default="1"),
    sa.Column("max_active", sa.Integer),
    sa.Column("pool", sa.Text),
    sa.Column("policies", json_type()),
    sa.Column("trigger", json_type()),
    sa.Column("call_token", sa.Text),
    # grows with each change of when a schedule fires: a scheduler asks for what it has not seen
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_schedules_revision", "revision"),
)

trigger_progress = sa.Table(
    "trigger_progress",
    metadata,
    sa.Column("schedule_id", sa.ForeignKey("schedules.id"), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("progress", json_type(), nullable=False),
)

trigger_calls = sa.Table(
    "trigger_calls",
    metadata,
    _id(),
    sa.Column("schedule_id", sa.ForeignKey("schedules.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("called_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("schedule_id", "key"),
)

pools = sa.Table(
    "pools",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
)

fires = sa.Table(
    "fires",
    metadata,
    _id(),
    sa.Column("schedule_id", sa.ForeignKey("schedules.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("interval_start", UtcDateTime),
    sa.Column("parameters", json_type()),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("queued_at", UtcDateTime, nullable=False),
    sa.Column("deadline_at", UtcDateTime),
    sa.Column("late", sa.Boolean),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("token", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("run_id", sa.ForeignKey("runs.id")),
    sa.Column("note", sa.Text),
    sa.Column("cause", sa.Text),
    sa.Column("files", json_type()),
    sa.Column("told_at", UtcDateTime),
    sa.UniqueConstraint("schedule_id", "key"),
    sa.Index("ix_fires_schedule_id_due_at", "schedule_id", "due_at"),
    sa.Index("ix_fires_schedule_id_status_queued_at", "schedule_id", "status", "queued_at"),
    sa.Index("ix_fires_status_rank_queued_at", "status", "rank", "queued_at"),
    sa.Index("ix_fires_late_deadline_at", "late", "deadline_at"),
    # of what has ended, that of which nobody has been told
    sa.Index("ix_fires_told_at_status", "told_at", "status"),
)

# what people call schedules and due times, as jupyter-scheduler lists them
job_labels = sa.Table(
    "job_labels",
    metadata,
    _id(),
    sa.Column("schedule_id", sa.ForeignKey("schedules.id"), nullable=False),
    # of one due time; null where it is of the schedule
    _reference("fire_id", "fires", nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("tags", json_type(), nullable=False),
    sa.Column("formats", json_type(), nullable=False),
    sa.Column("options", json_type(), nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index("ix_job_labels_schedule_id_fire_id", "schedule_id", "fire_id"),
)

streaks = sa.Table(
    "streaks",
    metadata,
    sa.Column("schedule_id", sa.ForeignKey("schedules.id"), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("told_at", UtcDateTime, nullable=False),
)

drift_findings = sa.Table(
    "drift_findings",
    metadata,
    # one of each run in which a step has compared its data with others, told or not
    sa.Column("run_id", sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    sa.Column("drifted", sa.Boolean, nullable=False),
    sa.Column("fresh", sa.Boolean, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("told_at", UtcDateTime, index=True),
)

drift_streaks = sa.Table(
    "drift_streaks",
    metadata,
    _id(),
    sa.Column("pipeline_id", sa.ForeignKey("pipelines.id"), nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("told_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("pipeline_id", "trigger"),
)

notices = sa.Table(
    "notices",
    metadata,
    _id(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    _id(),
    sa.Column("notice_id", sa.ForeignKey("notices.id"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("error", sa.Text),
    sa.UniqueConstraint("notice_id", "channel"),
    sa.Index("ix_deliveries_status_next_at", "status", "next_at"),
    sa.Index("ix_deliveries_channel_status", "channel", "status"),
)

datasets = sa.Table(
    "datasets",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    # of all versions that there ever were, so that none is another one under its number
    sa.Column("last", sa.Integer, nullable=False),
)

dataset_versions = sa.Table(
    "dataset_versions",
    metadata,
    _id(),
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("source", json_type(none_as_null=True)),
    sa.Column("left_out", json_type(), nullable=False),
    sa.UniqueConstraint("dataset_id", "number"),
    sa.UniqueConstraint("dataset_id", "digest"),
)

dataset_members = sa.Table(
    "dataset_members",
    metadata,
    _id(),
    _reference("version_id", "dataset_versions"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger),
    # of a file its bytes, of a value its manifest; empty once they are gone
    sa.Column("object", sa.Text),
    sa.Column("manifest", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sa.UniqueConstraint("version_id", "kind", "name"),
)
