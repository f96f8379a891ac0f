"""Which other cells must run so that those which have to can; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from nbmlops.domain.generators import generators_of
from nbmlops.domain.values import MEMBER, key_of
from nbmlops.pipelines import displays, draws, reasons, rejoined, sameness, sharing
from nbmlops.pipelines.axis_names import names_axes
from nbmlops.pipelines.evidence import SessionEntry
from nbmlops.pipelines.families import Families
from nbmlops.pipelines.judgement import Held, Judgement, Names
from nbmlops.pipelines.kinds import Kinds
from nbmlops.pipelines.memories import WRAPPER, keeps_nothing, modules_that_remember
from nbmlops.pipelines.plan import PlanCell

Session = Callable[[str], Sequence[SessionEntry]]
NotKept = Callable[[str], str | None]
"""Says why a stored value cannot be brought back, in words; ``None`` where it can."""

BindsAgain = Callable[[int, str, Held], str | None]
"""Gives the code that binds a name for the cell at a position; ``None`` where its cell must run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Position → why a cell runs; those that are ``pinned`` run whatever comes out above them."""

    runs: dict[int, str]
    pinned: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Past:
    """What executions of a cell tell of what others see of its changes.

    ``stays`` are the names whose values it has left as they were, ``labelled`` those whose tables
    have an index in common.
    """

    stays: frozenset[str]
    families: Families
    not_kept: NotKept
    labelled: Mapping[str, frozenset[str]]

    def spares(self, name: str, others: frozenset[str], names: Names) -> bool:
        """Whether a change of what a name stands for is one that others need not see.

        They were there and stayed as they were; and where it was changed, those that have parts of
        it come back with it, so that it shows whether they do so again.
        """
        if others - self.stays:
            return False
        family = self.families.of(name)
        labelled = self.labelled.get(name, frozenset())
        beside = others if family is None else others & (family | labelled)
        return name in self.stays or all(
            self._come_together(names[name], names[one]) for one in beside
        )

    def _come_together(self, one: Held, other: Held) -> bool:
        manifest = one.manifest or ""
        same = MEMBER in manifest and key_of(manifest) == key_of(other.manifest or "")
        return same and self.not_kept(manifest) is None


def completed(
    cells: Sequence[PlanCell],
    runs: Mapping[int, str],
    *,
    before: Sequence[Names],
    judged: Sequence[Judgement],
    kinds: Sequence[Kinds],
    families: Sequence[Families],
    not_kept: NotKept,
    session: Session,
    binds_again: BindsAgain,
    draws_here: Callable[[int], bool],
    left_alone: Sequence[frozenset[str]],
    stays: Sequence[frozenset[str]],
) -> Demand:
    """The cells that run, with those added that they need.

    Added are: who left a value that was not kept, and who may have changed it since where records
    do not tell; who made or changed a value that shares parts with one that is changed in place;
    settings of the process, and imports of names that the code does not tell; where a generator is
    seeded, all cells that may draw; who shows outputs that others replace, and these.

    Args:
        cells: those of the pipeline.
        runs: positions of cells that have to run → why.
        before: what names stand for before each cell.
        judged: what was found for each cell.
        kinds: what recorded executions of each cell have left.
        families: which names shared parts when each had ended.
        not_kept: why a stored value cannot be brought back.
        session: what a kernel session ran.
        binds_again: gives the imports and definitions that need not be run with their cell.
        draws_here: whether a cell that draws does so in this run.
        left_alone: what records show that each cell does not change, although its code may.
        stays: what was there when each cell ran, and was the same after it.

    """
    found = dict(runs)
    pinned: dict[int, str] = {}
    flows = [cell.flow for cell in cells]
    related = sharing.related(flows, kinds, families)
    labelled = sharing.labelled(flows, families)
    asked = any(map(sameness.may_ask, flows))
    same = sharing.same_objects(flows, kinds) if asked else related
    shown = displays.shown_together(flows)
    size = -1
    while size != len(found | pinned):
        followed = _is_followed(cells, found | pinned, judged)
        if not followed:
            _add(pinned, _draws(cells, found, judged, session, draws_here))
        found = found | {at: why for at, why in pinned.items() if at not in found}
        size = len(found)
        for position in sorted(found, reverse=True):
            _add(found, _values(cells, position, before[position], not_kept, binds_again))
            drawn = _random(cells, position, before[position], not_kept)
            _add(found, ((at, why) for at, why in drawn if draws_here(at)))
            touched = _touched(cells[position], before[position]) - left_alone[position]
            if names_axes(flows[position]):
                touched |= labelled.keys() & flows[position].reads
            rejoins = partial(
                rejoined.since,
                cells,
                position,
                names=before[position],
                runs=found,
                judged=judged,
                session=session,
                not_kept=not_kept,
            )
            quiet = stays[position] | sharing.let_go(flows[position])
            past = _Past(quiet, families[position], not_kept, labelled)
            for group, why in _shared(cells[position], before[position], related, touched, past):
                behind = range(rejoins(group) or 0, position)
                _add(pinned, ((at, why) for at in behind if group & cells[at].changes))
            _add(pinned, _same(cells, position, before[position], same))
            _add(pinned, _remembered(cells, position, before[position]))
        _add(pinned, _settings(cells, max(found, default=0), judged, followed=followed))
        if not shown.isdisjoint(found):
            _add(
                pinned, ((at, "it shows what another cell replaces, or does that") for at in shown)
            )
    return Demand(runs=found, pinned=frozenset(pinned))


def _add(found: dict[int, str], more: Iterable[tuple[int, str]]) -> None:
    for position, reason in more:
        found.setdefault(position, reason)


def _values(
    cells: Sequence[PlanCell],
    position: int,
    names: Names,
    not_kept: NotKept,
    binds_again: BindsAgain,
) -> Iterable[tuple[int, str]]:
    """Who left a value that is needed and was not kept."""
    title = cells[position].title
    for name in sorted(cells[position].among(names)):
        held = names[name]
        if held.manifest is not None and not_kept(held.manifest) is None:
            continue
        if binds_again(position, name, held) is None:
            yield held.provider, _needed(cells[held.provider], title, name, held, not_kept)
            if held.known and not _tells_all(cells[held.provider], name, held):
                why = f"it may change `{name}`, which {title} needs and which was not kept"
                between = range(held.provider + 1, position)
                yield from ((at, why) for at in between if name in cells[at].reaches)
            elif held.known and name in cells[held.provider].flow.effects.defines:
                why = f"it may change `{name}`, which {title} needs"
                between = range(held.provider + 1, position)
                yield from ((at, why) for at in between if name in cells[at].flow.in_place)


def _needed(provider: PlanCell, title: str, name: str, held: Held, not_kept: NotKept) -> str:
    """What a cell does for another one, which a new kernel must see done."""
    effects = provider.flow.effects
    if name in effects.imports:
        return f"it imports `{name}`, which {title} needs"
    if name in effects.defines:
        return f"it defines `{name}`, which {title} needs"
    if provider.role == "parameters":
        return f"it sets `{name}`, which {title} needs"
    if provider.step is None and held.manifest is None:
        return f"it makes `{name}`, which {title} needs: only values of steps are kept"
    gone = not_kept(held.manifest) if held.manifest is not None else "was not kept"
    why = held.value.reason if held.value is not None and held.manifest is None else None
    said = f" ({reasons.in_short(why)})" if why else ""
    return f"it makes `{name}`, which {title} needs and which {gone}{said}"


def _tells_all(provider: PlanCell, name: str, held: Held) -> bool:
    """Whether what was recorded of a value would show that a later cell has changed it."""
    definition = provider.flow.effects.defines.get(name)
    if definition is not None and (definition.stateful or not keeps_nothing(definition.source)):
        return False
    return held.fingerprint is not None


def _shared(
    cell: PlanCell,
    names: Names,
    related: Mapping[str, frozenset[str]],
    touched: frozenset[str],
    past: _Past,
) -> Iterable[tuple[frozenset[str], str]]:
    """What may share parts with a value that the cell may change in place, with the reason.

    A value that is brought back by itself shares nothing with others, so that they would not see
    the change: who made or changed them runs, unless all come back as one kernel had them, or
    records show that none of the others changes with it.
    """
    for name in sorted(touched & names.keys()):
        group = related.get(name, frozenset()) & names.keys()
        if not past.spares(name, group - {name}, names):
            yield group, reasons.together(cell.title, name, min(group - {name}))


def _touched(cell: PlanCell, names: Names) -> frozenset[str]:
    """The names whose values a cell may change in place, by its code."""
    opaque = any(construct.writes for construct in cell.flow.dynamic)
    return frozenset(names) if opaque else cell.flow.alters


def _same(
    cells: Sequence[PlanCell],
    position: int,
    names: Names,
    related: Mapping[str, frozenset[str]],
) -> Iterable[tuple[int, str]]:
    """Who made or changed values of which the cell may ask whether they are one object."""
    kinds = {name: held.kind for name, held in names.items()}
    for group in sameness.together(cells[position].flow, kinds, related):
        shown = " and ".join(f"`{name}`" for name in sorted(group & kinds.keys())[:2])
        why = f"{cells[position].title} may ask whether {shown} are one object"
        yield from ((at, why) for at in range(position) if group & cells[at].changes)


def _remembered(
    cells: Sequence[PlanCell], position: int, names: Names
) -> Iterable[tuple[int, str]]:
    """Who has called functions with a memory before a cell that calls them, and may be answered."""
    title = cells[position].title
    for file in modules_that_remember(cells[position].flow):
        why = f"what it calls in {file} may remember what {title} asks for"
        yield from ((at, why) for at in range(position) if file in cells[at].flow.modules)
    for name in sorted(cells[position].among(names)):
        maker = max((at for at in range(position) if name in cells[at].flow.writes), default=None)
        definition = cells[maker].flow.effects.defines.get(name) if maker is not None else None
        keeps = definition is not None and not keeps_nothing(definition.source)
        if maker is not None and (keeps or names[name].kind.endswith(WRAPPER)):
            why = f"`{name}`, which it calls, may remember what {title} asks for"
            yield from ((at, why) for at in range(maker, position) if name in cells[at].reaches)


def _random(
    cells: Sequence[PlanCell], position: int, names: Names, not_kept: NotKept
) -> Iterable[tuple[int, str]]:
    """Who left a random generator that a cell may draw from, where its state was not kept."""
    for name in sorted(filter(draws.is_key, names)):
        held = names[name]
        if held.manifest is None or not_kept(held.manifest) is not None:
            title = cells[position].title
            why = f"it leaves `{draws.generator_of(name)}` where {title} draws random numbers on"
            yield held.provider, why


def _settings(
    cells: Sequence[PlanCell], last: int, judged: Sequence[Judgement], *, followed: bool
) -> Iterable[tuple[int, str]]:
    """Who sets something for the process; seeds need not, where their effect can be put back."""
    for position in range(last):
        cell = cells[position]
        again = not followed or judged[position].execution is None
        if cell.sets if again else cell.sets_process:
            yield position, "it sets something that later cells may depend on"
        elif any(found.star for found in cell.flow.dynamic):
            yield position, "it imports names that its code does not tell"


def _is_followed(
    cells: Sequence[PlanCell], found: Collection[int], judged: Sequence[Judgement]
) -> bool:
    """Whether all that draw from the first seed on run, or have a record of what they drew."""
    first = next((at for at, cell in enumerate(cells) if cell.flow.seeds), len(cells))
    for position in range(first, len(cells)):
        one = judged[position].execution
        runs = position in found or (one is None and cells[position].flow.seeds)
        if not runs and (one is None or generators_of(one.record) is None):
            return False
    return True


def _draws(
    cells: Sequence[PlanCell],
    found: Mapping[int, str],
    judged: Sequence[Judgement],
    session: Session,
    draws_here: Callable[[int], bool],
) -> Iterable[tuple[int, str]]:
    """Where a generator is seeded: all cells that may draw from it, or none of them."""
    first = next((at for at, cell in enumerate(cells) if cell.flow.seeds), None)
    if first is None:
        return
    drawing = [
        at
        for at in range(first, len(cells))
        if draws_here(at) and (cells[at].flow.seeds or _may_draw(judged[at], session))
    ]
    if any(at in found for at in drawing) or not _in_turn(cells, drawing, judged, session):
        for at in drawing:
            yield at, "it may draw random numbers in turn with a cell that runs"


def _in_turn(
    cells: Sequence[PlanCell],
    drawing: Sequence[int],
    judged: Sequence[Judgement],
    session: Session,
) -> bool:
    """Whether the recorded results of these cells were made in this order, by one kernel."""
    made = [found for at in drawing if (found := judged[at].execution) is not None]
    ids = [execution.id for execution in made]
    if len({execution.record.session for execution in made}) > 1 or ids != sorted(ids):
        return False
    return not made or _nothing_between(cells, session(made[0].record.session), ids)


def _nothing_between(
    cells: Sequence[PlanCell], entries: Sequence[SessionEntry], ids: Sequence[int]
) -> bool:
    """Whether a kernel ran nothing else, and nothing twice, between two executions."""
    ran = [entry.digest for entry in entries if ids[0] <= entry.id <= ids[-1]]
    order = {cell.flow.digest: at for at, cell in enumerate(cells)}
    places = [order.get(digest, -1) for digest in ran]
    return -1 not in places and all(a < b for a, b in pairwise(places))


def _may_draw(judged: Judgement, session: Session) -> bool:
    """Whether a cell may have drawn from a global generator: unless it is known not to have."""
    execution = judged.execution
    if execution is None:
        return True
    before: str | None = None
    for entry in session(execution.record.session):
        if entry.random_state is None:
            continue
        if entry.id > execution.id:
            return before is None or entry.random_state != before
        before = entry.random_state
    return True
