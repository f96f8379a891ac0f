"""One short text per value: equal for equal content, in every process and on every day."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Any

from nbmlops.domain.values import held
from nbmlops.errors import NotFingerprintableError
from nbmlops.values.deadlines import Deadline
from nbmlops.values.forms import LEAVES, Form, digest
from nbmlops.values.graph_walk import GraphWalk
from nbmlops.values.kept_results import kept_results
from nbmlops.values.large import form_of_large
from nbmlops.values.set_orders import STEADY, least_steady
from nbmlops.values.slot_names import unnoted
from nbmlops.values.tree_walk import CycleError, TreeWalk
from nbmlops.values.uncollected import uncollected

_SCHEME = 1


def fingerprint(value: Any, *, until: float = inf) -> str:
    """32 hexadecimal digits that are equal for equal content.

    Equal: dicts and sets in any order; one part that is shared or two equal ones; arrays in any
    memory layout, frames in any block layout, Arrow data in any chunks and slices. Different:
    types that compare equal (``1``, ``1.0``, ``True``; int32 and int64; a list and a tuple),
    ``0.0`` and ``-0.0``, the order of an `OrderedDict`. A NaN equals itself; NaNs with different
    bits, which only arithmetic on special values makes, differ.

    Functions and classes of the notebook count by their code, those of a library by their name;
    modules by name and version. The result depends on the Python version where code is part of
    the value, and on the library's version where a library pickles its objects in its own way.

    Known limits: in a cycle, and in a value of many parts with cycles, whether a mutable part is
    shared counts, and a set may count parts that reach back out of it as equal; globals that a
    function uses are not part of it; bytes that a type never uses (the padding of a long double)
    count.

    Never changes the value, calls no ``__eq__`` of its classes, imports no library.

    Args:
        value: anything.
        until: when to give up, in `time.perf_counter` seconds, on a machine that has nothing else
            to do: see `nbmlops.values.deadlines`. Looked at between the parts of a value: the
            memory of one array is hashed to its end.

    Raises:
        OutOfTimeError: the time is up, or certainly will be.
        NotFingerprintableError: the value is, or holds, something without content of its own
            (a generator, an open file, a lock, a figure), or its own code failed.
    """
    return examine(value, until=until).text


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out about a value; ``text`` is its fingerprint.

    ``order`` tells in which order its dicts are. Values of equal content whose dicts are in
    another order have different texts; that of a value whose dicts are all sorted, or that has
    none, is empty. It may differ, too, where parts are shared in another way. The order of a set
    does not count, nor that within code.

    ``holding`` tells which of its parts that can be changed are one object, and which arrays must
    not be written to, and what results of statsmodels in it have computed and keep; two of them
    are to be compared by `held_alike`. It is empty where no part comes twice and nothing is kept;
    not noted are parts of code, and of what lies in sets under equal content.

    ``left_out`` names attributes that a pickle of the value may not bring back, such as
    ``x of Lossy``; empty for most values.

    ``set_order`` tells by what the sets in it have their order, as `order_of` does; of several the
    one that is the least steady.
    """

    text: str
    order: str
    holding: str
    left_out: str
    set_order: str


def examine(value: Any, *, until: float = inf) -> Examined:
    """The fingerprint of a value, and what else is found on the way.

    Args and errors: as for `fingerprint`.
    """
    try:
        if type(value) in LEAVES:  # most of what cells make: there is nothing to walk
            return Examined(digest((_SCHEME, value)).hex(), "", "", "", STEADY)
        form, walk = _form(value, until)
        return Examined(
            digest((_SCHEME, form)).hex(),
            digest(walk.orders).hex() if walk.orders else "",
            _holding(value, walk, until),
            ", ".join(sorted(walk.left_out)),
            least_steady(walk.set_orders),
        )
    except NotFingerprintableError:
        raise
    except RecursionError:
        raise NotFingerprintableError("nested too deeply") from None
    except Exception as error:
        # A metaclass may forbid hashing its classes; another thread may change the value.
        reason = f"walking it failed with {type(error).__name__}: {error}"
        raise NotFingerprintableError(reason[:200]) from error


def _holding(value: Any, walk: TreeWalk, until: float) -> str:
    """How a value holds its parts, and what the objects in it have computed and keep."""
    notes = digest(walk.holding.notes).hex() if walk.holding.notes else ""
    kept: dict[str, str] = {}
    for number, name, part in kept_results(value):
        with suppress(NotFingerprintableError, RecursionError):  # it has no content
            place = digest((number, name)).hex()[:_SHORT]
            kept[place] = digest(_form(part, until)[0]).hex()[: 2 * _SHORT]
    return held(notes, kept)


_SHORT = 8
"""Digits that tell the results apart that one value keeps."""


@uncollected()
@unnoted()
def _form(value: Any, until: float) -> tuple[Form, TreeWalk]:
    """The form of a value, and the walk that found it."""
    deadline = Deadline(until)
    walk = TreeWalk(value, deadline)
    try:
        large = form_of_large(value, walk)
        return walk.form(value) if large is None else large, walk
    except CycleError:
        walk = GraphWalk(value, deadline)
        return walk.form(value), walk
