"""Which cells a run has to execute, and which have a recorded result that still holds; pure.

A recorded execution holds for a cell if running the cell now would do the same: the same code, the
same values under every name that it reads, the same environment, files, variables, settings and
random state, and nothing from outside. What is not known counts as different.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.generators import GENERATORS, generators_of
from nbmlops.domain.pipelines import CellRole
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.values import ValueRecord
from nbmlops.notebook.dataflow.effects import Dynamic
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.made_of_values import ToldBySource
from nbmlops.pipelines import draws, given, judgement, looking, reasons, together, variables
from nbmlops.pipelines.evidence import Evidence, SessionEntry
from nbmlops.pipelines.families import Families
from nbmlops.pipelines.judgement import Held, Judgement, Names, Objection, Overlay, ReadValue
from nbmlops.pipelines.kinds import Kinds, kinds_left
from nbmlops.pipelines.memories import Memories
from nbmlops.pipelines.past import past_of
from nbmlops.pipelines.purity import from_outside
from nbmlops.pipelines.settled import leaves_state, left_state, order_of, sets, squeezed
from nbmlops.pipelines.sharing import SharedParts, nearest

NO_CACHE = "no-cache"
"""The tag of a cell whose recorded results are never taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCell:
    """A cell to plan: what it does in its notebook, and what it is there for.

    ``state`` is what runs have shown that it changes in the process and that no name holds; empty
    for nothing. ``seen`` says that a recorded execution has ended well, ``kinds`` what such ones
    have left. ``open`` says that it may run code which no cell shows.
    """

    flow: CellFlow
    role: CellRole
    step: str | None
    state: str = ""
    seen: bool = False
    open: bool = False
    kinds: Kinds = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The step's name, or ``cell 4``, counted from 1."""
        return self.step or f"cell {self.flow.cell.index + 1}"

    @property
    def sets(self) -> bool:
        """Whether it sets something for the whole process, or seeds a generator."""
        return self.flow.seeds or self.leaves_state

    @property
    def sets_process(self) -> bool:
        """Whether it sets more for the process than random generators whose states are kept."""
        return self.leaves_state or (self.flow.seeds and not draws.only_seeds(self.flow))

    @property
    def leaves_state(self) -> bool:
        """Whether it changes something in the process that no name holds and no record keeps."""
        return bool(self.state) or PROCESS in self.flow.writes

    @property
    def changes(self) -> frozenset[str]:
        """The names that it binds, or whose values it may change."""
        return self.flow.writes | self.flow.mutates | self.flow.may_mutate

    @property
    def reaches(self) -> frozenset[str]:
        """The names whose values it may read or change."""
        return self.flow.reads | self.flow.mutates | self.flow.may_mutate

    @property
    def reaches_all(self) -> bool:
        """Whether the code does not tell what it reads."""
        return self.open or any(construct.reads for construct in self.flow.dynamic)

    def among(self, names: Iterable[str]) -> set[str]:
        """The names among those that are there which it may read or change."""
        return {n for n in names if n.isidentifier() and (self.reaches_all or n in self.reaches)}

    @property
    def may_bind_all(self) -> Dynamic | None:
        """What in its code, or in that of a function that it runs, may change whatever it likes."""
        return next((one for one in self.flow.dynamic if one.writes and not one.star), None)


def kinds_foreseen(cell: PlanCell, evidence: Evidence) -> Kinds:
    """What a cell will leave, as far as its executions tell; after an edit, the one before it.

    A run that leaves another kind of value begins anew, see `Planner.ran`. What a run gives for a
    parameter may always be of another kind.
    """
    if cell.role == "parameters":
        return {}
    return kinds_left(past_of(cell.flow, cell.step, evidence))


class Judge:
    """Says for each cell whether a recorded execution holds, and follows what names stand for.

    Args:
        cells: those of the pipeline, in the order in which they run.
        evidence: the past and the present.
        policy: how far recorded results may be taken.
        overlay: the parameters that the run is given.
    """

    def __init__(
        self,
        cells: Sequence[PlanCell],
        evidence: Evidence,
        *,
        policy: CachePolicy,
        overlay: Overlay,
    ) -> None:
        self._cells = cells
        flows = [cell.flow for cell in cells]
        self._told_by_source, self._memories = ToldBySource(flows), Memories(flows)
        self._evidence = evidence
        self._policy = policy
        self._overlay = overlay
        self.kinds = [kinds_foreseen(cell, evidence) for cell in cells]
        self.families = [Families.foreseen(one.flow, one.step, evidence) for one in cells]
        self._shared_parts = SharedParts(flows, self.kinds, self.families)
        self._twins: dict[str, set[str]] = {}
        for cell in cells:
            self._twins.setdefault(cell.flow.digest, set()).add(cell.flow.cell.id)

    def judge(self, position: int, names: Names, taken: Mapping[int, Execution]) -> Judgement:
        """Whether the cell has to run where names stand for these values.

        ``taken`` are the executions whose results stand for cells above.
        """
        cell = self._cells[position]
        if cell.flow.problem is not None:
            return Judgement(reason="it cannot be read")
        made = self.made(position)
        if made is not None:
            return Judgement(execution=made)
        refused = self._refused(cell)
        waiting: Judgement | None = None
        first: Judgement | None = None
        for execution in nearest(self._evidence.executions(cell.flow.digest), taken):
            if refused and execution.id not in self._policy.trusted:
                continue
            objections = list(self._objections(position, execution, names))
            if not objections:
                objections += self._shared_otherwise(position, execution, names, taken)
            if not objections:
                return Judgement(execution=execution, reason=self._although(execution, refused))
            certain = [objection for objection in objections if not objection.waits]
            if not certain:
                waiting = waiting or Judgement(reason=objections[0].reason, waits=True)
            else:
                first = first or Judgement(
                    reason=judgement.in_turn(one.reason for one in certain),
                    objections=tuple(certain),
                )
        if refused or waiting or first:
            return waiting or first or Judgement(reason=refused or "")
        return Judgement(reason=self._without_result(cell))

    def learn(self, position: int, left: Kinds, families: Families) -> None:
        """A cell has run, and left other kinds of values, or share more, than was foreseen."""
        self.kinds[position], self.families[position] = left, families
        flows = [cell.flow for cell in self._cells]
        self._shared_parts = SharedParts(flows, self.kinds, self.families)

    def made(self, position: int) -> Execution | None:
        """What another part of the same whole has executed of the cell."""
        cell = self._cells[position].flow.cell
        return next(
            (
                execution
                for execution in self._evidence.executions(self._cells[position].flow.digest)
                if execution.id in self._policy.made and execution.record.cell_id == cell.id
            ),
            None,
        )

    def _without_result(self, cell: PlanCell) -> str:
        """Why there is no execution of exactly this code that ended well."""
        if self._evidence.failed(cell.flow.digest):
            return "it failed the last time"
        if not self._evidence.ran_before(cell.flow.cell.id, cell.step):
            return "never ran"
        before = self._evidence.latest(cell.flow.cell.id, cell.step)
        return reasons.code_changed(cell.flow, before.record if before is not None else None)

    def after(self, position: int, record: ExecutionRecord, names: Names) -> dict[str, Held]:
        """What names stand for behind a cell that ran, or whose recorded result is taken."""
        result = {**names, **together.as_kept(record, names)}
        for value in record.outputs:
            result[value.name] = Held(
                provider=position,
                fingerprint=value.fingerprint,
                manifest=value.manifest if value.comes_back else None,
                value=value,
            )
        for name in record.deleted:
            result.pop(name, None)
        for key, digest in variables.left(record).items():
            result[key] = Held(provider=position, fingerprint=digest)
        result |= self._given(position, names) | looking.modules_left(position, record)
        return self._overlaid(position, self._drawn(position, record, result))

    def _given(self, position: int, names: Names) -> dict[str, Held]:
        """What a cell has read that sets something for its process, or that others remember."""
        cell = self._cells[position]
        found = self._memories.followed(position, names, cell.among(names))
        if cell.leaves_state:
            found |= given.followed(position, cell.flow.cell.source, names, cell.among(names))
        return found

    def _drawn(
        self, position: int, record: ExecutionRecord, names: dict[str, Held]
    ) -> dict[str, Held]:
        """The generators behind a cell; without a record of them, they are not followed on."""
        seen = generators_of(record)
        if seen is None:
            return draws.without_generators(names)
        for name in draws.left(self._cells[position].flow, seen, names):
            kept = seen.after[name]
            names[draws.key_of(name)] = Held(
                provider=position, fingerprint=kept.fingerprint, manifest=kept.manifest
            )
        return names

    def after_unknown(self, position: int, names: Names) -> dict[str, Held]:
        """What names stand for behind a cell of which is not known yet what it will make."""
        flow = self._cells[position].flow
        result = dict(names)
        for name in self._perhaps_changed(position, names) | self._perhaps_written(position):
            result[name] = Held.perhaps_changed(position, flow, name, names)
        result |= self._given(position, names)
        seen = (execution.record for execution in self._evidence.executions(flow.digest))
        sets = self._cells[position].leaves_state
        for key in variables.perhaps_set(seen, names, sets=sets):
            result[key] = Held(provider=position, known=False)
        for name in flow.effects.unbound:
            result.pop(name, None)
        seeded = map(draws.key_of, GENERATORS) if flow.seeds else ()
        return self._overlaid(
            position, {**result, **draws.open_generators(position, result, seeded)}
        )

    def _overlaid(self, position: int, names: dict[str, Held]) -> dict[str, Held]:
        return {**names, **self._overlay.values} if position == self._overlay.position else names

    def _perhaps_changed(self, position: int, names: Names) -> set[str]:
        cell = self._cells[position]
        flow = cell.flow
        if any(construct.writes for construct in flow.dynamic):
            return {*names, *flow.writes}
        seen = [e.record for e in self._evidence.executions(flow.digest)]
        perhaps = {value.name for record in seen for value in record.outputs}
        if not any(record.inputs_complete for record in seen):  # a run tells in the end
            perhaps |= flow.may_mutate
        return {name for name in (flow.writes | flow.mutates | perhaps) if name.isidentifier()}

    def _perhaps_written(self, position: int) -> set[str]:
        """The files that it writes, as far as its code or an earlier execution tells."""
        flow = self._cells[position].flow
        seen = [file for e in self._evidence.executions(flow.digest) for file in e.record.files]
        paths = {file.path for file in seen if file.mode != "read"}
        return {looking.file_key(path) for path in paths | flow.effects.saves}

    def _refused(self, cell: PlanCell) -> str | None:
        if not self._policy.enabled:
            return "the cache is off"
        if cell.step in self._policy.force:
            return "forced"
        if NO_CACHE in cell.flow.cell.tags:
            return f"tagged {NO_CACHE}"
        return None

    def _objections(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        record = execution.record
        flow = self._cells[position].flow
        if record.cell_id in self._twins[flow.digest] - {flow.cell.id}:
            # what a function or the process keeps may have been another thing there
            yield Objection(reason="another cell with the same code made it")
        opaque = self._cells[position].may_bind_all
        if not record.inputs_complete or opaque is not None:
            why = record.inputs_note or (opaque.said if opaque is not None else None)
            yield Objection(reason=reasons.not_known(why))
        if execution.id not in self._policy.trusted:
            yield from (Objection(reason=reason) for reason in self._changeable(execution))
        yield from self._values(position, record, names)
        yield from self._code(position, execution, names)
        yield from self._memories.objections(position, [*self._earlier(execution)], names)
        yield from self._random(position, record, names)
        yield from self._settings(position, execution, names)
        yield from self._variables(position, execution, names)
        yield from self._secrets(record)
        yield from self._outside(position, execution, names)

    @cached_property
    def _written(self) -> frozenset[str]:
        """The files that the run has written or removed which is resumed."""
        digests = {cell.flow.digest for cell in self._cells}
        ran = (one for digest in digests for one in self._evidence.executions(digest))
        return looking.changed_files(one.record for one in ran if one.id in self._policy.trusted)

    def _shared_otherwise(
        self, at: int, execution: Execution, names: Names, taken: Mapping[int, Execution]
    ) -> Iterator[Objection]:
        session = self._evidence.session(execution.record.session)
        said = self._shared_parts.otherwise(at, execution, names, taken, session)
        return (Objection(reason=reason) for reason in said)

    def differs_outside(self, position: int, execution: Execution, names: Names) -> bool:
        """Whether a cell that repeats an execution would find other things outside, but files."""
        record = execution.record
        gone = (
            access.kind == "folder" and not self._evidence.folder(access)
            for access in record.externals
        )
        objections = (
            *self._changeable(execution),
            *self._variables(position, execution, names),
            *self._secrets(record),
        )
        return bool(objections) or any(gone) or bool(self._refused(self._cells[position]))

    def _although(self, execution: Execution, refused: str | None) -> str:
        """What speaks against a result that is taken because the run that is resumed made it."""
        if execution.id not in self._policy.trusted:
            return ""
        return "; ".join(filter(None, (refused, *self._changeable(execution))))

    def _changeable(self, execution: Execution) -> Iterator[str]:
        """What it took from outside of the notebook and its data."""
        outside = from_outside(execution.record)
        if outside:
            yield outside
        then = variables.set_until(self._earlier(execution), execution.record)
        differs = self._evidence.environment(execution.record.environment, but_for=then)
        if differs:
            yield f"environment changed: {differs}"

    def _values(self, position: int, record: ExecutionRecord, names: Names) -> Iterator[Objection]:
        """The names that it read, and what they stand for now."""
        for value in record.inputs:
            held = names.get(value.name)
            if held is None:
                yield Objection(reason=f"`{value.name}` is not there any more")
            elif not held.known:
                yield self._waits(position, value.name, held)
            elif held.fingerprint is None or value.fingerprint is None:
                why = value.reason or (held.value.reason if held.value is not None else None)
                yield Objection(reason=reasons.incomparable(value.name, why))
            elif held.fingerprint != value.fingerprint:
                yield self._other_value(value, held)

    def _other_value(self, value: ValueRecord, held: Held) -> Objection:
        if held.value is None:
            return Objection(reason=f"`{value.name}` changed")
        given = self._cells[held.provider].role == "parameters"
        read = ReadValue(before=value, now=held.value, parameter=given)
        return Objection(reason=f"`{value.name}` changed", read=read)

    def _waits(self, position: int, name: str, held: Held) -> Objection:
        by = "" if held.provider == position else f": {self._cells[held.provider].title} runs"
        return Objection(reason=f"`{name}` may change{by}", waits=True)

    def _code(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        """Imports and functions, which are no recorded inputs: what they were in its session."""
        flow = self._cells[position].flow
        read = {value.name for value in execution.record.inputs}
        reads = self._cells[position].among(names) if flow.dynamic else flow.reads & names.keys()
        left = sorted(reads - read)
        then: dict[str, str | None] = {}
        for entry in self._earlier(execution) if left else ():
            then |= entry.outputs
        for name in left:
            held, was = names[name], then.get(name)
            written = name in flow.definitions and self._told_by_source(name, held.provider)
            if written and (not held.known or was is None):
                continue  # its code is compared
            if not held.known:
                yield self._waits(position, name, held)
            elif was is None:
                yield Objection(reason=f"what `{name}` was is not recorded")
            elif was != held.fingerprint:
                title = self._cells[held.provider].title
                yield Objection(reason=f"`{name}` is another {reasons.noun(held.kind)} ({title})")

    def _random(self, position: int, record: ExecutionRecord, names: Names) -> Iterator[Objection]:
        """The generators that it drew from, and where they stand now, once they were seeded."""
        then = draws.stood(record)
        flow = self._cells[position].flow
        for name in sorted(draws.drawn(flow, record) or ()):
            held = names.get(draws.key_of(name))
            if held is None:
                continue
            if not held.known:
                by = "" if held.provider == position else self._cells[held.provider].title
                by = by and f": {by} runs"
                yield Objection(reason=f"its random numbers may be others{by}", waits=True)
            elif held.fingerprint is None or held.fingerprint != then.get(name):
                why = f"its random numbers would be others: `{name}` stands elsewhere than then"
                yield Objection(reason=why)

    def _settings(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        """Seeds and settings of the process above: the same ones, in this order, and no other."""
        above = self._cells[:position]
        settled = draws.is_settled(self._cells[position].flow, execution.record, names)
        wanted = [cell for cell in above if (cell.sets_process if settled else cell.sets)]
        digests = {cell.flow.digest for cell in wanted}
        entries = list(self._earlier(execution))
        ran = {entry.digest: entry for entry in entries}
        missing = [cell for cell in wanted if cell.flow.digest not in ran]
        if missing:
            yield Objection(reason=reasons.set_now(missing[0].title))
        known = {cell.flow.digest for cell in above} | {execution.record.digest}
        gone = (entry for entry in entries if entry.digest not in known)
        other = next((entry for entry in gone if sets(entry, seeds=not settled)), None)
        if other is not None:
            yield Objection(reason=reasons.set_then(other.source))
        elif leaves_state(execution.record) and left_state(entries, execution.record.digest):
            yield Objection(reason="it had run in that kernel before, and leaves more than names")
        elif not missing:
            then = order_of(entry for entry in entries if entry.digest in digests)
            order = [cell.flow.digest for cell in wanted]
            if then not in (order, squeezed(order)):
                yield Objection(reason="the settings above it were made in another order then")
        sets_now = ((at, one) for at, one in enumerate(above) if one.leaves_state)
        setting = ((at, one.title, ran.get(one.flow.digest)) for at, one in sets_now)
        yield from given.objections(setting, execution.record, names)

    def _earlier(self, execution: Execution) -> Iterable[SessionEntry]:
        session = self._evidence.session(execution.record.session)
        return (entry for entry in session if entry.id < execution.id)

    def _variables(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        """The environment's variables: those that cells above set, and those that it names."""
        named = variables.named(execution.record)
        then: dict[str, str] | None = None
        for key in sorted(filter(variables.is_key, names)):
            held, name = names[key], variables.variable_of(key)
            if not held.known:
                yield self._waits(position, name, held)
                continue
            if then is None:
                then = variables.set_by(self._earlier(execution))
            if held.fingerprint != (named[name].detail if name in named else then.get(name)):
                yield Objection(reason=variables.changed(name))
        for name, access in named.items():
            if variables.key_of(name) not in names and not self._evidence.variable(access):
                yield Objection(reason=variables.changed(name))

    def _secrets(self, record: ExecutionRecord) -> Iterator[Objection]:
        """The secrets that it took."""
        if variables.took_untold_secret(record):
            yield Objection(reason="which secret it took is not recorded")
        for access in record.externals:
            if access.kind == "secret" and not self._evidence.secret(access):
                yield Objection(reason=f"the secret {access.name} may be another one")

    def _outside(self, position: int, execution: Execution, names: Names) -> Iterator[Objection]:
        """Files and folders; what the run that is resumed has written itself is as it left it."""
        record = execution.record
        own = self._written if execution.id in self._policy.trusted else frozenset[str]()
        for access in record.externals:
            if access.kind in ("folder", "directory") and not self._evidence.folder(access):
                yield Objection(reason=f"the folder {access.name} is not there any more")
            elif access.kind == "directory" and not self._cells[position].leaves_state:
                yield Objection(reason="it changes the working directory, in every kernel anew")
        yield from looking.modules_written(record, names)
        others = looking.others(record, self._evidence, but_for=own)
        yield from (Objection(reason=reason) for reason in others)
        for access in looking.looks_of(record):
            for maker in looking.changed_by(access, names):
                why = f"{looking.shown(access)} may change: {self._cells[maker].title} runs"
                yield Objection(reason=why, waits=True)
        changed = looking.changed_files([record]) & own
        yield from looking.databases(record, self._evidence, names)
        for file in looking.files_compared(record):
            if file.mode == "read" and file.path in changed:
                continue
            said = self._evidence.file(file)
            if said is not None:
                yield Objection(reason=reasons.other_file(file.path, said))
            elif (writer := looking.rewritten_by(file.path, names)) is not None:
                why = f"{file.path} may be written again: {self._cells[writer].title} runs"
                yield Objection(reason=why, waits=True)
