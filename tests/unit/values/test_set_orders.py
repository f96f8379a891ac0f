"""A set that comes back with its items in another order is not what it was."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from nbmlops.values.fingerprint import examine, fingerprint

LOST = "the order of a set"


def shrunk() -> set[int]:
    """A set that once was larger."""
    large = {*range(100), 1000}
    large -= {one for one in range(100) if one not in (3, 64, 77)}
    return large


def collided() -> set[int]:
    """A set with items that took the places of others."""
    found = {8, 0, 16, 24, 32, 1024}
    found.remove(8)
    found.add(40)
    return found


VALUES: tuple[Any, ...] = (
    shrunk(),
    collided(),
    frozenset(shrunk() | collided()),
    {"a": [shrunk()]},
    {(one, 1) for one in range(300)} - {(one, 1) for one in range(297)},
    set(map(np.int64, shrunk())) | set(map(float, range(50))),
    {1, 2, 3},
    set(range(1000)),
    frozenset([5, 6]),
    {2.5, 3},
    [set(), {1}],
)


def listed(value: Any) -> Any:
    """A value with lists in the places of sets."""
    if isinstance(value, dict):
        return {key: listed(one) for key, one in value.items()}
    return [listed(one) for one in value] if isinstance(value, (list, set, frozenset)) else value


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_what_comes_back_in_another_order_is_told(number: int) -> None:
    value = VALUES[number]
    again = pickle.loads(pickle.dumps(value, 5))
    assert examine(value).left_out == ("" if listed(value) == listed(again) else LOST)
    assert fingerprint(value) == fingerprint(again)


def test_some_of_these_come_back_in_another_order() -> None:
    assert [examine(one).left_out for one in VALUES[:4]] == [LOST] * 4


def test_texts_have_their_order_where_their_hashes_are_seeded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Elsewhere each process has them in an order of its own."""
    texts = {f"item {number}" for number in range(2000)}
    texts -= {f"item {number}" for number in range(1900)}
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    assert not examine(texts).left_out
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert examine(texts).left_out == LOST
