"""A cell as it runs in its notebook: its own effects, and those of the functions it calls."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from nbmlops.notebook.dataflow.contents import Contents
from nbmlops.notebook.dataflow.effects import CODE, PART, Definition, Dynamic, Effects, Holds


@dataclass(slots=True)
class Run:
    """A cell as it runs: its own effects and those of the functions it calls.

    ``texts`` are its source, and those of the functions and modules that it uses; ``modules`` the
    project's own among these, file → source. ``certain`` are the functions that it is known to
    call, once that was found out.
    """

    position: int
    packages: Collection[str] = ()
    texts: tuple[str, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    certain: frozenset[str] | None = None
    reads: set[str] = field(default_factory=set)
    soft_reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    touched: Holds = field(default_factory=dict)
    dynamic: dict[Dynamic, None] = field(default_factory=dict)
    stars_seen: bool = False
    uses: set[str] = field(default_factory=set)
    literals: set[str] = field(default_factory=set)
    saves: set[str] = field(default_factory=set)
    seeds: bool = False
    stateful: set[str] = field(default_factory=set)
    seen_writes: set[str] = field(default_factory=set)
    acts: set[str] = field(default_factory=set)
    files_written: set[str] = field(default_factory=set)
    files_read: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    may_draw: bool = False
    draws_figures: bool = False
    keeps_figures: bool = False
    passed: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))

    @property
    def reads_any(self) -> bool:
        """Whether it may read any name."""
        return any(found.reads for found in self.dynamic)

    @property
    def writes_any(self) -> bool:
        """Whether it may change or bind any name."""
        return any(found.writes and not found.star for found in self.dynamic)

    @property
    def star(self) -> bool:
        """Whether it binds names that its code does not tell."""
        return not self.stars_seen and any(found.star for found in self.dynamic)


class Env:
    """What each name held at one point, with what was inside it then, whenever it is asked."""

    def __init__(
        self,
        holds: Mapping[str, Holds],
        contents: Contents,
        unknown: Holds,
        containers: Collection[str] = (),
    ) -> None:
        self.containers = containers
        self._holds = holds
        self._unknown = unknown
        self._contents = contents
        self._then = contents.copy()
        self._expanded: dict[str, Holds] = {}

    def get(self, name: str) -> Holds:
        """What a name held; if it was not bound, what code that cannot be read may have bound."""
        if name not in self._expanded:
            self._expanded[name] = self._then.expanded(self._holds.get(name, self._unknown))
        return self._expanded[name]

    def itself(self, name: str) -> Holds:
        """What a name is bound to, without what is inside of that."""
        return self._holds.get(name, {})

    def up_to_date(self) -> Env:
        """The same point, with all that is known by now to be inside."""
        if self._then.version == self._contents.version:
            return self
        return Env(self._holds, self._contents, self._unknown, self.containers)


def code_behind(
    name: str, env: Env, code: Mapping[str, Definition], passed: set[str]
) -> Iterator[str]:
    """The code that using a name may run: it, or what it left in the value that it made.

    Args:
        name: what is used.
        env: what names hold.
        code: the definitions, by their objects.
        passed: calls that were looked behind before; those of now are added.
    """
    waiting, is_itself = [name], True
    while waiting:
        for thing, sure in env.get(waiting.pop()).items():
            known = code.get(thing)
            if known is None:
                continue
            if known.lasting or (is_itself and sure > CODE):
                yield thing
            elif sure <= CODE and thing not in passed:
                passed.add(thing)
                waiting += known.effects.uses
        is_itself = False


def object_of(thing: str, position: int) -> str:
    """An object of a cell, as it is called in the whole notebook."""
    return f"{position}{thing}" if thing.startswith("#") else thing


def mapped(holds: Mapping[str, int], env: Env, position: int) -> Holds:
    """Holds of one cell, as objects of the notebook."""
    result: Holds = {}
    for thing, sure in holds.items():
        if thing.startswith("~"):
            copied = mapped({thing[1:]: PART}, env, position)
            merge(result, {other: PART for other in copied if other in env.containers})
        elif not thing.isidentifier():
            merge(result, {object_of(thing, position): sure})
        else:
            inner = env.get(thing)
            merge(result, {other: min(sure, held) for other, held in inner.items()})
    return result


def merge(holds: Holds, added: Holds) -> None:
    """Add what others hold."""
    for thing, sure in added.items():
        holds[thing] = max(sure, holds.get(thing, CODE))


def take(run: Run, effects: Effects, inside: tuple[str, int | None] = ("", None)) -> None:
    """Add what a cell, or a function that it calls, does.

    Args:
        run: gets it.
        effects: those of the cell, or of the function's body.
        inside: the function, and the position of the cell that defines it.
    """
    run.reads |= effects.reads
    run.soft_reads |= effects.soft_reads
    run.uses |= effects.uses
    run.writes |= effects.writes
    run.literals |= effects.literals
    run.saves |= effects.saves
    run.seeds |= effects.seeds
    run.acts |= effects.acts
    run.files_written |= effects.files_written
    run.files_read |= effects.files_read
    run.called |= effects.called
    run.calls |= effects.calls
    run.may_draw |= effects.may_draw
    run.draws_figures |= effects.draws_figures
    run.keeps_figures |= effects.keeps_figures
    function, place = inside
    for found in effects.dynamic:
        if found.counts(run.packages):
            run.dynamic[replace(found, function=function, place=place)] = None
