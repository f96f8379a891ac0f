"""What is known at one point of a cell, and what has been found so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nbmlops.notebook.dataflow.asked import Asked
from nbmlops.notebook.dataflow.effects import (
    CODE,
    PART,
    SAME,
    Definition,
    Dynamic,
    Effects,
    Harmless,
    Holds,
)
from nbmlops.notebook.dataflow.known import BUILTINS, RANDOM, SHELL_NAMES
from nbmlops.notebook.dataflow.scopes import Scope
from nbmlops.notebook.dataflow.takers import Taker

_SOFT = BUILTINS | SHELL_NAMES | {"display", "get_ipython", "__file__"}
MODULE = Scope(kind="module", own=frozenset(), globals=frozenset(), serial=0, parent=None)


def weaker(holds: Holds, most: int = PART) -> Holds:
    """The same objects, held no surer than ``most``."""
    if not holds:
        return {}
    return {thing: sure if sure < most else most for thing, sure in holds.items()}  # noqa: FURB136


def shallow(holds: Holds) -> Holds:
    """What a shallow copy holds: the inside of lists, dicts and sets; see `running.mapped`."""
    return {
        thing if thing.startswith("~") else f"~{thing}": PART
        for thing, sure in holds.items()
        if sure > CODE
    }


def union(many: Iterable[Holds]) -> Holds:
    """Everything that any of them holds, as sure as the surest."""
    result: Holds = {}
    for holds in filter(None, many):
        if not result:
            result.update(holds)
            continue
        for thing, sure in holds.items():
            if sure > result.get(thing, -1):
                result[thing] = sure
    return result


def expanded(holds: Holds, contents: Mapping[str, Holds]) -> Holds:
    """The same, with what the objects contain, and what that contains."""
    result = dict(holds)
    if not contents:
        return result
    waiting = [thing for thing, sure in holds.items() if sure > CODE and thing in contents]
    while waiting:
        for thing, sure in contents[waiting.pop()].items():
            if sure > result.get(thing, -1):
                result[thing] = sure
                if sure > CODE and thing in contents:
                    waiting.append(thing)
    return result


@dataclass(slots=True)
class Found:
    """The effects found so far, of a cell or of a function's body."""

    reads: set[str] = field(default_factory=set)
    soft_reads: set[str] = field(default_factory=set)
    queried: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    touched: Holds = field(default_factory=dict)
    contents: dict[str, Holds] = field(default_factory=dict)
    given: dict[str, Holds] = field(default_factory=dict)
    escapes: dict[Taker, Holds] = field(default_factory=dict)
    handed: set[str] = field(default_factory=set)
    draws_on: set[str] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    dynamic: dict[str, Dynamic] = field(default_factory=dict)
    literals: set[str] = field(default_factory=set)
    saves: set[str] = field(default_factory=set)
    seeds: bool = False
    returns: Holds = field(default_factory=dict)
    acts: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    live: dict[str, frozenset[str]] = field(default_factory=dict)
    containers: set[str] = field(default_factory=set)
    returns_live: bool = False
    files_written: set[str] = field(default_factory=set)
    files_read: set[str] = field(default_factory=set)
    subclassed: set[str] = field(default_factory=set)
    may_draw: bool = False
    draws_figures: bool = False
    keeps_figures: bool = False


@dataclass(slots=True)
class Point:
    """A point in the flow: names sure to be bound, sure to be unbound, and what each holds."""

    bound: set[str] = field(default_factory=set)
    unbound: set[str] = field(default_factory=set)
    holds: dict[str, Holds] = field(default_factory=dict)

    def copy(self) -> Point:
        """A point that can go another way."""
        return Point(set(self.bound), set(self.unbound), dict(self.holds))


def join(points: Sequence[Point]) -> Point:
    """Where several ways meet: bound if bound on each, holding what any holds."""
    first, *others = points
    result = first.copy()
    for other in others:
        result.bound &= other.bound
        result.unbound &= other.unbound
        for name in result.holds.keys() | other.holds.keys():
            one, another = result.holds.get(name), other.holds.get(name)
            if one is not another:
                result.holds[name] = union([held(result, name), held(other, name)])
    return result


def held(point: Point, key: str) -> Holds:
    """What a name holds; one that the cell has not bound holds the object called as it."""
    if key in point.holds:
        return point.holds[key]
    return {key: SAME} if key.isidentifier() else {}


class State:
    """The state of a walk through a cell.

    Responsibilities: resolving names to scopes, recording loads, stores and changes, and making
    objects. It knows no syntax. ``changed_by_lambda`` are lambdas, by their `id`, that change what
    they are given, with the object that stands for it; ``raised`` is what errors may hold;
    ``line`` is that of the statement that is walked; ``may_name_shell`` says whether the cell may
    mention the shell.
    """

    def __init__(self, imported: Mapping[str, str], harmless: Mapping[str, Harmless]) -> None:
        self.harmless = Asked(harmless)
        self.scope = MODULE
        self.point = Point()
        self.found = Found()
        self.imported = Asked(imported)
        self.making_live: frozenset[str] | None = None
        self.making_container = False
        self.changed_by_lambda: dict[int, str] = {}
        self.raised: Holds = {}
        self.line = 0
        self.may_name_shell = True
        self._made = 0

    def make(self) -> str:
        """A new object."""
        self._made += 1
        return f"#{self._made}"

    def load(self, name: str) -> Holds:
        """A name is read."""
        key = name if self.scope is MODULE else self.scope.find(name)
        if key == name:
            self.found.uses.add(name)
            if name not in self.point.bound:
                (self.found.soft_reads if name in _SOFT else self.found.reads).add(name)
        return expanded(held(self.point, key), self.found.contents)

    def store(self, name: str, holds: Holds, *, constant: bool = False) -> None:
        """A name is bound; a ``constant`` cannot be changed in place."""
        key = self.scope.find(name)
        if not constant and SAME not in holds.values():
            made = self.make()
            holds = {**holds, made: SAME}
            if self.making_live is not None:
                self.found.live[made] = self.making_live
            if self.making_container:
                self.found.containers.add(made)
        self.point.holds[key] = holds
        if key == name:
            self.found.writes.add(name)
            self.point.bound.add(name)
            self.point.unbound.discard(name)
            self.imported.learn(name, None)

    def give(self, holds: Holds, to: Holds) -> None:
        """Objects are handed to functions, which may keep them."""
        for thing in to if holds else ():
            self.found.given[thing] = union([self.found.given.get(thing, {}), weaker(holds)])

    def delete(self, name: str) -> None:
        """A name is unbound."""
        key = self.scope.find(name)
        self.point.holds[key] = {}
        if key == name:
            self.found.deletes.add(name)
            if self.scope.in_function:
                self.act(f"del {name}")
            self.point.bound.discard(name)
            self.point.unbound.add(name)

    def touch(self, holds: Holds, most: int = SAME) -> None:
        """Objects are changed in place, as sure as they are held and at most ``most``."""
        for thing, sure in holds.items():
            known = self.found.touched.get(thing, CODE)
            self.found.touched[thing] = max(known, min(sure, most))

    def draw_on(self, holds: Holds) -> None:
        """Objects are drawn on, if they are figures."""
        self.found.draws_on |= {thing for thing in holds if thing.isidentifier()}

    def put(self, holds: Holds, into: Holds) -> None:
        """Objects become part of others."""
        for thing, sure in into.items() if holds else ():
            if sure > CODE:
                inner = self.found.contents.get(thing, {})
                self.found.contents[thing] = union([inner, weaker(holds)])

    def shift(self, pseudo: str, *, reads: bool) -> None:
        """A pseudo-name (random state, process) is changed, after being read or not."""
        self.found.writes.add(pseudo)
        if reads:
            self.found.reads.add(pseudo)
        elif pseudo == RANDOM:
            self.found.seeds = True

    def act(self, what: str) -> None:
        """Something outside of the notebook's names may be changed."""
        self.found.acts.add(what)

    def unknown(
        self,
        reason: str,
        *,
        reads: bool = True,
        writes: bool = True,
        packages: frozenset[str] = frozenset(),
    ) -> None:
        """Something happens that the code does not tell; see `Dynamic`."""
        found = Dynamic(
            reason=reason, reads=reads, writes=writes, line=self.line, packages=packages
        )
        known = self.found.dynamic.get(reason, found)
        both = known.packages and packages
        self.found.dynamic[reason] = replace(
            known,
            reads=known.reads or reads,
            writes=known.writes or writes,
            packages=known.packages | packages if both else frozenset(),
        )

    def is_import(self, thing: str) -> bool:
        """Whether an object is a module or what was imported from one."""
        return thing.startswith("pkg:") or self.imported.get(thing) is not None


def freeze(found: Found, point: Point) -> Effects:
    """The effects as a value."""
    return Effects(
        reads=frozenset(found.reads),
        soft_reads=frozenset(found.soft_reads),
        queried=frozenset(found.queried),
        uses=frozenset(found.uses),
        writes=frozenset(found.writes),
        assigned=frozenset(point.bound & found.writes),
        deletes=frozenset(found.deletes),
        unbound=frozenset(point.unbound),
        touched=dict(found.touched),
        contents=dict(found.contents),
        given=dict(found.given),
        holds={name: holds for name, holds in point.holds.items() if name.isidentifier()},
        escapes=dict(found.escapes),
        handed=frozenset(found.handed),
        draws_on=frozenset(found.draws_on),
        imports=dict(found.imports),
        definitions=tuple(found.definitions.values()),
        calls=frozenset(found.calls),
        dynamic=tuple(found.dynamic.values()),
        literals=frozenset(found.literals),
        saves=frozenset(found.saves),
        seeds=found.seeds,
        acts=frozenset(found.acts),
        called=frozenset(found.called),
        live=dict(found.live),
        containers=frozenset(found.containers),
        files_written=frozenset(found.files_written),
        files_read=frozenset(found.files_read),
        subclassed=frozenset(found.subclassed),
        may_draw=found.may_draw,
        draws_figures=found.draws_figures,
        keeps_figures=found.keeps_figures,
    )
