"""The functions and classes of a notebook, as far as the kernel has run them."""

from __future__ import annotations

import inspect
import sys
import types
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from textwrap import dedent, indent
from typing import Any

from nbmlops.capture.candidates import Candidates
from nbmlops.capture.cell import cell_calls
from nbmlops.capture.code_held import code_in
from nbmlops.capture.handed_out import HandedOut
from nbmlops.capture.local_code import is_cell_code
from nbmlops.capture.part_kinds import is_plain_kind
from nbmlops.capture.scripts import read_by_scripts, without_scripts
from nbmlops.capture.shell_names import is_displayed
from nbmlops.errors import CellSyntaxError, NotFingerprintableError
from nbmlops.notebook.dataflow.effects import (
    WITHOUT_SOURCE,
    Definition,
    Dynamic,
    Effects,
    analyze,
)
from nbmlops.notebook.dataflow.harmless import harmless
from nbmlops.notebook.dataflow.known import CONVENTIONS, SQL_PACKAGES
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.kinds import is_a, module_of, name_of

_SHOWN = "{}, which holds what an earlier cell displayed"
_DRAWING = ("matplotlib.pyplot.", "seaborn.")
"""What may draw on a figure that is not named in the code."""

_MOST_WRAPPERS = 64
"""Wrappers around one function that are looked through; it may say that it wraps itself."""

_FUNCTIONS = frozenset(["nbmlops", "pandas", "sklearn"])
"""Packages of which a function or class is known by itself, and calls nothing it is given."""

_MODULES = _FUNCTIONS | {full.partition(".")[0] for full in CONVENTIONS.values()}


class Definitions:
    """Remembers what each cell defined, and follows what a cell uses through it.

    A definition counts as long as its name holds the very function or class that it made.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._known: dict[str, _Known] = {}
        self._handed_out = HandedOut(namespace, self._behind)

    def anew(self) -> Definitions:
        """What is known where names have become others: what libraries keep is there still."""
        found = Definitions(self._namespace)
        found._handed_out = self._handed_out.seen_from(found._behind)
        return found

    def learn(self, effects: Effects, bound: Collection[str] | None = None) -> None:
        """A cell has run.

        Args:
            effects: what its source says.
            bound: the names that it bound, where it did not run to its end.
        """
        made = {
            name: _Known(definition, _reference(self._namespace[name]))
            for name, definition in effects.defines.items()
            if name in self._namespace and (bound is None or name in bound)
        }
        self._known |= made
        if not effects.uses.isdisjoint(self._known):
            for name, known in made.items():
                self._known[name] = replace(known, made_with=self._made_with(known.definition))

    def used_by(self, effects: Effects) -> dict[str, Definition]:
        """The notebook's functions and classes that a cell uses, transitively, by name.

        Those whose names it binds before it uses them are its own, not those of before.
        """
        used: dict[str, Definition] = {}
        waiting: list[tuple[str, _Known | None]] = [(name, None) for name in effects.uses]
        waiting += [
            (name, known)
            for own in effects.definitions
            for name, known in (*_by_name(_needs(own)), *self._made_with(own).items())
        ]
        anew = effects.assigned - effects.reads - effects.soft_reads
        waiting = [(name, known) for name, known in waiting if known or name not in anew]
        while waiting:
            name, known = waiting.pop()
            found = None if name in used else known or self._find(name)
            if found is not None:
                used[name] = found.definition
                waiting += [*_by_name(_needs(found.definition)), *found.made_with.items()]
        own = effects.defines
        return {name: found for name, found in used.items() if name not in own}

    def sharpened(self, source: str, effects: Effects, used: Mapping[str, Definition]) -> Effects:
        """The effects of a cell, knowing what it uses of libraries and of other cells.

        Args:
            source: the cell.
            effects: what it does if nothing is known but its code.
            used: the functions and classes of other cells that it uses; those that it, or what
                it calls, binds anew do not count.
        """
        if _in_force(effects.dynamic) or not effects.calls:
            return effects
        reached = [effects, *(definition.effects for definition in used.values())]
        bound = frozenset().union(*(part.writes | part.deletes for part in reached))
        there = [name for name in effects.uses - bound if name in self._namespace]
        origins = {name: _origin_of(self._namespace[name]) for name in there}
        known = {**CONVENTIONS, **dict.fromkeys(bound), **origins}
        leave = harmless({name: own.source for name, own in used.items() if name not in bound})
        imported = {name: full for name, full in known.items() if full}
        if imported == CONVENTIONS and not leave:
            return effects
        return analyze(source, imported, leave)

    def candidates(
        self,
        source: str,
        effects: Effects,
        used: Mapping[str, Definition],
        imports: frozenset[str] = frozenset(),
    ) -> Candidates:
        """See `candidates_of`; with what the values hold that it and what it calls use.

        What libraries and modules keep of the notebook's code counts as used, where it is in reach.

        Where the code does not tell what is read, all names are; of a script that it runs, those
        that the script uses.
        """
        scripts = read_by_scripts(source, effects)
        if scripts is not None:
            called = self.used_by(Effects(uses=scripts))
            if not any(_in_force(own.effects.dynamic) for own in called.values()):
                effects = without_scripts(effects)
                used = {**called, **used}
        names = effects.uses.union(*map(_needs, used.values()))
        there = [self._namespace[name] for name in names if name in self._namespace]
        held = self._behind(code_in(there))
        kept = self._handed_out.may_be_called(source, effects, {**held, **used})
        found = candidates_of(
            effects,
            {**kept, **used},
            [own for name, own in held.items() if name not in used],
            calls=cell_calls(source),
            imports=imports,
        )
        if found.looks:
            return replace(found, reads=frozenset(self._namespace))
        return replace(found, reads=found.reads | scripts) if scripts else found

    def _behind(self, names: Collection[str]) -> dict[str, Definition]:
        return self.used_by(Effects(uses=frozenset(names))) if names else {}

    def _made_with(self, definition: Definition) -> dict[str, _Known]:
        """The notebook's functions and classes of which a definition was made, as they are now."""
        try:
            header = analyze(definition.source, {})
        except CellSyntaxError:
            return {}
        names = (header.reads | header.soft_reads) - {definition.name}
        found = {name: self._find(name) for name in sorted(names)}
        return {name: known for name, known in found.items() if known is not None}

    def _find(self, name: str) -> _Known | None:
        if name not in self._namespace:
            return None
        value = self._namespace[name]
        if is_plain_kind(type(value)):
            return None
        known = self._known.get(name)
        if known is not None and known.holder() is value:
            return known
        inner = _unwrapped(value)
        if is_a(inner, types.FunctionType) and inner.__module__ == "__main__":
            return self._look_up(name, value, inner)
        return None

    def _look_up(self, name: str, value: Any, function: types.FunctionType) -> _Known | None:
        """A function that no cell is known to have defined, such as one from before loading."""
        found = _from_source(function)
        if found is not None and not _stands_in_a_cell(function):
            found = replace(found, name="")
        found = found or _from_code(name, function)
        if found is None:
            return None
        self._known[name] = _Known(found, _reference(value))
        return self._known[name]


def _origin_of(value: Any) -> str | None:
    """What a name stands for, dotted, if it is a module, function or class that is known."""
    if is_a(value, types.ModuleType):
        name = vars(value).get("__name__")
        return name if _package(name) in _MODULES else None
    if is_a(value, types.FunctionType):  # whoever wraps another one may take its module's name
        module, name = value.__globals__.get("__name__"), value.__name__
    elif is_a(value, type):
        module, name = module_of(value), name_of(value)
    else:
        return None
    return f"{module}.{name}" if _package(module) in _FUNCTIONS else None


def _package(module: Any) -> str:
    return module.partition(".")[0] if type(module) is str else ""


def _from_source(function: types.FunctionType) -> Definition | None:
    source = _source_of(function)
    if source is None:
        return None
    try:
        found = analyze(source).defines.get(function.__name__)
        around = function.__code__.co_freevars
        if found is None or not around:
            return found
        within = analyze(f"def around({', '.join(around)}):\n{indent(dedent(source), '    ')}")
        return replace(found, effects=within.defines["around"].effects)
    except CellSyntaxError:
        return None


def _source_of(function: types.FunctionType) -> str | None:
    """The text of a function, or of what it wraps; ``None`` where that is not known."""
    try:
        return inspect.getsource(function)
    except Exception:  # noqa: BLE001 (what it says that it wraps is asked, and may be anything)
        return None


def _stands_in_a_cell(function: types.FunctionType) -> bool:
    """Whether a cell defines a function by itself; no call of its, and no script, does."""
    inner = function
    for _ in range(_MOST_WRAPPERS):
        wrapped: Any = vars(inner).get("__wrapped__")
        if not is_a(wrapped, types.FunctionType):
            break
        inner = wrapped
    return "<locals>" not in inner.__qualname__ and is_cell_code(inner.__code__)


def _from_code(name: str, function: types.FunctionType) -> Definition | None:
    """A function whose source is not known, such as one that ``exec`` made, by its content."""
    try:
        content = fingerprint(function)
    except NotFingerprintableError:
        return None
    return Definition(
        name=name, source=f"{WITHOUT_SOURCE}{content}'", object=name, effects=Effects()
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """A definition, and a way to the object that it made, which is not kept alive.

    ``made_with`` are those that it took when it was made: decorators, base classes, defaults.
    """

    definition: Definition
    holder: Callable[[], Any]
    made_with: Mapping[str, _Known] = field(default_factory=dict)


def _reference(value: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: None  # what a decorator made cannot be told again


def _unwrapped(value: Any) -> Any:
    """The function inside what a decorator such as ``functools.cache`` made."""
    if is_a(value, types.FunctionType):
        return value
    try:
        return vars(value).get("__wrapped__", value)
    except Exception:  # noqa: BLE001 (its own code was asked for what it holds)
        return value


def by_their_names(used: Mapping[str, Definition], *, of_step: bool) -> dict[str, Definition]:
    """Those that cells define under the names by which they are used.

    What a call or a script made, or another name for a function, is what the cell made that bound
    it. What ``exec`` made makes a version of a step that uses it.

    Args:
        used: the functions and classes that a cell uses.
        of_step: whether the cell has a name, and so versions.
    """
    return {
        name: own
        for name, own in used.items()
        if own.name == name and (of_step or not own.source.startswith(WITHOUT_SOURCE))
    }


def candidates_of(
    effects: Effects,
    used: Mapping[str, Definition],
    held: Iterable[Definition] = (),
    *,
    calls: bool = True,
    imports: frozenset[str] = frozenset(),
) -> Candidates:
    """The names whose content a cell may read or change, functions that it calls included.

    Args:
        effects: what its source says.
        used: the notebook's functions and classes that it uses.
        held: those that the values hold which it uses.
        calls: whether it calls anything.
        imports: the modules that it uses.
    """
    reached = [
        effects,
        *(own.effects for own in effects.definitions),
        *(definition.effects for definition in used.values()),
    ]
    touched = [part.mutates | part.may_mutate for part in reached]
    reads = effects.reads | effects.soft_reads
    if SQL_PACKAGES & sys.modules.keys():
        reads |= effects.queried
    called = (*used.values(), *(_called(effects) if effects.definitions else ()))
    for definition in called:
        reads |= definition.effects.reads
    shown = sorted(name for name in reads if is_displayed(name))
    bodies = (part for own in (*called, *held) for part in own.effects.dynamic)
    dynamic = _in_force([*effects.dynamic, *bodies])
    reasons = [*(construct.reason for construct in dynamic), *map(_SHOWN.format, shown)]
    return Candidates(
        reads=reads | touched[0],
        mutates=frozenset().union(*touched),
        opens=frozenset().union(*[part.opens for part in reached]),
        rebinds=frozenset().union(*[part.writes | part.deletes for part in reached]),
        assigned=effects.assigned,
        uses=frozenset().union(*[part.uses for part in reached]),
        draws_on=frozenset().union(*[part.draws_on for part in reached]),
        draws=any(call.startswith(_DRAWING) for part in reached for call in part.calls),
        calls=calls,
        imports=imports,
        everything=any(construct.writes and not construct.star for construct in dynamic),
        looks=any(construct.reads for construct in dynamic),
        complete=not shown,
        unknown="; ".join(dict.fromkeys(reasons)) or None,
    )


def _in_force(dynamic: Collection[Dynamic]) -> list[Dynamic]:
    """Those that may reach names with the packages that this process has loaded."""
    if not dynamic:
        return []
    packages = SQL_PACKAGES & sys.modules.keys()
    return [construct for construct in dynamic if construct.counts(packages)]


def _called(effects: Effects) -> list[Definition]:
    """The functions and classes of a cell that it uses itself, transitively."""
    own = effects.defines
    found: dict[str, Definition] = {}
    waiting = [*effects.uses]
    while waiting:
        name = waiting.pop()
        if name in own and name not in found:
            found[name] = own[name]
            waiting += _needs(own[name])
    return list(found.values())


def _by_name(names: Iterable[str]) -> list[tuple[str, _Known | None]]:
    """Names that stand for what they hold when they are looked up."""
    return [(name, None) for name in names]


def _needs(definition: Definition) -> list[str]:
    return [
        *definition.effects.uses,
        *(name for inner in definition.effects.definitions for name in _needs(inner)),
    ]
