"""What a cell does to the names of its notebook: the nouns, and `analyze`, which finds them.

An *object* is what a name may hold. The object that a name holds before the cell runs is called
as the name; objects that the cell makes are ``#1``, ``#2`` …; modules are ``pkg:NAME``. A *hold*
says how sure it is that a name holds an object:

* `SAME`: the name is bound to this very object.
* `PART`: the object may be inside, or share memory with, what the name is bound to.
* `CODE`: what the name is bound to was made by calling the object.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from nbmlops.notebook.dataflow.asked import Answers
from nbmlops.notebook.dataflow.known import CONVENTIONS
from nbmlops.notebook.dataflow.takers import Taker

CODE, PART, SAME = 0, 1, 2

NAMESPACE = "<namespace>"
"""The object that holds all names, as ``globals()`` gives it, or what reads from it."""

INNER = "#"
"""Stands for functions that a function makes, and hands out."""

ANY_FILE = "<files>"
"""Stands for files that the code does not name."""

Holds = dict[str, int]
"""Object → the surest hold on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamic:
    """A construct whose effects the code does not tell.

    ``star`` is for ``from x import *``: it binds names that are not known, and does no more.
    ``line`` is where it stands, counted from 1 in the cell; 0 where that is not known. Where it
    is in the body of a function that a cell runs, ``function`` is that function and ``place`` the
    position of the cell that defines it. With ``packages``, it is one only where one of them is in
    use: a query of SQL, which finds names of the notebook with some libraries only.
    """

    reason: str
    reads: bool = True
    writes: bool = True
    star: bool = False
    line: int = 0
    packages: frozenset[str] = frozenset()
    function: str = ""
    place: int | None = None

    def counts(self, packages: Collection[str]) -> bool:
        """Whether it is one where these packages are in use."""
        return not self.packages or any(map(self.packages.__contains__, packages))

    @property
    def said(self) -> str:
        """What it is, with the function in which it stands."""
        return f"{self.reason} in `{self.function}`" if self.function else self.reason


_NO_NAMES = frozenset[str]()
_MOST_ANALYSES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a cell, or the body of a function, does.

    Attributes:
        reads: names loaded before the cell itself is sure to have bound them.
        soft_reads: names that are read if the notebook defines them (builtins, ``{x}`` in a
            shell line, ``@x`` in a query).
        queried: words in texts of SQL, which are read if the notebook defines them and a library is
            in use that looks for them.
        uses: every name that is loaded, bound by the cell or not.
        writes: names that the cell binds.
        assigned: the names among ``writes`` that are bound whichever way the cell goes.
        deletes: names that the cell unbinds.
        unbound: the names among ``deletes`` that are unbound whichever way the cell goes.
        touched: objects that the cell changes in place; `SAME` for certain, `PART` for perhaps,
            `CODE` where the result of calling the object is changed.
        holds: for each name that is bound at the end, the objects that it may hold.
        contents: object → the objects that the cell puts into it.
        given: function → the objects that it is given, and keeps if it keeps anything.
        escapes: what may keep code → the objects that it is handed; what a function is given does
            not count, as the code that calls it tells of that.
        handed: objects that are given to what sets up a library, which may change them later.
        draws_on: names whose values are drawn on, if they are figures or parts of one.
        imports: names bound by an import → what was imported, dotted.
        definitions: the functions and classes that the cell defines, in order.
        calls: what is called, dotted; see `calls.OF_WHAT`.
        dynamic: constructs that the code does not tell the effects of.
        literals: strings in the cell that may be paths.
        saves: the strings, and the names of variables, given to calls that write files.
        seeds: whether it sets the state of a global random generator.
        acts: what in it may change something outside of the notebook's names: files, settings,
            the state of libraries.
        called: names of the notebook that are called.
        live: objects that reading may change, such as iterators; those that a function returns
            with the function's name, which decides.
        containers: objects that are lists, dicts or sets, of which a copy shares what is inside.
        files_written: the last parts of the paths of files that it may write; see `ANY_FILE`.
        files_read: the same of files that it may read.
        subclassed: classes that get a subclass, which they know.
        may_draw: whether it may draw from a global random generator.
        draws_figures: whether it draws on the current figure of `pyplot`.
        keeps_figures: whether figures last beyond their cell after it.
    """

    reads: frozenset[str] = frozenset()
    soft_reads: frozenset[str] = frozenset()
    queried: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    assigned: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    unbound: frozenset[str] = frozenset()
    touched: Mapping[str, int] = field(default_factory=dict)
    holds: Mapping[str, Holds] = field(default_factory=dict)
    contents: Mapping[str, Holds] = field(default_factory=dict)
    given: Mapping[str, Holds] = field(default_factory=dict)
    escapes: Mapping[Taker, Holds] = field(default_factory=dict)
    handed: frozenset[str] = frozenset()
    draws_on: frozenset[str] = frozenset()
    imports: Mapping[str, str] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()
    calls: frozenset[str] = frozenset()
    dynamic: tuple[Dynamic, ...] = ()
    literals: frozenset[str] = frozenset()
    saves: frozenset[str] = frozenset()
    seeds: bool = False
    acts: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    live: Mapping[str, frozenset[str]] = field(default_factory=dict)
    containers: frozenset[str] = frozenset()
    files_written: frozenset[str] = frozenset()
    files_read: frozenset[str] = frozenset()
    subclassed: frozenset[str] = frozenset()
    may_draw: bool = False
    draws_figures: bool = False
    keeps_figures: bool = False

    @property
    def mutates(self) -> frozenset[str]:
        """Names whose value, as it was before the cell, is certainly changed in place."""
        return self._touched(SAME)

    @property
    def may_mutate(self) -> frozenset[str]:
        """Names whose value, as it was before the cell, a call may change in place."""
        return self._touched(PART)

    def _touched(self, how: int) -> frozenset[str]:
        if not self.touched:
            return _NO_NAMES  # as in most cells
        return frozenset(n for n, sure in self.touched.items() if sure == how and _is_name(n))

    @property
    def opens(self) -> frozenset[str]:
        """Names of values of which a shallow copy is changed, with what it shares with them."""
        if not self.touched:
            return _NO_NAMES
        return frozenset(
            thing[1:] for thing in self.touched if thing[:1] == "~" and _is_name(thing[1:])
        )

    @property
    def defines(self) -> dict[str, Definition]:
        """The functions and classes that the cell defines; the last one of each name."""
        return {definition.name: definition for definition in self.definitions}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A function or class of the notebook.

    ``source`` is its text without indentation, decorators included; ``object`` what its name
    holds; ``effects`` what its body does when it is called; ``returns`` the objects of the
    notebook that a call may hand out. ``lasting`` says that its body may go on after the call: a
    class, a generator, or a function that makes functions; ``stateful`` that a call may leave
    something for the next one; ``returns_live`` that what it returns may change when it is read;
    ``decorated`` that it is what a decorator has made of it.
    """

    name: str
    source: str
    object: str
    effects: Effects
    is_class: bool = False
    lasting: bool = False
    stateful: bool = False
    returns_live: bool = False
    decorated: bool = False
    returns: Holds = field(default_factory=dict)


WITHOUT_SOURCE = "'made without source: "
"""Begins what stands for the source of a function that stands in no cell, as of ``exec``."""


@dataclass(frozen=True, slots=True)
class Harmless:
    """A function that changes and keeps nothing of what it is given.

    ``shares`` says that its result may hold parts of that; ``opens`` that it changes shallow
    copies, which share what is inside of lists, dicts and sets.
    """

    shares: bool
    opens: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What a cell does, and all that this hangs on but its source."""

    effects: Effects
    imported: Answers[str]
    harmless: Answers[Harmless]


def analyze(
    source: str,
    imported: Mapping[str, str] | None = None,
    harmless: Mapping[str, Harmless] | None = None,
) -> Effects:
    """Find what a cell does.

    Args:
        source: the cell as it is in the notebook.
        imported: names that earlier cells import → what they are, dotted. Without it, the usual
            short names (``np``, ``pd``, ``plt`` …) are taken for what they usually are.
        harmless: functions of earlier cells that leave what they are given alone, by name.

    Returns:
        the same value for the same arguments, as long as it is remembered: not to be changed.

    Raises:
        CellSyntaxError: the cell is not Python.
    """
    known = CONVENTIONS if imported is None else dict(imported)
    alone = dict(harmless or {})
    done = _analyses(source)
    for analysis in done:
        if analysis.imported.are_those_of(known) and analysis.harmless.are_those_of(alone):
            return analysis.effects
    found = _analyzed(source, known, alone)
    done.append(found)
    del done[:-_MOST_ANALYSES]
    return found.effects


# of a notebook that is judged again, one cell has changed
@lru_cache(maxsize=2048)
def _analyses(_: str) -> list[Analysis]:
    """Those of a source that are remembered."""
    return []


def _analyzed(
    source: str, imported: Mapping[str, str], harmless: Mapping[str, Harmless]
) -> Analysis:
    from nbmlops.notebook.dataflow import statements

    return statements.analysis_of(source, imported, harmless)


def _is_name(thing: str) -> bool:
    return thing.isidentifier()
