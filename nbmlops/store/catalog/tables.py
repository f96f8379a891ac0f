"""The records of one catalog, each kind made when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmlops.store.catalog.base import Database
    from nbmlops.store.catalog.datasets import DatasetRecords
    from nbmlops.store.catalog.ledger import LedgerRecords
    from nbmlops.store.catalog.notices import NoticeRecords
    from nbmlops.store.catalog.origins import OriginRecords
    from nbmlops.store.catalog.pipelines import PipelineRecords
    from nbmlops.store.catalog.pools import PoolRecords
    from nbmlops.store.catalog.proofs import ProofRecords
    from nbmlops.store.catalog.references import ReferenceRecords
    from nbmlops.store.catalog.runs import RunRecords
    from nbmlops.store.catalog.schedules import ScheduleRecords
    from nbmlops.store.catalog.tags import TagRecords
    from nbmlops.store.catalog.timelines import TimelineRecords
    from nbmlops.store.catalog.verifications import VerificationRecords
    from nbmlops.store.catalog.versions import VersionRecords


class CatalogTables:
    """The records behind services, for whoever knows the catalog.

    Making it imports nothing; each kind of records does when it is first used.
    """

    @cached_property
    def database(self) -> Database:
        """The catalog; who has the records says which."""
        raise NotImplementedError

    @cached_property
    def _reference_records(self) -> ReferenceRecords:
        from nbmlops.store.catalog.references import ReferenceRecords

        return ReferenceRecords(self.database)

    @cached_property
    def _schedule_records(self) -> ScheduleRecords:
        from nbmlops.store.catalog.schedules import ScheduleRecords

        return ScheduleRecords(self.database)

    @cached_property
    def _ledger_records(self) -> LedgerRecords:
        from nbmlops.store.catalog.ledger import LedgerRecords

        return LedgerRecords(self.database)

    @cached_property
    def _proof_records(self) -> ProofRecords:
        from nbmlops.store.catalog.proofs import ProofRecords

        return ProofRecords(self.database)

    @cached_property
    def _dataset_records(self) -> DatasetRecords:
        from nbmlops.store.catalog.datasets import DatasetRecords

        return DatasetRecords(self.database)

    @cached_property
    def _pool_records(self) -> PoolRecords:
        from nbmlops.store.catalog.pools import PoolRecords

        return PoolRecords(self.database)

    @cached_property
    def _notice_records(self) -> NoticeRecords:
        from nbmlops.store.catalog.notices import NoticeRecords

        return NoticeRecords(self.database)

    @cached_property
    def _pipeline_records(self) -> PipelineRecords:
        from nbmlops.store.catalog.pipelines import PipelineRecords

        return PipelineRecords(self.database)

    @cached_property
    def _run_records(self) -> RunRecords:
        from nbmlops.store.catalog.runs import RunRecords

        return RunRecords(self.database)

    @cached_property
    def _origin_records(self) -> OriginRecords:
        from nbmlops.store.catalog.origins import OriginRecords

        return OriginRecords(self.database)

    @cached_property
    def _verification_records(self) -> VerificationRecords:
        from nbmlops.store.catalog.verifications import VerificationRecords

        return VerificationRecords(self.database)

    @cached_property
    def _tag_records(self) -> TagRecords:
        from nbmlops.store.catalog.tags import TagRecords

        return TagRecords(self.database)

    @cached_property
    def _timeline_records(self) -> TimelineRecords:
        from nbmlops.store.catalog.timelines import TimelineRecords

        return TimelineRecords(self.database)

    @cached_property
    def _version_records(self) -> VersionRecords:
        from nbmlops.store.catalog.versions import VersionRecords

        return VersionRecords(self.database)
