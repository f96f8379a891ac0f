"""The ledger of executions, as the recorder needs it."""

from __future__ import annotations

from collections.abc import Collection

from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.store.catalog import writing
from nbmlops.store.catalog.base import Database


class Recording:
    """Writes what the recorder found, in one transaction per execution."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: ExecutionRecord) -> Execution:
        """Keep a record; for a step, under the version that its digest makes.

        A digest seen before is a new execution of that version, never a new version.
        """
        with self._database.append() as ledger:
            version = writing.version_for(ledger, record) if record.step else None
            execution_id = writing.insert_execution(ledger, record, version)
            writing.insert_details(ledger, execution_id, record)
        return Execution(id=execution_id, version=version, record=record)

    def add_commit(self, execution_ids: Collection[int], git: GitState) -> None:
        """Say on which commit executions ran, where their records say nothing of it yet."""
        with self._database.append() as ledger:
            writing.add_commit(ledger, execution_ids, git)

    def add_environment(self, environment: Environment) -> None:
        """Keep an environment once per digest."""
        with self._database.append() as ledger:
            writing.insert_environment(ledger, environment)
