"""Values that share parts are kept as one, and share them when they come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbmlops.capture.views import views_in
from nbmlops.domain.values import key_of
from nbmlops.store.objects.memory import MemoryObjectStore
from nbmlops.store.values import ValueStore
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.signing import Signer
from tests.unit.shared_parts import sharing

LIMIT = 2**30


@pytest.fixture
def store() -> ValueStore:
    """An empty store."""
    return ValueStore(MemoryObjectStore(), Signer(b"k" * 32))


def test_what_is_kept_together_is_shared_again(store: ValueStore) -> None:
    inner = [1]
    kept = store.save_group({"a": inner, "b": {"a": inner}}, limit=LIMIT)
    back = store.load_all(kept).values
    assert back["b"]["a"] is back["a"] == [1]


def test_one_alone_is_an_ordinary_value(store: ValueStore) -> None:
    reference = store.save_group({"a": [1]}, limit=LIMIT)["a"]
    assert key_of(reference) == reference
    assert store.load(reference) == [1]


def test_one_of_a_group_can_be_loaded_renewed_and_counted(store: ValueStore) -> None:
    reference = store.save_group({"a": [1], "b": [2]}, limit=LIMIT)["b"]
    assert store.load(reference) == [2]
    assert store.renew(reference)
    assert store.parts(reference) == store.named_parts(reference) == (key_of(reference),)


def test_what_cannot_be_loaded_is_told_and_keeps_nothing_else_back(store: ValueStore) -> None:
    good = store.save_group({"a": [1]}, limit=LIMIT)["a"]
    found = store.load_all({"a": good, "b": "0" * 64})
    assert found.values == {"a": [1]}
    assert "not in the store" in found.missing["b"]


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[10:],
        lambda a: a[::-3],
        lambda a: a.reshape(100, -1).T,
        lambda a: a.view("i8"),
        lambda a: a.view("M8[ns]")[5:],
    ],
)
def test_views_look_at_the_same_memory_again(store: ValueStore, view: object) -> None:
    base = np.arange(30_000.0)
    looking = view(base)  # type: ignore[operator]  # a lambda of the table above
    values = {"base": base, "view": looking}
    back = store.load_all(store.save_group(values, limit=LIMIT, views=views_in(values.values())))
    assert np.shares_memory(back.values["base"], back.values["view"])
    assert back.values["view"].tobytes() == looking.tobytes()
    assert back.values["view"].strides == looking.strides


def test_views_are_no_code_and_what_a_notebook_defines_is(store: ValueStore) -> None:
    """A model whose coefficients look at another array's memory can stand for the one made."""
    base = np.arange(30.0)
    values: dict[str, Any] = {"base": base, "view": base[3:]}
    kept = store.save_group(values, limit=LIMIT, views=views_in(values.values()))
    assert not store.carries_code(kept["view"])
    made = type(store.load)(lambda: None, 1).__func__
    made.__module__ = "__main__"  # as a notebook makes them
    assert store.carries_code(store.save_group({"f": made, "g": [made]}, limit=LIMIT)["g"])


def test_a_view_alone_is_kept_without_the_rest() -> None:
    view = np.zeros(1_000_000)[:10]
    assert views_in([view]) == {}


class Box:
    """An object of a class of somebody's own."""

    def __init__(self, held: Any) -> None:
        self.held = held


def references(*items: Any) -> Any:
    """An array of these objects; numpy itself would look into lists, also into endless ones."""
    made = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        made[place] = item
    return made


MAKERS: tuple[Callable[[Any, Any], Any], ...] = (
    lambda a, b: [a, b],
    lambda a, b: (a, b, a),
    lambda a, b: {"a": a, "b": b},
    lambda a, _: Box(a),
    lambda a, b: Box({"held": b}) if a is b else Box((a, b)),
    lambda a, _: a.append(a) or a if isinstance(a, list) else [a, a],  # a cycle
    lambda a, b: a.update(me=b) or a if isinstance(a, dict) else {"a": [a]},
    lambda a, _: a.held if isinstance(a, Box) else iter([a]),
    lambda a, _: a[1::2].T if isinstance(a, np.ndarray) and a.ndim else np.arange(12.0),
    lambda a, _: a[...] if isinstance(a, np.ndarray) else np.zeros((2, 10_000)),
    lambda a, _: a.reshape(-1)[:3] if isinstance(a, np.ndarray) else np.eye(3).T,
    lambda a, b: references(a, b, None)[:2],
)


@settings(deadline=None, max_examples=150)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(MAKERS), st.integers(0, 9), st.integers(0, 9)), max_size=14
    ),
    named=st.sets(st.integers(0, 15), min_size=1),
)
@example(  # a view of references to what holds the view
    steps=[
        (MAKERS[0], 0, 0),
        (MAKERS[-1], 0, 1),
        (MAKERS[0], 0, 0),
        (MAKERS[8], 8, 0),
        (MAKERS[6], 1, 3),
    ],
    named={0, 2, 3, 5},
)
def test_what_shares_parts_shares_them_again_whatever_it_is(
    steps: list[tuple[Callable[[Any, Any], Any], int, int]], named: set[int]
) -> None:
    """Of values made of each other in any way, kept as one: the same content, the same sharing."""
    made: list[Any] = [[], {}]
    for make, one, other in steps:
        made.append(make(made[one % len(made)], made[other % len(made)]))
    values = {f"n{place}": made[place] for place in named if place < len(made)} or {"n": made}
    store = ValueStore(MemoryObjectStore(), Signer(b"k" * 32))
    kept = store.save_group(values, limit=LIMIT, views=views_in(values.values()))
    back = store.load_all(kept)
    assert back.missing == {}
    assert sharing(back.values) == sharing(values)
    assert fingerprint(back.values) == fingerprint(values)
