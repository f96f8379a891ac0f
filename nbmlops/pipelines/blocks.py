"""Cells that are joined for a reason, and the order between what was joined; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple


class Tie(NamedTuple):
    """Two cells, by position, that must share a kernel, and why."""

    source: int
    target: int
    reason: str


class Blocks:
    """Joins cells into blocks.

    - keeps the first reason that joined two blocks;
    - joins what would have to wait for each other;
    - joins what follows on each other, where nothing else could run meanwhile.

    Args:
        cells: their positions.
    """

    def __init__(self, cells: Iterable[int]) -> None:
        self._block = {at: at for at in cells}
        self._edges: set[tuple[int, int]] = set()
        self._ties: list[Tie] = []

    @property
    def ties(self) -> tuple[Tie, ...]:
        """Why cells were joined, in the order in which they were."""
        return tuple(self._ties)

    def tie(self, tie: Tie) -> None:
        """Join two cells."""
        if self._of(tie.source) != self._of(tie.target):
            self._ties.append(tie)
            self._join(tie.source, tie.target)

    def order(self, source: int, target: int) -> None:
        """Let the block of one cell come before that of another."""
        self._edges.add((source, target))

    def settle(self, named: Collection[int], *, apart: bool = False) -> None:
        """Join what cannot, or need not, be apart.

        Args:
            named: the cells of steps.
            apart: whether steps that follow on each other stay apart.
        """
        self._join_rings()
        while (not apart and self._join_followers()) or self._join_unnamed(named):
            self._join_rings()

    def in_order(self) -> list[tuple[tuple[int, ...], frozenset[int]]]:
        """The cells of each block, and the numbers of the blocks right before it.

        By number from 0, each behind those that come before it.
        """
        members: dict[int, list[int]] = {}
        for at in sorted(self._block):
            members.setdefault(self._of(at), []).append(at)
        before = self._before(reduced=True)
        placed: list[int] = []
        while len(placed) < len(members):
            free = [one for one in members if one not in placed and before[one] <= set(placed)]
            placed.append(free[0])
        number = {block: place for place, block in enumerate(placed)}
        return [
            (tuple(members[block]), frozenset(number[one] for one in before[block]))
            for block in placed
        ]

    def _of(self, at: int) -> int:
        while self._block[at] != at:
            at = self._block[at]
        return at

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._of(one), self._of(other)))
        self._block[second] = first

    def _after(self) -> dict[int, set[int]]:
        after: dict[int, set[int]] = {self._of(at): set() for at in self._block}
        for source, target in self._edges:
            one, other = self._of(source), self._of(target)
            if one != other:
                after[one].add(other)
        return after

    def _reach(self) -> dict[int, set[int]]:
        after = self._after()
        return {block: _reached(after, block) for block in after}

    def _join_rings(self) -> None:
        """Blocks of which each comes before the other, as their cells alternate."""
        reach = self._reach()
        for block, found in reach.items():
            for other in found:
                if other != block and block in reach[other] and self._of(block) != self._of(other):
                    why = "each needs what the other makes in between"
                    self._ties.append(Tie(min(block, other), max(block, other), why))
                    self._join(block, other)

    def _before(self, *, reduced: bool) -> dict[int, set[int]]:
        """The blocks before each block; without those that others wait for anyway."""
        after = self._after()
        reach = {block: _reached(after, block) for block in after}
        before: dict[int, set[int]] = {block: set() for block in after}
        for block, found in after.items():
            for other in found:
                longer = any(other in reach[between] for between in found - {other})
                if not (reduced and longer):
                    before[other].add(block)
        return before

    def _join_followers(self) -> bool:
        """A block that alone waits for another one alone goes on in its kernel."""
        before = self._before(reduced=True)
        waiting = [one for found in before.values() for one in found]
        for block, found in before.items():
            if len(found) == 1 and waiting.count(*found) == 1:
                self._join(block, *found)
                return True
        return False

    def _join_unnamed(self, named: Collection[int]) -> bool:
        """Cells between steps are not worth a kernel."""
        steps = {self._of(at) for at in named}
        before = self._before(reduced=True)
        for block, found in before.items():
            if block not in steps and len(found) == 1:
                self._join(block, *found)
                return True
        return False


def _reached(after: dict[int, set[int]], start: int) -> set[int]:
    found: set[int] = set()
    waiting = list(after[start])
    while waiting:
        block = waiting.pop()
        if block not in found:
            found.add(block)
            waiting += after[block]
    return found
