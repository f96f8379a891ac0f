"""The plan of a run, made before it starts and followed while it goes on; pure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Self

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.generators import generators_of
from nbmlops.domain.plans import CachePolicy, CellPlan
from nbmlops.domain.values import is_in_part
from nbmlops.errors import UnforeseenError
from nbmlops.pipelines import demand, draws, imported, sharing, together
from nbmlops.pipelines.acting import acts, may_act
from nbmlops.pipelines.evidence import Evidence
from nbmlops.pipelines.families import Families
from nbmlops.pipelines.forecast import NO_PART, Forecast, Next
from nbmlops.pipelines.judgement import Held, Judgement, Names, Overlay
from nbmlops.pipelines.kinds import Foreseen, are_plain, kinds_of
from nbmlops.pipelines.past import changed_after_all, left_alone, made_again, past_of, stayed
from nbmlops.pipelines.plan import Judge, PlanCell
from nbmlops.pipelines.rebinding import rebound
from nbmlops.pipelines.repeated import repeats
from nbmlops.pipelines.unshown import opened, unforeseen


class Planner:
    """Plans a run, and follows it cell by cell.

    - forecasts: a cell below one that runs may run as well;
    - decides anew when a cell's turn has come: what those above made is known then, so that a
      cell whose inputs came out equal is not run;
    - knows which values the kernel holds, and which must be brought back for a cell.

    Args:
        cells: those of the pipeline, in the order in which they run.
        evidence: the past and the present.
        policy: how far recorded results may be taken.
        overlay: the parameters that the run is given.
        still: names that the cells' flows take for what no reading changes.
        before: tells what the latest run of the same version and parameters has executed or taken
            of each cell; nothing where none may be repeated. Asked only if cells would run.
    """

    def __init__(
        self,
        cells: Sequence[PlanCell],
        evidence: Evidence,
        *,
        policy: CachePolicy,
        overlay: Overlay,
        still: Collection[str] = (),
        before: Callable[[], Sequence[Execution | None]] = tuple,
    ) -> None:
        self.cells = cells = opened(cells, evidence)
        self._evidence = evidence
        self._only = policy.only
        self.parameters_at = overlay.position
        self._judge = Judge(cells, evidence, policy=policy, overlay=overlay)
        self._names: Names = {}
        self._alive: dict[str, Held] = {}
        self._taken: dict[int, Execution] = {}
        self._runs: dict[int, str] = {}
        self._ran: set[int] = set()
        self._is_beside = False
        self._held: Mapping[int, ExecutionRecord] = {}
        self._foreseen_results: Mapping[int, Execution] = {}
        self._kinds = tuple(self._judge.kinds)
        flows = [cell.flow for cell in self.cells]
        self._foreseen = Foreseen(flows, self._kinds, still)
        past = [past_of(cell.flow, cell.step, evidence) for cell in self.cells]
        self._left_alone = tuple(map(left_alone, flows, past))
        self._stays = tuple(stayed(seen, evidence.session) for seen in past)
        self._imports = tuple(map(imported.foreseen, flows, past))
        self._draws_nothing = tuple(
            draws.draws_nothing(flow, [one.record for one in seen])
            for flow, seen in zip(flows, past, strict=True)
        )
        self._acting = frozenset(at for at, cell in enumerate(self.cells) if may_act(cell))
        self._families = tuple(self._judge.families)
        self._related = sharing.related(flows, self._kinds, self._families)
        self.forecast = self._forecast()
        self._repeated: tuple[Execution | None, ...] = ()
        if self._runs:
            self._repeat(before())

    @property
    def runs_nothing(self) -> bool:
        """Whether every cell has a recorded result, or is not needed."""
        return not self._runs

    def next(self, position: int) -> Next:
        """What to do with a cell whose turn has come.

        Raises:
            UnforeseenError: it cannot be run as things are; the notebook must run as a whole.
        """
        if self._repeated:
            execution = self._repeated[position]
            return Next(execution=execution, skip=execution is None)
        cell = self.cells[position]
        expected = position in self._runs
        if expected and self.forecast[position].state is CellPlan.RUNS:
            return self._begin(position)
        judged = self._judge.judge(position, self._names, self._taken)
        if judged.execution is not None and (not expected or self._restorable(judged.execution)):
            self._names = self._judge.after(position, judged.execution.record, self._names)
            self._taken[position] = judged.execution
            return Next(execution=judged.execution, although=judged.reason)
        if expected:
            return self._begin(position)
        held = self.forecast[position].state is CellPlan.CACHED and position in self._acting
        if held or (cell.step is not None and self.is_wanted(position)):
            raise UnforeseenError(f"{cell.title} was expected to hold: {judged.reason}")
        self._names = draws.without_generators(self._judge.after_unknown(position, self._names))
        return Next(skip=True)

    def _repeat(self, before: Sequence[Execution | None]) -> None:
        """Take all that the run before has left, if this one would do the same, cell for cell."""
        names: Names = {}
        for position, execution in enumerate(before):
            if execution is None:
                if self.cells[position].step is not None:
                    return
            elif self._judge.differs_outside(position, execution, names):
                return
            else:
                names = self._judge.after(position, execution.record, names)
        if before and repeats([cell.flow for cell in self.cells], before, self._evidence):
            self._repeated, self._runs = tuple(before), {}
            self.forecast = tuple(
                self._one(at, Judgement(execution=execution), waits=False)
                for at, execution in enumerate(before)
            )

    def _begin(self, position: int) -> Next:
        """What a cell that runs must be given."""
        binds = self._binds(position)
        return Next(needs=self._needs(position), random=self._generators(position), binds=binds)

    def ran(self, position: int, record: ExecutionRecord | None) -> None:
        """A cell has run; ``record`` is what its kernel wrote down, ``None`` if it did not.

        Raises:
            UnforeseenError: it left another kind of value, which may share parts with others, or
                changed what such cells as this one leave alone, imported another thing, drew random
                numbers, or bound code that none shows.
        """
        if record is not None and unforeseen(self.cells[position], record, self._evidence):
            raise UnforeseenError(f"{self.cells[position].title} defined what it had not before")
        other = imported.differs(self._imports[position], record)
        if other is not None and position in self._runs:
            raise UnforeseenError(f"{self.cells[position].title} imported another `{other}`")
        if self._draws_after_all(position, record):
            raise UnforeseenError(f"{self.cells[position].title} drew random numbers")
        self._compare_stale(position, record)
        self._compare_kinds(position, record)
        self._compare_changes(position, record)
        self._ran.add(position)
        record = self._of_this_kernel(record)
        if record is None:
            self._names = self._judge.after_unknown(position, self._names)
            changed = {name for name, held in self._names.items() if held.provider == position}
        else:
            self._names = self._judge.after(position, record, self._names)
            self._stands_for(position, record)
            changed = {value.name for value in (*record.outputs, *record.left)}
            changed |= {
                name
                for name, held in self._names.items()
                if draws.is_key(name) and held.provider == position
            }
        if position == self.parameters_at:
            changed |= {name for name, held in self._names.items() if held.provider == position}
        for name in changed & self._names.keys():
            self._alive[name] = self._names[name]

    def _of_this_kernel(self, record: ExecutionRecord | None) -> ExecutionRecord | None:
        """The record of a cell that ran, without what its kernel holds that stands for nothing."""
        if record is None:
            return None
        stale = {name for name, held in self._names.items() if self._alive.get(name) != held}
        return replace(record, left=tuple(one for one in record.left if one.name not in stale))

    def _stands_for(self, position: int, record: ExecutionRecord) -> None:
        """A recorded result that was not taken holds where running the cell has made it again."""
        foreseen = self._foreseen_results.get(position)
        if foreseen is not None and made_again(foreseen.record, record):
            self._taken[position] = foreseen

    def _compare_stale(self, position: int, record: ExecutionRecord | None) -> None:
        """Make sure that nothing was changed which the kernel holds, but no name stands for now.

        The result of the cell that binds the name anew was taken.
        """
        cell = self.cells[position]
        changed = {one.name for one in record.outputs} - cell.flow.writes if record else set()
        for name in sorted(changed & self._alive.keys() & self._names.keys()):
            held, alive = self._names[name], self._alive[name]
            if alive != held and not held.is_as(alive):
                raise UnforeseenError(f"{cell.title} changed what `{name}` does not stand for")

    def _compare_kinds(self, position: int, record: ExecutionRecord | None) -> None:
        """Make sure that what may share parts is what the plan took it for."""
        if record is None:
            self._judge.learn(position, {}, Families())  # nobody knows
            if self._foreseen.counts_on(position):
                raise UnforeseenError(f"what {self.cells[position].title} left was not recorded")
            return
        new = kinds_of(record.outputs)
        before = self._families[position]
        families = before.and_now(record)
        if self._foreseen.holds(position, new) and before.hold_in(families):
            return
        self._judge.learn(position, {**self._judge.kinds[position], **new}, families)
        flows = [cell.flow for cell in self.cells]
        found = sharing.related(flows, self._judge.kinds, self._judge.families)
        more = {name for name in found if not found[name] <= self._related.get(name, frozenset())}
        more = {name for name in more if not self._all_run(position, found[name], below=True)}
        if more & sharing.looked_into(flows[position:], more):
            raise UnforeseenError(f"{self.cells[position].title} left another kind of value")

    def _compare_changes(self, position: int, record: ExecutionRecord | None) -> None:
        """Make sure that what others hold as well is as the plan took it to be left."""
        cell = self.cells[position]
        if position not in self._runs:
            return
        shared = {name for name, held in self._names.items() if not are_plain([held.kind])}
        for name in sorted(changed_after_all(self._left_alone[position], record)):
            group = self._related.get(name, frozenset())
            elsewhere = (group & shared) - sharing.kept_with(name, record)
            if elsewhere and not self._all_run(position, group):
                raise UnforeseenError(f"{cell.title} may have changed `{name}`, which others hold")
        past, there = self._families[position], self._stays[position] & shared
        for name, other in sharing.changed_alone(
            cell.flow, record, self._related, stayed=there, past=past
        ):
            if not self._all_run(position, self._related.get(name, frozenset())):
                raise UnforeseenError(f"{cell.title} changed `{name}`, which `{other}` may hold")

    def _all_run(self, position: int, group: frozenset[str], *, below: bool = False) -> bool:
        """Whether all run in this kernel that are needed and make or change one of these names."""
        fine = {position, *self._ran}
        for at, one in enumerate(self.forecast):
            runs = one.state is CellPlan.RUNS and at > position and not self._is_beside
            if runs or one.state is CellPlan.SKIPPED:
                fine.add(at)
        end = len(self.cells) if below else position
        return fine.issuperset(at for at in range(end) if group & self.cells[at].changes)

    def passed_over(self, position: int) -> None:
        """A cell is not run in this attempt, and nothing that depends on it is either."""
        self._names = self._judge.after_unknown(position, self._names)

    def settle(self, position: int, record: ExecutionRecord) -> None:
        """A cell has ended in another kernel, which wrote this down; this one holds none of it."""
        drawn = tuple(one for one in record.left if not one.name.isidentifier())
        self._names = self._judge.after(position, replace(record, left=drawn), self._names)

    def expects(self, position: int) -> bool:
        """Whether a cell may have to run."""
        return position in self._runs

    def is_wanted(self, position: int) -> bool:
        """Whether a cell belongs to what the run is for."""
        return not self._only or self.cells[position].step in self._only

    def _counts(self, position: int, found: Judgement) -> bool:
        """Whether a cell of which no recorded result holds runs for what it does itself."""
        cell = self.cells[position]
        if cell.role == "step":
            return self.is_wanted(position)
        executions = self._evidence.executions(cell.flow.digest)
        return position in self._acting and acts(executions, found)

    @property
    def made_again(self) -> dict[str, str]:
        """The steps that would run although another part of the whole has made them → why."""
        return {
            self.cells[at].title: reason
            for at, reason in self._runs.items()
            if self.cells[at].step is not None and self._judge.made(at) is not None
        }

    def _may_draw(self, position: int) -> bool:
        """Whether draws of a cell are this run's: parts that draw in turn are one part."""
        own = self.is_wanted(position) or self.cells[position].step is None
        return own and self._judge.made(position) is None

    def beside(self) -> Self:
        """A planner with the same forecast for another kernel, in which nothing has run yet."""
        other = copy.copy(self)
        other._names, other._alive, other._taken = {}, {}, {}  # noqa: SLF001 (one of its own kind)
        other._ran, other._is_beside = set(), True  # noqa: SLF001
        return other

    def for_all(self) -> Self:
        """A planner of a run that executes every cell, needed or not, of the steps it is for."""
        other = self.beside()
        other._repeated, other._is_beside = (), False  # noqa: SLF001 (one of its own kind)
        why = "every cell runs"
        runs = {
            at: self._runs.get(at, why)
            for at, cell in enumerate(self.cells)
            if cell.step is None or self.is_wanted(at)
        }
        other._runs = runs  # noqa: SLF001
        other.forecast = tuple(
            Forecast(state=CellPlan.RUNS, reason=runs[at])
            if at in runs
            else Forecast(state=CellPlan.SKIPPED, reason=NO_PART)
            for at in range(len(self.cells))
        )
        return other

    @property
    def runs_all(self) -> bool:
        """Whether every cell runs that belongs to what the run is for."""
        return all(
            found.state is CellPlan.RUNS or found.reason == NO_PART for found in self.forecast
        )

    def _binds(self, position: int) -> dict[str, str]:
        """The imports and functions that the kernel is given without their cells having run."""
        found: dict[str, str] = {}
        for name in self.cells[position].among(self._names):
            held = self._names[name]
            if self._alive.get(name) == held or self._is_kept(held):
                continue
            code = self._binds_again(position, name, held)
            if code is not None:
                found[name] = code
                self._alive[name] = held
        return found

    def _is_kept(self, held: Held) -> bool:
        return held.manifest is not None and self._evidence.kept(held.manifest)

    def _binds_again(self, position: int, name: str, held: Held) -> str | None:
        record = self._held.get(held.provider)
        if record is None or not held.known:
            return None
        return rebound(self.cells, held.provider, name, by=position, record=record)

    def _needs(self, position: int) -> dict[str, str]:
        """The stored values that the kernel must be given before the cell."""
        found: dict[str, str] = {}
        for name in self.cells[position].among(self._names):
            held = self._names[name]
            if self._alive.get(name) == held:
                continue
            if held.manifest is None or not self._evidence.kept(held.manifest):
                if held.is_as(self._alive.get(name)):
                    continue  # kept anew
                raise UnforeseenError(f"{self.cells[position].title} needs {name}")
            for one in (name, *together.family(name, self._names)):
                found[one] = held.manifest if one == name else str(self._names[one].manifest)
                self._alive[one] = self._names[one]
        return found

    def _generators(self, position: int) -> dict[str, str]:
        """The stored states of generators that the kernel must be given before the cell."""
        found: dict[str, str] = {}
        for name in sorted(filter(draws.is_key, self._names)):
            held = self._names[name]
            if self._alive.get(name) == held:
                continue
            if held.manifest is None or not self._evidence.kept(held.manifest):
                if not self._may_draw(held.provider):
                    continue  # it is for another part to draw from
                raise UnforeseenError(f"{self.cells[position].title} needs the random state")
            found[draws.generator_of(name)] = held.manifest
            self._alive[name] = held
        return found

    def _restorable(self, execution: Execution) -> bool:
        """Whether all that an execution left can be brought back."""
        return all(
            value.manifest is not None
            and not is_in_part(value.reason)
            and self._evidence.kept(value.manifest)
            for value in execution.record.outputs
        )

    def _forecast(self) -> tuple[Forecast, ...]:
        """What is expected, with every cell that has to run because others do."""
        size = -1
        while size != len(self._runs):  # what a cell that runs had made is not taken
            size = len(self._runs)
            forecast = self._forecast_where(frozenset(self._runs))
        return forecast

    def _forecast_where(self, running: frozenset[int]) -> tuple[Forecast, ...]:
        names: Names = {}
        before: list[Names] = []
        judged: list[Judgement] = []
        taken: dict[int, Execution] = {}
        for position in range(len(self.cells)):
            before.append(names)
            found = self._judge.judge(position, names, taken)
            judged.append(found)
            if found.execution is not None:
                names = self._judge.after(position, found.execution.record, names)
                taken[position] = found.execution
                if position in running and generators_of(found.execution.record) is None:
                    names = {**names, **draws.open_generators(position, before[-1])}
            else:
                names = self._foreseen_behind(position, names)
                if self.cells[position].role != "step" and position not in running:
                    names = self._not_run(position, names)
        waiting = {at for at, found in enumerate(judged) if found.waits}
        own = {
            at: found.reason
            for at, found in enumerate(judged)
            if found.execution is None and self._counts(at, found)
        }
        end = 1 + max(filter(self.is_wanted, range(len(self.cells))), default=-1)
        self._foreseen_results = taken
        self._held = {
            at: one.execution.record for at, one in enumerate(judged) if one.execution is not None
        }
        needed = demand.completed(
            self.cells[:end],
            own,
            before=before[:end],
            judged=judged[:end],
            kinds=self._kinds[:end],
            families=self._families[:end],
            not_kept=self._evidence.not_kept,
            session=self._evidence.session,
            binds_again=self._binds_again,
            draws_here=self._may_draw,
            left_alone=self._left_alone,
            stays=self._stays,
        )
        self._runs = {**needed.runs, **self._runs}
        if self._runs and self.parameters_at is not None:
            self._runs.setdefault(self.parameters_at, "it holds the parameters")
        waiting &= own.keys() - needed.pinned
        return tuple(self._one(at, judged[at], at in waiting) for at in range(len(self.cells)))

    def _foreseen_behind(self, position: int, names: Names) -> Names:
        """What names stand for behind a cell that will run: it imports, and draws, as it did."""
        found = self._judge.after_unknown(position, names)
        for name, value in self._imports[position].items():
            found[name] = Held(provider=position, fingerprint=value.fingerprint, value=value)
        if self._draws_nothing[position]:
            found |= {name: names[name] for name in filter(draws.is_key, names)}
        return found

    def _draws_after_all(self, position: int, record: ExecutionRecord | None) -> bool:
        """Whether a cell that ran has used generators which others go on with, unforeseen."""
        if record is None or position not in self._runs or not self._draws_nothing[position]:
            return False
        drawn = draws.drawn(self.cells[position].flow, record)
        followed = draws.followed(self._names)
        return bool(followed) if drawn is None else bool(drawn & followed)

    def _not_run(self, position: int, names: Names) -> Names:
        """What names stand for behind a cell that may be left out; a changed seed counts."""
        return names if self.cells[position].flow.seeds else draws.without_generators(names)

    def _one(self, position: int, judged: Judgement, waits: bool) -> Forecast:  # noqa: FBT001
        if position in self._runs:
            state = CellPlan.MAY_RUN if waits else CellPlan.RUNS
            reason = self._runs[position]
            if self.cells[position].step is None and judged.execution is None and judged.reason:
                reason = reason or judged.reason
            told = judged.objections if reason == judged.reason else ()
            return Forecast(state=state, reason=reason, objections=told)
        if not self.is_wanted(position) and self.cells[position].step is not None:
            return Forecast(state=CellPlan.SKIPPED, reason=NO_PART)
        if judged.execution is None:
            return Forecast(state=CellPlan.SKIPPED, reason="nothing that runs needs it")
        return Forecast(state=CellPlan.CACHED, reason=judged.reason, execution=judged.execution)
