"""Which data of a notebook are looked at for drift, and what was found of them lately."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nbmlops.domain.drift import Drift, drifts_of
from nbmlops.domain.monitors import Look, Monitor, first_of_drift, monitored_columns
from nbmlops.store.catalog.monitors import LOOKS, MonitorRecords, Reporting


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one of the checks of an execution has found."""

    of: Reporting
    name: str
    drift: Drift


class MonitorService:
    """Lists the monitors of a notebook: each check of drift, in the notebook and in its runs.

    Args:
        records: what executions reported.
    """

    def __init__(self, records: MonitorRecords) -> None:
        self._records = records

    def of_notebook(self, notebook: str) -> list[Monitor]:
        """The monitors of a notebook: what has drifted comes first, then what was looked at last.

        Args:
            notebook: its name in the ledger.
        """
        checks = _still_made(self._records.in_notebook(notebook))
        monitors = [
            _monitor(looks)
            for found in (checks, _findings(self._records.in_runs(notebook)))
            for looks in _grouped(found)
        ]
        return sorted(
            monitors,
            key=lambda one: (one.since is not None, one.looks[-1].at, one.looks[-1].execution),
            reverse=True,
        )


def _findings(reportings: Iterable[Reporting]) -> Iterator[_Finding]:
    for one in reportings:
        for name, drift in drifts_of({each.name: each for each in one.reported}).items():
            yield _Finding(one, name, drift)


def _still_made(reportings: Sequence[Reporting]) -> Iterator[_Finding]:
    """Without the checks that a cell does not make any more, as its newest execution says.

    One that failed may not have come that far.
    """
    newest = {one.cell_id: one for one in reportings if one.ended_well}
    made = {(each.of.cell_id, each.of.step, each.name) for each in _findings(newest.values())}
    for finding in _findings(reportings):
        of = finding.of
        known = of.cell_id is not None and of.cell_id in newest
        if not known or (of.cell_id, of.step, finding.name) in made:
            yield finding


def _grouped(findings: Iterable[_Finding]) -> list[list[_Finding]]:
    """Those of each monitor, the oldest first; of one that several runs in a row took, the first.

    A run that took a finding from the cache found what the run before it had found.
    """
    groups: dict[tuple[str | None, ...], list[_Finding]] = {}
    for finding in findings:
        of = finding.of
        looks = groups.setdefault((finding.name, of.step, _place(of), of.pipeline, of.trigger), [])
        if not looks or looks[-1].of.execution != of.execution:
            looks.append(finding)
    return [looks[-LOOKS:] for looks in groups.values()]


def _place(of: Reporting) -> str | None:
    """What tells a cell from others that have no name either."""
    return of.cell_id if of.step is None else None


def _monitor(found: Sequence[_Finding]) -> Monitor:
    last, drift = found[-1].of, found[-1].drift
    looks = tuple(map(_look, found))
    return Monitor(
        name=found[-1].name,
        step=last.step,
        cell_id=last.cell_id,
        pipeline=last.pipeline,
        trigger=last.trigger,
        limit=drift.limit,
        checked=drift.checked,
        drifted=drift.drifted_columns,
        judged=drift.judged,
        rows=drift.rows,
        reference_rows=drift.reference_rows,
        reference=drift.reference,
        since=first_of_drift(looks),
        columns=monitored_columns([each.drift for each in found]),
        looks=looks,
    )


def _look(found: _Finding) -> Look:
    indexes = [one.index for one in found.drift.columns if one.index is not None]
    return Look(
        execution=found.of.execution,
        step=found.of.version,
        run=found.of.run,
        at=found.of.at,
        judged=found.drift.judged,
        drifted=found.drift.drifted_columns,
        furthest=max(indexes, default=None),
    )
