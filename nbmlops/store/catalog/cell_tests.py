"""What the ledger knows of the tests of notebooks.

The execution of a test has, as its inputs, the steps that it tests, each with the digest of its
version as the fingerprint: that is how a version finds its tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from nbmlops.domain.cell_tests import TEST_SESSION
from nbmlops.domain.executions import Execution
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.executions import ExecutionRecords

_EXECUTIONS, _VALUES = schema.executions, schema.execution_values


class CellTestRecords:
    """Finds the executions of tests."""

    def __init__(self, database: Database, executions: ExecutionRecords) -> None:
        self._database = database
        self._executions = executions

    def latest_of_digest(self, notebook: str) -> dict[tuple[str, str], Execution]:
        """The latest execution of each test of a notebook, by cell id and digest."""
        return {
            (str(found.record.cell_id), found.record.digest): found
            for found in self._latest(_EXECUTIONS.c.notebook == notebook, _EXECUTIONS.c.digest)
        }

    def of_version(self, notebook: str, step: str, digest: str) -> list[Execution]:
        """The latest execution of each test of a step's version, in the order of the first."""
        tested = sa.select(_VALUES.c.execution_id).where(
            _VALUES.c.name == input_name(step),
            _VALUES.c.fingerprint == digest,
            _VALUES.c.direction == "in",
        )
        return self._latest(_EXECUTIONS.c.notebook == notebook, _EXECUTIONS.c.id.in_(tested))

    def _latest(self, *conditions: sa.ColumnElement[bool]) -> list[Execution]:
        """The latest of each cell; columns among the conditions are grouped by as well."""
        wanted = [part for part in conditions if not isinstance(part, sa.Column)]
        columns = [part for part in conditions if isinstance(part, sa.Column)]
        query = (
            sa.select(sa.func.max(_EXECUTIONS.c.id))
            .where(_EXECUTIONS.c.session == TEST_SESSION, *wanted)
            .group_by(_EXECUTIONS.c.cell_id, *columns)
        )
        with self._database.read() as connection:
            ids = list(connection.execute(query).scalars())
        found = self._executions.by_ids(ids)
        return [found[key] for key in sorted(found)]


def input_name(step: str) -> str:
    """What a step is called among the inputs of a test's execution; no variable's name."""
    return f"<step {step}>"


def tested(steps: Mapping[str, Iterable[str]]) -> tuple[ValueRecord, ...]:
    """The steps that a test tests, as its inputs: step → the digests of its cells."""
    return tuple(
        ValueRecord(
            name=input_name(step),
            fingerprint=digest,
            summary=ValueSummary(kind="step", text=step),
        )
        for step, digests in steps.items()
        for digest in digests
    )
