"""Which cells depend on which: the effects of the cells, followed through the notebook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.contents import Contents
from nbmlops.notebook.dataflow.deeds import held_by
from nbmlops.notebook.dataflow.definitions import Definitions
from nbmlops.notebook.dataflow.effects import (
    CODE,
    PART,
    SAME,
    Definition,
    Dynamic,
    Effects,
    Holds,
    analyze,
)
from nbmlops.notebook.dataflow.escaped import Escaped, asks_for_subclasses, perhaps
from nbmlops.notebook.dataflow.known import BUILTINS, PROCESS, RANDOM
from nbmlops.notebook.dataflow.links import KnownBy, Links, Marks, at, mark, together
from nbmlops.notebook.dataflow.modules import ImportsInForce, imports_in, starred
from nbmlops.notebook.dataflow.named_files import NamedFiles
from nbmlops.notebook.dataflow.running import Env, Run, code_behind, mapped, merge, object_of, take
from nbmlops.notebook.dataflow.seen import Observed, SeenFiles
from nbmlops.notebook.dataflow.unseen import Unseen
from nbmlops.notebook.document import Cell
from nbmlops.notebook.normalize import digest
from nbmlops.notebook.syntax import marked

ModulesUsed = Callable[[frozenset[str]], Mapping[str, str]]
"""Gives the sources of the project's own modules behind imports, transitively: file → source."""

MAY_FAIL = "raises-exception"
"""The tag of a cell that may stop anywhere without stopping the notebook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The cell at position ``target`` needs ``names`` from the cell at position ``source``."""

    source: int
    target: int
    names: tuple[str, ...]
    known_by: KnownBy


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFlow:
    """A cell with what it does when it runs in this notebook, called functions included.

    ``definitions`` are the notebook's functions and classes that its code names, transitively,
    and ``modules`` the project's own, file → source; they are among the ``definitions`` as well.
    ``in_place`` are the names whose values it changes or may change in place, also where it binds
    them anew, as ``x += [1]`` does: what shares parts with them sees the change. ``alters`` are
    those among them whose values from before it these are: not of what it makes itself.
    ``digest`` is its version. ``unbound`` are names such as ``_`` that it reads and no cell binds;
    ``missing`` are names that it reads and that no cell before binds.
    ``files_written`` and ``files_read`` are the last parts of the paths of files, as far as the
    code tells; see `effects.ANY_FILE`.
    ``dynamic`` are constructs whose effects the code does not tell, those of called functions too.
    ``acts`` is what in it may change something outside of the names: such a cell is needed by
    whatever comes later. ``problem`` says why the cell could not be read; it then has no effects.
    """

    cell: Cell
    digest: str
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    may_mutate: frozenset[str] = frozenset()
    in_place: frozenset[str] = frozenset()
    alters: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    unbound: frozenset[str] = frozenset()
    definitions: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    effects: Effects = field(default_factory=Effects)
    seeds: bool = False
    acts: frozenset[str] = frozenset()
    dynamic: tuple[Dynamic, ...] = ()
    files_written: frozenset[str] = frozenset()
    files_read: frozenset[str] = frozenset()
    problem: CellSyntaxError | None = None


@dataclass(frozen=True, kw_only=True)  # without slots: it has a cached property
class Graph:
    """The cells in notebook order, and what they need from each other, by position in ``flows``.

    There may be an edge for each pair of cells: who asks about one cell at a time asks ``links``.
    """

    flows: tuple[CellFlow, ...]
    links: Links

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges, by source and target."""
        return tuple(
            Edge(source=source, target=target, names=tuple(sorted(names)), known_by=known_by)
            for (source, target, known_by), names in sorted(self.links.edges().items())
        )


def build(
    cells: Sequence[Cell],
    observed: Mapping[str, Observed] | None = None,
    modules: ModulesUsed | None = None,
    still: Collection[str] = (),
) -> Graph:
    """Follow the cells in order.

    Args:
        cells: the code cells, in the order in which they run.
        observed: the digest of a cell → what its recorded executions did.
        modules: finds the project's own modules; without it, they are no part of a version.
        still: names that hold what no reading changes, behind each cell that binds them.
    """
    asked = asks_for_subclasses((cell.source for cell in cells), modules)
    follow = _Follow(observed or {}, modules, still, asked=asked)
    flows = tuple(follow.cell(position, cell) for position, cell in enumerate(cells))
    return Graph(flows=flows, links=follow.links)


class _Follow:
    """Walks the cells of a notebook.

    Responsibilities: what each name may hold and which cells bound it; which cells changed each
    object; from these, the edges. Functions take effect where they are called.
    """

    def __init__(
        self,
        observed: Mapping[str, Observed],
        modules: ModulesUsed | None,
        still: Collection[str],
        *,
        asked: bool,
    ) -> None:
        self._observed = observed
        self._modules = modules
        self._imports = ImportsInForce()
        self.links = Links()
        self._definitions = Definitions()
        self._imported: dict[str, str] = {}
        self._holds: dict[str, Holds] = {}
        self._binders, self._changes = dict[str, Marks](), dict[str, Marks]()
        self._contents = Contents()
        self._code: dict[str, Definition] = {}
        self._unknown: Holds = {}
        self._dynamic, self._stars = list[int](), list[int]()
        self._files = NamedFiles(self.links)
        self._seen_files = SeenFiles()
        self._seeded = self._may_fail = False
        self._unseen = Unseen(self._code, still)
        self._escaped = Escaped(self._code, asked=asked)
        self._now = self._env()

    def cell(self, position: int, cell: Cell) -> CellFlow:
        """Take one more cell."""
        self._may_fail = MAY_FAIL in cell.tags
        self._imported |= self._starred(cell)
        try:
            open_ended = bool(self._stars or self._dynamic)  # any name may be there
            source = cell.source if open_ended else marked(cell.source, self._binders)
            effects = self._unseen.completed(told := analyze(source, self._imported), self._env)
        except CellSyntaxError as problem:
            return CellFlow(cell=cell, digest=digest(cell.source), problem=problem)
        definitions = self._definitions.used_by(told)
        modules = self._modules_of(cell, effects, definitions)
        definitions |= modules
        version = digest(cell.source, definitions)
        before = self._env()
        self._bind_objects(position, effects, before)
        texts = (cell.source, *definitions.values())
        run = Run(position, self._unseen.packages, texts=texts, modules=modules)
        self._running(run, effects, before)
        self._unseen.bind(position, effects, before, self._after())
        imported = self._imported.keys() | effects.imports.keys()
        envs = (before.up_to_date(), self._after())
        self._unseen.add(run, effects, envs, imported, seeded=self._seeded, modules=modules)
        seen = self._observed.get(version)
        if seen is not None:
            self._seen_files.follow(run, seen, self.links)
        deeds = self._narrow(run, envs[0], seen)
        missing = self._read(run, envs[0], seen)
        self._write(run, effects, deeds, before)
        self._definitions.follow(effects)
        self._follow_imports(cell, effects)
        return self._flow(
            cell=cell,
            version=version,
            definitions=definitions,
            modules=modules,
            effects=effects,
            run=run,
            deeds=deeds,
            missing=missing,
            before=envs[0],
        )

    def _modules_of(
        self, cell: Cell, effects: Effects, definitions: Mapping[str, str]
    ) -> dict[str, str]:
        if self._modules is None:
            return {}
        used = self._imports.used_by(cell.source, effects, definitions)
        return dict(self._modules(used))

    def _starred(self, cell: Cell) -> dict[str, str]:
        stars = imports_in(cell.source).stars
        return starred(stars, self._modules(stars)) if stars and self._modules else {}

    def _follow_imports(self, cell: Cell, effects: Effects) -> None:
        self._imports.follow(cell.source, effects)
        for name in effects.writes | effects.deletes:
            self._imported.pop(name, None)
        self._imported.update(effects.imports)

    # What names hold

    def _env(self) -> Env:
        return Env(dict(self._holds), self._contents, dict(self._unknown), self._unseen.containers)

    def _after(self) -> Env:
        """What names hold after the cell, with all that is known now to be inside."""
        self._now = self._now.up_to_date()
        return self._now

    def _bind_objects(self, position: int, effects: Effects, before: Env) -> None:
        """Give each name that the cell binds what it holds afterwards."""
        self._contain(effects, before, position)
        for name, holds in effects.holds.items():
            self._holds[name] = mapped(holds, before, position)
        for definition in effects.definitions:
            self._code[object_of(definition.object, position)] = definition
        self._now = self._env()

    def _contain(self, effects: Effects, env: Env, position: int) -> None:
        """What is put into objects is part of them from now on; functions rarely keep it."""
        for contents, always in ((effects.contents, True), (effects.given, False)):
            for thing, holds in contents.items():
                inner = mapped(holds, env, position)
                outer = mapped({thing: SAME}, env, position) if inner else {}
                kept = [
                    other
                    for other, sure in outer.items()
                    if sure > CODE and (always or self._keeps(other, set()))
                ]
                self._contents.put(inner, kept)

    def _keeps(self, thing: str, done: set[str]) -> bool:
        """Whether an object may keep what it is given; most functions do not."""
        code = self._code.get(thing)
        if code is None:
            return True
        body = code.effects
        if code.stateful or body.writes or any(map(str.isidentifier, body.touched)):
            return True
        done.add(thing)
        used = {inner for name in body.uses for inner in self._holds.get(name, ())} - done
        return any(inner in self._code and self._keeps(inner, done) for inner in used)

    def _running(self, run: Run, effects: Effects, before: Env) -> None:
        """The cell with the functions that run in it, transitively."""
        take(run, effects)
        now, followed = before, -1
        while followed != self._contents.version:  # what one puts into an object, others may change
            followed = self._contents.version
            merge(run.touched, mapped(effects.touched, now, run.position))
            now = before.up_to_date()
            self._follow_code(run, effects, now)
            now = before.up_to_date()

    def _follow_code(self, run: Run, effects: Effects, before: Env) -> None:
        run.passed = set(), set()
        waiting = list(self._callable(effects.uses, effects, before, run))
        waiting += [t for t in mapped(effects.touched, before, run.position) if t in self._code]
        done: dict[str, Effects] = {}
        self._call_all(run, waiting, effects, before, done)
        while kept := self._escaped.follow(run, effects, done, (before, self._after())):
            self._call_all(run, kept, effects, before, done, certain=False)

    def _call_all(
        self,
        run: Run,
        waiting: list[str],
        effects: Effects,
        before: Env,
        done: dict[str, Effects],
        *,
        certain: bool = True,
    ) -> None:
        while waiting:
            code = waiting.pop()
            if code in done:
                continue
            body = done[code] = self._code[code].effects
            place = (self._code[code].name, int(code.partition("#")[0]))
            take(run, body if certain else perhaps(body), place)
            for env in (before, self._after()):
                self._call(run, code, env)
            waiting += self._callable(body.uses, effects, before, run)

    def _call(self, run: Run, code: str, env: Env) -> None:
        """What a function's body does to the objects that names hold."""
        definition = self._code[code]
        made_at = int(code.partition("#")[0])  # its own objects are those of its cell
        touched = mapped(definition.effects.touched, env, made_at)
        merge(run.touched, touched)
        self._contain(definition.effects, env, made_at)
        self._contents.put({code: PART}, touched)  # the body may put there what it was given
        if definition.stateful:
            run.stateful.add(code)

    def _callable(
        self, names: Iterable[str], effects: Effects, before: Env, run: Run
    ) -> Iterator[str]:
        """The code that names may lead to: by what they hold before or after the cell."""
        after = self._after()
        for name in names:
            for made in effects.definitions:
                if made.name == name:
                    yield object_of(made.object, run.position)
            for env, passed in zip((before, after), run.passed, strict=True):
                yield from code_behind(name, env, self._code, passed)

    # What runs have shown

    def _narrow(self, run: Run, before: Env, seen: Observed | None) -> dict[str, KnownBy]:
        """The objects that the cell changes, and how that is known."""
        for thing in list(run.touched):
            for name, sure in self._code[thing].returns.items() if thing in self._code else ():
                merge(run.touched, mapped({name: min(sure, PART)}, self._after(), run.position))
        deeds: dict[str, KnownBy] = {
            thing: "static" if sure == SAME else "possible"
            for thing, sure in run.touched.items()
            if sure > CODE and not (sure == PART and self._is_function(thing))
        }
        deeds.update(dict.fromkeys(run.stateful - deeds.keys(), "possible"))
        if seen is None:
            return deeds
        changed = {thing for name in seen.writes for thing in before.get(name)}
        if seen.complete:
            deeds = {t: known for t, known in deeds.items() if known == "static" or t in changed}
            run.stars_seen = True
        for name in seen.writes - run.writes:
            same = [thing for thing, sure in before.get(name).items() if sure == SAME]
            for thing in same:
                deeds[thing] = "static" if deeds.get(thing) == "static" else "observed"
            if not same:
                run.seen_writes.add(name)
        return deeds

    def _is_function(self, thing: str) -> bool:
        code = self._code.get(thing)
        return code is not None and not code.is_class and not code.decorated

    # Edges

    def _read(self, run: Run, before: Env, seen: Observed | None) -> frozenset[str]:
        """Draw the edges to what the cell reads; returns the names that nobody has bound."""
        reads = run.reads | {name for name in run.soft_reads if name in self._binders}
        missing = {name for name in reads if not self._binders.get(name)} - {RANDOM, PROCESS}
        for name in reads:
            self._read_name(run.position, name, before, "static")
        for name in seen.reads if seen is not None else ():
            if name in self._binders:
                self._read_name(run.position, name, before, "observed")
        if run.reads_any:
            for name in list(self._binders):
                self._read_name(run.position, name, before, "possible")
        for position in self._dynamic:
            self._edge(position, run.position, sorted(reads) or ["*"], "possible")
        for position in self._stars:
            self._edge(position, run.position, missing, "static")
            self._edge(position, run.position, run.soft_reads, "possible")
        if self._stars or self._dynamic or run.star or run.writes_any:
            missing = set()
        self.links.add(run.position, PROCESS, self._binders.get(PROCESS, {}), "possible")
        self._files.read(run, before)
        return frozenset(missing)

    def _read_name(self, target: int, name: str, before: Env, known_by: KnownBy) -> None:
        bound = self._binders.get(name, {})
        self.links.add(target, name, bound, known_by)
        static = observed = possible = 0
        for thing, sure in before.get(name).items():
            marks = self._changes.get(thing)
            if marks is None:
                continue
            if sure == SAME:
                static |= marks.get("static", 0)
                observed |= marks.get("observed", 0)
                possible |= marks.get("possible", 0)
            else:
                possible |= together(marks.values())
        # what changed before the name was bound is what its binder needs, not this cell
        binders = together(bound.values())
        since = -(binders & -binders) if binders else -1
        changed: Marks = {
            "static": static & since,
            "observed": observed & since,
            "possible": possible & since,
        }
        self.links.add(target, name, changed, known_by)

    def _edge(self, source: int, target: int, names: Iterable[str], known_by: KnownBy) -> None:
        for name in names:
            self.links.add(target, name, at(source, known_by))

    # What the cell leaves behind

    def _write(
        self,
        run: Run,
        effects: Effects,
        deeds: Mapping[str, KnownBy],
        before: Env,
    ) -> None:
        for name in () if self._may_fail else effects.unbound:
            self._binders[name] = at(run.position, "static") if name in BUILTINS else {}
        self._seeded = self._seeded or run.seeds
        for name in run.writes - effects.unbound:
            if name == RANDOM and not self._seeded:
                continue  # before the first seed, no run equals another anyway
            if name in effects.assigned and not self._may_fail:
                self._binders[name] = {}
            mark(self._binders.setdefault(name, {}), at(run.position, "static"))
            if name not in effects.writes:
                fresh = {f"{run.position}{name}": SAME}
                self._holds[name] = {**before.get(name), **fresh}
        for name in run.seen_writes:
            mark(self._binders.setdefault(name, {}), at(run.position, "observed"))
        for thing, known_by in deeds.items():
            mark(self._changes.setdefault(thing, {}), at(run.position, known_by))
        self._note(run)

    def _note(self, run: Run) -> None:
        """Remember what is not a matter of names."""
        if run.writes_any:
            self._dynamic.append(run.position)
            self._entangle(f"{run.position}*")
        if run.star:
            self._stars.append(run.position)
        self._files.note(run)

    def _entangle(self, thing: str) -> None:
        """After a construct that may bind anything to anything, all names may share objects."""
        every = {other for holds in self._holds.values() for other in holds}
        self._contents.put(dict.fromkeys(every, PART), [thing])
        self._unknown[thing] = PART
        for name, holds in self._holds.items():
            self._holds[name] = {**self._unknown, **holds}

    def _flow(
        self,
        *,
        cell: Cell,
        version: str,
        definitions: Mapping[str, str],
        modules: Mapping[str, str],
        effects: Effects,
        run: Run,
        deeds: Mapping[str, KnownBy],
        missing: frozenset[str],
        before: Env,
    ) -> CellFlow:
        changed, perhaps = (held_by(self._holds, deeds, {p}) for p in (False, True))
        bound = frozenset(run.reads | {name for name in run.soft_reads if self._binders.get(name)})
        code = effects.mutates | effects.may_mutate
        in_place = changed | perhaps | code
        bound_anew = {n: before.itself(n) or before.get(n) for n in in_place & run.writes & bound}
        return CellFlow(
            cell=cell,
            digest=version,
            reads=bound,
            writes=frozenset(run.writes | run.seen_writes),
            mutates=changed - run.writes,
            may_mutate=perhaps - changed - run.writes,
            in_place=in_place,
            alters=in_place - run.writes | code | held_by(bound_anew, deeds),
            deletes=effects.deletes,
            missing=missing - run.writes,
            definitions=definitions,
            modules=modules,
            effects=effects,
            seeds=run.seeds,
            acts=frozenset(run.acts),
            dynamic=tuple(run.dynamic),
            files_written=frozenset(run.files_written | run.saves),
            files_read=frozenset(run.files_read),
            unbound=frozenset(n for n in run.soft_reads if not self._binders.get(n)),
        )
