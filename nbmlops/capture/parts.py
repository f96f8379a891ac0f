"""What values consist of, and what changes when it is merely used."""

from __future__ import annotations

import gc
import sys
import types
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, compress, filterfalse, islice
from operator import attrgetter, not_
from sys import getrefcount
from typing import Any

from nbmlops.capture.addressed import address_of, are_some_foreign
from nbmlops.capture.globals_used import globals_of
from nbmlops.capture.level_kinds import LevelKinds, kinds_of
from nbmlops.capture.packed import Packing, are_disjoint, packed, united
from nbmlops.capture.part_kinds import (
    FIXED,
    PLAIN,
    acts,
    changes,
    code_acts,
    counts,
    home_of,
    is_drawing,
    is_inner,
    is_of_library,
    is_table,
    is_usual,
    may_act,
    of_notebook,
    own_home,
    walks_by,
)
from nbmlops.capture.straight import Straight
from nbmlops.values.beside import attributes_of
from nbmlops.values.kinds import ancestry, has, identity, is_a, package_of
from nbmlops.values.registered import registered

_MOST_PARTS = 1_000_000
"""Parts of one value that are looked at; a larger one counts as sharing with every other."""

_NARROW, _MOST_AT_ONCE = 4, 32
_AT_ONCE = 10_000
_GLANCE = 100
_MANY = 20_000
"""Parts of one level from which on it is asked which of them can be come to again, and identities
from which on a set of them is packed."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a value consists of.

    ``mutable`` are the identities of its parts that can change, views counting as the memory
    they look at; ``own`` those among them that come back shared when two values that have them in
    common are kept together: not the memory of frames, which copy what is written to, nor the
    classes of instances. ``tabled`` are the arrays in frames, with the memory that these look at,
    ``labels`` the indexes of frames, which may be those of others too.
    ``foreign`` says that it may look at memory of others without referring to these, ``lies`` that
    it has memory at all.
    ``classes`` are those of the notebook that it has instances of, or is. ``lively`` says that it
    may change when it is merely used: iterated over, called, or asked for an attribute;
    ``callable`` that somewhere in it are objects with methods, which may change where the cell
    calls something; ``drawn`` that it is a figure, or has some. ``whole`` is false for a value of
    too many parts. ``names`` are the globals that functions of the notebook in it load or bind;
    ``modules`` those of the project from which its types and functions come.
    """

    mutable: AbstractSet[int] = frozenset()
    own: AbstractSet[int] = frozenset()
    tabled: frozenset[int] = frozenset()
    labels: frozenset[int] = frozenset()
    foreign: bool = False
    lies: bool = False
    classes: frozenset[int] = frozenset()
    lively: bool = False
    callable: bool = False
    drawn: bool = False
    names: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    whole: bool = True

    @property
    def is_single(self) -> bool:
        """Whether a value has no parts of its own that could be shared within it."""
        return len(self.own) <= 1

    def meet(self, others: Parts) -> bool:
        """Whether a part that can change may be one of the others as well."""
        if not self.whole:
            return True
        apart = others.whole and are_disjoint(self.mutable, others.mutable)
        return bool(self.mutable) and not apart


def together(several: Sequence[Parts]) -> Parts:
    """What several values consist of; of what is each one's own, only that it can change."""
    mutable = united([each.mutable for each in several])
    return Parts(
        mutable=mutable,
        own=mutable,
        classes=frozenset[int]().union(*(each.classes for each in several)),
        modules=frozenset[str]().union(*(each.modules for each in several)),
        whole=all(each.whole for each in several),
    )


def parts_of(value: Any) -> Parts:
    """What a value consists of; looks into every part, and runs none of their code.

    Never raises: what cannot be looked into counts as sharing with every other value.
    """
    try:
        return _parts_of(value)
    except Exception:  # noqa: BLE001 (a metaclass may refuse even to be hashed)
        own = frozenset([identity(value)])
        return Parts(mutable=own, own=own, lively=True, whole=False)


def _parts_of(value: Any) -> Parts:
    walk = _Walk(value, once=Packing())
    deque(walk.own_levels(), maxlen=0)  # which holds no level while the next one is looked for
    own = walk.own() if walk.closed else None
    # not what classes hold: their code runs where it is called
    foreign, lively = walk.foreign, walk.lively
    tabled: set[int] = set()
    labels: set[int] = set()
    if walk.closed:
        for level in chain([walk.closed], walk.closed_levels()):
            known = kinds_of(level)
            foreign = foreign or known.arrow
            if known.numpy:
                tabled.update(identity(part) for part in level if type(part) in known.numpy)
            if known.indexes:
                labels.update(identity(part) for part in level if type(part) in known.indexes)
    mutable = walk.all()
    return Parts(
        mutable=mutable,
        own=mutable if own is None else own,
        tabled=frozenset(tabled),
        labels=frozenset(labels),
        foreign=foreign,
        lies=walk.lies,
        classes=frozenset(walk.classes),
        lively=lively or not walk.whole,
        callable=walk.callable,
        drawn=walk.drawn,
        names=frozenset(walk.names),
        modules=frozenset(walk.modules),
        whole=walk.whole,
    )


def copy_shares(value: Any, parts: Parts) -> bool:
    """Whether a shallow copy of a value would have parts in common with it that can change."""
    kind: Any = type(value)
    if package_of(kind) == "numpy" and has(kind, "__array_interface__"):
        return bool(value.dtype.hasobject)
    alone = {identity(value)}
    if is_table(kind):  # copies its columns, and what is noted on it
        alone.add(identity(vars(value).get("_attrs")))
    return not (parts.whole and parts.own <= alone)


def own_parts(value: Any) -> Iterator[Any]:
    """The parts that are a value's own, the value first; not the memory that arrays look at."""
    for level in _Walk(value, memory=False).own_levels():
        yield from level


def own_and_tabled(value: Any) -> tuple[list[Any], list[Any]]:
    """The parts that are a value's own, as `own_parts`, and those inside of its frames."""
    walk = _Walk(value, memory=False)
    own = [part for level in walk.own_levels() for part in level]
    return own, [part for level in walk.closed_levels() for part in level]


class _Walk:
    """Looks into a value level by level, all parts of one level at once.

    What is ``closed`` is left for later: the insides of frames, which are nobody else's, and
    what instances have in common. ``alone`` are the identities of those that are no parts of the
    value's own, ``fixed`` of those that cannot change.

    ``seen`` are the identities of what may be come to once more. What nothing but one place
    refers to is not: of that, as most of a large value is, only a packed list is made.

    Args:
        value: what is looked into.
        memory: whether it goes on to what arrays look at.
        once: takes the identities of parts that can change and are not ``seen``, if they are
            asked for.
    """

    def __init__(self, value: Any, *, memory: bool = True, once: Packing | None = None) -> None:
        self._value = value
        self._memory = memory
        self._once = once
        self._count = 0
        self.seen: set[int] = set()
        self.fixed: set[int] = set()
        self.alone: set[int] = set()
        self.closed: list[Any] = []
        self.classes: set[int] = set()
        self.names: set[str] = set()
        self.modules: set[str] = set()
        self._kinds: set[int] = set()
        self._usual: set[type] = set()
        self._straight = Straight()
        self.lively = self.callable = self.drawn = self.foreign = self.lies = False
        self.whole = True

    def own_levels(self) -> Iterator[list[Any]]:
        """The parts that are the value's own, level by level."""
        return self.follow([self._value], closing=True)

    def closed_levels(self) -> Iterator[list[Any]]:
        """The insides of what was left for later, level by level."""
        return self.follow(_inside(self.closed, kinds_of(self.closed), memory=self._memory))

    def own(self) -> AbstractSet[int]:
        """The identities of the value's own parts that can change, as far as it was walked."""
        return self._with_once(self.seen.difference(self.fixed, self.alone))

    def all(self) -> AbstractSet[int]:
        """The identities of all parts that can change; asked for at the end."""
        self.seen -= self.fixed
        return self._with_once(self.seen)

    def _with_once(self, some: set[int]) -> AbstractSet[int]:
        """These identities, and those of what is in one place; packed where they are many."""
        once = self._once or ()
        if len(some) + len(once) >= _MANY:
            return united([packed(some), *([once.packed()] if once else [])])
        return some.union(once.packed()) if once else some

    def follow(self, level: list[Any], *, closing: bool = False) -> Iterator[list[Any]]:
        """These parts and all that they hold, level by level, as far as not seen before."""
        level, counted, leapt = _changing(level), False, False
        while level and len(self.seen) + self._count + len(level) <= _MOST_PARTS:
            if len(level) <= _NARROW:
                followed, level = self._follow_narrow(level)
                yield followed
                near = len(level)
                level += self._beyond(level)
                leapt = leapt or len(level) > near
            level = self._fresh(level, counted=counted)
            if not level:
                break
            known = kinds_of(level)
            level = self._look(level, known)
            shown: list[Any] = []
            if closing and known.closed:
                level, shown = self._close(level, known.closed)
            yield level
            level = _below(level, known, memory=self._memory)
            level += _changing(shown)
            leapt = leapt or bool(shown)  # what is come to from there may be known
            counted = not leapt and not known.opened
        self.whole = self.whole and not level

    def _fresh(self, level: list[Any], *, counted: bool) -> list[Any]:
        """The parts that were not come to before, each once.

        Args:
            level: parts.
            counted: whether each of them is there once for each reference of those that led here.
        """
        if not counted or len(level) < _MANY or 1 not in _once(islice(level, _GLANCE)):
            return self._seen_now(level)
        once, again = _once(level), list[Any]()
        if 0 in once:
            again = list(compress(level, map(not_, once)))
            level = list(compress(level, once))
        kinds = set(map(type, level))
        odd = set(filterfalse(is_usual, kinds))
        if odd:
            again += (part for part in level if type(part) in odd)
            level = [part for part in level if type(part) not in odd]
        self._count += len(level)
        if self._once is not None:
            fixed = not kinds.isdisjoint(FIXED)
            listed = (part for part in level if type(part) not in FIXED) if fixed else level
            self._once.add(map(identity, listed))
        return level + self._seen_now(again) if again else level

    def _seen_now(self, level: list[Any]) -> list[Any]:
        """The same of parts that may be come to again."""
        level = _fresh(level, self.seen)
        self.fixed.update(identity(part) for part in level if type(part) in FIXED)
        return level

    def _follow_narrow(self, level: list[Any]) -> tuple[list[Any], list[Any]]:
        """Parts of known kinds, of which each leads to few others, and what comes after them."""
        found: list[Any] = []
        seen, usual = self.seen, self._usual
        level = [part for part in level if identity(part) not in seen]
        while 0 < len(level) <= _NARROW and len(found) < _MOST_AT_ONCE:
            if not usual.issuperset(map(type, level)):
                break
            seen.update(map(identity, level))
            found += level
            inside = gc.get_referents(*level)
            level = [p for p in inside if type(p) not in PLAIN and identity(p) not in seen]
        self.fixed.update(identity(part) for part in found if type(part) in FIXED)
        return found, level

    def _beyond(self, level: list[Any]) -> list[Any]:
        """What else objects in a narrow level lead to, so that it is looked into together."""
        usual = [part for part in level if type(part) in self._usual]
        return [far for part in usual for far in self._straight.beyond(part, self.seen)]

    def _look(self, level: list[Any], known: LevelKinds) -> list[Any]:
        """Note what a level says of the value, and leave out what is no part of it."""
        if known.changeable:
            self._ask(known.kinds)
        self.drawn = self.drawn or known.drawn
        self.foreign = self.foreign or (known.foreign and are_some_foreign(level, known.kinds))
        self.lies = self.lies or known.lies
        if known.looked_at:
            level = self._look_closer(self._without_constants(level, known), known.looked_at)
        self._usual |= known.usual
        if known.tensors and "torch" in sys.modules:
            self.seen.update(address_of(part) for part in level if type(part) in known.tensors)
        return level

    def _ask(self, kinds: AbstractSet[type]) -> None:
        """Note what types say of which more may become known later."""
        notebook = list(filter(of_notebook, kinds))
        self.classes |= set(map(identity, notebook))
        self._kinds |= {identity(ancestor) for kind in notebook for ancestor in ancestry(kind)}
        self.modules.update(filter(None, map(own_home, kinds)))
        self.callable = self.callable or any(map(may_act, kinds))
        self.lively = self.lively or any(map(acts, kinds))

    def _without_constants(self, level: list[Any], known: LevelKinds) -> list[Any]:
        """The level without classes of libraries, to which each of their instances leads."""
        constants = known.constants
        found = {
            identity(part)
            for part in level
            if type(part) in constants or (type(part) is type and is_of_library(part))
        }
        self.fixed |= found
        return [part for part in level if identity(part) not in found] if found else level

    def _look_closer(self, level: list[Any], kinds: AbstractSet[type]) -> list[Any]:
        looked = [part for part in level if type(part) in kinds]
        if not looked:
            return level
        self.lively = self.lively or any(
            code_acts(part) for part in looked if identity(part) not in self._kinds
        )
        self.fixed |= {identity(part) for part in looked if not changes(part)}
        counted = [part for part in looked if counts(part)]
        held = {*map(identity, counted), *map(identity, filter(is_inner, looked))}
        none = {*map(identity, looked)} - held
        self.modules.update(filter(None, map(home_of, looked)))
        self.classes |= {identity(part) for part in counted if is_a(part, type)}
        self.names.update(*map(globals_of, counted))
        return [part for part in level if identity(part) not in none] if none else level

    def _close(self, level: list[Any], kinds: AbstractSet[type]) -> tuple[list[Any], list[Any]]:
        """The parts that stay open, and what of the others is to be seen all the same."""
        tables = set(filter(is_table, kinds))
        if len(level) == 1 and level[0] is self._value and is_a(self._value, type):
            return level, []
        closed = [part for part in level if type(part) in kinds]
        shown: list[Any] = []
        for part in closed:
            if type(part) in tables:
                shown += _shown_by(part)
            else:
                self.alone.add(identity(part))
        self.closed += closed
        return [part for part in level if type(part) not in kinds], shown


def _changing(parts: list[Any]) -> list[Any]:
    """The parts without those that cannot change and hold nothing that can."""
    kinds = set(map(type, parts))
    if kinds <= PLAIN:
        return []
    if kinds.isdisjoint(PLAIN):
        return parts
    return [part for part in parts if type(part) not in PLAIN]


def _fresh(parts: list[Any], seen: set[int]) -> list[Any]:
    """The parts that were not seen before, each once; they are seen now."""
    if not seen.isdisjoint(map(identity, parts)):
        parts = [part for part in parts if identity(part) not in seen]
    before = len(seen)
    seen.update(map(identity, parts))  # no set of these alone, which may be many
    if len(seen) - before < len(parts):
        parts = list(dict(zip(map(identity, parts), parts, strict=True)).values())
    return parts


def _once(parts: Iterable[Any]) -> bytearray:
    """Of each of the parts of a list: whether it is in one place beside that."""
    return bytearray(map(_ONE_PLACE.__ge__, map(getrefcount, parts)))


def _below(parts: list[Any], known: LevelKinds, *, memory: bool) -> list[Any]:
    """What is in parts and can change; some of them at a time, as most of it may be plain data."""
    found = _changing(_inside(parts[:_AT_ONCE], known, memory=memory))  # of one, without a copy
    for begin in range(_AT_ONCE, len(parts), _AT_ONCE):
        found += _changing(_inside(parts[begin : begin + _AT_ONCE], known, memory=memory))
    return found


def _inside(parts: list[Any], known: LevelKinds, *, memory: bool) -> list[Any]:
    """What parts consist of, all of them in one go where the collector knows."""
    special = known.opened
    if not special:
        return gc.get_referents(*parts)
    opened = [part for part in parts if type(part) in special]
    rest = [] if len(opened) == len(parts) else [p for p in parts if type(p) not in special]
    found = gc.get_referents(*rest)
    if special <= known.in_memory:
        return found + _in_arrays([p for p in opened if type(p) in known.arrays], memory=memory)
    for part in opened:
        found += _opened(part, memory=memory)
    return found


def _in_arrays(arrays: list[Any], *, memory: bool) -> list[Any]:
    """What plain arrays look at, and the objects in them."""
    found = [base for base in map(_BASE, arrays) if base is not None] if memory else []
    for array in compress(arrays, map(_HAS_OBJECTS, arrays)):
        found += _elements(array)
    return found


_BASE = attrgetter("base")
_HAS_OBJECTS = attrgetter("dtype.hasobject")


def _references_of_one_place() -> int:
    """What `getrefcount` says, asked as above, of an object that is in one place."""
    holder: list[Any] = [[]]
    return next(map(getrefcount, gc.get_referents(holder)))


_ONE_PLACE = _references_of_one_place()


def _shown_by(part: Any) -> list[Any]:
    """What a frame holds that is not its own: what its cells refer to, and what is noted on it."""
    manager = getattr(part, "_mgr", None)
    if manager is None:
        return []
    inside = [vars(part).get("_attrs")]
    for block in manager.blocks:
        if type(block.values).__module__ == "numpy" and block.values.dtype.hasobject:
            inside += _elements(block.values)
    return inside


def _elements(array: Any) -> list[Any]:
    return array.ravel().tolist() if array.size <= _MOST_PARTS else []


def _opened(part: Any, *, memory: bool) -> list[Any]:
    """What is in a part whose contents the garbage collector does not tell, or tells too well."""
    if is_a(part, memoryview):
        return [part.obj]
    if is_a(part, types.FunctionType):
        return [
            *(part.__closure__ or ()), *(part.__defaults__ or ()),
            *(part.__kwdefaults__ or {}).values(), *vars(part).values(),
        ]  # fmt: skip
    if is_a(part, type):
        return [*vars(part).values(), *part.__bases__, type(part), *registered(part)]
    kind: Any = type(part)
    if is_drawing(kind):
        return [part.figure]  # a figure, which is its own, is what all of its parts change
    if walk := walks_by(kind):
        return list(getattr(part, walk)) if walk != "base" else [part.base]
    base = getattr(part, "base", None) if memory else None
    inside = [*attributes_of(part).values(), *([] if base is None else [base])]
    return inside + (_elements(part) if part.dtype.hasobject else [])
