"""An answer is given again while the objects are there of which it was made."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from nbmlops.capture.kept_answers import KeptAnswer


class Thing:
    """What answers are made of; equal to every other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def test_it_asks_again_only_where_an_object_is_another_one() -> None:
    objects: list[Any] = [Thing(), Thing()]
    asked: list[int] = []

    def ask() -> int:
        asked.append(len(objects))
        return len(asked)

    answer = KeptAnswer(lambda: list(objects), ask)
    assert [answer(), answer()] == [1, 1]
    objects[0] = Thing()
    assert [answer(), answer()] == [2, 2]
    objects.pop()
    assert answer() == len(asked) == 3
    objects.append(Thing())
    assert answer() == 4


def test_what_could_not_be_answered_is_asked_again() -> None:
    objects, refuses = [Thing()], [True]

    def ask() -> str:
        if refuses:
            raise ValueError(refuses.pop())
        return "an answer"

    answer = KeptAnswer(lambda: list(objects), ask)
    with pytest.raises(ValueError, match="True"):
        answer()
    assert answer() == "an answer"


def test_objects_are_let_go_when_it_is_asked_without_them() -> None:
    objects = [Thing()]
    answer = KeptAnswer(lambda: list(objects), lambda: None)
    answer()
    gone = weakref.ref(objects.pop())
    assert gone() is not None
    answer()
    gc.collect()
    assert gone() is None
