"""Run the tests of a notebook, those that something has changed for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from nbmlops.capture.environment import describe
from nbmlops.capture.modules import ModuleSources
from nbmlops.capture.session import notebook_key
from nbmlops.domain.cell_tests import (
    TEST_SESSION,
    CellTestRecord,
    CellTestResult,
    CellTestStatus,
    Trial,
    TrialAnswer,
    TrialRequest,
)
from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus, Failure
from nbmlops.domain.parameters import Occasion, Parameter
from nbmlops.domain.wire import decode, encode
from nbmlops.errors import BuildRefusedError
from nbmlops.execution.evidence import StoreEvidence
from nbmlops.execution.outcome import Outcome
from nbmlops.execution.secrets import require_secrets
from nbmlops.notebook.document import Cell, Document, from_sources, read
from nbmlops.notebook.labels import cell_test, strip_commands, strip_label
from nbmlops.pipelines.cell_tests import NotebookTest, NotebookTests, find_tests
from nbmlops.pipelines.looking import others
from nbmlops.pipelines.purity import from_outside
from nbmlops.pipelines.typed import check, source
from nbmlops.pipelines.variables import compared_files
from nbmlops.store.catalog.cell_tests import CellTestRecords, tested
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.values import ValueStore

if TYPE_CHECKING:
    from nbmlops.execution.notebook_execution import Observer

_OPEN = '_nbmlops_test = __import__("nbmlops.magics.trial", fromlist=["begin"]).begin({request!r})'
_TEST = "_nbmlops_test({cell_id!r})"

_STATUS = {
    CellTestStatus.PASSED: ExecutionStatus.OK,
    CellTestStatus.FAILED: ExecutionStatus.ERROR,
    CellTestStatus.ERROR: ExecutionStatus.ERROR,
}
"""How the ledger says it; a test that was skipped says nothing, and is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """The tests of one notebook that are asked for, with what their results depend on."""

    document: Document
    key: str
    folder: Path
    plan: NotebookTests
    chosen: tuple[NotebookTest, ...]
    values: Mapping[str, Any]
    environment: str


class NotebookTestService:
    """Tests notebooks.

    - runs the cells that the tests need once, in notebook order, in one kernel;
    - runs each test at its place among them, on a copy of the kernel where there can be one;
    - takes a test that has passed as passed while nothing that it depends on has changed;
    - keeps what came of each test in the ledger, with the versions of the steps that it tests.
    """

    def __init__(
        self,
        *,
        project: Path,
        executions: ExecutionRecords,
        records: CellTestRecords,
        reuse: ReuseRecords,
        values: ValueStore,
        clock: Clock,
        author: str,
        warm_kernels: bool,
    ) -> None:
        self._project = project
        self._executions = executions
        self._records = records
        self._reuse = reuse
        self._values = values
        self._clock = clock
        self._author = author
        self._warm_kernels = warm_kernels

    def find(self, notebook: Path) -> NotebookTests:
        """The tests of a notebook file, and what each needs.

        Raises:
            NotebookFormatError: the file is not a notebook.
        """
        return self._plan(read(notebook), notebook)

    def parameters(self, notebook: Path) -> tuple[Parameter, ...]:
        """The parameters of a notebook."""
        return self.find(notebook).found.inferred.parameters

    def run(
        self,
        notebook: Path,
        values: Mapping[str, Any],
        *,
        names: Sequence[str] | None = None,
        everything: bool = False,
        observer: Observer,
    ) -> tuple[CellTestResult, ...]:
        """Run the tests of a notebook.

        Args:
            notebook: the file.
            values: parameters that are not the defaults.
            names: the tests to run; all by default.
            everything: whether to run those as well for which nothing has changed.
            observer: called at each cell's start and end.

        Returns:
            What came of each, in notebook order.

        Raises:
            NotebookFormatError: the file is not a notebook.
            BuildRefusedError: a cell that is needed is not valid Python.
            ParameterError: a parameter is unknown, missing, of the wrong type or out of range.
            KernelMissingError: the notebook's kernel is not installed.
            RunFailedError: the kernel did not start.
        """
        document = read(notebook)
        plan = self._plan(document, notebook)
        schema = plan.found.inferred.parameters
        checked = check.check(schema, values, Occasion.at(self._clock().astimezone()))
        require_secrets(schema, checked, folder=notebook.resolve().parent)
        environment = describe()
        self._executions.add_environment(environment)
        order = _Order(
            document=document,
            key=notebook_key(self._project, notebook),
            folder=notebook.resolve().parent,
            plan=plan,
            chosen=tuple(t for t in plan.tests if names is None or t.name in names),
            values=checked,
            environment=environment.digest,
        )
        _require_python(order)
        known = {} if everything else self._unchanged(order)
        ran = self._run(order, [t for t in order.chosen if t.cell.id not in known], observer)
        return tuple(known.get(t.cell.id) or ran[t.cell.id] for t in order.chosen)

    def of_version(self, notebook: str, step: str, digest: str) -> tuple[CellTestRecord, ...]:
        """The latest result of each test of a step's version."""
        return tuple(
            CellTestRecord(
                name=_name(found.record),
                notebook=notebook,
                status=_status_of(found),
                started_at=found.record.started_at,
            )
            for found in self._records.of_version(notebook, step, digest)
        )

    def _plan(self, document: Document, notebook: Path) -> NotebookTests:
        folder = notebook.resolve().parent
        return find_tests(document, ModuleSources(str(self._project), str(folder)).used)

    # What is known already

    def _unchanged(self, order: _Order) -> dict[str, CellTestResult]:
        """The tests for which nothing has changed since they passed, by cell id."""
        recorded = self._records.latest_of_digest(order.key)
        evidence = StoreEvidence(
            notebook=order.key,
            digests=(),
            project=self._project,
            executions=self._executions,
            records=self._reuse,
            values=self._values,
        )
        return {
            test.cell.id: replace(_result(order, test, found.record), unchanged=True)
            for test in order.chosen
            if (found := recorded.get((test.cell.id, test.digest)))
            and self._holds(order, test, found.record, evidence)
        }

    def _holds(
        self, order: _Order, test: NotebookTest, record: ExecutionRecord, evidence: StoreEvidence
    ) -> bool:
        whole = replace(record, definitions=dict(test.sources))
        return (
            record.status is ExecutionStatus.OK
            and record.inputs_complete
            and record.parameters == dict(order.values)
            and evidence.environment(record.environment) is None
            and from_outside(whole) is None
            and all(evidence.file(access) is None for access in compared_files(record))
            and not any(others(record, evidence))
            and all(
                evidence.secret(access) if access.kind == "secret" else evidence.variable(access)
                for access in record.externals
                if access.kind in {"machine", "secret", "variable"}
            )
        )

    # Running

    def _run(
        self, order: _Order, tests: Sequence[NotebookTest], observer: Observer
    ) -> dict[str, CellTestResult]:
        if not tests:
            return {}
        from nbmlops.execution.replay import replay  # which knows kernels

        with TemporaryDirectory(prefix="nbmlops-") as folder:
            asked, answer = Path(folder) / "request.json", Path(folder) / "answer.json"
            request = TrialRequest(
                project=str(self._project),
                notebook=order.key,
                tests={test.cell.id: test.cell.source for test in tests},
                answer=str(answer),
            )
            asked.write_bytes(encode(request))
            outcome = replay(
                _notebook(order, tests, request=str(asked)),
                working_directory=order.folder,
                observer=observer,
                warm=self._warm_kernels,
            )
            content = answer.read_bytes() if answer.exists() else b"{}"
        trials = {trial.cell_id: trial for trial in decode(content, TrialAnswer).cells}
        return {test.cell.id: self._conclude(order, test, trials, outcome) for test in tests}

    def _conclude(
        self,
        order: _Order,
        test: NotebookTest,
        trials: Mapping[str, Trial],
        outcome: Outcome,
    ) -> CellTestResult:
        trial = trials.get(test.cell.id)
        if trial is None:
            return _not_run(order, test, outcome)
        status = CellTestStatus.PASSED
        if trial.failure is not None:
            asserted = trial.failure.kind == "AssertionError"
            status = CellTestStatus.FAILED if asserted else CellTestStatus.ERROR
        elif trial.skipped is not None:
            status = CellTestStatus.SKIPPED
        used = [trials[cell] for cell in (*test.needs, test.cell.id) if cell in trials]
        record = self._record(order, test, trial, used)
        if status in _STATUS:
            self._executions.add(record)
        return replace(
            _result(order, test, record),
            status=status,
            message=trial.skipped or _said(trial.failure),
            isolated=trial.isolated,
            output=trial.output,
        )

    def _record(
        self, order: _Order, test: NotebookTest, trial: Trial, used: Sequence[Trial]
    ) -> ExecutionRecord:
        notes = list(dict.fromkeys(one.note for one in used if one.note))
        files = [access for one in used for access in one.files if access.mode == "read"]
        return ExecutionRecord(
            notebook=order.key,
            step=None,
            cell_id=test.cell.id,
            source=test.cell.source,
            digest=test.digest,
            session=TEST_SESSION,
            started_at=self._clock(),
            duration=trial.duration,
            status=ExecutionStatus.OK if trial.failure is None else ExecutionStatus.ERROR,
            failure=trial.failure,
            inputs=tested(test.steps),
            inputs_complete=not notes,
            inputs_note="; ".join(notes) or None,
            parameters=dict(order.values),
            files=tuple(dict.fromkeys(files)),
            externals=tuple(dict.fromkeys(one for item in used for one in item.externals)),
            environment=order.environment,
            author=self._author,
        )


def _require_python(order: _Order) -> None:
    """Make sure that what is needed can run.

    Raises:
        BuildRefusedError: a test, or a cell that one needs, is not valid Python.
    """
    needed = {cell for test in order.chosen for cell in test.needs}
    problems = [
        f"cell {flow.cell.index + 1}, line {flow.problem.line}: it is not valid Python "
        f"({flow.problem.reason}); correct that line."
        for flow in order.plan.found.graph.flows
        if flow.problem is not None and flow.cell.id in needed
    ]
    if problems:
        raise BuildRefusedError(order.key, problems)


def _notebook(order: _Order, tests: Sequence[NotebookTest], *, request: str) -> Document:
    """The cells that the tests need, in notebook order, with the tests at their places."""
    cells: list[tuple[str, Sequence[str], str | None]] = [(_OPEN.format(request=request), (), None)]
    needed = {cell for test in tests for cell in test.needs}
    asked = {test.cell.id for test in tests}
    parameters_at = order.plan.found.parameters_at
    parameters = order.plan.found.flow(parameters_at).cell.id if parameters_at is not None else None
    for cell in order.document.code_cells:
        if cell.id in asked:
            cells.append((_TEST.format(cell_id=cell.id), (), None))
        elif cell.id in needed:
            cells.append((_plain(cell), cell.tags, cell.id))
            schema = order.plan.found.inferred.parameters
            differing = check.differing(schema, order.values)
            if cell.id == parameters and differing:
                cells.append((source.assignments(schema, differing), (), None))
    made = from_sources([(text, tags) for text, tags, _ in cells], kernel=order.document.kernel)
    return _with_ids(made, [cell_id for _, _, cell_id in cells])


def _plain(cell: Cell) -> str:
    """A cell without lines that mean something to nbmlops, which does not listen here."""
    return strip_label(strip_commands(cell.source))


def _with_ids(document: Document, ids: Sequence[str | None]) -> Document:
    raw = {
        **document.raw,
        "cells": [
            cell if cell_id is None else {**cell, "id": cell_id}
            for cell, cell_id in zip(document.raw["cells"], ids, strict=True)
        ],
    }
    return replace(document, raw=raw)


def _result(order: _Order, test: NotebookTest, record: ExecutionRecord) -> CellTestResult:
    failure = record.failure
    return CellTestResult(
        notebook=order.key,
        name=test.name,
        cell=test.cell.index + 1,
        cell_id=test.cell.id,
        status=CellTestStatus.PASSED,
        duration=record.duration,
        line=failure.line if failure else None,
        traceback=failure.traceback if failure else "",
    )


def _not_run(order: _Order, test: NotebookTest, outcome: Outcome) -> CellTestResult:
    """What is said of a test that the kernel did not come to, or not out of."""
    failure = outcome.failure
    numbers = {cell.id: cell.index + 1 for cell in order.document.cells}
    place = numbers.get(failure.cell_id or "") if failure else None
    needs = failure is not None and failure.cell_id in test.needs
    said = _said(failure) or "the kernel ended early"
    if place is not None:
        what = "which it needs, " if needs else "above it, "
        said = f"cell {place}, {what}failed: {said}"
    return CellTestResult(
        notebook=order.key,
        name=test.name,
        cell=test.cell.index + 1,
        cell_id=test.cell.id,
        status=CellTestStatus.SKIPPED if place is not None and not needs else CellTestStatus.ERROR,
        message=said,
        traceback=failure.traceback if failure and needs else "",
    )


def _said(failure: Failure | None) -> str:
    if failure is None:
        return ""
    if failure.kind in {"AssertionError", "ProcessDied"}:
        return failure.message
    return f"{failure.kind}: {failure.message}" if failure.message else failure.kind


def _status_of(found: Execution) -> CellTestStatus:
    failure = found.record.failure
    if failure is None:
        return CellTestStatus.PASSED
    asserted = failure.kind == "AssertionError"
    return CellTestStatus.FAILED if asserted else CellTestStatus.ERROR


def _name(record: ExecutionRecord) -> str:
    named = cell_test(record.source)
    return (named.name if named else "") or f"cell {record.cell_id}"
