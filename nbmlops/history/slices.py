"""Which of the executed cells are needed to make a result again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nbmlops.domain.executions import (
    RANDOM_STATE,
    Execution,
    ExecutionRecord,
    ExecutionStatus,
)
from nbmlops.domain.late import late_cause, late_writer
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.verifications import Cause
from nbmlops.history.brought_back import BroughtBack
from nbmlops.history.executed import ExecutedCells, as_written, code_of, definition_of
from nbmlops.history.unrecorded import recover
from nbmlops.notebook.dataflow.definitions import names_in
from nbmlops.notebook.document import Document

TAKEN = "not recorded, so taken from the notebook as it is now"
OUTSIDE = "it was changed outside of what was recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceCell:
    """One cell of a slice.

    ``execution`` is the id of the execution whose code it is, ``None`` for code that was taken
    from elsewhere because it was never recorded; ``fails`` says that the execution failed, and
    left something all the same. Where ``restores`` is set, a cell before it puts the random state
    back, because it drew numbers without a seed.
    """

    source: str
    execution: int | None = None
    step: str | None = None
    fails: bool = False
    restores: bool = False

    @property
    def restoration(self) -> str | None:
        """The code that puts back the random state that the cell began with."""
        if not self.restores:
            return None
        return f'import nbmlops\n\nnbmlops.random_state("@{self.execution}")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The cells that make a result, in the order in which they run.

    ``executed`` counts the executions of the session up to the result. ``missing`` are names
    that the cells read and that nothing recorded made; ``notes`` say what was not fully known.
    """

    cells: tuple[SliceCell, ...]
    executed: int
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> str:
        """How many of the session's cells these are, unless some come from elsewhere."""
        number = len(self.cells)
        return f"{number} of the {self.executed}" if number <= self.executed else ""

    @property
    def gaps(self) -> list[str]:
        """The notes on values that what was recorded does not make, or not as they were read."""
        return [note for note in self.notes if note.endswith((TAKEN, OUTSIDE))]


def slice_of(executions: Sequence[Execution], *, notebook: Document | None = None) -> Slice:
    """The cells without which the last of the executions would not have done what it did.

    Args:
        executions: what a session ran, in order, up to the one that made the result.
        notebook: the notebook as it is now, for what ran before recording was turned on.
    """
    return _Needs(ExecutedCells(executions), notebook=notebook).whole()


def preparation_of(
    executions: Sequence[Execution],
    *,
    given: Collection[str],
    seeds: bool,
    notebook: Document | None = None,
) -> Slice:
    """The cells that must run before the last of the executions can run again.

    Of cells that are needed for an import, a function or a class alone, only that is taken.

    Args:
        executions: what a session ran, in order, up to the one that is to run again.
        given: inputs of the last one whose values are there already.
        seeds: whether its random state must come about anew, because it was not recorded.
        notebook: the notebook as it is now, for what ran before recording was turned on.
    """
    return _Needs(ExecutedCells(executions), notebook=notebook).before(given=given, seeds=seeds)


def records_of(
    cells: Sequence[SliceCell], executions: Sequence[Execution]
) -> tuple[ExecutionRecord, ...]:
    """The records of those cells that are there as a whole, in order."""
    records = {done.id: done.record for done in executions}
    return tuple(
        records[cell.execution]
        for cell in cells
        if cell.execution in records and cell.source == code_of(records[cell.execution].source)
    )


def random_state_before(executions: Sequence[Execution]) -> str | None:
    """The manifest of the random state that the last of the executions began with.

    That of the execution itself, or what the one before it left; ``None`` where neither was kept.
    """
    *earlier, last = executions
    if last.record.random_state is not None:
        return last.record.random_state
    for done in reversed(earlier):
        for value in done.record.left:
            if value.name == RANDOM_STATE:
                return value.manifest
    return None


class _Needs:
    """Walks backward from the last execution, from what is read to who wrote it.

    Args:
        cells: what a session ran, up to the one that is wanted.
        notebook: the notebook as it is now.
        staying: positions of values that were brought back, and are made again in that place.
    """

    def __init__(
        self, cells: ExecutedCells, *, notebook: Document | None, staying: Collection[int] = ()
    ) -> None:
        self._cells = cells
        self._brought_back = BroughtBack(cells, staying=staying)
        self._target = len(cells.executions) - 1
        self._notebook = notebook
        self._staying = staying
        self._whole: set[int] = set()
        self._parts: dict[int, dict[str, None]] = {}
        self._unmade: dict[str, None] = {}
        self._required: set[str] = set()

    def whole(self) -> Slice:
        self._follow([self._target, *self._setting(seeds=True)])
        overwritten = self._overwritten()
        return self._in_place(overwritten).whole() if overwritten else self._slice()

    def before(self, *, given: Collection[str], seeds: bool) -> Slice:
        self._follow(self._setting(seeds=seeds))
        deeds = self._cells.deeds[self._target]
        self._required |= deeds.missing
        waiting = [(name, self._target) for name in sorted(deeds.reads - set(given))]
        done: set[tuple[str, int]] = set()
        while waiting:
            name, before = waiting.pop()
            if (name, before) not in done:
                done.add((name, before))
                waiting += self._take(name, before)
        overwritten = self._overwritten()
        if overwritten:
            return self._in_place(overwritten).before(given=given, seeds=seeds)
        return self._slice()

    def _overwritten(self) -> set[int]:
        return self._brought_back.overwritten(self._whole) - {*self._staying}

    def _in_place(self, staying: set[int]) -> _Needs:
        staying = {*self._staying, *staying}
        return _Needs(self._cells, notebook=self._notebook, staying=staying)

    def _setting(self, *, seeds: bool) -> list[int]:
        deeds = self._cells.deeds[: self._target]
        return [place for place, did in enumerate(deeds) if did.sets or (seeds and did.seeds)]

    def _take(self, name: str, before: int) -> list[tuple[str, int]]:
        """Take who made a name, or the definition alone; returns what that reads."""
        writer = self._cells.writer(name, before)
        if writer is None:
            self._unmade[name] = None
            return []
        part = definition_of(name, self._cells.executions[writer].record.source)
        if part is None:
            self._follow([writer])
            return []
        self._parts.setdefault(writer, {})[part] = None
        # what it reads at once was there before it; what its body reads, when it is called
        return [
            (inner, place)
            for inner in sorted(names_in(part) - {name})
            for place in (writer, self._target)
            if self._cells.writer(inner, place) is not None or place == self._target
        ]

    def _follow(self, waiting: list[int]) -> None:
        while waiting:
            position = self._brought_back.place(waiting.pop())
            if position in self._whole:
                continue
            self._whole.add(position)
            deeds = self._cells.deeds[position]
            self._required |= deeds.missing
            for name in deeds.reads:
                writer = self._cells.writer(name, position)
                if writer is None:
                    self._unmade[name] = None
                else:
                    waiting.append(writer)

    def _slice(self) -> Slice:
        every = sorted(self._whole | self._parts.keys())
        late = [place for place in every if self._cells.executions[place].record.late_of]
        places = [place for place in every if place not in late]
        cells = [self._cell(place) for place in places]
        wanted = {name for name in self._unmade if name in self._required}
        target = self._cells.executions[self._target].record
        found = recover(
            wanted,
            definitions=target.definitions,
            notebook=self._notebook,
            recorded=self._cells.names,
        )
        return Slice(
            cells=(*(SliceCell(source=source) for source in found.sources), *cells),
            executed=len(self._cells.executions),
            missing=tuple(sorted(wanted - found.definitions - found.notebook)),
            notes=(
                *_taken(found.notebook),
                *self._unknown(places),
                *self._outside(places),
                *self._brought_back.notes(self._whole),
                *self._chance(places),
                *self._late(late),
            ),
        )

    def _unknown(self, places: list[int]) -> list[str]:
        """What the record does not tell of the cells of the slice."""
        records = [self._cells.executions[place].record for place in places]
        found = [
            f"{record.step or 'an unnamed cell'}: inputs not fully known ({record.inputs_note})"
            for record in records
            if not record.inputs_complete
        ]
        return list(dict.fromkeys(found))

    def _outside(self, places: list[int]) -> list[str]:
        """What cells read that none had left so, as a debugger may have changed it."""
        return [
            f"{self._named(place)} read another {read.name} than {self._named(writer)} had left: "
            f"{OUTSIDE}"
            for place in sorted(self._whole.intersection(places))
            if self._cells.executions[place].record.restored_from is None
            for read in self._cells.executions[place].record.inputs
            if (writer := self._cells.writer(read.name, place)) is not None
            and self._has_left_another(writer, read)
        ]

    def _has_left_another(self, writer: int, read: ValueRecord) -> bool:
        outputs = self._cells.executions[writer].record.outputs
        prints = {out.fingerprint for out in outputs if out.name == read.name}
        return read.fingerprint is not None and bool(prints - {None, read.fingerprint})

    def _chance(self, places: list[int]) -> list[str]:
        """Draws that nothing can repeat."""
        return [
            f"{self._named(place)} drew random numbers without a seed, and its random state was "
            f"not recorded: they come out otherwise at each run (cause: {Cause.RANDOMNESS})"
            for place in places
            if self._draws(place) and self._state(place) is None
        ]

    def _late(self, places: list[int]) -> list[str]:
        """What no cell made, but what a cell had started."""
        found = []
        for place in places:
            record = self._cells.executions[place].record
            names = ", ".join(sorted({*(value.name for value in record.outputs), *record.deleted}))
            by = late_writer(record)
            found.append(
                f"{names} changed after the cell had ended, by {by}: it may come out otherwise at "
                f"each run (cause: {late_cause(by)})"
            )
        return found

    def _named(self, place: int) -> str:
        done = self._cells.executions[place]
        return done.record.step or f"the unnamed cell @{done.id}"

    def _draws(self, place: int) -> bool:
        return place in self._whole and self._cells.deeds[place].draws

    def _state(self, place: int) -> str | None:
        return random_state_before(self._cells.executions[: place + 1])

    def _cell(self, place: int) -> SliceCell:
        done = self._cells.executions[place]
        if place not in self._whole:
            parts = as_written(self._parts[place], done.record.source)
            return SliceCell(source="\n".join(parts), execution=done.id)
        return SliceCell(
            source=code_of(done.record.source),
            execution=done.id,
            step=done.record.step,
            fails=done.record.status is not ExecutionStatus.OK,
            restores=self._draws(place) and self._state(place) is not None,
        )


def _taken(names: frozenset[str]) -> list[str]:
    if not names:
        return []
    listed = ", ".join(sorted(names))
    return [f"{listed}: {TAKEN}"]
