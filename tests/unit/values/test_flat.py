"""Values that are nested too deeply for a pickler are stored, and come back shared as they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cloudpickle  # type: ignore[import-untyped]  # it has none
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.errors import NotStorableError
from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import examine, fingerprint
from nbmlops.values.flat import dump_flat
from nbmlops.values.hollow import hollow_in
from nbmlops.values.mending import decode_into

DEPTH = 20_000
MOST = 100_000


class Node:
    """One of many that lead to each other."""

    def __init__(self, held: Any = None) -> None:
        self.held = held
        self.next: Any = None
        self.before: Any = None


class Slotted:
    """The same, with places for what it holds."""

    __slots__ = ("held", "next")
    held: Any
    next: Any


class Told:
    """Says itself what of it is pickled, and how it comes back."""

    def __init__(self) -> None:
        self.next: Any = None

    def __getstate__(self) -> list[Any]:
        return [self.next]

    def __setstate__(self, state: list[Any]) -> None:
        (self.next,) = state


def linked(depth: int) -> Any:
    first = node = Node(0)
    for held in range(1, depth):
        node.next = Node(held)
        node.next.before = node
        node = node.next
    return first


def slotted(depth: int) -> Any:
    node = None
    for held in range(depth):
        made = Slotted()
        made.held, made.next = held, node
        node = made
    return node


def in_lists(depth: int) -> Any:
    made: list[Any] = []
    for held in range(depth):
        made = [held, made]
    return made


def in_tuples(depth: int) -> Any:
    made: tuple[Any, ...] = ()
    for held in range(depth):
        made = (held, made)
    return made


def in_dicts(depth: int) -> Any:
    made: dict[Any, Any] = {}
    for held in range(depth):
        made = {"held": held, "made": made}
    return made


def tree(depth: int) -> Any:
    root = node = Node([])
    for _ in range(depth):
        child, other = Node([]), Node([])
        child.before = other.before = node
        node.held += [child, other]
        node = child
    return root


MAKERS = (linked, slotted, in_lists, in_tuples, in_dicts)


@pytest.mark.parametrize(
    ("make", "depth"), [(linked, MOST), *((make, DEPTH) for make in MAKERS[1:])]
)
def test_what_is_nested_deeply_comes_back_as_it_was(make: Callable[[int], Any], depth: int) -> None:
    value = make(depth)
    encoded = encode(value)
    back = decode(encoded.stream, encoded.buffers)
    assert examine(back) == examine(value)


@pytest.mark.parametrize("make", [*MAKERS, tree])
@pytest.mark.parametrize("depth", [40, 60, 120, 400, 900, 2_000])
def test_no_depth_is_too_deep_to_be_compared_or_stored(
    make: Callable[[int], Any], depth: int
) -> None:
    value = make(depth)
    encoded = encode(value)
    back = decode(encoded.stream, encoded.buffers)
    assert fingerprint(back) == fingerprint(value) != fingerprint(make(depth + 1))


def deeper(times: int, do: Callable[[], Any]) -> Any:
    return do() if not times else deeper(times - 1, do)


@pytest.mark.parametrize("make", [*MAKERS, tree])
@pytest.mark.parametrize("depth", [10, 20, 30, 31, 32, 33, 50])
def test_it_does_not_depend_on_who_asks_how_a_value_is_compared(
    make: Callable[[int], Any], depth: int
) -> None:
    value = make(depth)
    assert deeper(300, lambda: fingerprint(value)) == fingerprint(value)


def flat(value: Any) -> bytes:
    sink = BytesIO()
    dump_flat(value, cloudpickle.Pickler(sink, protocol=5), sink)
    return sink.getvalue()


@st.composite
def graphs(draw: st.DrawFn, *, kinds_of: tuple[type, ...] = (list, dict, Node, Slotted)) -> Any:
    """Containers and objects that hold each other in any way, themselves included."""
    kinds = draw(st.lists(st.sampled_from(kinds_of), min_size=1))
    parts: list[Any] = [kind() for kind in kinds]
    held = st.one_of(
        st.sampled_from(parts),
        st.tuples(st.sampled_from(parts), st.integers()),
        st.text(max_size=3),
        st.frozensets(st.integers(), max_size=2),
    )
    for part in parts:
        if type(part) is list:
            part.extend(draw(st.lists(held, max_size=3)))
        elif type(part) is dict:
            part.update(draw(st.dictionaries(st.text(max_size=2), held, max_size=3)))
        else:
            part.next = draw(held)
        if type(part) in (Node, Slotted):
            part.held = draw(held)
    return parts[0]


ANY = graphs() | graphs(kinds_of=(list, dict, Node, Slotted, Told))


@given(ANY)
def test_it_comes_back_as_from_a_usual_pickle(value: Any) -> None:
    back = decode(flat(value), [])
    usual = decode(cloudpickle.dumps(value, protocol=5), [])
    assert examine(back) == examine(usual)
    assert fingerprint(back) == fingerprint(value)


@given(ANY)
def test_the_unpickler_that_repairs_objects_reads_it_too(value: Any) -> None:
    assert fingerprint(decode_into(flat(value), [], {0: object()}).value) == fingerprint(value)


def test_a_dict_that_an_object_keeps_its_attributes_in_may_be_held_as_well() -> None:
    node = Node(1)
    back = decode(flat([vars(node), node, [vars(node)]]), [])
    assert vars(back[1]) == {"held": 1, "next": None, "before": None} == back[0]


@given(graphs())
def test_what_holds_plain_data_alone_is_written_kind_by_kind(value: Any) -> None:
    assert hollow_in(value, {}) is not None
    assert b"fill_" in flat(value)


@pytest.mark.parametrize("inner", [Told(), np.arange(3), {(1, (2, ()))}])
def test_what_holds_anything_else_is_written_in_order(inner: Any) -> None:
    value = [Node(inner), {"a": Node(1)}, vars(Node())]
    assert hollow_in(value, {}) is None
    assert examine(decode(flat(value), [])) == examine(value)


def test_attributes_stay_in_the_order_in_which_they_were_set() -> None:
    one, other = Node(), Node()
    del one.held
    one.held = 1
    other.more = [other]  # type: ignore[attr-defined]
    back = decode(flat([one, other]), [])
    assert [list(vars(node)) for node in back] == [
        ["next", "before", "held"],
        ["held", "next", "before", "more"],
    ]
    assert back[1].more[0] is back[1]


@pytest.mark.parametrize("beside", [None, Told()])
def test_what_a_class_holds_is_the_same_as_what_its_objects_hold(beside: Any) -> None:
    made: Any = type("Made", (), {"__module__": "__main__", "all": []})
    one = made()
    one.all_of_class, one.beside = made.all, beside
    made.all += [1, [2]]
    back = decode(flat([one, one.all_of_class]), [])
    assert type(back[0]).all is back[1] is back[0].all_of_class
    assert back[1] == [1, [2]]


@dataclass(frozen=True)
class Key:
    """Is found by what it holds."""

    held: int


def test_what_is_found_by_its_content_is_filled_before_it_is_looked_for() -> None:
    value = [{Key(1)}, {Key(2): [Key(3)]}]
    assert decode(flat(value), []) == value


def test_arrays_stay_beside_what_is_nested_deeply() -> None:
    value: Any = np.arange(50_000)
    for _ in range(5_000):
        value = [value, value]
    encoded = encode(value)
    assert [buffer.nbytes for buffer in encoded.buffers] == [400_000]
    back = decode(encoded.stream, [memoryview(bytearray(one)) for one in encoded.buffers])
    assert back[0][0][1] is back[0][1][0]


def test_what_cannot_be_stored_is_told_from_any_depth() -> None:
    value: Any = (one for one in "a")
    for _ in range(5_000):
        value = [value]
    with pytest.raises(NotStorableError, match="holds a generator"):
        encode(value)


def test_what_pickles_in_a_way_of_its_own_is_refused_where_it_is_nested_too_deeply() -> None:
    value: Any = {1}
    for _ in range(5_000):
        value = Odd(value)
    with pytest.raises(NotStorableError, match="nested too deeply"):
        encode(value)


class Odd(list[Any]):
    """A list with a class of its own."""

    def __init__(self, held: Any = ()) -> None:
        super().__init__([held])


def test_what_is_written_part_by_part_is_bounded() -> None:
    """The next cell would wait too long; what is written kind by kind may be as large as it is."""
    rows: Any = ()
    links: Any = []
    for number in range(260_000):
        rows, links = (number, rows), [links]
    with pytest.raises(NotStorableError, match="250,000 parts"):
        encode(rows)
    assert encode(links).size > 260_000
