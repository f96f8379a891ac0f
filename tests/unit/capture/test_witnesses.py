"""What is remembered of stored values takes no more memory than storing them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

from nbmlops.capture.parts import parts_of
from nbmlops.capture.witnesses import Witnesses
from nbmlops.values.codec import encode
from nbmlops.values.kinds import identity


def peak(work: Callable[[], Any]) -> int:
    """The bytes that something takes at most."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_a_value_is_looked_into_when_its_pickler_is_gone() -> None:
    rows = [{"a": number, "b": str(number)} for number in range(20_000)]
    witnesses = Witnesses()

    def watched() -> None:
        placed = witnesses.watch({"rows": rows}, lambda _: parts_of(rows).own)
        encode(rows, placed=placed)
        witnesses.stored("rows", rows, "a key")
        witnesses.recorded(1, names=["rows"])

    both = peak(lambda: encode(rows)) + peak(lambda: parts_of(rows).own)
    assert peak(watched) < both
    assert witnesses.targets({"rows": 1}, {"rows": rows}) == {0: rows}


def test_the_parts_of_a_large_value_are_not_copied() -> None:
    """Who asks for the object of one name needs no second set of all that is in it."""
    value: list[object] = [[] for _ in range(70_000)]
    own = frozenset(map(identity, (value, *value)))
    witnesses = Witnesses()
    placed = witnesses.watch({"value": value}, lambda _: own)
    encode(value, placed=placed)
    assert peak(lambda: witnesses.stored("value", value, "a key")) < 2**17
    witnesses.recorded(1, names=["value"])
    assert witnesses.is_known(1, "value")


class Curve:
    """An object of a class that keeps what it holds to itself."""

    def __init__(self, points: list[Any]) -> None:
        self.points = points


def test_a_name_whose_value_alone_is_its_own_is_known_without_the_rest() -> None:
    """However many objects its pickle has that nobody else may hold."""
    curve = Curve([Curve([number]) for number in range(300)])
    asked: list[str] = []

    def own(name: str) -> frozenset[int]:
        asked.append(name)
        return frozenset([identity(curve)])

    witnesses = Witnesses()
    encode(curve, placed=witnesses.watch({"curve": curve}, own))
    assert asked == ["curve"]
    witnesses.stored("curve", curve, "a key")
    witnesses.recorded(1, names=["curve"])
    assert list(witnesses.targets({"curve": 1}, {"curve": curve}).values()) == [curve]


def test_parts_of_its_own_are_known_with_it() -> None:
    curve = Curve([Curve([number]) for number in range(300)])
    witnesses = Witnesses()
    encode(curve, placed=witnesses.watch({"curve": curve}, lambda _: parts_of(curve).own))
    witnesses.stored("curve", curve, "a key")
    witnesses.recorded(1, names=["curve"])
    found = witnesses.targets({"curve": 1}, {"curve": curve})
    assert {id(part) for part in curve.points} < set(map(id, found.values()))
