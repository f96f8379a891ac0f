"""Many objects are walked without their code; what they hold and share stays what it is."""

from __future__ import annotations

import copy
import io
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.values.binding import Together
from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.objects import is_ordinary, is_plain, slots_of
from nbmlops.values.session import session_digest


class Plain:
    """What its ``__dict__`` holds."""

    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b


class Inherited(Plain):
    """Has one attribute more, of the class."""

    kind = "inherited"


class Slotted:
    """What its slots hold."""

    __slots__ = ("a", "b")

    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b


class Both(Slotted):
    """Has slots and a ``__dict__``."""

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(a, b)
        self.c = [a]


class Narrow(Slotted):
    """Adds a slot that was never set."""

    __slots__ = ("never",)


@dataclass
class Data:
    """A dataclass."""

    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Frozen:
    """One that pickles in its own way."""

    a: Any
    b: Any


class Own(Plain):
    """Says itself what it is."""

    def __getstate__(self) -> Any:
        return {"a": self.a, "b": self.b, "said": True}


class Number(int):
    """Has content that is no attribute."""

    a: Any
    b: Any


def _number(a: Any, b: Any) -> Number:
    made = Number(len(repr(a)))
    made.a, made.b = a, b
    return made


def _namespace(a: Any, b: Any) -> SimpleNamespace:
    return SimpleNamespace(a=a, b=b)


MAKERS: tuple[Callable[[Any, Any], Any], ...] = (
    Plain, Inherited, Slotted, Both, Narrow, Data, Frozen, Own, _number, _namespace,
)  # fmt: skip


def _inside(part: Any) -> list[Any]:
    if isinstance(part, list):
        return part
    return [getattr(part, name) for name in ("a", "b", "c") if hasattr(part, name)]


def shape(value: Any) -> list[Any]:
    """The parts of a value in order, a part that comes again as the number that it had."""
    numbers: dict[int, int] = {}
    found: list[Any] = []
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str | float | None) or type(part) is int:
            found.append((type(part).__name__, repr(part)))
        elif id(part) in numbers:
            found.append(numbers[id(part)])
        else:
            numbers[id(part)] = len(numbers)
            inside = _inside(part)
            found.append((type(part).__name__, len(inside)))
            waiting += inside
    return found


_LEAVES = st.none() | st.integers(-2, 2) | st.sampled_from(["", "x"]) | st.sampled_from([0.0, 1.5])


@st.composite
def graphs(draw: st.DrawFn) -> list[Any]:
    """Lists of objects that hold leaves, lists and each other, some of them again and again."""
    made: list[Any] = [[1], [1]]
    make = draw(st.sampled_from(MAKERS))
    for _ in range(draw(st.integers(1, 24))):
        part = _LEAVES | st.sampled_from(made)
        if draw(st.integers(0, 9)) == 0:
            make = draw(st.sampled_from(MAKERS))
        made.append(make(draw(part), draw(part)))
    return draw(st.lists(st.sampled_from(made[2:]), min_size=8, max_size=24))


@given(graphs(), st.sampled_from([None, Together()]))
def test_what_comes_back_holds_and_shares_the_same(
    value: list[Any], together: Together | None
) -> None:
    """Equal content, and one object stays one, wherever it is referred to."""
    encoded = encode(value, together=together)
    found = decode(encoded.stream, encoded.buffers)
    assert shape(found) == shape(value)
    assert fingerprint(found) == fingerprint(value)


@given(graphs(), graphs())
def test_prints_agree_exactly_when_contents_do(first: list[Any], second: list[Any]) -> None:
    """A copy has the same fingerprint, another content another one, for each kind of object."""
    assert fingerprint(copy.deepcopy(first)) == fingerprint(first)
    same = _content(first) == _content(second)
    assert (fingerprint(first) == fingerprint(second)) is same


def _content(value: Any) -> Any:
    """What a value holds, whatever it shares."""
    if isinstance(value, str | float | None) or type(value) is int:
        return type(value).__name__, repr(value)
    return type(value).__name__, [_content(part) for part in _inside(value)]


@given(graphs(), st.data())
def test_a_change_anywhere_inside_shows(value: list[Any], data: st.DataObject) -> None:
    """Whichever object it is in, however many look at it, in both digests."""
    changed = data.draw(st.sampled_from([part for part in value if not isinstance(part, Frozen)]
                                        or [None]))  # fmt: skip
    if changed is None:
        return
    before, mark = fingerprint(value), session_digest(value)
    changed.b = "another one"
    assert fingerprint(value) != before
    assert session_digest(value) != mark


def test_a_cycle_among_objects_comes_back() -> None:
    """Parents and children refer to each other, and to the list in which they are."""
    nodes = [Plain(None, None) for _ in range(20)]
    for node in nodes:
        node.a, node.b = nodes[0], nodes
    encoded = encode(nodes)
    found = decode(encoded.stream, encoded.buffers)
    assert shape(found) == shape(nodes)


def test_an_object_beside_its_own_attributes_comes_back() -> None:
    """The dict is a part of its own then."""
    first = Plain(1, 2)
    encoded = encode([first, first.__dict__, *(Plain(n, n) for n in range(9))])
    one, attributes, *_ = decode(encoded.stream, encoded.buffers)
    assert attributes == vars(one) == {"a": 1, "b": 2}


@dataclass(frozen=True)
class Kind:
    """Whether objects are what their attributes hold."""

    value: Any
    plain: bool = False
    slots: tuple[str, ...] | None = None


@pytest.mark.parametrize(
    "kind",
    [
        Kind(Plain(1, 2), plain=True),
        Kind(Inherited(1, 2), plain=True),
        Kind(Data(1, 2), plain=True),
        Kind(_namespace(1, 2), plain=True),
        Kind(Slotted(1, 2), slots=("a", "b")),
        Kind(Narrow(1, 2)),
        Kind(Both(1, 2)),
        Kind(Own(1, 2)),
        Kind(_number(1, 2)),
        Kind(Frozen(1, 2)),
        Kind(ValueError("x")),
    ],
    ids=lambda kind: type(kind.value).__name__,
)
def test_only_what_is_all_attributes_counts_by_them(kind: Kind) -> None:
    """What has content beside them, or its own way to pickle, is asked for it."""
    assert is_plain([kind.value]) is kind.plain
    assert slots_of([kind.value]) == kind.slots


class Liar:
    """Says that it is a function."""

    @property
    def __class__(self) -> Any:  # type: ignore[override]  # that is the point
        return type(lambda: None)


@pytest.mark.parametrize("kind", [Liar, type, type(lambda: None)])
def test_code_and_what_says_it_were_code_is_never_ordinary(kind: type) -> None:
    """What pickles by value is asked about each of them."""
    assert not is_ordinary(kind)


class Settings(dict[str, Any]):
    """A dict whose items are attributes."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.__dict__ = self


def test_a_dict_whose_items_are_its_attributes_comes_back_as_one() -> None:
    settings = Settings(rate=0.1, layers=[1, 2])
    before = fingerprint(settings)
    assert fingerprint(Settings(rate=0.1, layers=[1, 2])) == before
    assert fingerprint(Settings(rate=0.2, layers=[1, 2])) != before
    encoded = encode([settings, settings])
    back, same = decode(encoded.stream, map(memoryview, encoded.buffers))
    assert back is same
    assert fingerprint(back) == before
    back.rate = 0.5
    assert back["rate"] == 0.5
    back["depth"] = 3
    assert back.depth == 3


class Stated(dict[str, Any]):
    """Says that its items are its state, and has attributes beside them."""

    def __getstate__(self) -> Any:
        return self

    def __setstate__(self, state: Any) -> None:
        self.update(state)


def test_a_dict_that_says_that_it_is_its_state_keeps_its_attributes_apart() -> None:
    stated = Stated(rate=1)
    assert fingerprint(stated) != fingerprint(Stated(rate=2))
    encoded = encode(stated)
    back = decode(encoded.stream, map(memoryview, encoded.buffers))
    assert back == {"rate": 1}
    assert vars(back) == {}


class Bound(defaultdict[str, Any]):
    """Is made from something else than it keeps."""

    def __init__(self, reference: str, *default: Any) -> None:
        super().__init__(*default)
        self.reference = reference


def test_a_default_dict_that_is_made_in_its_own_way_comes_back_whole() -> None:
    bound = Bound("row", list)
    bound["a"].append(1)
    before = fingerprint(bound)
    encoded = encode([bound, bound])
    back, same = decode(encoded.stream, map(memoryview, encoded.buffers))
    assert back is same
    assert type(back) is Bound
    assert fingerprint(back) == before
    assert (back.reference, back["b"], dict(back)) == ("row", [], {"a": [1], "b": []})


class Recent(OrderedDict[str, Any]):
    """Keeps so many."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most


class Named(set[int]):
    """Is made from a name, not from its items."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Tally(Counter[str]):
    """Is made from two arguments."""

    def __init__(self, text: str, unit: str) -> None:
        super().__init__(text)
        self.unit = unit


def _recent() -> Recent:
    recent = Recent(2)
    recent["b"], recent["a"] = 1, [2]
    return recent


def _named() -> Named:
    named = Named("kinds")
    named.update([1, 2])
    return named


@pytest.mark.parametrize("make", [_recent, _named, lambda: Tally("aab", "letters")])
def test_a_container_that_is_made_in_its_own_way_comes_back_whole(make: Callable[[], Any]) -> None:
    value = make()
    before = fingerprint(value)
    encoded = encode([value, value])
    back, same = decode(encoded.stream, map(memoryview, encoded.buffers))
    assert back is same
    assert type(back) is type(value)
    assert fingerprint(back) == before
    assert back == value
    assert (list(back), vars(back)) == (list(value), vars(value))


class Fixed(frozenset[int]):
    """A set that is hashed, with attributes."""


@pytest.mark.parametrize("kind", [Named, Fixed])
def test_a_set_of_a_class_of_its_own_is_the_same_in_any_order(kind: Any) -> None:
    """8 and 16 have the same place in a small set: it is the order in which they came."""

    def made(*items: int) -> Any:
        found = kind("kinds") if kind is Named else kind(items)
        if kind is Named:
            found.update(items)
        found.unit = "m"
        return found

    one, other, more = made(0, 8, 16), made(16, 8, 0), made(0, 8)
    assert list(one) != list(other)
    assert fingerprint(one) == fingerprint(other) != fingerprint(more)
    other.unit = "s"
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("make", [lambda: io.BytesIO(b"ab"), lambda: io.StringIO("ab")])
def test_a_buffer_is_the_same_whoever_asked_for_its_attributes(make: Callable[[], Any]) -> None:
    buffer = make()
    before = fingerprint(buffer)
    assert vars(buffer) == {}
    assert fingerprint(buffer) == before
    encoded = encode(buffer)
    assert fingerprint(decode(encoded.stream, [])) == before
    buffer.read(1)
    assert fingerprint(buffer) != before
