"""What the recorder asks the catalog and tells it: statements that run after every cell."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from nbmlops.store.catalog import schema
from nbmlops.store.catalog.prepared import Prepared
from nbmlops.store.catalog.storing import BEGIN
from nbmlops.store.catalog.upsert import insert_new

_steps, _versions, _executions = schema.steps, schema.step_versions, schema.executions
_values = schema.execution_values

_STEP = ("notebook", "name")
_VERSION = ("step_id", "digest", "number", "source", "definitions", "author", "created_at")


class _Texts(FunctionElement[str]):
    """The texts of a list in JSON: one parameter for any number of them."""

    inherit_cache = True
    type = sa.Text()


@compiles(_Texts, "sqlite")
def _in_sqlite(element: _Texts, compiler: Any, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    return f"(SELECT value FROM json_each({given}))"  # noqa: S608 (a parameter)


@compiles(_Texts, "postgresql")
def _in_postgres(element: _Texts, compiler: Any, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    return f"(SELECT json_array_elements_text(CAST({given} AS json)))"


def _columns(table: sa.Table) -> list[str]:
    return [column.key for column in table.columns if column.key != "id"]


def _insert(table: sa.Table) -> Prepared:
    return Prepared(sa.insert(table), _columns(table))


def _rename(table: sa.Table) -> Prepared:
    renamed = sa.update(table).where(table.c.notebook == sa.bindparam("old"))
    return Prepared(renamed.values(notebook=sa.bindparam("new")), ("notebook",))


STATEMENTS = {
    "find step": Prepared(
        sa.select(_steps).where(*(_steps.c[name] == sa.bindparam(name) for name in _STEP))
    ),
    "add step": Prepared(insert_new(_steps), _STEP),
    "find version": Prepared(
        sa.select(_versions)
        .join(_steps, _versions.c.step_id == _steps.c.id)
        .where(
            *(_steps.c[name] == sa.bindparam(name) for name in _STEP),
            _versions.c.digest == sa.bindparam("digest"),
        )
    ),
    "last number": Prepared(
        sa.select(sa.func.max(_versions.c.number).label("number")).where(
            _versions.c.step_id == sa.bindparam("step_id")
        )
    ),
    "add version": Prepared(sa.insert(_versions).returning(_versions), _VERSION),
    "add execution": Prepared(
        sa.insert(_executions).returning(_executions.c.id), _columns(_executions)
    ),
    "add commit": Prepared(
        sa.update(_executions)
        .where(_executions.c.id == sa.bindparam("execution_id"), _executions.c.git_commit.is_(None))
        .values(git_commit=sa.bindparam("commit"), git_dirty=sa.bindparam("dirty"))
    ),
    "add environment": Prepared(insert_new(schema.environments), _columns(schema.environments)),
    "add values": _insert(_values),
    "add metrics": _insert(schema.metrics),
    "add artifacts": _insert(schema.execution_artifacts),
    "add files": _insert(schema.execution_files),
    "add externals": _insert(schema.execution_externals),
    "settle value": Prepared(
        sa.update(_values)
        .where(
            _values.c.execution_id == sa.bindparam("execution"),
            _values.c.direction == sa.bindparam("into"),
            _values.c.name == sa.bindparam("called"),
            _values.c.reason.startswith(BEGIN),
        )
        .values(manifest=sa.bindparam("key"), reason=sa.bindparam("why"))
    ),
    "steps of a notebook": Prepared(
        sa.select(_steps.c.id).where(_steps.c.notebook == sa.bindparam("notebook")).limit(1)
    ),
    "notebooks of cells": Prepared(
        sa.select(_executions.c.notebook)
        .where(_executions.c.cell_id.op("IN")(_Texts(sa.bindparam("cells", type_=sa.Text))))
        .group_by(_executions.c.notebook)
        .order_by(sa.func.max(_executions.c.id).desc())
    ),
    "rename steps": _rename(_steps),
    "rename executions": _rename(_executions),
    "rename pipelines": _rename(schema.pipeline_versions),
}
"""By name: `Recorded` runs them."""
