"""What a cell read and changed in the kernel's namespace, which stays a plain dict."""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import inf
from time import perf_counter, thread_time
from typing import Any

from nbmlops.capture.candidates import Candidates
from nbmlops.capture.holders import Holders, modules_among
from nbmlops.capture.identities import Identities
from nbmlops.capture.module_shapes import ModuleShapes
from nbmlops.capture.part_kinds import is_plain_kind
from nbmlops.capture.parts import Parts, copy_shares
from nbmlops.capture.prints import Print, may_hold_dicts, take_print
from nbmlops.capture.process_state import figures_are_in_use
from nbmlops.capture.sharing import KnownParts, meeting
from nbmlops.capture.shell_names import OwnNames, is_displayed
from nbmlops.capture.value_records import KnownRecords
from nbmlops.domain.values import ValueRecord, ValueSummary, keeps_results
from nbmlops.values.code import is_made_by_hand
from nbmlops.values.kinds import has, identity, is_a
from nbmlops.values.session import session_digest

_DEAR = 0.003
"""Seconds above which a fingerprint is worth asking first whether anything changed."""

_AGAIN, _SLACK = 4, 0.02  # times as long as before, and seconds: storing would take longer still
_CODE = (types.FunctionType, types.BuiltinFunctionType, type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a cell did: ``outputs`` holds the values that it bound or changed, by name.

    ``set_orders`` tells by what sets have their order in those of the inputs that hold such ones.
    ``values`` is what all names hold after a cell. To be let go before the next one: numpy refuses
    to resize an array to which anything refers.
    """

    inputs: tuple[ValueRecord, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    prints: Mapping[str, Print] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    set_orders: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    """What is known of the value of a name; ``mark`` is its `session_digest`.

    ``cost`` is what the fingerprint took, in seconds: a mark that takes half of it does not pay,
    nor does another one then. Of what has none, as it took too long, only a mark tells. ``changed``
    says that the latest cell that touched it changed it in place: the next one likely does as
    well, and a mark would be taken for nothing.
    """

    identity: int
    found: Print
    cost: float
    mark: bytes | None = None
    markable: bool = True
    changed: bool = False

    @property
    def is_half(self) -> bool:
        """Whether the order in which dicts are is still to be found."""
        return self.found.text is not None and self.found.order is None


_UNKNOWN = _Known(0, Print(None), 0.0)


class NamespaceWatch:
    """Compares the namespace before and after a cell.

    Names are compared by identity, all of them; content only of those that the cell may have
    touched, and of names that share parts or memory with them. A fingerprint is kept until a
    cell may have touched its value again; of one that took long, a digest that costs less says
    whether the value is still the same. What takes too long to compare counts as changed by
    every cell that may have changed it, and its record says that it was not compared.

    ``changed_between`` are the names that the latest cell read and that something else had
    changed since the last one, such as a thread. ``held_by_modules`` are the names that share
    parts with one of the project's modules that the latest cell may use, with that module.
    ``there`` are the names that the latest cell found.

    Args:
        namespace: the kernel's namespace.
        hidden: the names that the shell put there itself.
        shapes: tells which modules of the project are what they were; its own, if ``None``.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        hidden: Mapping[str, Any],
        shapes: ModuleShapes | None = None,
    ) -> None:
        self._namespace = namespace
        self._visible = OwnNames(namespace, hidden).held
        self._prints: dict[str, _Known] = {}
        self._records = KnownRecords()
        self._former: dict[str, _Known] = {}
        self.changed_between: tuple[str, ...] = ()
        self.held_by_modules: Mapping[str, str] = {}
        self._shared = KnownParts()
        self._before = Identities({})
        self.there = frozenset[str]()
        self._inputs: tuple[ValueRecord, ...] = ()
        self._set_orders: dict[str, str] = {}
        self._there: frozenset[str] | None = None
        self._assigned: frozenset[str] = frozenset()
        self._touched: frozenset[str] = frozenset()
        self._changing: frozenset[str] = frozenset()
        self._reached: frozenset[str] = frozenset()
        self._held: list[Parts] | None = []
        self._allowed = inf
        self._holders = Holders(shapes or ModuleShapes())
        self._spent = 0.0

    def forget(self, *, between: bool = False) -> None:
        """No fingerprint can be trusted any more.

        Args:
            between: whether something ran since the last cell that was watched, as a thread does;
                otherwise a cell ran that was not.
        """
        self._former = {**self._former, **self._prints} if between else {}
        self._there = self._there if between else None
        self._prints.clear()
        self._shared.forget()

    @property
    def read(self) -> frozenset[str]:
        """The names that the cell may read."""
        return frozenset(value.name for value in self._inputs)

    def live(self) -> dict[str, Any]:
        """What the names of the notebook hold now, without those of the shell."""
        return self._visible()

    def print_of(self, name: str) -> Print:
        """The fingerprint of what a name holds now; taken again only if it may have changed."""
        return self._print(name, self._namespace[name])

    def record(self, name: str, value: Any, found: Print) -> ValueRecord:
        """A value with its fingerprint, as the ledger keeps it."""
        return self._records.of(name, value, found)

    def families(
        self, names: Collection[str], values: Mapping[str, Any] | None = None
    ) -> list[tuple[str, ...]]:
        """Names, each with all that hold parts of their own in common with it.

        Args:
            names: those that are asked for.
            values: what all names hold; what they hold now by default.
        """
        return self._shared.families(names, self._visible() if values is None else values)

    def labelled_with(self, name: str) -> tuple[str, ...]:
        """The other names whose tables have an index that is the very same object."""
        return self._shared.labelled_with(name, self._visible())

    def parts(self, name: str) -> Parts:
        """What a name's value consists of."""
        return self._shared.of(name, self._namespace[name])

    def learn(self, prints: Mapping[str, str | None]) -> None:
        """Names were bound from outside of a cell, to values with these fingerprints."""
        self._shared.forget(prints)
        self._former, self._there = {}, None
        for name in self._prints.keys() - self._namespace.keys():
            del self._prints[name]
        for name, text in prints.items():
            self._prints.pop(name, None)
            if text is not None:
                value = self._namespace[name]
                order = None if may_hold_dicts(value) else ""
                self._prints[name] = _Known(id(value), Print(text, order=order), 0.0)

    def may_change(self, parts: Parts) -> bool:
        """Whether the cell that begins may change one of these parts in place."""
        return self._held is None or any(map(parts.meet, self._held))

    def before(self, candidates: Candidates, *, allowed: float = inf) -> None:
        """Look at the namespace before a cell runs.

        Args:
            candidates: what the cell may read and change.
            allowed: the seconds that the fingerprints of this cell may take, those after it
                included; a value that finds them used up has a tenth of them for itself.
        """
        self._allowed, self._spent = allowed, 0.0
        visible = self._visible()
        self.there = frozenset(visible)
        self._before = Identities(visible)
        reads, self._changing = self._candidates(candidates, visible)
        self._touched = self._changing | candidates.rebinds
        self._assigned = candidates.assigned
        self._inputs = tuple(
            self.record(name, visible[name], self._print(name, visible[name]))
            for name in sorted(reads & visible.keys())
            if not _is_only_code(visible[name])
        )
        found = ((value.name, self._prints[value.name].found.set_order) for value in self._inputs)
        self._set_orders = {name: order for name, order in found if order}
        self.changed_between = tuple(filter(self._differs, sorted(reads & visible.keys())))
        for name in reads - set(self.changed_between):
            self._former.pop(name, None)
        for name in self._touched & visible.keys():
            if keeps_results(self._print(name, visible[name]).holding):
                self._note_results(name, visible[name])
            if name not in self._assigned:
                self._mark(self._prints[name], visible[name])

    def after(self, *, finished: bool) -> Changes:
        """Compare with what `before` saw.

        Args:
            finished: whether the cell ran to its end, so that what it assigns is assigned.
        """
        visible = self._visible()
        rebound, gone = self._before.compared(visible)
        bound = rebound | (self._assigned & visible.keys() if finished else set())
        looked_at = bound | (self._touched & visible.keys())
        former = self._shared.forget(looked_at)
        outputs, prints = {}, {}
        for name in sorted(looked_at):
            found, same = self._compare(name, visible[name])
            if name in bound or not same or (_is_unseen(found) and name in self._reached):
                outputs[name], prints[name] = visible[name], found
        stayed = looked_at - outputs.keys()
        for name in sorted(stayed & (self._changing - self._reached)):
            found = self._prints[name].found
            if _is_unseen(found) and not self._is_left_alone(name, former, stayed):
                outputs[name], prints[name] = visible[name], found
        stayed = looked_at - outputs.keys()
        for name in sorted(self._shared.held_otherwise(stayed, former, visible)):
            outputs[name], prints[name] = visible[name], self._print(name, visible[name])
        for name in sorted(self._of_changed_classes(outputs, visible) - outputs.keys()):
            self._prints.pop(name, None)
            outputs[name], prints[name] = visible[name], self._print(name, visible[name])
        deleted = tuple(sorted(gone))
        self._shared.forget(deleted)
        self._records.forget(deleted)
        for name in deleted:
            self._prints.pop(name, None)
        for name in self._former.keys() & {*outputs, *deleted}:
            del self._former[name]
        same_names = not gone and rebound <= self.there
        self._there = self.there if same_names else frozenset(visible)
        return Changes(
            inputs=self._inputs,
            outputs=outputs,
            prints=prints,
            deleted=deleted,
            set_orders=self._set_orders,
            values=visible,
        )

    def _is_left_alone(
        self, name: str, former: Mapping[str, Parts], stayed: Collection[str]
    ) -> bool:
        """Whether all that a value shares with what the cell reached is as it was.

        A generator is where it was though it draws from random numbers that a cell looked at.
        """
        met = meeting(name, self._reached, former)
        return bool(met) and all(
            other in stayed and self._prints[other].found.text is not None for other in met
        )

    def changed_meanwhile(self, names: Collection[str] | None, *, allowed: float = inf) -> Changes:
        """What is another one than after the last cell, though no cell has run since.

        Args:
            names: those that are looked at; all where ``None``, new and removed ones included.
            allowed: the seconds that the fingerprints may take; what takes longer is not compared.
        """
        self._allowed, self._spent = allowed, 0.0
        visible, there = self._visible(), self._there
        outputs, inputs = {}, []
        for name in sorted(visible if names is None else names):
            value, known = visible[name], self._former.pop(name, None)
            if _is_only_code(value):
                continue
            if known is None and names is None and there is not None and name not in there:
                outputs[name] = value
            elif known is not None and self._is_another(known, name, value):
                outputs[name] = value
                inputs += [_as_it_was(name, known, value)] if known.identity == id(value) else []
        removed = sorted(self._former.keys() - visible.keys()) if names is None else ()
        for name in removed:
            del self._former[name]
        self._shared.forget([*outputs, *removed])
        self._there = frozenset(visible)
        prints = {name: self._print(name, value) for name, value in outputs.items()}
        return Changes(inputs=tuple(inputs), outputs=outputs, prints=prints, deleted=tuple(removed))

    def _is_another(self, known: _Known, name: str, value: Any) -> bool:
        found = self._print(name, value)
        if known.identity == id(value) and (known.found.text is None or found.gave_up):
            return False  # it cannot be compared
        return known.found.differs(found)

    def _differs(self, name: str) -> bool:
        """Whether a value is another one than after the last cell, though bound by none."""
        known, former = self._prints.get(name), self._former.get(name)
        if known is None or former is None or None in (known.found.text, former.found.text):
            return False
        return known.identity == former.identity and known.found.differs(former.found)

    def _candidates(
        self, told: Candidates, visible: Mapping[str, Any]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The names that the cell may read, and those whose value it may change."""
        self.held_by_modules = {}
        if told.everything:
            every = frozenset(
                name for name, value in visible.items() if not is_a(value, types.ModuleType)
            )
            self._held = None
            self._shared.look_at(every, visible)
            self._reached = every
            return (every if told.looks else told.reads | self._used(told.uses, visible)[1]), every
        displayed = self._displayed(told.uses)
        values = {**visible, **displayed} if displayed else visible
        used, reached = self._used(told.uses, values)
        mutates = ((told.mutates | reached) & values.keys()) | {
            name
            for name, parts in used.items()
            if parts.lively
            or (parts.callable and told.calls)
            or (parts.drawn and name in told.draws_on)
        }
        mutates |= {
            name
            for name in told.opens & values.keys()
            if copy_shares(values[name], self._shared.of(name, values[name]))
        }
        if told.draws and figures_are_in_use():
            mutates |= {name for name in values if self._shared.of(name, values[name]).drawn}
        sharing = self._shared.sharing_with(mutates, values)
        self._held = [self._shared.of(name, values[name]) for name in mutates]
        by_modules = self._held_by_modules(told, used, values, displayed)
        changing = mutates | sharing | by_modules
        self._reached = frozenset(changing if displayed else mutates | by_modules)
        self._shared.forget(displayed.keys() - visible.keys())
        reads = told.reads | reached | self.held_by_modules.keys()
        return reads, frozenset(changing & visible.keys())

    def _held_by_modules(
        self,
        told: Candidates,
        used: Mapping[str, Parts],
        values: Mapping[str, Any],
        displayed: Mapping[str, Any],
    ) -> set[str]:
        """The names that the cell may change through a module of the project.

        All that it uses, where it puts something into such a module and calls something.
        """
        dotted = told.imports.union(*(parts.modules for parts in used.values()))
        modules = modules_among(dotted, map(values.__getitem__, used))
        if not modules or self._held is None:
            return set()
        found = self._holders.holdings(modules)
        self._held += found.parts
        if any(self._shared.holding(parts, values) - displayed.keys() for parts in found.parts):
            self.held_by_modules = {
                name: module
                for module, parts in found.by_module().items()
                for name in self._shared.holding(parts, values) - displayed.keys()
            }
        filled = any(is_a(values[name], types.ModuleType) for name in told.mutates & used.keys())
        return {*self.held_by_modules, *(used if filled and told.calls else ())}

    def _displayed(self, uses: Collection[str]) -> dict[str, Any]:
        """What the shell keeps of earlier outputs, under the names that a cell loads."""
        return {
            name: self._namespace[name]
            for name in uses
            if is_displayed(name) and name in self._namespace
        }

    def _used(
        self, names: Collection[str], values: Mapping[str, Any]
    ) -> tuple[dict[str, Parts], frozenset[str]]:
        """The parts of the values that are used, and the names that functions in them use."""
        used: dict[str, Parts] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in values and name not in used:
                used[name] = self._shared.of(name, values[name])
                waiting += used[name].names
        return used, frozenset(used.keys() - set(names))

    def _of_changed_classes(
        self, outputs: Mapping[str, Any], visible: Mapping[str, Any]
    ) -> set[str]:
        """The names that hold instances of a class that changed, and was not bound anew."""
        classes = {
            identity(value)
            for name, value in outputs.items()
            if is_a(value, type) and self._before.holds(name, value)
        }
        return self._shared.made_of(classes, visible) if classes else set()

    def _compare(self, name: str, value: Any) -> tuple[Print, bool]:
        """The fingerprint of a value now, and whether it is what it was before the cell."""
        known = self._prints.pop(name, _UNKNOWN)
        stayed = known.identity == id(value)
        marked = stayed and known.mark is not None
        mark = self._take_mark(known, value, share=1) if marked else None
        if mark is not None and mark == known.mark:
            self._prints[name] = known
            return known.found, True
        again = _AGAIN * known.cost + _SLACK if stayed and known.found.text is not None else 0.0
        found = self._print(name, value, least=again)
        differs = found.differs(known.found)
        if stayed:
            now = self._prints[name]
            now.markable, now.changed = known.markable, differs and not found.gave_up
            now.mark = None if now.changed else mark
        return found, not differs and not found.gave_up

    def _note_results(self, name: str, value: Any) -> None:
        """Know what a value has computed by now, as cells that only ask for it do not count."""
        known = self._prints.pop(name)
        now = self._print(name, value)
        if now.text == known.found.text:
            known.found = now
        self._prints[name] = known

    def _mark(self, known: _Known, value: Any) -> None:
        """Remember what a value is like whose fingerprint should not be taken for nothing."""
        dear = known.cost > _DEAR and (known.found.text is not None or known.found.gave_up)
        if dear and known.markable and known.mark is None and not known.changed:
            known.mark = self._take_mark(known, value)
            known.markable = known.mark is not None

    def _take_mark(self, known: _Known, value: Any, *, share: float = 0.5) -> bytes | None:
        """The mark of a value, if it takes no more than a share of what the fingerprint took."""
        began = thread_time()
        left = max(known.cost, self._allowed / 4) if known.found.gave_up else share * known.cost
        mark = session_digest(value, until=perf_counter() + left)
        self._spent += thread_time() - began
        return mark

    def _print(self, name: str, value: Any, *, least: float = 0.0) -> Print:
        known = self._prints.get(name)
        if known is not None and known.identity == id(value) and not known.is_half:
            return known.found
        began = thread_time()
        found = take_print(
            value,
            allowed=self._allowed,
            left=max(self._allowed - self._spent, self._allowed / 10, least),
        )
        self._prints[name] = _Known(id(value), found, thread_time() - began)
        self._spent += self._prints[name].cost
        return found


def _is_unseen(found: Print) -> bool:
    """Whether a value has nothing by which a change could be seen."""
    return found.text is None and not found.gave_up


def _as_it_was(name: str, known: _Known, value: Any) -> ValueRecord:
    """A value that was changed in place since; only its fingerprint is still known."""
    kind = ValueSummary(kind=type(value).__name__)
    return ValueRecord(name=name, fingerprint=known.found.text, summary=kind)


def _is_only_code(value: Any) -> bool:
    """Whether a value is code, and no module that a cell has made, which holds data as well."""
    return is_code(value) and not (type(value) is types.ModuleType and is_made_by_hand(value))


def is_code(value: Any) -> bool:
    """Whether a value is a module, function or class: part of the code, not of the data."""
    kind = type(value)
    if is_plain_kind(kind):
        return kind is types.ModuleType
    if is_a(value, (types.ModuleType, types.MethodType, *_CODE)):
        return True
    return has(kind, "__get__") and not has(kind, "__set__")  # a method of a built-in class
