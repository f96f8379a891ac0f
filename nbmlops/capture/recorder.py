"""Watch a shell and write down what each cell did."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from nbmlops.capture import memory, metrics, randomness
from nbmlops.capture.code import Definitions, candidates_of
from nbmlops.capture.environment import EnvironmentProbe
from nbmlops.capture.failure import failure_of
from nbmlops.capture.git import GitProbe
from nbmlops.capture.namespace import Changes, NamespaceWatch, is_code, record_of
from nbmlops.capture.outputs import OutputTap
from nbmlops.capture.session import Session
from nbmlops.domain.clock import Clock
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Artifact, Execution, ExecutionRecord, ExecutionStatus, Failure
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.wire import plain
from nbmlops.errors import CellSyntaxError, NotStorableError, ValueTooLargeError
from nbmlops.notebook.dataflow.effects import Definition, Effects, analyze
from nbmlops.notebook.labels import Label, label_of, strip_commands, strip_label
from nbmlops.notebook.normalize import digest

log = logging.getLogger(__name__)

PARAMETER_TAGS = {"parameters", "injected-parameters"}


class Ledger(Protocol):
    """Where a recorder keeps what it found."""

    def add(self, record: ExecutionRecord) -> Execution:
        """Keep an execution."""

    def add_environment(self, environment: Environment) -> None:
        """Keep an environment once."""

    def save_value(self, value: Any) -> str:
        """Keep a value; returns its manifest.

        Raises:
            NotStorableError: it cannot be pickled.
            ValueTooLargeError: it is larger than the settings allow.
        """

    def save_output(self, content: bytes) -> str | None:
        """Keep a displayed output; ``None`` where it is larger than the settings allow."""


@dataclass(slots=True)
class _Open:
    """A cell that is running."""

    label: Label | None
    source: str
    cell_id: str | None
    tags: tuple[str, ...]
    effects: Effects
    used: Mapping[str, Definition]
    complete: bool
    note: str | None
    log: metrics.MetricLog
    started_at: Any
    random_state: dict[str, Any] | None
    began: float = 0.0


class Recorder:
    """Records the cells of one shell.

    - decides which cells are recorded: all of a tracked notebook, and every named one;
    - looks at the namespace before and after, and nothing in between: no tracing, no rewritten
      code, a plain dict as namespace;
    - hands the record to the ledger; a failure to record is warned of once and never reaches
      the user's cell.

    Args:
        shell: the IPython shell.
        session: which notebook it belongs to.
        ledger: gives the ledger; called when the first cell is recorded.
        clock: gives the present.
        author: who runs the cells.
    """

    def __init__(
        self,
        shell: Any,
        *,
        session: Session,
        ledger: Callable[[], Ledger],
        clock: Clock,
        author: str,
    ) -> None:
        self._shell = shell
        self.session = session
        self._ledger = ledger
        self._clock = clock
        self._author = author
        self.tracking = session.run_id is not None
        self.latest: Execution | None = None
        self._stack: list[_Open | None] = []
        self._definitions = Definitions(shell.user_ns)
        self._watch = NamespaceWatch(shell.user_ns, shell.user_ns_hidden)
        self._environment = EnvironmentProbe()
        self._git = GitProbe(session.project)
        self._tap = OutputTap(shell)
        self._parameters: set[str] = set()
        self._known_environments: set[str] = set()
        self._manifests: dict[str, str] = {}
        self._complained: set[str] = set()

    @property
    def current_label(self) -> Label | None:
        """The label of the cell that is running."""
        opened = self._stack[0] if self._stack else None
        return opened.label if opened else None

    def attach(self) -> None:
        """Start watching the shell."""
        self._shell.events.register("pre_run_cell", self.before_cell)
        self._shell.events.register("post_run_cell", self.after_cell)

    def detach(self) -> None:
        """Stop watching the shell."""
        for event, callback in (
            ("pre_run_cell", self.before_cell),
            ("post_run_cell", self.after_cell),
        ):
            with suppress(ValueError):  # it was detached before
                self._shell.events.unregister(event, callback)

    def before_cell(self, info: Any) -> None:
        """IPython is about to run a cell."""
        opened = None
        if not self._stack and info.store_history and not info.silent:
            opened = self._guarded(self._open, info)
        self._stack.append(opened)
        if opened is not None:
            self._tap.__enter__()
            metrics.open_log(opened.log)
            memory.reset_peak()
            opened.began = time.perf_counter()

    def after_cell(self, result: Any) -> None:
        """IPython has run a cell."""
        ended = time.perf_counter()
        opened = self._stack.pop() if self._stack else None
        if opened is None:
            return
        metrics.close_log(opened.log)
        self._tap.__exit__(None, None, None)
        self._guarded(self._close, opened, result, ended - opened.began)

    def _guarded(self, action: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return action(*arguments)
        except Exception as error:  # noqa: BLE001 (a failure to record never reaches the cell)
            self._watch.forget()
            self.complain(error)
            return None

    def forget(self) -> None:
        """The namespace was changed from outside of a recorded cell."""
        self._watch.forget()

    def complain(self, error: Exception) -> None:
        """Warn of a failure, once per kind and message."""
        message = f"nbmlops could not record a cell: {error}"
        log.debug(message, exc_info=error)
        if message not in self._complained:
            self._complained.add(message)
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn(message, stacklevel=2)

    def _open(self, info: Any) -> _Open | None:
        source = info.raw_cell
        tags = _tags(info, self._shell)
        label = label_of(source, tags)
        named = label is not None and label.kind == "step"
        effects, note = _effects(source)
        if not named and (not self.tracking or not strip_commands(strip_label(source)).strip()):
            self._pass_by(effects)
            return None
        used = self._definitions.used_by(effects)
        candidates = candidates_of(effects, used)
        self._watch.before(candidates)
        self._git.begin()
        return _Open(
            label=label if named else None,
            source=source,
            cell_id=info.cell_id,
            tags=tags,
            effects=effects,
            used=used,
            complete=note is None and not candidates.everything,
            note=note or _dynamic(effects),
            log=metrics.MetricLog(self._clock),
            started_at=self._clock(),
            random_state=randomness.state() if named else None,
        )

    def _pass_by(self, effects: Effects) -> None:
        """A cell runs that is not recorded: keep what it defines, trust nothing else."""
        self._definitions.learn(effects)
        if effects.writes or effects.touched or effects.dynamic or effects.deletes:
            self._watch.forget()

    def _close(self, opened: _Open, result: Any, duration: float) -> None:
        peak = memory.peak()
        error = result.error_in_exec or result.error_before_exec
        changes = self._watch.after(finished=error is None)
        if error is None:
            self._definitions.learn(opened.effects)
            self._learn_parameters(opened)
        record = self._record(opened, changes, result, error)
        self.latest = self._ledger().add(
            replace(record, duration=duration, peak_memory=peak, git=self._git.collect())
        )

    def _record(
        self, opened: _Open, changes: Changes, result: Any, error: BaseException | None
    ) -> ExecutionRecord:
        definitions = {name: found.source for name, found in opened.used.items()}
        if opened.label is not None:
            for problem in opened.log.add_named(opened.label.metrics, self._shell.user_ns):
                warnings.warn(problem, stacklevel=2)
        return ExecutionRecord(
            notebook=self.session.notebook,
            step=opened.label.name if opened.label else None,
            cell_id=opened.cell_id,
            source=opened.source,
            digest=digest(opened.source, definitions),
            definitions=definitions,
            session=self.session.id,
            run_id=self.session.run_id,
            execution_count=result.execution_count,
            started_at=opened.started_at,
            duration=0,
            status=_status(error),
            failure=_failure(error, opened),
            inputs=changes.inputs,
            outputs=self._outputs(changes, keep=opened.label is not None),
            deleted=changes.deleted,
            inputs_complete=opened.complete,
            inputs_note=opened.note,
            parameters=self._parameter_values(),
            metrics=opened.log.all(),
            artifacts=self._artifacts() if opened.label is not None else (),
            environment=self._environment_digest(),
            random_state=self._random_state(opened),
            author=self._author,
        )

    def _outputs(self, changes: Changes, *, keep: bool) -> tuple[ValueRecord, ...]:
        records = []
        for name, value in changes.outputs.items():
            record = record_of(name, value, changes.prints[name])
            if is_code(value):
                record = replace(record, reason="part of the code")
            elif keep:
                record = self._kept(record, value)
            records.append(record)
        return tuple(records)

    def _kept(self, record: ValueRecord, value: Any) -> ValueRecord:
        known = self._manifests.get(record.fingerprint or "")
        if known is not None:
            return replace(record, manifest=known)
        try:
            manifest = self._ledger().save_value(value)
        except (NotStorableError, ValueTooLargeError) as error:
            return replace(record, reason=error.message)
        if record.fingerprint is not None:
            self._manifests[record.fingerprint] = manifest
        return replace(record, manifest=manifest, reason=None)

    def _artifacts(self) -> tuple[Artifact, ...]:
        kept = []
        for number, output in enumerate(self._tap.outputs, start=1):
            key = self._ledger().save_output(output.content)
            if key is not None:
                kept.append(
                    Artifact(
                        name=f"output-{number}",
                        media_type=output.media_type,
                        object=key,
                        size=len(output.content),
                    )
                )
        return tuple(kept)

    def _environment_digest(self) -> str:
        environment = self._environment.take()
        if environment.digest not in self._known_environments:
            self._ledger().add_environment(environment)
            self._known_environments.add(environment.digest)
        return environment.digest

    def _random_state(self, opened: _Open) -> str | None:
        if opened.random_state is None:
            return None
        return self._ledger().save_value(opened.random_state)

    def _learn_parameters(self, opened: _Open) -> None:
        if PARAMETER_TAGS & set(opened.tags):
            self._parameters |= opened.effects.writes

    def _parameter_values(self) -> dict[str, Any]:
        found = {}
        for name in sorted(self._parameters & self._shell.user_ns.keys()):
            with suppress(TypeError, ValueError):  # a value without a JSON form is an input only
                found[name] = plain(self._shell.user_ns[name])
        return found


def _failure(error: BaseException | None, opened: _Open) -> Failure | None:
    if error is None:
        return None
    step = opened.label.name if opened.label else None
    return failure_of(error, step=step, cell_id=opened.cell_id)


def _effects(source: str) -> tuple[Effects, str | None]:
    try:
        return analyze(source), None
    except CellSyntaxError as error:
        return Effects(), f"the cell is not Python ({error.message})"


def _dynamic(effects: Effects) -> str | None:
    reasons = [construct.reason for construct in effects.dynamic]
    return "; ".join(reasons) or None


def _tags(info: Any, shell: Any) -> tuple[str, ...]:
    """The tags that the front end sent along with the cell."""
    meta = getattr(info, "cell_meta", None)
    if meta is None and hasattr(shell, "kernel"):
        parent = shell.kernel.get_parent("shell") or {}
        meta = parent.get("metadata")
    tags = meta.get("tags", ()) if isinstance(meta, Mapping) else ()
    return tuple(tag for tag in tags if isinstance(tag, str))


def _status(error: BaseException | None) -> ExecutionStatus:
    if error is None:
        return ExecutionStatus.OK
    if isinstance(error, KeyboardInterrupt):
        return ExecutionStatus.INTERRUPTED
    return ExecutionStatus.ERROR
