"""Watch a shell and write down what each cell did."""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbmlops.capture import memory, metrics, randomness, reports
from nbmlops.capture.cell import RunningCell, effects_of
from nbmlops.capture.cell_marks import CellMarks
from nbmlops.capture.code import Definitions, by_their_names
from nbmlops.capture.complaints import Complaints
from nbmlops.capture.failure import error_of, failure_of, status_of
from nbmlops.capture.generators import GeneratorStates
from nbmlops.capture.git import GitProbe
from nbmlops.capture.holders import note_of
from nbmlops.capture.late_changes import LateChanges
from nbmlops.capture.module_shapes import ModuleShapes
from nbmlops.capture.modules import LoadedSources, ModuleSources, modules_in
from nbmlops.capture.namespace import NamespaceWatch
from nbmlops.capture.outputs import OutputTap
from nbmlops.capture.outside import OutsideWatch
from nbmlops.capture.renames import Whereabouts
from nbmlops.capture.saved import SavedParameters
from nbmlops.capture.session import Session
from nbmlops.capture.state import StateWatch
from nbmlops.capture.warming import Warming
from nbmlops.capture.whole import Whole
from nbmlops.capture.writer import Ledger, Observation, RecordWriter
from nbmlops.config import STORE, Settings
from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Execution
from nbmlops.domain.values import ValueRecord
from nbmlops.notebook.dataflow.effects import Definition
from nbmlops.notebook.dataflow.known import RANDOM
from nbmlops.notebook.dataflow.modules import ImportsInForce
from nbmlops.notebook.labels import Label
from nbmlops.values import databases, digests
from nbmlops.values.kinds import package_of

_LEAVING = ("exit", "quit")
_SHELLS = ("IPython", "_sitebuiltins", "ipykernel")
"""Where that comes from which ends a shell when typed, unless the notebook took its name."""

_UNTIL_THE_CELL_RUNS = 0.02
"""Seconds after which an interrupt that hit the recorder is passed on to the cell."""


@dataclass(slots=True)
class _Open:
    """A cell that is running, in a process; ``watched`` where it is recorded."""

    info: Any
    cell: RunningCell
    watched: _Watched | None = None
    process: int = field(default_factory=os.getpid)


@dataclass(slots=True)
class _Watched:
    used: Mapping[str, Definition]
    imports: frozenset[str]
    complete: bool
    note: str | None
    keeps_all: bool
    log: metrics.MetricLog
    reports: reports.ReportLog
    started_at: datetime
    random_state: GeneratorStates | None
    there: frozenset[str]
    began: float = 0.0


class Recorder:
    """Records the cells of one shell.

    - decides which cells are recorded: all of a tracked notebook, and every named one;
    - looks at the namespace before and after, and nothing in between: no tracing, no rewritten
      code, a plain dict as namespace;
    - hands what it saw to the writer; a failure to record is told in one sentence and never
      reaches the user's cell.

    Args:
        shell: the IPython shell.
        session: which notebook it belongs to.
        ledger: gives the ledger when a cell is recorded; in a hurry, where it is given true.
        clock: gives the present.
        author: who runs the cells.
    """

    def __init__(
        self,
        shell: Any,
        *,
        session: Session,
        ledger: Callable[[bool], Ledger],
        clock: Clock,
        author: str,
    ) -> None:
        self._shell = shell
        self.session = session
        self._store = session.project / STORE
        self._clock = clock
        self.tracking = session.run_id is not None
        self.keeps_values = False
        self.latest: Execution | None = None
        self.found: dict[int, frozenset[str]] = {}
        self._open: _Open | None = None
        self._definitions = Definitions(shell.user_ns)
        shapes = ModuleShapes()
        self._watch = NamespaceWatch(shell.user_ns, shell.user_ns_hidden, shapes)
        self._imports = ImportsInForce(modules_in(dict(shell.user_ns)))
        self._loaded = LoadedSources()
        folder = session.path.parent if session.path is not None else Path.cwd()
        self._modules = ModuleSources(str(session.project), str(folder), read=self._loaded.read)
        self._whereabouts = Whereabouts()
        self._git = GitProbe(session.project)
        self._outside = OutsideWatch(session, shell.user_ns)
        self._state = StateWatch(shell, shapes)
        self._tap = OutputTap(shell)
        self._writer = RecordWriter(session, ledger=ledger, author=author, namespace=self._watch)
        self.witnesses, self.unwritten = self._writer.witnesses, self._writer.unwritten
        self._warming = Warming()
        self._late = LateChanges(
            self._watch,
            writer=self._writer,
            clock=clock,
            settings=self.settings,
            whole=lambda: self._whole(self.live()) if self._keeps_all(self.settings()) else None,
            shell=shell,
        )
        self._parameters: set[str] = set()
        self._saved = SavedParameters()
        self._complaints = Complaints()
        self._marks = CellMarks(lambda: self.session, author)

    @property
    def current_label(self) -> Label | None:
        """The label of the cell that is running."""
        return self._open.cell.label if self._open is not None else None

    @property
    def current_is_empty(self) -> bool:
        """Whether the cell that is running is nothing but a label."""
        return self._open is not None and self._open.cell.is_empty

    def attach(self) -> None:
        """Start watching the shell."""
        self._shell.events.register("pre_run_cell", self.before_cell)
        self._shell.events.register("post_run_cell", self.after_cell)
        self._state.attach()
        self._late.attach()
        databases.lie_in(self.session.project)

    def detach(self) -> None:
        """Stop watching the shell; a cell that is running is not recorded."""
        self._warming.finish()
        for event, callback in (
            ("pre_run_cell", self.before_cell),
            ("post_run_cell", self.after_cell),
        ):
            with suppress(ValueError):  # it was detached before
                self._shell.events.unregister(event, callback)
        self._state.detach()
        self._late.detach()
        if self._open is not None:
            self._leave(self._open)
        self._marks.close(ended=True)
        self._outside.close()
        self._git.close()
        self._writer.finish()

    def warm_up(self, open_store: Callable[[], object]) -> None:
        """Do what the first record needs in a thread, between this cell and the next."""
        self._warming.ask(open_store, self._writer.look_at_environment)

    def store_lost(self) -> None:
        """The store was deleted: what is recorded next begins a new one."""
        self.found.clear()  # its executions are numbered from the start
        self._writer.begin_anew()

    def finish_storing(self) -> None:
        """Wait until all is stored; whoever asks the store then finds it."""
        self._git.finish()
        self._writer.finish()
        self._tell_failures()

    def forget(self) -> None:
        """The namespace was changed from outside of a recorded cell."""
        self._watch.forget()
        self.witnesses.forget_the_present()

    @property
    def records_current(self) -> bool:
        """Whether the cell that is running is being recorded."""
        return self._open is not None and self._open.watched is not None

    def notice_late(self) -> None:
        """Record what threads and tasks changed since the last cell, unless one is recorded.

        Raises:
            StoreError: the store cannot be written.
        """
        if not self.records_current:
            self._late.notice()

    def live(self) -> dict[str, Any]:
        """What the names of the notebook hold now."""
        return self._watch.live()

    def print_of(self, name: str) -> str | None:
        """The fingerprint of what a name holds now; ``None`` where it has none."""
        return self._watch.print_of(name).text

    def families(self, names: Collection[str]) -> list[tuple[str, ...]]:
        """Names, each with all that hold parts of their own in common with it now."""
        return self._watch.families(names)

    def going_on(self) -> list[tuple[int, str]]:
        """The threads and tasks that cells have started and that go on; 0 for no known cell."""
        return self._late.going_on()

    def travelled(
        self,
        source: str,
        *,
        to: int,
        lost: tuple[str, ...],
        prints: Mapping[str, str | None],
        ran: Iterable[tuple[str, Collection[str] | None]],
    ) -> Execution:
        """An earlier state of the namespace was put back.

        Args:
            source: the command that did it.
            to: the id of the execution after which the namespace was like that; 0 for none.
            lost: the names of that state that could not be put back.
            prints: the names that were put back, with their fingerprints.
            ran: what led to that state: each cell, and for one that failed the names it bound.

        Raises:
            StoreError: the store cannot be written.
        """
        self._watch.learn(prints)
        self._definitions = self._definitions.anew()
        self._imports = ImportsInForce(modules_in(dict(self._shell.user_ns)))
        for cell, bound in ran:
            effects = effects_of(cell)[0]
            self._definitions.learn(effects, bound)
            self._imports.follow(cell, effects, bound)
        return self._writer.write_travel(source, to=to, lost=lost, started_at=self._clock())

    def restored(
        self, source: str, origin: Execution, *, values: tuple[ValueRecord, ...]
    ) -> Execution:
        """Values of an earlier execution were put back.

        Args:
            source: the command that did it.
            origin: the execution that made them.
            values: as they were recorded, under the names that they have now.

        Raises:
            StoreError: the store cannot be written.
        """
        names = [value.name for value in values]
        self._watch.learn({value.name: value.fingerprint for value in values})
        self._definitions.learn(effects_of(origin.record.source)[0], names)
        return self._writer.write_restored(source, origin, values=values, started_at=self._clock())

    def step_aside(self) -> None:
        """The running cell runs others, each recorded for itself; what else it does is not."""
        if self._open is not None:
            self._leave(self._open)
            self._watch.forget()

    def before_cell(self, info: Any) -> None:
        """IPython is about to run a cell."""
        if not info.store_history or info.silent:
            return  # run by the front end for itself
        if self._open is not None and not self._open.cell.pastes:
            return  # run by another cell, to which it belongs
        try:
            self._warming.finish()
            self._enter(info)
        except KeyboardInterrupt:
            self.complain("it was interrupted")
            # IPython swallows an interrupt of a callback; it was meant for the cell
            threading.Timer(_UNTIL_THE_CELL_RUNS, _thread.interrupt_main).start()
        except Exception as error:  # noqa: BLE001 (a failure to record never reaches the cell)
            self.complain(error)
            self._state.forget()

    def after_cell(self, result: Any) -> None:
        """IPython has run a cell; ``result`` is ``None`` where it was cancelled."""
        ended = time.perf_counter()
        opened = self._open
        if opened is not None and result is not None and not _is_of(result, opened.info):
            return
        if opened is not None and opened.process != os.getpid():
            self._open = None  # this process was forked by the cell, which goes on in the other
            return
        try:
            if opened is None:  # the cell that loaded us, one of a front end, or around others
                self._state.forget()
            else:
                self._leave(opened)
                with digests.EachOnce():
                    self._close(opened, result, ended)
            self._warming.begin()
        except KeyboardInterrupt:
            self.complain("it was interrupted")
        except Exception as error:  # noqa: BLE001 (a failure to record never reaches the cell)
            self.complain(error)
        self._marks.clear()

    def complain(self, error: Exception | str) -> None:
        """Say why a cell was not recorded; if the same goes on, every ten cells."""
        self.forget()
        self._complaints.tell(error)

    def _enter(self, info: Any) -> None:
        if not self._saved.look(self.session.path):
            found = self._whereabouts.follow(self.session, info.cell_id)
            self.session = self._writer.session = found
            self._saved.look(found.path)
        cell = RunningCell.read(info, self._shell)
        self._open = opened = _Open(info=info, cell=cell)
        if cell.step is not None or (self.tracking and not self._is_passed_over(cell)):
            opened.watched = self._begin(cell)
        elif _may_change_values(cell):
            self.forget()
            self._writer.finish()

    def _is_passed_over(self, cell: RunningCell) -> bool:
        """Whether a cell without a name does nothing: runs commands, pastes, or ends the shell."""
        word = cell.source.strip().removesuffix("()")
        leaves = word in _LEAVING and package_of(type(self._shell.user_ns.get(word))) in _SHELLS
        return cell.commands_only or cell.pastes or leaves

    def _begin(self, cell: RunningCell) -> _Watched:
        settings = self.settings()
        self._late.begin()
        self._state.arrive(goes_on=self._late.go_on())
        used = self._definitions.used_by(cell.effects)
        effects = self._definitions.sharpened(cell.source, cell.effects, used)
        imports = self._imports.used_by(
            cell.source, cell.effects, {name: own.source for name, own in used.items()}
        )
        candidates = self._definitions.candidates(cell.source, effects, used, imports)
        self._watch.before(candidates, allowed=settings.fingerprint_limit / 1000)
        self._writer.wait(self._watch.may_change)
        late = self._late.note()
        held = note_of(self._watch.held_by_modules, self._imports.bound)
        self._git.begin(at_once="mlops" in cell.source)
        self._outside.look(cell.source, cell.effects, used, moves=not cell.only_computes)
        watched = _Watched(
            used=used,
            imports=imports,
            complete=candidates.complete
            and not (candidates.everything or cell.problem or late or held),
            note="; ".join(filter(None, (cell.problem or candidates.unknown, late, held))) or None,
            keeps_all=self._keeps_all(settings),
            log=metrics.MetricLog(self._clock),
            reports=reports.ReportLog(),
            started_at=self._clock(),
            random_state=_generators() if self._random_matters(cell) else None,
            there=self._watch.there,
        )
        self._state.begin(cell.effects, used, source=cell.source)
        self._tap.__enter__()
        metrics.open_log(watched.log)
        reports.open_log(watched.reports)
        memory.reset_peak()
        self._marks.set(cell, used=used, imports=imports, at=watched.started_at)
        self._outside.begin()
        watched.began = time.perf_counter()
        return watched

    def _random_matters(self, cell: RunningCell) -> bool:
        """Whether later runs ask where the random generators stood at this cell."""
        uses = cell.effects.seeds or RANDOM in cell.effects.reads | cell.effects.writes
        return uses or cell.step is not None or self.session.run_id is not None

    def _keeps_all(self, settings: Settings) -> bool:
        return self.keeps_values or settings.keep == "all"

    def settings(self) -> Settings:
        """What the project's ``config.toml`` sets now."""
        return Settings.read(self._store)

    def _leave(self, opened: _Open) -> None:
        self._open = None
        if opened.watched is not None:
            self._outside.end()
            metrics.close_log(opened.watched.log)
            reports.close_log(opened.watched.reports)
            self._tap.__exit__(None, None, None)

    def _close(self, opened: _Open, result: Any, ended: float) -> None:
        cell, watched, error = opened.cell, opened.watched, error_of(result)
        if watched is None:
            if error is None:
                self._learn(cell)
            return
        peak = memory.peak()
        modules = self._modules.used(watched.imports)
        state = self._state.end(modules)
        random_after = _generators() if watched.random_state and randomness.is_all() else None
        changes = self._watch.after(finished=error is None)
        late = self._late.end(starts=not cell.only_computes)
        self._learn(cell, None if error is None else changes.outputs.keys())
        if error is None and cell.label is not None and cell.step is not None:
            self._add_named_metrics(watched.log, cell.label)
        outside = self._outside.found(state=state, modules=modules)
        escaped = [note for note in (late, outside.note) if note]
        parameters = sorted((self._parameters | self._saved.names) & self._shell.user_ns.keys())
        self.latest = self._writer.write(
            Observation(
                cell=cell,
                definitions=by_their_names(watched.used, of_step=cell.step is not None),
                modules=modules,
                inputs_complete=watched.complete and not escaped,
                inputs_note="; ".join(filter(None, (watched.note, *escaped))) or None,
                started_at=watched.started_at,
                duration=ended - watched.began,
                peak_memory=peak,
                execution_count=getattr(result, "execution_count", None),
                status=status_of(error),
                failure=None
                if error is None
                else failure_of(error, source=cell.source, step=cell.step, cell_id=cell.cell_id),
                changes=changes,
                parameters={name: self._shell.user_ns[name] for name in parameters},
                metrics=watched.log.all(),
                displayed=tuple(self._tap.outputs),
                reported=watched.reports.all(),
                random_state=watched.random_state,
                random_after=random_after,
                files=outside.files,
                externals=(*outside.externals, *state),
                git=self._git.collect(),
                whole=self._whole(changes.values) if watched.keeps_all else None,
            )
        )
        self._git.tell(self.latest.id, self._writer.add_commit)
        self.found[self.latest.id] = watched.there & self.latest.record.told
        self._late.recorded(self.latest.id, is_step=cell.step is not None)
        if self._late.go_on() or self.session.run_id is not None:
            self._writer.finish()  # a thread may change values; a run goes on from what is stored
        if self.session.run_id is not None:
            self._git.finish()  # its kernel may be killed behind any cell
        self._tell_failures()
        self._complaints.end()

    def _tell_failures(self) -> None:
        for failure in self._writer.failures():
            sys.stderr.write(f"nbmlops: {failure}\n")

    def _whole(self, values: Mapping[str, Any]) -> Whole:
        return Whole(values=values, random_state=_generators())

    def _learn(self, cell: RunningCell, bound: Any = None) -> None:
        self._definitions.learn(cell.effects, bound)
        self._imports.follow(cell.source, cell.effects, bound)
        self._loaded.notice()
        if cell.is_parameters and bound is None:
            self._parameters |= cell.effects.writes

    def _add_named_metrics(self, log_: metrics.MetricLog, label: Label) -> None:
        for problem in log_.add_named(label.metrics, self._shell.user_ns):
            sys.stderr.write(f"nbmlops: {problem}\n")


def _generators() -> GeneratorStates:
    return GeneratorStates(randomness.state())


def _may_change_values(cell: RunningCell) -> bool:
    effects = cell.effects
    return bool(effects.writes or effects.touched or effects.dynamic or effects.deletes)


def _is_of(result: Any, info: Any) -> bool:
    """Whether a result is that of the cell, and not of one that it ran itself."""
    return result.info is info or (
        # IPython makes a result anew for a cell that broke out of its event loop
        result.info.raw_cell == info.raw_cell and result.info.store_history
    )
