"""The files of runs: the executed notebook, its page, and what is kept of both."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Artifact, Execution
from nbmlops.domain.run_steps import RunStep
from nbmlops.domain.runs import Run, RunProgress
from nbmlops.errors import NotebookFormatError, StoreError, UsageError
from nbmlops.execution import report
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.journal_follower import JournalFollower
from nbmlops.execution.outcome import Outcome
from nbmlops.execution.recorded_outputs import NOTEBOOK_TYPE
from nbmlops.execution.rescue import write_partial
from nbmlops.execution.step_results import steps_of
from nbmlops.execution.transcript import transcript
from nbmlops.notebook.document import Document, parse, read
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.objects.base import ObjectStore

log = logging.getLogger(__name__)

REPORT_TYPE = "text/html"


class RunFiles:
    """Makes the files of runs, and keeps them as artifacts.

    - at the end of a run: the page, and with it all that the steps have displayed;
    - on demand: the page of a run that took every result, the notebook of one that goes on.
    """

    def __init__(
        self,
        *,
        store: Path,
        records: RunRecords,
        pipelines: PipelineRecords,
        executions: ExecutionRecords,
        reuse: ReuseRecords,
        objects: ObjectStore,
        clock: Clock,
    ) -> None:
        self._store = store
        self._records = records
        self._pipelines = pipelines
        self._executions = executions
        self._reuse = reuse
        self._objects = objects
        self._clock = clock

    def folder(self, run: Run) -> RunFolder:
        """Where the files of a run are."""
        path = self._store / "runs" / run.pipeline / str(run.number)
        return RunFolder(path=path, pipeline=run.pipeline)

    def executions(self, run: Run) -> list[Execution]:
        """What the run executed, as its kernel recorded it, and whose results it has taken.

        In the order of the pipeline's cells; an execution that it has taken names another run, or
        none.
        """
        taken = self._executions.by_ids(self._reuse.taken(run.id)).values()
        made = self._executions.of_run(run.id)
        if not taken:
            return made
        cells = self._pipelines.by_id(run.version_id).spec.cells
        order = {cell.cell_id: cell.index for cell in cells}
        return sorted([*taken, *made], key=lambda one: order.get(str(one.record.cell_id), -1))

    def steps(self, run: Run) -> tuple[RunStep, ...]:
        """What became of every step of a run, of those that never began as well."""
        executions = self.executions(run)
        others = {one.record.run_id for one in executions if one.record.run_id is not None}
        names = self._records.references(others - {run.id})
        spec = self._pipelines.by_id(run.version_id).spec
        return steps_of(
            run,
            spec,
            executions,
            self._notebooks(run),
            lambda one: names.get(one.record.run_id or 0, "the notebook"),
        )

    def transcript(self, run: Run) -> str:
        """What the run has printed so far, cell by cell; empty where nothing of it is left."""
        spec = self._pipelines.by_id(run.version_id).spec
        return transcript(self._notebooks(run), spec.numbers)

    def _notebooks(self, run: Run) -> list[Document]:
        """What a run has executed, attempt by attempt, as far as anything is left of it."""
        folder, found = self.folder(run), list[Document]()
        last = folder.notebook if run.status.ended else folder.partial
        if not run.status.ended:
            with suppress(OSError, NotebookFormatError):  # it has just begun, or just ended
                write_partial(folder)
        with suppress(NotebookFormatError):
            found = [read(path) for path in folder.attempts]
        with suppress(NotebookFormatError, StoreError):
            if last.exists():
                return [*found, read(last)]
            kept = next((one for one in run.artifacts if one.name == last.name), None)
            if kept is not None and kept.object:
                return [*found, parse(self._objects.get(kept.object).decode())]
        return []

    def progress(self, run: Run) -> RunProgress | None:
        """Where a run stands; ``None`` for one that has ended, or has begun no cell yet."""
        return None if run.status.ended else self.follower(run).progress(self._clock())

    def follower(self, run: Run) -> JournalFollower:
        """Whoever asks more than once where a run stands reads each line of its journal once."""
        return JournalFollower(self.folder(run))

    def made(self, run: Run) -> Run:
        """The run, with those of its files that are made on demand."""
        folder = self.folder(run)
        if not run.status.ended:
            with suppress(OSError, NotebookFormatError):  # it has just begun, or just ended
                write_partial(folder)
            return run
        if folder.report.exists() or not folder.notebook.exists():
            return run
        with suppress(OSError, StoreError):  # a store that cannot be written can still be read
            self.write_page(run, Outcome(status=run.status, failure=run.failure))
            return self._records.add_artifacts(run, self._kept([(folder.report, REPORT_TYPE)]))
        return run

    def write_report(
        self, run: Run, target: Path, *, form: Literal["html", "ipynb"], with_code: bool
    ) -> None:
        """Write what a run that has ended showed into a file.

        Raises:
            UsageError: it goes on, has no notebook, or the file cannot be written.
        """
        folder = self.folder(run)
        if not run.status.ended or not folder.notebook.exists():
            why = "goes on" if not run.status.ended else "has no executed notebook any more"
            raise UsageError(f"{run.reference} {why}.", cure=f"See: nbmlops show {run.reference}")
        try:
            if form == "ipynb":
                report.write_notebook(folder.notebook, target, with_code=with_code)
                return
            outcome = Outcome(status=run.status, failure=run.failure, warnings=run.warnings)
            report.write_html(
                folder.notebook,
                target,
                title=run.reference,
                heading=report.heading_of(run, outcome, run.metrics),
                with_code=with_code,
            )
        except OSError as error:
            raise UsageError(
                f"{target} cannot be written: {error.strerror or error}.",
                cure="Name another file: --output FILE",
            ) from error

    def write_page(self, run: Run, outcome: Outcome) -> list[str]:
        """Render the executed notebook; returns why that was not possible, to warn of.

        Raises:
            OSError: the page cannot be written.
        """
        folder = self.folder(run)
        metrics = {
            metric.name: metric.value
            for execution in self.executions(run)
            for metric in execution.record.metrics
        }
        heading = report.heading_of(run, outcome, metrics)
        try:
            report.write_html(folder.notebook, folder.report, title=run.reference, heading=heading)
        except OSError:
            raise
        except Exception as error:
            # A renderer of any output may fail in any way; what ran has run all the same.
            log.exception("the page of %s could not be made", run.reference)
            return [f"Its page could not be made: {type(error).__name__}: {error}."]
        return []

    def artifacts(self, run: Run) -> list[Artifact]:
        """All that is kept of a run: its files, and what its steps displayed."""
        folder = self.folder(run)
        files = [(folder.notebook, NOTEBOOK_TYPE), (folder.report, REPORT_TYPE)]
        kept = self._kept(files + [(path, NOTEBOOK_TYPE) for path in folder.attempts])
        for execution in self.executions(run):
            step = execution.record.step
            kept += [
                replace(item, name=f"{step}/{item.name}") for item in execution.record.artifacts
            ]
        return kept

    def _kept(self, files: Iterable[tuple[Path, str]]) -> list[Artifact]:
        return [
            Artifact(
                name=path.name,
                media_type=media_type,
                object=self._objects.put_file(path),
                size=path.stat().st_size,
            )
            for path, media_type in files
            if path.exists()
        ]
