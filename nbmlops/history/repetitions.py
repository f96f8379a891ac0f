"""What journeys made again otherwise than it was recorded, as long as this process lives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from nbmlops.domain.timeline import KeptName, Moment


class Repetitions:
    """Tells of states behind a journey what the names held that it made again otherwise.

    A cell that draws random numbers makes others when it runs again. What is there then is what
    later states follow from; another repetition would only take it away.
    """

    def __init__(self) -> None:
        self._came: dict[int, tuple[KeptName, ...]] = {}
        self._goals: dict[int, int] = {}

    def learn(
        self,
        journey: int,
        goal: int,
        *,
        state: Mapping[str, KeptName],
        prints: Mapping[str, str | None],
    ) -> None:
        """A journey made values again.

        Args:
            journey: the record of it.
            goal: the execution to which it went, or an earlier journey there.
            state: what was recorded of them.
            prints: their fingerprints, as they are now.
        """
        came = tuple(
            replace(state[name], fingerprint=found, reference=None, text="", changed=False)
            for name, found in sorted(prints.items())
            if found is not None and found != state[name].fingerprint
        )
        if came:
            self._came[journey] = came
            self._goals[journey] = self.goal(goal)

    def goal(self, journey: int) -> int:
        """The execution to which a journey went; itself, if it is one."""
        return self._goals.get(journey, journey)

    def latest(self, goal: int, line: Iterable[Moment]) -> int:
        """The last journey of a line to an execution, if that left what differs from it."""
        return max((one.id for one in line if self._goals.get(one.id) == goal), default=goal)

    def along(self, line: Iterable[Moment]) -> tuple[Moment, ...]:
        """A line in which these journeys left what they made."""
        return tuple(
            replace(moment, names=(*moment.names, *self._came[moment.id]))
            if moment.id in self._came
            else moment
            for moment in line
        )
