"""Time travel: put the whole namespace of a notebook back as it was after an execution."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from nbmlops.capture import randomness
from nbmlops.domain.executions import Execution
from nbmlops.domain.late import LateWrite
from nbmlops.domain.references import StepReference
from nbmlops.domain.timeline import Moment, known_whole, not_kept, that_changed_something
from nbmlops.errors import StoreError, UnknownNameError, UsageError, ValueNotRestorableError
from nbmlops.history import referring, severed, untouched
from nbmlops.history.executed import as_repeated
from nbmlops.history.found_names import sparing
from nbmlops.history.journeys import (
    Arrival,
    Journey,
    Undoing,
    change_folder,
    does_something,
    left_going_on,
    ran,
    settled_plan,
    stored_under,
    turned_on_by,
    undoing,
)
from nbmlops.history.kernels_of_notebook import NotebookKernels
from nbmlops.history.live import LiveNamespace
from nbmlops.history.loading import LoadedAhead
from nbmlops.history.log import LogRow, log_row, standing_of, titled
from nbmlops.history.mending import Mending
from nbmlops.history.outside import OutsideChange, changed_outside, written_over
from nbmlops.history.partly import PartlyStored
from nbmlops.history.place import Place
from nbmlops.history.remaking import Rerun
from nbmlops.history.repetitions import Repetitions
from nbmlops.history.rerunning import run_again
from nbmlops.history.timetravel_plan import Plan, plan_of, shared_in
from nbmlops.history.told_whole import with_literals
from nbmlops.history.unbroken import Unbroken
from nbmlops.history.versions import HistoryService
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.storing import BEGIN
from nbmlops.store.catalog.timelines import TimelineRecords
from nbmlops.store.values import ValueStore

_EXECUTION = re.compile(r"@?(?P<id>\d+)")
_OFFERED = 50
_COMPARED = 16 * 2**20
"""Bytes up to which a value that came back is compared with its record; a larger one is mapped
from disk, under the hash of its content, and not read before it is used."""


class TimeTravelService:
    """Plans and makes journeys of a kernel to states that its notebook had.

    - resolves ``@12``, ``latest`` and ``train@3`` to an execution;
    - plans what is untouched, loaded, made again, removed and lost;
    - goes there, and records it, so that what runs next follows from that state.

    Attributes:
        kernels: tells which kernels have run a notebook.

    Args:
        project: the project's folder, to which recorded folders are relative.
        records: the lines of sessions.
        executions: what sessions ran.
        history: resolves versions of steps.
        values: loads what was kept.
    """

    def __init__(
        self,
        *,
        project: Path,
        records: TimelineRecords,
        executions: ExecutionRecords,
        history: HistoryService,
        values: ValueStore,
    ) -> None:
        self._project = project
        self._records = records
        self._executions = executions
        self._history = history
        self._values = values
        self._unloadable: dict[str, str] = {}
        self._partly = PartlyStored(values)
        self._joined: dict[int, tuple[int, ...]] = {}
        self._repetitions = Repetitions()
        self.kernels = NotebookKernels(records, executions, self._target_of)

    def join(self, target: int, line: Sequence[int]) -> None:
        """Let a state be that after executions of several kernels, as if one had run them.

        Args:
            target: the execution by which the state is asked for from now on.
            line: the executions, in the order in which they count.
        """
        self._joined[target] = tuple(line)

    def find(self, text: str, live: LiveNamespace) -> int:
        """The execution that a person names.

        Args:
            text: ``@12``, ``latest``, or a version such as ``train@3``.
            live: the kernel.

        Raises:
            UnknownNameError: there is no such execution.
            UsageError: it belongs to another notebook, or nothing was recorded yet.
        """
        number = _EXECUTION.fullmatch(text.strip())
        if number is None:
            return self._named(text.strip(), live)
        found = int(number["id"])
        notebook = self._records.notebook_of(found) if found else live.notebook
        if notebook is None:
            cure = "Type %mlops log to see which there are."
            raise UnknownNameError("execution", f"@{found}", cure=cure)
        if notebook != live.notebook:
            raise UsageError(
                f"Execution @{found} belongs to {notebook}.", cure="Go back to it in that notebook."
            )
        return self._whole(found)

    def late_writes(self, execution: Execution) -> list[LateWrite]:
        """What was changed after an execution by threads or tasks that it had started."""
        found = self._records.late_writes(execution.record.notebook)
        return [late for late in found if execution.id in late.of]

    def recent(self, notebook: str) -> list[int]:
        """The latest executions of a notebook, to be offered where one is typed."""
        return self._records.newest(notebook, limit=_OFFERED)

    def before_last(self, live: LiveNamespace) -> Undoing:
        """What undo takes back: the last cell that changed anything.

        Raises:
            UsageError: there is none.
        """
        return undoing(self._line(self._here(live)), is_tracked=live.is_tracked)

    def turned_on_by(self, target: int, live: LiveNamespace) -> str:
        """The verb that records what runs next as what led to a state was, or the kernel's own."""
        moments = (*self._line(target), *self._records.ran(live.session))
        return turned_on_by(self._executions.by_ids({one.id for one in moments}).values())

    def beyond(self, live: LiveNamespace) -> int | None:
        """The latest state that this kernel left, where what it holds does not follow from it."""
        line = {moment.id for moment in self._line(self._here(live))}
        farthest = self._records.farthest_of_session(live.session)
        changed = that_changed_something(self._records.ran(live.session))
        return max({*changed, farthest or 0} - line - {0}, default=None)

    def passed_over(self, live: LiveNamespace) -> tuple[OutsideChange, ...]:
        """What cells after the one that undo takes back changed that is no variable."""
        line = self._line(self._here(live))
        cells = that_changed_something(line)
        last = next((moment for moment in reversed(line) if moment.is_cell), None)
        if not cells or last is None or last.id <= cells[-1]:
            return ()
        return self._outside(line, line[: [done.id for done in line].index(cells[-1]) + 1], live)

    def plan(self, target: int, live: LiveNamespace) -> Plan:
        """What going to the state after an execution would do; 0 for before the first."""
        line = self._line(self._here(live))
        target = self._repetitions.latest(target, line)
        plan = self._plan(target, live, rebuilt=())
        again = self._known([rerun.execution for rerun in plan.reruns if rerun.whole])
        there = self._line(target)
        return replace(
            plan,
            written_over=written_over(again, self._project),
            stays_outside=self._outside(line, there, live),
            goes_on=left_going_on(live, there) if does_something(plan) else (),
        )

    def being_stored(self, plan: Plan) -> dict[str, str]:
        """Names that must be made again only as another process still stores them, each with it."""
        state = Place.at(self._line(plan.target)).state
        wanted = state.keys() & {*plan.rebuilt, *plan.lost}
        reasons = {name: state[name].reason or "" for name in sorted(wanted)}
        return {name: reason for name, reason in reasons.items() if reason.startswith(BEGIN)}

    def go(self, plan: Plan, live: LiveNamespace, *, command: str) -> Journey:
        """Put a state back.

        Args:
            plan: what `plan` gave, with nothing run since.
            live: the kernel.
            command: what a person typed, for the record.

        Raises:
            StoreError: the store cannot be read.
            ValueNotRestorableError: a stored value cannot be loaded; nothing was changed.
        """
        goal = self._repetitions.goal(plan.target)
        title = self.title(goal)
        if goal == self._settled(live) and not does_something(plan):
            return Journey(plan=plan, title=title)
        ahead = self._load_ahead(plan, live)
        with Unbroken() as unbroken:
            arrival = Arrival(unbroken)
            plan = self._arrive(plan, live, arrival, ahead)
            done = self._record(plan, live, arrival, command=command, title=title)
            came = {*arrival.prints, *arrival.rebuilt} & live.names().keys()
            shared = shared_in(Place.at(self._line(plan.target)))
            cut = severed.found(came, shared, live.names(), live.families)
        plan = replace(done.plan, severed=cut)
        return replace(done, plan=plan, was_interrupted=unbroken.came)

    def title(self, execution: int) -> str:
        """How an execution is told: ``@12 (train@3)``."""
        found = self._executions.by_ids([execution]).get(execution)
        if found is None:
            return "the state before the first recorded cell"
        return f"@{execution} ({titled(found)})"

    def log(self, notebook: str | None, *, session: str | None, limit: int) -> list[LogRow]:
        """The latest executions of a notebook, or of all, oldest first.

        Args:
            notebook: its key.
            session: the asking kernel's, whose line is told.
            limit: how many.
        """
        found = self._executions.by_ids(self._records.newest(notebook, limit=limit))
        head = self._records.last_of_session(session) if session else None
        line = {moment.id for moment in self._line(head or 0)}
        here = self._target_of(head) if head else None
        return [
            log_row(found[key], standing_of(found[key], line, here, session))
            for key in sorted(found)
        ]

    def _plan(self, target: int, live: LiveNamespace, *, rebuilt: Collection[str]) -> Plan:
        here, there = self._line(self._here(live)), self._line(target)
        gone = dict(self._unloadable)
        while True:
            now, then = (
                Place.at(known_whole(not_kept(line, gone), self._partly.whole))
                for line in (here, there)
            )
            plan = plan_of(
                target,
                now=now,
                then=then,
                live=live.names(),
                print_of=live.print_of,
                families=live.families,
                executions=self._executions_of,
                is_another=live.witnesses.is_another,
                refuses=live.refuses,
                is_there=lambda path: (self._project / path).exists(),
                rebuilt=rebuilt,
            )
            found = self._values.unavailable(plan.references)
            if not found and not self._partly.learn(plan, now, then):
                return sparing(plan, here, there, live=live.names().keys(), found=live.found)
            gone |= found

    def _load_ahead(self, plan: Plan, live: LiveNamespace) -> LoadedAhead:
        """Load everything that the plan needs before anything is changed.

        What fails, also of what cells that then run again are given, the next plan has made again.
        """
        ahead = LoadedAhead(self._values, plan)
        if not ahead.failed:
            return ahead
        names = sorted(kept.name for kept in plan.loaded if kept.reference in ahead.failed)
        told = f"{', '.join(names) or 'what a cell needs'}: {next(iter(ahead.failed.values()))}"
        while ahead.failed.keys() - self._unloadable.keys():
            self._unloadable |= ahead.failed
            ahead = LoadedAhead(self._values, self._plan(plan.target, live, rebuilt=()))
        raise ValueNotRestorableError(
            f"Nothing was changed: a stored value could not be loaded. {told}",
            cure="Type the command again: the plan then says what is made again by running cells.",
        )

    def _arrive(
        self, plan: Plan, live: LiveNamespace, arrival: Arrival, ahead: LoadedAhead
    ) -> Plan:
        """Put everything into its place; returns the plan, as it went."""
        planned = plan.loaded
        state = Place.at(self._line(plan.target)).state
        mending = Mending(
            self._values, live.witnesses, live.names(), staying=(*plan.same, *plan.stays)
        )
        if plan.reruns:
            plan = self._after_rebuilding(self._rebuild(plan, live, arrival, ahead), live, arrival)
        loaded = ahead.loaded(plan.loaded)
        arrival.lost |= loaded.missing
        gone = {*plan.removed, *plan.lost, *arrival.lost}
        values = mending.mend(stored_under(state, loaded.values), loaded.values)
        values |= referring.to_what_comes_back(arrival.rebuilt, live.names(), values)
        live.put(values, gone & live.names().keys())
        arrival.lost |= referring.without_object(arrival.rebuilt, live.names(), state)
        live.put({}, arrival.lost.keys() & live.names().keys())
        mending.settle(gone=gone)
        made = {name: live.names()[name] for name in arrival.rebuilt & live.names().keys()}
        arrival.apart = sorted({*mending.apart, *mending.left_apart(dict.fromkeys(made), made)})
        arrival.prints |= {name: state[name].fingerprint for name in loaded.values}
        if plan.random_state is not None:
            self._restore_random(plan.random_state)
        change_folder(plan.folder, live, self._project)
        # what a cell that ran again was given is loaded too
        there = {kept.name for kept in plan.loaded}
        again = (kept for kept in planned if kept.name not in there)
        return replace(plan, loaded=(*plan.loaded, *again))

    def _rebuild(
        self, plan: Plan, live: LiveNamespace, arrival: Arrival, ahead: LoadedAhead
    ) -> Plan:
        """Run the cells of a plan; returns it with those that ran."""
        names, staying = live.names(), {*plan.same, *plan.stays}
        before = {name: names[name] for name in staying & names.keys()}
        run = partial(self._run, live=live, ahead=ahead, unbroken=arrival.unbroken)
        found = run_again(plan.reruns, run)
        live.put(untouched.bound_anew(before, live.names(), made=plan.rebuilt), ())
        arrival.lost |= found.lost
        arrival.rebuilt |= set(plan.rebuilt) - found.lost.keys()
        arrival.stopped = found.stopped
        return replace(plan, reruns=tuple(found.begun))

    def _run(
        self, rerun: Rerun, *, live: LiveNamespace, ahead: LoadedAhead, unbroken: Unbroken
    ) -> str:
        given = ahead.given(rerun)
        if given.missing:
            return "; ".join(f"{name}: {why}" for name, why in given.missing.items())
        live.put(given.values, ())
        if rerun.random_state is not None:
            self._restore_random(rerun.random_state)
        with unbroken.let_through():
            return live.run(rerun.source)

    def _after_rebuilding(self, plan: Plan, live: LiveNamespace, arrival: Arrival) -> Plan:
        """What is left to do: cells that ran again may have changed other names as well."""
        again = self._plan(plan.target, live, rebuilt={*arrival.rebuilt, *arrival.lost})
        created = live.names().keys() - Place.at(self._line(plan.target)).state.keys()
        known = set(plan.removed).union(*(rerun.given for rerun in plan.reruns))
        removed = {*plan.removed, *again.removed, *(created & known)} - set(plan.stays)
        rebuilt = tuple(sorted(arrival.rebuilt))
        return replace(plan, loaded=again.loaded, rebuilt=rebuilt, removed=tuple(sorted(removed)))

    def _record(
        self, plan: Plan, live: LiveNamespace, arrival: Arrival, *, command: str, title: str
    ) -> Journey:
        line = self._line(plan.target)
        lost = {**plan.lost, **arrival.lost}
        state = Place.at(line).state
        compared = {
            *arrival.rebuilt,
            *(kept.name for kept in plan.loaded if (kept.size or 0) <= _COMPARED),
        }
        found = {
            name: self._fresh_print(live, name)
            for name in sorted(compared - lost.keys())
            if state[name].fingerprint is not None
        }
        # of what was made again a late change could not be told otherwise
        again = {name: found[name] for name in arrival.rebuilt & found.keys()}
        arrival.prints |= again
        recorded, why = None, None
        try:
            recorded = live.travelled(
                command,
                to=plan.target,
                lost=tuple(sorted(lost)),
                prints=arrival.prints,
                ran=[ran(moment) for moment in line if moment.is_cell],
            ).id
            self._repetitions.learn(recorded, plan.target, state=state, prints=again)
        except StoreError as error:  # the values are back all the same
            why = error.message
        plan = settled_plan(plan, lost)
        return Journey(
            plan=plan,
            title=title,
            different=tuple(name for name in found if found[name] != state[name].fingerprint),
            apart=tuple(arrival.apart),
            stopped=arrival.stopped,
            execution=recorded,
            unrecorded=why,
        )

    def _fresh_print(self, live: LiveNamespace, name: str) -> str | None:
        from nbmlops.capture.prints import take_print

        return take_print(live.names()[name]).text

    def _restore_random(self, reference: str) -> None:
        found = self._values.load_all({"": reference}).values
        if not found:
            return
        try:
            randomness.bring_back(found[""])
        except ImportError:  # a library of then is not installed any more
            randomness.restore(found[""])

    def _latest(self, live: LiveNamespace) -> int:
        own = self._last_changed(live.session)
        farthest = self._records.farthest_of_session(live.session)
        other = self._records.last_of_notebook(live.notebook, besides=live.session)
        if farthest is not None or (own is not None and other is None):
            return own or farthest or 0
        if other is None:
            raise self.kernels.nothing_recorded(live.notebook)
        return self._target_of(other)

    def _last_changed(self, session: str) -> int | None:
        """The cell of a session that changed something last, undone or not; else its last cell.

        After an undo that is where redo leads, whatever was looked at since.
        """
        last = self._records.last_of_session(session, travels=False)
        if last is None:
            return None
        changed = that_changed_something(self._records.ran(session))
        return changed[-1] if changed else last

    def _target_of(self, last: int) -> int:
        """The cell after which the namespace is as after a moment, which may be a travel."""
        line = self._line(last)
        cells = [moment.id for moment in line if moment.travelled_to is None]
        return cells[-1] if cells else 0

    def _named(self, text: str, live: LiveNamespace) -> int:
        if text == "latest":
            return self._latest(live)
        if not text or not text[0].isalpha():
            raise UsageError(
                f"{text!r} names no state.",
                cure="Write an execution such as @12 (see %mlops log), a version such as "
                "train@3, or latest.",
            )
        return self._of_step(text, live)

    def _of_step(self, text: str, live: LiveNamespace) -> int:
        reference = StepReference.parse(text)
        names = {step.name for step in self._history.steps(live.notebook)}
        if reference.notebook is None and reference.name in names:
            reference = StepReference(
                name=reference.name, version=reference.version, notebook=live.notebook
            )
        version = self._history.version(reference)
        found = self._history.representative(version)
        if found is None:
            raise UsageError(f"{version.reference} never ran.", cure="Run the step once.")
        if version.step.notebook != live.notebook:
            raise UsageError(
                f"{version.reference} belongs to {version.step.notebook}.",
                cure="Go back to it in that notebook.",
            )
        return self._whole(found.id)

    def _whole(self, execution: int) -> int:
        """An execution; for one that its kernel's end has cut off, the one before it."""
        found = self._executions.by_ids([execution]).get(execution)
        if found is None or not found.record.was_cut_off:
            return execution
        return self.kernels.before_cut_off(found)

    def _here(self, live: LiveNamespace) -> int:
        if live.stands_at is not None:
            return live.stands_at
        return self._records.last_of_session(live.session) or 0

    def _settled(self, live: LiveNamespace) -> int:
        return self._target_of(self._here(live))

    def _line(self, last: int) -> tuple[Moment, ...]:
        joined = self._joined.get(last)
        found = self._records.line(last) if joined is None else self._records.moments(joined)
        return self._repetitions.along(with_literals(found))

    def _outside(
        self, line: Sequence[Moment], kept: Sequence[Moment], live: LiveNamespace
    ) -> tuple[OutsideChange, ...]:
        """What cells of a line that are not on another one changed that is no variable."""
        left = {moment.id for moment in line if moment.is_cell} - {done.id for done in kept}
        if not left:
            return ()
        executions = self._known([moment.id for moment in line])
        return changed_outside(executions, among=left, session=live.session)

    def _executions_of(self, place: Place) -> Sequence[Execution]:
        return self._known([moment.id for moment in place.line])

    def _known(self, ids: Sequence[int]) -> Sequence[Execution]:
        """Executions, with those that made them in the places of values that were put back."""
        found = self._executions.by_ids(ids)
        ran = [found[key] for key in ids]
        return as_repeated(ran, self._executions.origins_of(ran))
