"""Where the random generators stand, and by what that is told."""

from __future__ import annotations

import hashlib
import pickle
import random
from typing import Any

import pytest

from nbmlops.capture.generators import GeneratorStates


def state_of(seed: int, gauss: float | None = None) -> tuple[Any, ...]:
    """What ``random.getstate`` gives: the last part is the number that it has in hand."""
    version, numbers, _ = random.Random(seed).getstate()  # noqa: S311 (nothing is kept secret)
    return version, numbers, gauss


MOVED = (
    (state_of(1), state_of(2)),
    (state_of(1), state_of(1, 0.5)),
    (state_of(1, 0.0), state_of(1, -0.0)),
    (state_of(1, 0.5), state_of(1, 0.25)),
)


@pytest.mark.parametrize(("one", "other"), MOVED)
def test_a_generator_that_moved_has_another_fingerprint(one: object, other: object) -> None:
    """Also where the one before was asked about last."""
    first, second = ({"random": state} for state in (one, other))
    told = [GeneratorStates(state).prints for state in (first, second, second, first)]
    assert told[0] != told[1]
    assert told[1:] == [told[1], told[1], told[0]]


def test_a_fingerprint_does_not_depend_on_what_was_asked_before() -> None:
    """It is the same in every process."""
    expected = hashlib.sha256(pickle.dumps(state_of(3), protocol=5)).hexdigest()
    for _ in range(2):
        assert GeneratorStates({"random": state_of(3)}).prints == {"random": expected}
