"""A set that comes back with its items in another order is not what it was."""

from __future__ import annotations

import datetime as dt
import enum
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbmlops.values.fingerprint import examine, fingerprint
from nbmlops.values.set_orders import PLACED, SEEDED, STEADY

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


SMALLER = """
import os
os.environ["PYTHONHASHSEED"] = "5"  # too late, as Dask does it
from nbmlops.values.fingerprint import examine
texts = {f"item {number}" for number in range(2000)}
texts -= {f"item {number}" for number in range(1900)}
print(examine(texts).left_out, examine({float("nan"), 1}).left_out, sep="; ")
"""


@pytest.mark.parametrize(("seed", "told"), [("7", f"{LOST}; {LOST}"), ("random", ";")])
def test_texts_have_their_order_where_the_process_has_a_seed(seed: str, told: str) -> None:
    """Elsewhere each process has them in an order of its own."""
    found = subprocess.run(
        [sys.executable, "-c", SMALLER],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == told


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Own:
    def __hash__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("value", "order"),
    [
        ({1, 2.5, np.int64(4)}, STEADY),
        ({"a"}, STEADY),
        ({dt.timedelta(1), dt.timedelta(2)}, STEADY),
        ({"a", "b"}, SEEDED),
        ({1, ("b", 2)}, SEEDED),
        ({frozenset({"a"}), frozenset()}, SEEDED),
        ({dt.date(2024, 1, 1), dt.date(2024, 1, 2)}, SEEDED),
        ({Path("a"), Path("b")}, SEEDED),
        ({*Colour}, SEEDED),
        ({np.str_("a"), np.str_("b")}, SEEDED),
        ({pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")}, SEEDED),
        ({1.0, math.nan}, PLACED),
        ({np.float64("nan"), "a"}, PLACED),
        ({object(), object()}, PLACED),
        ({int, "a"}, PLACED),
        ({Own(), 1}, PLACED),
        ({"a": [{"a", "b"}, 1]}, SEEDED),
        ([{"a", "b"}, {int, str}], PLACED),
        (SimpleNamespace(kinds={"a", "b"}), SEEDED),
        (SimpleNamespace(kinds={int, str}), SEEDED),
        ([["a", "b"]], STEADY),
    ],
)
def test_it_is_told_what_the_order_of_sets_hangs_on(value: Any, order: str) -> None:
    """Where items lie counts in plain containers alone: objects hold much that nobody looks at."""
    assert examine(value).set_order == order
