"""Values that share parts are kept as one, and share them when they come back."""

from __future__ import annotations

import numpy as np
import pytest

from nbmlops.capture.sharing import views_in
from nbmlops.store.objects.memory import MemoryObjectStore
from nbmlops.store.values import ValueStore, key_of
from nbmlops.values.signing import Signer

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


def test_a_view_alone_is_kept_without_the_rest() -> None:
    view = np.zeros(1_000_000)[:10]
    assert views_in([view]) == {}
