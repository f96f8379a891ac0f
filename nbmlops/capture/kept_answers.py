"""Answers that are given again as long as the objects are there of which they were made."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, Generic, TypeVar

_Answer = TypeVar("_Answer")


class KeptAnswer(Generic[_Answer]):
    """Gives the answer of before as long as it would be made of the same objects.

    These are held until then: else another object might come to the place of one that is gone.

    Args:
        find: gives the objects, in an order that does not change by itself.
        ask: gives the answer.
    """

    def __init__(self, find: Callable[[], list[Any]], ask: Callable[[], _Answer]) -> None:
        self._find = find
        self._ask = ask
        self._objects: list[Any] | None = None
        self._answer: _Answer

    def __call__(self) -> _Answer:
        """The answer as it would be made now."""
        objects, known = self._find(), self._objects
        same = known is not None and len(objects) == len(known) and all(map(is_, objects, known))
        if not same:
            self._objects = None  # should it fail to answer, it is asked again
            self._answer = self._ask()
            self._objects = objects
        return self._answer
