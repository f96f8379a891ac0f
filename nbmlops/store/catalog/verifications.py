"""The ledger of verifications."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.verifications import OutputVerdict, Verdict, Verification
from nbmlops.domain.wire import decode, encode
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database


class VerificationRecords:
    """Keeps what re-executions showed; nothing is ever edited, and the latest one holds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, verification: Verification) -> None:
        """Keep a verification."""
        with self._database.write() as connection:
            connection.execute(
                sa.insert(schema.verifications).values(
                    execution_id=verification.execution_id,
                    verdict=verification.verdict,
                    reason=verification.reason,
                    outputs=encode(verification.outputs).decode(),
                    tolerance=verification.tolerance,
                    author=verification.author,
                    verified_at=verification.verified_at,
                )
            )

    def latest(self, version_ids: Collection[int]) -> dict[int, Verification]:
        """The latest verification of each of these step versions, by version id."""
        return self._newest(schema.executions.c.version_id.in_(version_ids))

    def of_execution(self, execution_id: int) -> Verification | None:
        """The latest verification of one execution."""
        return next(iter(self._newest(schema.executions.c.id == execution_id).values()), None)

    def of_code(self, notebook: str, step: str, digest: str) -> Verification | None:
        """The latest verification of a step's version, found by the digest of its code."""
        table = schema.step_versions
        known = (
            sa.select(table.c.id)
            .join(schema.steps, schema.steps.c.id == table.c.step_id)
            .where(schema.steps.c.notebook == notebook, schema.steps.c.name == step)
            .where(table.c.digest == digest)
        )
        return next(iter(self._newest(schema.executions.c.version_id.in_(known)).values()), None)

    def _newest(self, condition: sa.ColumnElement[bool]) -> dict[int, Verification]:
        table = schema.verifications
        query = (
            sa.select(schema.executions.c.version_id, table)
            .join(schema.executions, schema.executions.c.id == table.c.execution_id)
            .where(condition)
            .order_by(table.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings()
            return {row["version_id"]: _verification(row) for row in rows}


def _verification(row: sa.RowMapping | dict[str, Any]) -> Verification:
    return Verification(
        execution_id=row["execution_id"],
        verdict=Verdict(row["verdict"]),
        outputs=decode(row["outputs"], tuple[OutputVerdict, ...]),
        reason=row["reason"],
        tolerance=row["tolerance"],
        author=row["author"],
        verified_at=row["verified_at"],
    )
