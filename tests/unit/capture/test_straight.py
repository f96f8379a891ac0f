"""Of a linked list the parts are found many at once, whatever it leads to."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from nbmlops.capture.parts import parts_of
from nbmlops.values.kinds import identity


class Link:
    """What leads to the next, and perhaps back."""

    def __init__(self, following: Any) -> None:
        self.following = following
        self.before: Any = None


class Hostile:
    """What answers for attributes with code of its own."""

    asked = 0

    @property
    def following(self) -> Any:
        """Never to be asked for."""
        Hostile.asked += 1
        return self


def test_every_part_of_a_chain_is_one_of_its_own() -> None:
    """With what it ends in, whose code does not run."""
    end, last = [1], Hostile()
    links = _links(5_000, {"end": end, "last": last})
    found = parts_of(links[0])
    assert {identity(link) for link in links} <= found.own
    assert {identity(end), identity(last)} <= found.own
    assert Hostile.asked == 0


def test_a_chain_that_comes_back_has_an_end() -> None:
    """A ring, one behind some others, and links in both directions."""
    for size in (1, 2, 50, 5_000):
        ring = _links(size, None)
        ring[-1].following = ring[0]
        behind = _links(100, ring[0])
        both = _links(size, None)
        for before, after in pairwise(both):
            after.before = before
        for links in (ring, behind + ring, both):
            assert {identity(link) for link in links} <= parts_of(links[0]).own


def test_many_links_are_looked_into_together() -> None:
    """A hundred thousand of them in some hundred looks."""
    chain = _links(100_000, None)[0]
    assert _looks(lambda: parts_of(chain)) < 400


def _links(length: int, end: Any) -> list[Link]:
    links = [Link(end)]
    for _ in range(length - 1):
        links.append(Link(links[-1]))
    return links[::-1]


def _looks(call: Callable[[], object]) -> int:
    """How often the collector is asked what parts refer to."""
    looks = 0

    def count(_: object, event: str, what: object) -> None:
        nonlocal looks
        looks += event == "c_call" and what is gc.get_referents

    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(None)
    return looks
