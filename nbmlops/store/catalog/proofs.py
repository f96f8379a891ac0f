"""The ledger of proofs."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.proofs import Proof
from nbmlops.domain.wire import decode, encode
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database


class ProofRecords:
    """Keeps what proofs of pipeline versions showed; nothing is edited, and the latest holds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, version: PipelineVersion, proof: Proof) -> None:
        """Keep a proof of a version."""
        with self._database.write() as connection:
            made = connection.execute(
                sa.insert(schema.proofs)
                .values(
                    pipeline_version_id=version.id,
                    verdict=proof.verdict,
                    proof=encode(proof).decode(),
                    proved_at=proof.proved_at,
                )
                .returning(schema.proofs.c.id)
            ).scalar_one()
            for notebook in proof.notebooks:
                connection.execute(
                    sa.insert(schema.proof_notebooks).values(proof_id=made, object=notebook.object)
                )

    def latest(self, versions: Collection[PipelineVersion]) -> dict[int, Proof]:
        """The latest proof of each of these versions, by version id."""
        table = schema.proofs
        query = (
            sa.select(table.c.pipeline_version_id, table.c.proof)
            .where(table.c.pipeline_version_id.in_([version.id for version in versions]))
            .order_by(table.c.id)
        )
        with self._database.read() as connection:
            return {row[0]: decode(row[1], Proof) for row in connection.execute(query)}

    def of(self, version: PipelineVersion) -> Proof | None:
        """The latest proof of a version."""
        return self.latest([version]).get(version.id)
