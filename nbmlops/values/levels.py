"""Large values level by level, many parts at once: their form takes no recursion.

The interpreter's own loops walk a level: no Python code runs for each part, and however deep a
value is, it is never nested too deeply.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain, compress, count
from operator import attrgetter, not_
from typing import Any, Protocol

from nbmlops.values.chains import SHORTEST, Chain, chain_from, leaves_before
from nbmlops.values.columns import columns_of
from nbmlops.values.doubts import Doubtful, SharedError, in_doubt
from nbmlops.values.forms import LEAVES, MARK, Form, digest
from nbmlops.values.holding import Holding
from nbmlops.values.kinds import has, identity
from nbmlops.values.many_arrays import digests_of
from nbmlops.values.objects import is_plain, slots_of
from nbmlops.values.opened import is_apart, is_opened, is_walked_alone

MANY = 1_000
"""Parts from which on a value counts as large."""
DEEP = 32
"""Levels from which on a value counts as large, however few its parts: it may have no end of them,
and what walks it part by part takes several calls for each."""
MOST = 2_000_000
"""Parts of the largest value that is walked as a tree, shared ones counted in each place."""
MUCH, LONG = 4_000_000, 1_000
"""What the containers of a level hold together, and each on average, that are walked one by one."""
NARROW = 4
"""Parts of a level that are looked at one by one."""
_SHORT = 64
# Levels that say less than this are digested together.
_LITTLE = 10_000
_ALIKE, _WIDE = 8, 512
_DICTS_ARE_DEAR = 10
_AT_ONCE = 10_000
"""Unlike dicts whose keys are sorted before those of others: lists of them take more than they."""
_SORTABLE = ({str}, {int}, {bytes})

_Group = tuple[Form, list[Sequence[Any]]]
"""What parts of one kind say of themselves, and what they hold."""
_Opened = tuple[Form, list[Any]]
_Way = Callable[["Levels", list[Any]], _Group]


class Walk(Protocol):
    """What knows how to walk one part, for those that stay closed here."""

    orders: list[Form]
    holding: Holding

    def form(self, value: Any) -> Form:
        """The form of a value."""

    def items(self, value: Collection[Any], kinds: set[type]) -> tuple[Any, int]:
        """The forms of items that were met before, and how many leaves they have."""

    def ordered(self, items: Iterable[Any], keys: Collection[Any]) -> tuple[list[Any], bool]:
        """Items in an order that follows from the content of their keys, if no two are equal."""

    def taken_apart(self, value: Any) -> tuple[Any, ...]:
        """What a value is made of."""

    def expect(self, count: int) -> None:
        """Give up where there is no time for so many parts."""


class TooManyError(Exception):
    """A value has too many parts, or no end of them."""


class Levels:
    """A value as a tree, where a part that is met again ends the walk.

    A level is a list of parts. What they are and the plain data in them is noted kind by kind;
    what else they hold is the next level, in an order that follows from this one, so that nothing
    more has to be noted of who holds what. Some kinds stay closed: each of them is walked by
    itself in the end.

    Args:
        walk: for the parts that stay closed.
        many: parts from which on a value is worth it.
    """

    name = "tree"
    _said_beside = 1
    _each_once = True
    _each_alone = True

    def __init__(self, walk: Walk, many: int) -> None:
        self.orders: list[Form] = []
        self.holding = Holding()
        self._walk = walk
        self._many = many
        self._size = 0
        self._seen: set[int] = set()
        self._doubtful = self._doubtful_below = Doubtful([], [])
        self._waiting: list[Form] = []
        self._met: list[Any] = []
        self._digests: list[bytes] = []
        self._closed: list[list[Any]] = []
        # Functions, as bound methods would make a cycle that keeps what was walked alive.
        self._ways: dict[type, _Way] = {}
        self._slots: dict[type, tuple[str, ...]] = {}
        self._shapes: dict[tuple[Any, ...], tuple[tuple[int], list[str]]] = {}
        self._labels: dict[tuple[Any, ...], tuple[int]] = {}
        self._kinds: list[type] = []
        self._alive: list[Any] = []

    def form(self, root: Any) -> Form | None:
        """The form of a value; ``None`` of one that is not large.

        Raises:
            SharedError: a part of it has several places.
            TooManyError: it has too many parts.
        """
        level = [root]
        self.holding.meet(level, {type(root)})
        depth = 0
        straight = 0  # the depth from which on it is tried whether objects form a chain
        while level:
            if len(level) == 1 and depth >= straight:
                parts, further = self._along(level[0])
                if not parts:
                    straight = depth + DEEP
                else:
                    depth, level = depth + parts, further
                    self._digest_at(level)
                    continue
            depth += 1
            if len(level) > NARROW or depth % DEEP == 0:
                self._walk.expect(len(level))
            self._size += len(level)
            below = self._step(level) if len(level) <= NARROW else None
            if below is None:
                self._look_ahead(level)
                below = self._open(level)
            level = self._go_on(level, below)
            self._digest_at(level)
        if self._size < self._many and depth < DEEP:
            return None
        self._digest()
        self._walk.orders += self.orders
        self._walk.holding = self.holding
        labels = [names for _, *names in self._labels]
        closed = [self._kinds, *self._closed]
        return (MARK, self.name, self._digests, labels, list(map(self._digest_of, closed)))

    def inside(self, part: Any) -> list[Any]:
        """What one part holds, without plain data."""
        kind = type(part)
        _, columns = (self._ways.get(kind) or self._way(kind, part))(self, [part])
        return [inner for inner in chain.from_iterable(columns) if not _is_plain(inner)]

    def _look_ahead(self, level: list[Any]) -> None:
        """Before a wide level is opened: one part in many places would be opened for each."""
        parts = self._doubtful.among(level)
        if len(set(map(identity, parts))) < len(parts):
            inside = Levels(self._walk, self._many).inside
            if any(map(inside, {identity(part): part for part in parts}.values())):
                raise SharedError

    def _go_on(self, level: list[Any], below: list[Any]) -> list[Any]:
        """The next level; that of parts which hold nothing has no bearing on who shares what."""
        if self._size > MOST:
            raise TooManyError
        if below:
            before = len(self._seen)
            parts = self._doubtful.among(level)
            self._seen.update(map(identity, parts))
            if len(self._seen) - before < len(parts):
                raise SharedError
        self._doubtful = self._doubtful_below
        return below

    def _along(self, first: Any) -> tuple[int, list[Any]]:
        """Open a chain of objects as if level by level: how many, and what comes after these."""
        kind = type(first)
        if self._ways.get(kind) is not Levels._objects:
            return 0, []
        inside = first.__dict__
        label, names = self._shapes.get((kind, *inside), ((), []))
        held = [name for name in names if not _is_plain(inside[name])]
        leading = [name for name in held if not self._is_known(inside[name])]
        most = min(self._until_digested(len(names)), MOST - self._size - 1)
        if len(leading) != 1 or most < SHORTEST:
            return 0, []
        found = chain_from(first, names, leading[0], most=most)
        plain = [leaves_before(found.columns[name]) for name in names if name not in held]
        length = min([len(found.parts) - _is_plain(found.below[-1]), *plain])
        if length < SHORTEST:
            return 0, []
        self._walk.expect(length)
        found, told = self._follow(found.cut(length), held)
        marks = [MARK] * len(found.parts)
        said = [marks if name in held else found.columns[name] for name in names]
        labels = [label] * len(found.parts)
        self._waiting += chain.from_iterable(zip(labels, *said, *told, strict=True))
        below = map(found.columns.__getitem__, held)
        self._met += chain.from_iterable(zip(*below, strict=True))
        self._size += len(found.parts)
        return len(found.parts), found.below[-1:]

    def _until_digested(self, names: int) -> int:
        """How many levels of one object with so many attributes there may be before a digest."""
        left = (_LITTLE - len(self._waiting)) // (self._said_beside + names) + 1
        return max(left, self._many - self._size)

    def _is_known(self, part: Any) -> bool:  # noqa: ARG002 (a graph knows some)
        """Whether a part was met before and leads nowhere new."""
        return False

    def _follow(self, found: Chain, held: list[str]) -> tuple[Chain, list[list[Any]]]:  # noqa: ARG002
        """The part of a chain that was followed, and what else each of its levels says.

        Args:
            found: the chain.
            held: the attributes that hold more than plain data.
        """
        ids = set(map(identity, found.parts))
        if len(ids) < len(found.parts) or not ids.isdisjoint(self._seen):
            raise SharedError
        self._seen |= ids
        return found, []

    def _digest_at(self, level: list[Any]) -> None:
        """Digest what waits before a level is opened, if it is enough."""
        if self._size >= self._many and (len(level) > NARROW or len(self._waiting) > _LITTLE):
            self._digest()

    def _meet(self) -> None:
        """Note which parts of narrow levels come again."""
        self.holding.meet(self._met, set(map(type, self._met)))
        self._met = []

    def _digest(self) -> None:
        self._meet()
        self._digests.append(digest(self._waiting))
        self._waiting = []

    def _digest_of(self, closed: list[Any]) -> bytes:
        """Of parts of one kind; one that most of them are is walked once."""
        kinds = set(map(type, closed))
        if not closed or not all(map(is_walked_alone, kinds)):
            return digest(self._walk.items(closed, kinds)[0])
        parts = {identity(part): part for part in closed}
        found = dict(zip(parts, digests_of(list(parts.values()), self._walk), strict=True))
        return digest([found[identity(part)] for part in closed])

    def _step(self, level: list[Any]) -> list[Any] | None:
        """The next level of a narrow one; none where it takes more than a look at each part."""
        said: list[Form] = []
        below: list[Any] = []
        ways = self._ways
        for part in level:
            kind = type(part)
            if ways.get(kind) is Levels._objects:
                opened = self._object(kind, part.__dict__)
            else:
                opened = self._one(part)
            if opened is None:
                return None
            said.append(opened[0])
            for inner in opened[1]:
                kind = type(inner)
                if kind in LEAVES or (kind is tuple and _is_plain(inner)):
                    said.append(inner)
                else:
                    said.append(MARK)
                    below.append(inner)
        self._waiting += said
        self._met += below
        return below

    def _one(self, part: Any) -> _Opened | None:
        """A short part, by itself."""
        kind = type(part)
        if kind is list or kind is tuple:
            return (len(part) if kind is list else -1 - len(part), part) if _short(part) else None
        if kind is dict:
            if not _short(part) or set(map(type, part)) != {str}:
                return None
            names = sorted(part)
            self._note_order(list(part), names)
            return names, list(map(part.__getitem__, names))
        way = self._ways.get(kind) or self._way(kind, part)
        if way is Levels._objects:
            return self._object(kind, part.__dict__)
        return self._slot_by_slot(part) if way is Levels._slotted else None

    def _slot_by_slot(self, part: Any) -> _Opened | None:
        names = self._slots[type(part)]
        try:
            return self._label(type(part), *names), [getattr(part, name) for name in names]
        except AttributeError:  # never set
            return None

    def _object(self, kind: type, inside: Any) -> _Opened | None:
        shape = (kind, *inside)
        known = self._shapes.get(shape)
        if known is None:
            if type(inside) is not dict or not _short(inside) or _kinds_of(inside) - {str}:
                return None
            names = sorted(inside)
            known = self._shapes[shape] = self._label(kind, *names), names
            self._note_order(list(inside), names)
        return known[0], list(map(inside.__getitem__, known[1]))

    def _label(self, kind: type, *names: str) -> tuple[int]:
        """What stands for a class and its attributes."""
        label = self._labels.get((kind, *names))
        if label is None:
            label = self._labels[(kind, *names)] = (len(self._labels),)
            self._kinds.append(kind)
        return label

    def _open(self, level: list[Any]) -> list[Any]:
        """The next level of a wide one."""
        self._meet()
        groups: dict[type, list[Any]] = {type(level[0]): level}
        if len(set(map(type, level))) > 1:
            groups = {}
            for part in level:
                groups.setdefault(type(part), []).append(part)
            places = dict(zip(groups, count(), strict=False))
            self._waiting.append(list(map(places.__getitem__, map(type, level))))
        held: list[Sequence[Any]] = []
        doubtful: list[Any] = []
        for kind, group in groups.items():
            form, columns = (self._ways.get(kind) or self._way(kind, group[0]))(self, group)
            self._waiting.append(form)
            for column in columns:
                is_ours = column is not group[0]
                noted = self._note(column, is_ours=is_ours)
                if noted:
                    held.append(noted)
                    if self._each_once:
                        doubtful += in_doubt(noted, ours=is_ours + (noted is not column))
        only = held[0] if len(held) == 1 else None  # not copied, as it may be long
        below = only if isinstance(only, list) else list(chain.from_iterable(held))
        self._doubtful_below = Doubtful(below, doubtful)
        return below

    def _note(self, column: Sequence[Any], *, is_ours: bool) -> Sequence[Any]:
        """Note the plain data in a column; what else there is."""
        kinds = set(map(type, column))
        if kinds <= LEAVES:
            self._waiting.append(column)
            return ()
        self.holding.meet(column, kinds, is_ours=is_ours)
        if tuple not in kinds and kinds.isdisjoint(LEAVES):
            self._waiting.append(len(column))
            return column
        if tuple in kinds:
            plain = list(map(_is_plain, column))
        else:
            plain = list(map(LEAVES.__contains__, map(type, column)))
        self._size += sum(plain) if tuple in kinds else 0
        self._waiting.append(
            [part if is_plain else MARK for is_plain, part in zip(plain, column, strict=True)]
        )
        return list(compress(column, map(not_, plain)))

    def _way(self, kind: type, first: Any) -> _Way:
        """How parts of a kind are opened."""
        way: _Way = Levels._close
        if kind is list or kind is tuple:
            way = Levels._lists
        elif kind is dict:
            way = Levels._dicts
        elif is_opened(kind):
            names = None if has(kind, "__getattr__") else slots_of([first])
            if is_plain([first]):
                way = Levels._objects
            elif names is not None:
                self._slots[kind], way = tuple(sorted(names)), Levels._slotted
            elif is_apart(kind):
                way = Levels._apart
        self._ways[kind] = way
        return way

    def _close(self, parts: list[Any]) -> _Group:
        self._closed.append(parts)
        return ("closed", len(parts)), []

    def _lists(self, parts: list[Any]) -> _Group:
        lengths = list(map(len, parts))
        self._walk.expect(self._weighed(lengths))
        flat = parts[0] if len(parts) == 1 else list(chain.from_iterable(parts))
        return (type(parts[0]).__name__, lengths), [flat]

    def _weighed(self, lengths: list[int]) -> int:
        """How much containers hold; where that is much, and in long ones, each is walked alone.

        Who holds one of them in many places is no slower then, and needs no more memory.
        """
        total = sum(lengths)
        if self._each_alone and len(lengths) > NARROW and total > max(MUCH, LONG * len(lengths)):
            raise TooManyError
        return total

    def _apart(self, parts: list[Any]) -> _Group:
        """What they pickle to, which is made for this."""
        made = list(map(self._walk.taken_apart, parts))
        self._alive += made
        return ("apart", list(map(len, made))), [list(chain.from_iterable(made))]

    def _slotted(self, parts: list[Any]) -> _Group:
        kind = type(parts[0])
        names = self._slots[kind]
        try:
            columns: list[Sequence[Any]] = [list(map(attrgetter(name), parts)) for name in names]
        except AttributeError:  # one of them was never set
            return self._apart(parts)
        return (self._label(kind, *names), len(parts)), columns

    def _objects(self, parts: list[Any]) -> _Group:
        self._walk.expect(_DICTS_ARE_DEAR * len(parts))
        inside = list(map(attrgetter("__dict__"), parts))
        keys = chain.from_iterable(inside)
        if set(map(type, inside)) != {dict} or not set(map(type, keys)) <= {str}:
            return self._apart(parts)
        form, columns = self._dicts(inside)
        return (self._label(type(parts[0])), form), columns

    def _dicts(self, parts: list[Any]) -> _Group:
        self._walk.expect(_DICTS_ARE_DEAR * self._weighed(list(map(len, parts))))
        columns = columns_of(parts, _WIDE) if len(parts) >= _ALIKE else None
        if columns is not None:
            names = list(columns)
            self._note_orders(parts, tuple(names))
            return ("alike", names, len(parts)), list(columns.values())
        keys = set(map(type, chain.from_iterable(parts)))
        if len(keys) > 1 or (keys and keys not in _SORTABLE):
            return self._keyed_by_anything(parts)
        keys_in_order: list[Any] = []
        values: list[Any] = []
        is_sorted = True
        for begin in range(0, len(parts), _AT_ONCE):
            some = parts[begin : begin + _AT_ONCE]
            ordered = list(map(sorted, some))
            is_sorted = is_sorted and ordered == list(map(list, some))
            keys_in_order += chain.from_iterable(ordered)
            values += chain.from_iterable(map(map, map(_GETTER, some), ordered))
        if not is_sorted:
            self._note_own_order(list(map(list, parts)))
        return ("dict", list(map(len, parts)), keys_in_order), [values]

    def _keyed_by_anything(self, parts: list[Any]) -> _Group:
        pairs = [self._walk.ordered(part.items(), part) for part in parts]
        if not all(apart for _, apart in pairs):
            return self._close(parts)
        rows = [row for row, _ in pairs]
        for part, row in zip(parts, rows, strict=True):
            places = {id(key): place for place, (key, _) in enumerate(row)}
            self._note_order([places[id(key)] for key in part], list(range(len(part))))
        keys = [key for row in rows for key, _ in row]
        self.holding.meet(keys, set(map(type, keys)))
        self._closed.append(keys)
        return ("keyed", list(map(len, parts))), [[value for row in rows for _, value in row]]

    def _note_orders(self, parts: list[Any], canonical: tuple[str, ...]) -> None:
        first = tuple(parts[0])
        if not all(map(first.__eq__, map(tuple, parts))):
            self.orders.append((self._size, MARK, digest(list(map(tuple, parts)))))
        elif first != canonical:
            self.orders.append((self._size, first))

    def _note_order(self, keys: list[Any], canonical: list[Any]) -> None:
        if keys != canonical:
            self._note_own_order(keys)

    def _note_own_order(self, keys: list[Any]) -> None:
        told = keys if len(keys) <= _SHORT else digest(keys)
        self.orders.append((self._size, MARK, told))


_GETTER = attrgetter("__getitem__")


def _short(part: Collection[Any]) -> bool:
    return len(part) <= _SHORT


def _kinds_of(parts: Iterable[Any]) -> set[type]:
    return set(map(type, parts))


def _is_plain(part: Any) -> bool:
    """Whether a part is its own form, and whoever else holds it has no bearing on it."""
    if type(part) is tuple:
        return len(part) <= _SHORT and LEAVES.issuperset(map(type, part))
    return type(part) in LEAVES
