"""What the analysis of a cell asked of the cells above: who answers the same, gets the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

_Known = TypeVar("_Known")


class Asked(Generic[_Known]):
    """What is known by names, which a walk may change for itself, and what it asked of that.

    Args:
        known: what is known at the beginning.
    """

    def __init__(self, known: Mapping[str, _Known]) -> None:
        self._known = known
        self._now: dict[str, _Known | None] = {}
        self._by_name: dict[str, _Known | None] = {}
        self._by_test: dict[Callable[[_Known], bool], dict[str, _Known]] = {}

    def get(self, name: str) -> _Known | None:
        """What is known by a name now; ``None`` for nothing."""
        try:
            return self._now[name]
        except KeyError:
            found = self._now[name] = self._by_name[name] = self._known.get(name)
            return found

    def learn(self, name: str, known: _Known | None) -> None:
        """From now on this is known by a name; ``None`` for nothing."""
        self._now[name] = known

    def those(self, test: Callable[[_Known], bool]) -> list[_Known]:
        """All that is known now and passes a test."""
        found = self._by_test[test] = _passing(self._known, test)
        every = {**found, **self._now}
        return [known for known in every.values() if known is not None and test(known)]

    def answers(self) -> Answers[_Known]:
        """What was asked of the beginning."""
        return Answers(self._by_name, self._by_test)


@dataclass(frozen=True, slots=True)
class Answers(Generic[_Known]):
    """What was known by some names, and all that passed some tests."""

    by_name: Mapping[str, _Known | None]
    by_test: Mapping[Callable[[_Known], bool], Mapping[str, _Known]]

    def are_those_of(self, known: Mapping[str, _Known]) -> bool:
        """Whether the same is known by now."""
        return all(known.get(name) == was for name, was in self.by_name.items()) and all(
            _passing(known, test) == was for test, was in self.by_test.items()
        )


def _passing(known: Mapping[str, _Known], test: Callable[[_Known], bool]) -> dict[str, _Known]:
    return {name: one for name, one in known.items() if test(one)}
