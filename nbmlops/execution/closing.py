"""Close runs: those that have ended, and those whose process is gone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Artifact, Failure
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.runs import Attempt, Run, RunStatus
from nbmlops.domain.values import NO_ROOM
from nbmlops.errors import NotebookFormatError, StoreBusyError, StoreUnwritableError
from nbmlops.execution import process
from nbmlops.execution.driving import Order, named_as_in_source
from nbmlops.execution.ending import RunEnd
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.limits import set_by_limits
from nbmlops.execution.outcome import Outcome
from nbmlops.execution.rescue import rescue
from nbmlops.execution.run_files import RunFiles
from nbmlops.notebook.document import read
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords

_UNRECORDED = (
    "No step was recorded: nbmlops is not installed where the kernel runs, "
    "or could not record (the executed notebook says why)."
)


class RunCloser:
    """Writes into the catalog how runs have ended.

    - writes it into the run's folder first, where a full disk does not keep it from that;
    - closes what a vanished process left open: as that says, else as lost.
    """

    def __init__(
        self,
        *,
        records: RunRecords,
        pipelines: PipelineRecords,
        executions: ExecutionRecords,
        reuse: ReuseRecords,
        files: RunFiles,
        clock: Clock,
    ) -> None:
        self._records = records
        self._pipelines = pipelines
        self._executions = executions
        self._reuse = reuse
        self._files = files
        self._clock = clock

    def close(self, order: Order, outcome: Outcome, attempts: Sequence[Attempt] = ()) -> Run:
        """Close a run with what came of it."""
        run, version = order.run, order.version
        failure = named_as_in_source(outcome.failure, version)
        by = self._records.cancelled_by(run.id)
        if failure is not None and outcome.status is RunStatus.CANCELLED and by is not None:
            failure = replace(failure, message=f"cancelled by {by}")
        although = order.director.although if order.director is not None else []
        told = self._warnings(run, version, outcome.status)
        end = RunEnd(
            status=outcome.status,
            ended_at=self._clock(),
            failure=failure,
            warnings=(*although, *outcome.warnings, *told),
        )
        order.folder.end.write(end)
        attempts = attempts if len(attempts) > 1 else ()
        return self._finish(run, end, self._files.artifacts(run), attempts)

    def close_after(self, run: Run, error: BaseException) -> None:
        """Close a run that an error, or a person, has ended."""
        cancelled = isinstance(error, KeyboardInterrupt)
        end = RunEnd(
            status=RunStatus.CANCELLED if cancelled else RunStatus.FAILED,
            ended_at=self._clock(),
            failure=Failure(kind=type(error).__name__, message=str(error) or "interrupted"),
        )
        self._files.folder(run).end.write(end)
        self._finish(run, end)

    def close_vanished(self) -> list[Run]:
        """Close every run whose process is certainly gone.

        A store that cannot be written now, or is locked, is left as it is: it can still be read.
        """
        closed = []
        with suppress(StoreUnwritableError, StoreBusyError):
            for run, identity in self._records.open_processes():
                if process.has_vanished(identity):
                    failure = Failure(
                        kind="ProcessVanished",
                        message=f"The process {identity.process} that drove this run is gone.",
                    )
                    closed.append(self._close_rescued(run, failure))
        return closed

    def close_left(self, run: Run, failure: Failure) -> Run:
        """Close a run whose worker has lost it, and may still be there.

        Args:
            run: a run that is open.
            failure: why it is lost, unless its folder says that it has ended.

        Raises:
            StoreError: the catalog cannot be written.
        """
        if self._files.folder(run).end.read() is not None:
            return self._close_rescued(run, failure)
        return self._finish(run, self._lost(run, failure))

    def _close_rescued(self, run: Run, failure: Failure) -> Run:
        """Close a run whose process is done with it, with what its folder tells."""
        folder, artifacts = self._files.folder(run), list[Artifact]()
        end = folder.end.read()
        is_whole = _is_whole(folder.notebook)
        has_all = end is not None and is_whole
        end = end or self._lost(run, failure)
        try:
            if folder.journal.exists() and not has_all:  # else it had not begun, or had just ended
                end = self._rescued(run, folder, end, failure)
            elif not is_whole:
                end = replace(end, warnings=(*end.warnings, *_set_aside(folder)))
            artifacts = self._files.artifacts(run)
        except (OSError, NotebookFormatError) as error:
            end = replace(end, warnings=(f"Its notebook could not be put together: {error}.",))
            return self._finish(run, end, artifacts)  # its journal is all that tells of its cells
        closed = self._finish(run, end, artifacts)
        folder.forget_journal()
        return closed

    def _lost(self, run: Run, failure: Failure) -> RunEnd:
        """How a run has ended whose process is gone: cancelled, where somebody wanted that."""
        status, by = RunStatus.LOST, self._records.cancelled_by(run.id)
        if by is not None:
            status, failure = (
                RunStatus.CANCELLED,
                Failure(kind="Cancelled", message=f"cancelled by {by}"),
            )
        return RunEnd(status=status, ended_at=self._clock(), failure=failure)

    def _rescued(self, run: Run, folder: RunFolder, end: RunEnd, failure: Failure) -> RunEnd:
        """Put together the notebook of a run that could not do so."""
        rescued = rescue(folder, end.failure or failure)
        placed = named_as_in_source(rescued.failure, self._pipelines.by_id(run.version_id))
        end = replace(end, failure=placed or end.failure)
        self._reuse.take(run.id, rescued.taken)
        outcome = Outcome(status=end.status, failure=end.failure)
        unreadable = self._files.write_page(run, outcome)
        return replace(end, warnings=(*end.warnings, *unreadable))

    def _finish(
        self,
        run: Run,
        end: RunEnd,
        artifacts: Sequence[Artifact] = (),
        attempts: Sequence[Attempt] = (),
    ) -> Run:
        closed = self._records.finish(
            run,
            status=end.status,
            ended_at=end.ended_at,
            failure=end.failure,
            artifacts=artifacts,
            attempts=attempts,
            warnings=end.warnings,
        )
        self._files.folder(run).end.forget()
        return closed

    def _warnings(self, run: Run, version: PipelineVersion, status: RunStatus) -> list[str]:
        digests = self._executions.environments_of_run(run.id)
        if not digests and self._reuse.taken(run.id):
            return []
        if not digests:
            # a run that ended early may not have come to a step
            return [_UNRECORDED] if status is RunStatus.SUCCEEDED else []
        told = []
        lost = list(dict.fromkeys(self._executions.without_room_in_run(run.id)))
        if lost:
            more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""  # noqa: PLR2004
            told.append(f"Not kept, {NO_ROOM}: {', '.join(lost[:3])}{more}.")
        if version.environment is not None and not digests <= {version.environment}:
            drift = self._drift(version, digests)
            told += [f"The environment is not that of the build: {drift}."] if drift else []
        return told

    def _drift(self, version: PipelineVersion, digests: set[str | None]) -> str:
        built = self._executions.environment(str(version.environment))
        found = self._executions.environment(str(next(iter(digests - {version.environment}))))
        if built is None or found is None:
            return "one of them is unknown"
        asked = {step.rules.cpus for step in version.spec.steps}
        changed = [
            name
            for name, (_, now) in sorted(built.differences(found).items())
            if not set_by_limits(name, now, asked)
        ]
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""  # noqa: PLR2004
        return f"{', '.join(changed[:3])}{more} differ" if changed else ""


def _set_aside(folder: RunFolder) -> list[str]:
    """Keep what a full disk has left of a notebook that nothing can be made of again, and say so.

    One that was not begun tells nothing.
    """
    if not folder.notebook.exists():
        return []
    if not folder.notebook.stat().st_size:
        folder.notebook.unlink()
        return []
    folder.notebook.replace(folder.cut_off)
    return [f"Its notebook is not whole; what is left of it is {folder.cut_off}."]


def _is_whole(notebook: Path) -> bool:
    """Whether an executed notebook is there, all of it."""
    try:
        read(notebook)
    except NotebookFormatError:
        return False
    return True
