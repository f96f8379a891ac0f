"""What is known of all parts of one level of a value by their types, asked once for each set."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

from nbmlops.capture.addressed import (
    has_memory,
    is_arrow_backed,
    is_foreign,
    lies_somewhere,
)
from nbmlops.capture.part_kinds import (
    OPEN_TO_ALL,
    closes,
    is_all_constant,
    is_drawing,
    is_index,
    is_looked_at,
    is_memory_alone,
    is_of_numpy,
    is_usual,
    may_act,
    opens,
    own_home,
)
from nbmlops.values.arrays import is_plain_array_type
from nbmlops.values.kinds import module_of


class LevelKinds(NamedTuple):
    """What types have to say of their instances.

    Attributes:
        kinds: all of them.
        changeable: whether there are some of which more is to be asked each time: they are the
            notebook's or the project's, where classes may be given other methods, or may act.
        looked_at: those whose instances have to be looked at one by one.
        constants: those among them whose instances say nothing, as they cannot change.
        usual: those of which all instances are alike, and whose parts the collector knows.
        closed: those whose instances are not looked into where it counts what is a value's own.
        opened: those of whose instances the collector does not tell what is in them.
        in_memory: the plain arrays and numbers of numpy; ``arrays`` those that are plain arrays.
        numpy: the arrays and scalars of numpy, with classes made from them.
        tensors: tensors, and arrays that these may look at.
        indexes: the indexes of pandas.
        drawn: whether there are figures, or parts of them.
        foreign: whether there are some of which only addresses tell what they look at.
        arrow: whether there are columns of Arrow data.
        lies: whether there are some that have memory at all.
    """

    kinds: frozenset[type]
    changeable: bool
    looked_at: frozenset[type]
    constants: frozenset[type]
    usual: frozenset[type]
    closed: frozenset[type]
    opened: frozenset[type]
    in_memory: frozenset[type]
    arrays: frozenset[type]
    numpy: frozenset[type]
    tensors: frozenset[type]
    indexes: frozenset[type]
    drawn: bool
    foreign: bool
    arrow: bool
    lies: bool


def kinds_of(level: Iterable[Any]) -> LevelKinds:
    """What is known of the types of some parts."""
    return _known(frozenset(map(type, level)))


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=4096)
def _known(kinds: frozenset[type]) -> LevelKinds:
    return LevelKinds(
        kinds=kinds,
        changeable=any(
            module_of(kind) == "__main__" or own_home(kind) != "" or may_act(kind) for kind in kinds
        ),
        looked_at=frozenset(filter(is_looked_at, kinds)),
        constants=frozenset(filter(is_all_constant, kinds)),
        usual=frozenset(filter(is_usual, kinds)),
        closed=frozenset(filter(closes, kinds)),
        opened=frozenset(kind for kind in kinds if opens(kind) or issubclass(kind, OPEN_TO_ALL)),
        in_memory=frozenset(filter(is_memory_alone, kinds)),
        arrays=frozenset(filter(is_plain_array_type, kinds)),
        numpy=frozenset(filter(is_of_numpy, kinds)),
        tensors=frozenset(filter(has_memory, kinds)),
        indexes=frozenset(filter(is_index, kinds)),
        drawn=any(map(is_drawing, kinds)),
        foreign=any(map(is_foreign, kinds)),
        arrow=any(map(is_arrow_backed, kinds)),
        lies=any(map(lies_somewhere, kinds)),
    )
