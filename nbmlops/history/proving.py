"""Prove that a pipeline does what its notebook does: run both, and compare all that they leave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from nbmlops.building.reading import read_source
from nbmlops.config import STORE
from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Artifact
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec, PipelineVersion
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.proofs import ComparedResult, Proof, ProofCause, TriedStep
from nbmlops.domain.runs import CellProgress, RunStatus
from nbmlops.domain.verifications import Verdict
from nbmlops.errors import UsageError
from nbmlops.execution.recorded_outputs import NOTEBOOK_TYPE
from nbmlops.history import apart
from nbmlops.history.differing import Difference, explained, first_of, said, worst
from nbmlops.history.project_copy import ProjectCopy
from nbmlops.history.side_by_side import RecordedRun
from nbmlops.notebook.document import Cell, Document, parse, serialize
from nbmlops.notebook.labels import label_of, strip_commands, strip_label
from nbmlops.pipelines.materialize import notebook_of
from nbmlops.pipelines.outline import outline
from nbmlops.pipelines.typed import check as typed
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.proofs import ProofRecords
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore

Watch = Callable[[str], AbstractContextManager[Callable[[CellProgress], None]]]
"""Shows the progress of a run under a title while the context is open."""

_STRAIGHT = "straight"
_PIPELINE = "pipeline"
_AGAIN = "straight again"

MOST_TRIED = 12
"""Steps that are tried apart unless each is asked for."""

_SETTINGS = "fingerprint_limit = 3600000\n"
"""Of the projects in which the runs take place: what takes long is compared all the same."""


class Trial(apart.Trial, Protocol):
    """The workspace of a project that is there for one run."""

    @property
    def database(self) -> Database:
        """Its catalog."""

    @property
    def objects(self) -> ObjectStore:
        """What it keeps."""

    @property
    def values(self) -> ValueStore:
        """The values that it keeps."""

    def close(self) -> None:
        """Give up its catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One proof that is being made; ``notebook`` is the whole one, ``spec`` that of all cells."""

    version: PipelineVersion
    straight: PipelineSpec
    notebook: bytes
    parameters: Mapping[str, Any]
    occasion: Occasion
    folder: Path
    watch: Watch
    difference: Difference
    each: bool


class ProofService:
    """Runs notebooks straight and as pipelines, and keeps what the comparison showed.

    - each run begins from a copy of the project at the same path, in a catalog and a kernel of its
      own, and takes no recorded result: nothing of it gets into the history of the project;
    - what the notebook writes before it reads it is not there when the pipeline begins;
    - where something differs, runs the notebook straight once more, to tell chance from an error
      of the conversion;
    - where nothing does, runs steps again, each with recorded results for the others;
    - keeps the proof, with both executed notebooks, on the pipeline version.
    """

    def __init__(
        self,
        *,
        project: Path,
        trial: Callable[[Path], Trial],
        records: ProofRecords,
        objects: ObjectStore,
        clock: Clock,
        author: str,
    ) -> None:
        self._project = project
        self._trial = trial
        self._records = records
        self._objects = objects
        self._clock = clock
        self._author = author

    def of(self, version: PipelineVersion) -> Proof | None:
        """The latest proof of a version."""
        return self._records.of(version)

    def latest(self, versions: Collection[PipelineVersion]) -> dict[int, Proof]:
        """The latest proof of each of these versions, by version id."""
        return self._records.latest(versions)

    def prove(
        self,
        version: PipelineVersion,
        *,
        watch: Watch,
        tolerance: float | None = None,
        parameters: Mapping[str, Any] | None = None,
        each: bool = False,
    ) -> Proof:
        """Run the notebook of a version both ways and compare.

        Where both are equal, steps are run once more, each with recorded results for the others.

        Args:
            version: what was built from the notebook as it is now.
            watch: shows the progress of each run.
            tolerance: the relative difference that is allowed for numbers; none if ``None``.
            parameters: those of the runs, by name; by default, the defaults.
            each: whether every step is tried so, not only the first `MOST_TRIED`.

        Returns:
            The proof, kept, whatever it shows.

        Raises:
            UsageError: the notebook lies outside of the project.
            ParameterError: a parameter is missing or wrong.
            KernelMissingError: the notebook's kernel is not installed.
            KeyboardInterrupt: a run was stopped; nothing is kept.
        """
        if Path(version.spec.notebook).is_absolute():
            raise UsageError(
                f"{version.spec.notebook} lies outside of the project {self._project}: its runs "
                "would write into its own folder.",
                cure="Move the notebook into the project, or give its folder: --project FOLDER.",
            )
        path = self._project / version.spec.notebook
        document = read_source(path, project=self._project).document
        straight = _straight(document, version.spec)
        began = self._clock()
        occasion = Occasion.at(began.astimezone())
        checked = typed.check(version.spec.parameters, parameters or {}, occasion)
        with TemporaryDirectory(prefix="proof-", dir=self._project / STORE) as folder:
            order = _Order(
                version=version,
                straight=straight,
                notebook=serialize(notebook_of(document, straight)),
                parameters=parameters or {},
                occasion=occasion,
                folder=Path(folder),
                watch=watch,
                each=each,
                difference=Difference(
                    pipeline=version.spec, straight=straight, tolerance=tolerance
                ),
            )
            proof = self._proof(order)
        ended = self._clock()
        proof = replace(
            proof,
            duration=(ended - began).total_seconds(),
            author=self._author,
            proved_at=ended,
            parameters={name: checked[name] for name in parameters or {}},
        )
        self._records.add(version, proof)
        self._lay_out(version, proof)
        return proof

    def folder(self, version: PipelineVersion) -> Path:
        """Where the executed notebooks of the latest proof of a version are."""
        return self._project / STORE / "proofs" / version.spec.name / str(version.number)

    def _lay_out(self, version: PipelineVersion, proof: Proof) -> None:
        folder = self.folder(version)
        folder.mkdir(parents=True, exist_ok=True)
        for earlier in folder.iterdir():
            earlier.unlink()
        for notebook in proof.notebooks:
            (folder / notebook.name).write_bytes(self._objects.get(notebook.object))

    def _proof(self, order: _Order) -> Proof:
        straight = self._run(order, _STRAIGHT)
        if straight.run.status is not RunStatus.SUCCEEDED:
            return self._failed(straight)
        own = _made_by_itself(straight)
        pipeline = self._run(order, _PIPELINE, without=own)
        results = order.difference.results(straight, pipeline)
        verdict = worst(results)
        runs = [straight, pipeline]
        reason, cause = "", None
        if verdict is Verdict.DIFFERENT:
            again = self._run(order, _AGAIN, without=own)
            runs.append(again)
            fair = order.difference.results(again, pipeline)
            if own and worst(fair).reproduced:
                results, verdict = fair, worst(fair)
            else:
                reason, cause = explained(order.difference, results, runs)
        tried: tuple[TriedStep, ...] = ()
        not_tried: tuple[str, ...] = ()
        if verdict.reproduced:
            tried, not_tried = self._tried(order, pipeline, results)
        failed = next((one for one in tried if one.verdict is Verdict.DIFFERENT), None)
        if failed is not None:
            verdict, cause, reason = Verdict.DIFFERENT, ProofCause.CACHE, apart.told(failed)
        return self._kept(
            verdict=verdict,
            results=results,
            reason=reason or _told(verdict, results),
            cause=cause,
            first=failed.step if failed is not None else first_of(results),
            tried=tried,
            not_tried=not_tried,
            tolerance=order.difference.tolerance,
            runs=runs,
        )

    def _tried(
        self, order: _Order, pipeline: RecordedRun, results: Collection[ComparedResult]
    ) -> tuple[tuple[TriedStep, ...], tuple[str, ...]]:
        """Run steps again in the copy in which the pipeline ran, with what it recorded there."""
        aside = pipeline.copy.root.parent
        root = order.folder / "at"
        aside.rename(root)
        trial = self._trial(root / self._project.name)
        try:
            return apart.tried(
                trial,
                PipelineRecords(trial.database).by_id(pipeline.run.version_id),
                pipeline,
                order.difference,
                equal_files=_identical_files(results),
                parameters=order.parameters,
                occasion=order.occasion,
                most=None if order.each else MOST_TRIED,
                watch=lambda step: order.watch(f"{order.version.reference} {step} apart"),
            )
        finally:
            trial.close()
            root.rename(aside)

    def _failed(self, straight: RecordedRun) -> Proof:
        """The notebook itself does not run to its end."""
        return self._kept(
            verdict=Verdict.NOT_COMPARABLE,
            reason=f"the straight run did not succeed: {said(straight.run)}",
            cause=ProofCause.FAILURE,
            first=straight.run.failure.step if straight.run.failure else None,
            runs=[straight],
        )

    def _kept(self, *, runs: list[RecordedRun], **found: Any) -> Proof:
        """A proof with the notebooks of its runs; who and when comes later."""
        kept = []
        for name, run in zip((_STRAIGHT, _PIPELINE, _AGAIN), runs, strict=False):
            content = serialize(run.notebook)
            kept.append(
                Artifact(
                    name=f"{name.replace(' ', '-')}.ipynb",
                    media_type=NOTEBOOK_TYPE,
                    object=self._objects.put(content),
                    size=len(content),
                )
            )
        now = self._clock()
        return Proof(**found, notebooks=tuple(kept), duration=0, author="", proved_at=now)

    def _run(self, order: _Order, name: str, *, without: Collection[str] = ()) -> RecordedRun:
        """Run one of both in a copy of the project, which goes aside afterwards."""
        whole = name != _PIPELINE
        root = order.folder / "at" / self._project.name
        copy = ProjectCopy.make(self._project, root, without=without)
        (root / STORE).mkdir()
        (root / STORE / "config.toml").write_text(_SETTINGS, encoding="utf-8")
        trial = self._trial(root)
        try:
            content = order.notebook
            if not whole:
                content = self._objects.get(order.version.notebook_object)
            version, _ = PipelineRecords(trial.database).add(
                order.straight if whole else order.version.spec,
                notebook_object=trial.objects.put(content),
                environment=None,
                author=self._author,
                created_at=self._clock(),
            )
            with order.watch(f"{order.version.reference} {name}") as observer:
                run = trial.runs.run(
                    version,
                    order.parameters,
                    occasion=order.occasion,
                    observer=observer,
                    cold=True,
                    policy=CachePolicy(enabled=False),
                )
            executions = tuple(trial.runs.executions(run))
            path = trial.runs.folder(run).notebook
            notebook = parse(path.read_text("utf-8")) if path.exists() else parse(content.decode())
        finally:
            trial.close()
        aside = order.folder / name.replace(" ", "-")
        root.parent.rename(aside)
        copy = replace(copy, root=aside / self._project.name)
        return RecordedRun(run, executions, notebook, copy, self._trial(copy.root).values)


def _straight(document: Document, spec: PipelineSpec) -> PipelineSpec:
    """The spec of which every cell of the notebook is a part that its tags do not leave out."""
    along = {cell.cell_id: cell for cell in spec.cells}
    skipped = {cell.id for cell in outline(document).skipped}
    cells = tuple(
        _whole_cell(cell, along.get(cell.id))
        for cell in document.code_cells
        if cell.source.strip() and cell.id not in skipped
    )
    return replace(spec, cells=cells)


def _whole_cell(cell: Cell, along: PipelineCell | None) -> PipelineCell:
    """A cell as it is in the notebook, under the name that the pipeline gives it."""
    source = strip_commands(cell.source)
    label = label_of(source)
    role, step = (along.role, along.step) if along is not None else ("support", None)
    if label is None or label.name != step:
        source = strip_label(source)
        if along is not None and label_of(along.source) is not None:  # its metrics
            source = f"{along.source.splitlines()[0]}\n{source}"
    return PipelineCell(cell_id=cell.id, index=cell.index, role=role, step=step, source=source)


def _made_by_itself(straight: RecordedRun) -> frozenset[str]:
    """Files that were there before, and that the notebook wrote without having read them."""
    read_first: set[str] = set()
    written: set[str] = set()
    for done in straight.executions:
        files = done.record.files
        read_first |= {one.path for one in files if one.mode == "read"} - written
        written |= {one.path for one in files if one.mode == "write"}
    return frozenset((written - read_first) & straight.copy.stamps.keys())


def _identical_files(results: Collection[ComparedResult]) -> frozenset[str]:
    same = (item for item in results if item.verdict is Verdict.IDENTICAL)
    return frozenset(item.name for item in same if item.kind == "file")


def _told(verdict: Verdict, results: Collection[ComparedResult]) -> str:
    if not results:
        return "the pipeline left nothing to compare"
    if verdict is Verdict.NOT_COMPARABLE:
        return "nothing that it left can be compared"
    return ""
