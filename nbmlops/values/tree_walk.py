"""Walks a value part by part: as the tree that it stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from itertools import chain, islice
from operator import attrgetter, itemgetter
from time import perf_counter
from typing import Any

from nbmlops.errors import NotFingerprintableError, OutOfTimeError
from nbmlops.values.anatomy import anatomist_beside_pickle, take_apart
from nbmlops.values.beside import Beside, may_leave_out
from nbmlops.values.code import anatomist_of_code
from nbmlops.values.columns import Columns, columns_of, columns_of_rows
from nbmlops.values.deadlines import Deadline
from nbmlops.values.forms import LEAVES, MARK, Form, digest
from nbmlops.values.holding import Holding, may_copy
from nbmlops.values.objects import is_plain, slots_of
from nbmlops.values.set_orders import PLACED, SEEDED, STEADY, loses_order, order_of

# A part of more leaves than this is replaced by its digest, so that a part that is reached on
# many ways is walked once. The rule looks at content only: equal values are cut alike.
BRANCH = 512
_ROWS = frozenset({list, tuple})
# So many alike items are taken apart as columns, so many of them for each item: a part that items
# share is walked for each.
_FEWEST, _ROOM = 8, 512
_AT_ONCE = 128
_SETS = frozenset({set, frozenset})
_SORTABLE = frozenset({str, int, bytes})
# What every instance of a class leads to is walked once.
_CODE = frozenset({"global", "class", "function", "code"})
# Seconds for one item of a sequence and of a dict, below what any machine takes.
_QUICKEST, _QUICKEST_OF_DICTS = 1e-8, 1e-7
_MANY = 10_000

Weighed = tuple[Form, int]
"""A form, and how many leaves it has, about."""


class CycleError(Exception):
    """A part contains itself."""


class TreeWalk:
    """Turns a value into its form, as a tree: shared parts and equal parts are the same.

    Responsibilities: keeps the way from the root to find cycles; cuts large parts into digests
    and remembers them by identity; notes beside it which dicts are in an order of their own, by
    their number, which attributes a pickle may leave out, and what the order of its sets hangs on.
    """

    def __init__(self, root: Any, deadline: Deadline) -> None:
        self.orders: list[Form] = []
        self.left_out: set[str] = set()
        self.set_orders: set[str] = set()
        self.holding = Holding()
        self.holding.meet((root,), (type(root),))
        self._dicts = 0
        self._root = root
        self._deadline = deadline
        self._cut: dict[int, Form] = {}
        self._open: set[int] = set()
        self._alive: list[Any] = []
        self._inside = 0

    def form(self, value: Any) -> Form:
        """The form of a value."""
        return self.weighed(value)[0]

    def weighed(self, value: Any) -> Weighed:
        """The form of a value and how many leaves it has, about."""
        if type(value) in LEAVES:
            return value, 1
        key = id(value)
        known = self._cut.get(key)
        if known is not None:
            self.holding.again(value)
            return known, 1
        if key in self._open:
            raise CycleError
        self._open.add(key)
        form, weight = self._compound(value)
        self._open.discard(key)
        if weight > BRANCH:
            form, weight = (MARK, digest(form)), 1
            self._remember(value, form)
            self.holding.keep(value)
        return form, weight

    def _remember(self, value: Any, form: Form) -> None:
        """Know a part by its identity, and keep it so that its identity stays its own."""
        self._cut[id(value)] = form
        self._alive.append(value)

    def _compound(self, value: Any) -> Weighed:
        kind = type(value)
        if perf_counter() > self._deadline.at and self._deadline.has_passed():
            raise OutOfTimeError
        if kind is dict:
            return self._mapping(value)
        if kind is list:
            return self.sequence(value)
        if kind is tuple:
            if len(value) == 1 and isinstance(value[0], type):  # what most objects are made from
                form, weight = self.weighed(value[0])
                return (form,), 1 + weight
            forms, weight = self.sequence(value)
            return (MARK, "tuple", forms) if _is_node(forms) else tuple(forms), weight
        if kind in _SETS:
            self._note_order(value)
            items, apart = self.ordered(value, value)
            with self.holding.paused(when=not apart):
                forms, weight = self.sequence(items)
            return (MARK, kind.__name__, forms), weight
        return self._beside(value) if kind is Beside else self._object(value)

    def _note_order(self, value: Collection[Any]) -> None:
        """Note what the order of a set hangs on; where items lie counts in plain containers."""
        order = order_of(value)
        counts = order != PLACED or not self._inside
        if counts and loses_order(value, order):
            self.left_out.add("the order of a set")
        if order != STEADY:
            self.set_orders.add(order if counts else SEEDED)

    def _beside(self, value: Beside) -> Weighed:
        """What an object holds beside its pickle; what has no content of its own is passed over."""
        found: dict[str, Form] = {}
        total = 1 + len(value.ways)
        for name in sorted(value.attributes):
            weighed = self._tried(value.attributes[name])
            if weighed is None:
                continue
            found[name] = weighed[0]
            total += weighed[1]
            if name in value.lost:
                self.left_out.add(f"{name} of {value.owner}")
        ways = [(name, value.ways[name]) for name in sorted(value.ways)]
        return (MARK, "beside", list(found), list(found.values()), ways), total

    def _tried(self, part: Any) -> Weighed | None:
        """A part that may turn out to have no content; then nothing of it is noted."""
        noted, dicts, opened = len(self.orders), self._dicts, set(self._open)
        left_out, set_orders, inside = set(self.left_out), set(self.set_orders), self._inside
        self.holding.meet((part,), (type(part),))
        try:
            return self.weighed(part)
        except OutOfTimeError:
            raise
        except NotFingerprintableError:
            del self.orders[noted:]
            self._dicts, self._open, self.left_out = dicts, opened, left_out
            self.set_orders, self._inside = set_orders, inside
            return None

    def expect(self, count: int) -> None:
        """Give up where there is no time for so many parts."""
        if self._deadline.has_passed(count * _QUICKEST):
            raise OutOfTimeError

    def _expect(self, count: int, each: float) -> None:
        """Give up at once where that many items certainly take too long."""
        if count > _MANY and self._deadline.has_passed(count * each):
            raise OutOfTimeError

    def sequence(self, value: Collection[Any], room: int = _ROOM) -> tuple[Any, int]:
        """The forms of the items; a node where they were taken apart as columns."""
        self._expect(len(value), _QUICKEST)
        kinds = set(map(type, value))
        if kinds <= LEAVES:
            return value, 1 + len(value)
        if kinds <= _ROWS and _all_leaves(value):
            self.holding.meet(value, kinds)
            return value, 1 + len(value) + sum(map(len, value))
        self.holding.meet(value, kinds)
        return self.items(value, kinds, room)

    def items(self, value: Collection[Any], kinds: set[type], room: int = _ROOM) -> tuple[Any, int]:
        """The same for items of these types that are noted as parts already."""
        alike = len(kinds) == 1 and len(value) >= _FEWEST
        return (self._alike(value, kinds.pop(), room) if alike else None) or self._each(value)

    def _alike(self, items: Collection[Any], kind: type, room: int) -> Weighed | None:
        """The form of many items of one kind, column by column; none where they are no table.

        Whether they are one depends on the content alone, so that equal items have equal forms.
        """
        if perf_counter() > self._deadline.at and self._deadline.has_passed():
            raise OutOfTimeError
        if kind is dict:
            columns = columns_of(items, room)
            if columns is not None:
                self._note_rows(items, tuple(columns))
            return self._table(("records",), columns, room)
        if kind in _ROWS:
            return self._table(("rows", kind.__name__), columns_of_rows(items, room), room)
        if kind in _SETS or kind is Beside or anatomist_beside_pickle(kind) is not None:
            return None
        if may_leave_out(kind):
            return None
        self._inside += 1
        columns = _attributes(items, room)
        found = columns and self._table(("objects", self.form(kind)), columns, room)
        if not found:
            with self.holding.passing() if may_copy(kind) else nullcontext():
                found = self._reduced(items, room)
        self._inside -= 1
        return found

    def _reduced(self, items: Collection[Any], room: int) -> Weighed:
        """Objects by what they pickle to; a few at a time, as that may copy what they hold."""
        waiting, forms, total = iter(items), [], 1
        while some := list(map(self.taken_apart, islice(waiting, _AT_ONCE))):
            form, weight = self.sequence(some, room)
            forms.append((MARK, digest(form)) if weight > BRANCH else form)
            total += min(weight, BRANCH)
        return (MARK, "reduced", forms), total

    def _table(self, name: tuple[Any, ...], columns: Columns | None, room: int) -> Weighed | None:
        if columns is None:
            return None
        left = room // max(2, len(columns))
        forms, total = [], 1
        for label, column in columns.items():
            form, weight = self._one(column) or self.sequence(column, left)
            if weight > BRANCH:
                form, weight = (MARK, digest(form)), 1
            forms += [label, form]
            total += weight
        return (MARK, *name, forms), total

    def _one(self, column: list[Any]) -> Weighed | None:
        """The form of a column that holds one function or class again and again; else none."""
        kinds = set(map(type, column))
        if len(kinds) > 1 or anatomist_of_code(kinds.pop()) is None:
            return None
        digests = {self._apart(part) for part in {id(part): part for part in column}.values()}
        return ((MARK, "one", len(column), digests.pop()), 1) if len(digests) == 1 else None

    def _each(self, parts: Iterable[Any]) -> tuple[list[Form], int]:
        forms, total = [], 1
        weighed = self.weighed
        for part in parts:
            if type(part) in LEAVES:
                forms.append(part)
                total += 1
            else:
                form, weight = weighed(part)
                forms.append(form)
                total += weight
        return forms, total

    def _mapping(self, value: dict[Any, Any]) -> Weighed:
        self._expect(len(value), _QUICKEST_OF_DICTS)
        if set(map(type, value)) == {str}:
            names = sorted(value)
            self._note(list(value), names)
            forms, weight = self.sequence([value[name] for name in names])
            if _is_node(forms):
                return (MARK, "dict", names, forms), weight + len(names)
            return dict(zip(names, forms, strict=True)), weight + len(names)
        items, apart = self.ordered(value.items(), value)
        keys = [key for key, _ in items]
        self._note_keys(value, keys)
        with self.holding.paused(when=not apart):
            forms, weight = self.sequence([part for _, part in items])
        if LEAVES.issuperset(map(type, keys)) and not _is_node(forms):
            return dict(zip(keys, forms, strict=True)), weight + len(keys)
        with self.holding.paused(when=not apart):
            self.holding.meet(keys, set(map(type, keys)))
            key_forms, more = self._each(keys)
        return (MARK, "dict", key_forms, forms), weight + more

    def ordered(self, items: Iterable[Any], keys: Collection[Any]) -> tuple[list[Any], bool]:
        """The items in an order that depends on the content of their keys only.

        And whether no two keys have equal content, so that each has its place.
        """
        kinds = set(map(type, keys))
        if len(kinds) == 1 and kinds <= _SORTABLE:
            return sorted(items), True  # keys are unique: what stands behind them is not compared
        if len(keys) <= 1:
            return list(items), True
        ranks = list(map(self._apart, keys))
        ranked = sorted(zip(ranks, items, strict=True), key=itemgetter(0))
        return [item for _, item in ranked], len(set(ranks)) == len(ranks)

    def _note(self, keys: list[Any], canonical: list[Any]) -> None:
        """Note the order of a dict, if that is its own."""
        self._dicts += 1
        if keys != canonical:
            self.orders.append((self._dicts, keys))

    def _note_keys(self, value: dict[Any, Any], canonical: list[Any]) -> None:
        """The same where keys are anything: they are told by their places, and not compared."""
        places = {id(key): place for place, key in enumerate(canonical)}
        self._note([places[id(key)] for key in value], list(range(len(canonical))))

    def _note_rows(self, rows: Collection[Any], canonical: tuple[Any, ...]) -> None:
        """Note the orders of many dicts with the same texts as keys."""
        self._dicts += 1
        first = tuple(next(iter(rows)))
        if not all(map(first.__eq__, map(tuple, rows))):
            self.orders.append((self._dicts, MARK, digest(list(map(tuple, rows)))))
        elif first != canonical:
            self.orders.append((self._dicts, first))

    def _apart(self, item: Any) -> bytes:
        """The digest of one item by itself; it is looked at in no order of its own."""
        noted, dicts = len(self.orders), self._dicts
        with self.holding.paused():
            found = digest(self.form(item))
        del self.orders[noted:]
        self._dicts = dicts
        return found

    def _object(self, value: Any) -> Weighed:
        noted, dicts = len(self.orders), self._dicts
        kind, *parts = self.taken_apart(value)
        if parts and type(parts[-1]) is Beside and parts[-1].refused:
            parts = self._without_refused(parts)
        self._inside += 1
        with self._passing(kind, type(value)):
            forms, weight = self._each(parts)
        self._inside -= 1
        if kind in _CODE:
            del self.orders[noted:]
            self._dicts = dicts
            form = (MARK, kind, digest(forms))
            self._remember(value, form)
            return form, 1
        return (MARK, kind, *forms), weight

    def _without_refused(self, parts: list[Any]) -> list[Any]:
        """What comes back of an object; what an object notes on its parts is its own business."""
        noted = parts[-1]
        if not self._inside:
            self.left_out |= {f"{name} of {noted.owner}" for name in noted.refused}
        return parts if noted.attributes else parts[:-1]

    def _passing(self, kind: Any, of: type) -> AbstractContextManager[None]:
        """While the parts of an object are walked."""
        if kind in _CODE:
            return self.holding.paused()
        return self.holding.passing() if may_copy(of) else nullcontext()

    def taken_apart(self, value: Any) -> tuple[Any, ...]:
        """What a value is made of; why not, where it is a part of another one."""
        try:
            return take_apart(value)
        except NotFingerprintableError as error:
            if value is self._root:
                raise
            raise NotFingerprintableError(f"holds {error.reason}") from error


def _attributes(items: Collection[Any], room: int) -> Columns | None:
    """The attributes of objects of one class by name, where these are all that they are."""
    if is_plain(items):
        return columns_of(list(map(attrgetter("__dict__"), items)), room)
    names = slots_of(items)
    if names is None or len(names) > room:
        return None
    try:
        return {name: list(map(attrgetter(name), items)) for name in sorted(names)}
    except AttributeError:  # one of them was never set
        return None


def _all_leaves(rows: Collection[Collection[Any]]) -> bool:
    """Whether short rows hold leaves only, so that they are their own forms."""
    short = max(map(len, rows)) < BRANCH
    return short and LEAVES.issuperset(map(type, chain.from_iterable(rows)))


def _is_node(forms: Any) -> bool:
    return type(forms) is tuple and forms[:1] == (MARK,)
