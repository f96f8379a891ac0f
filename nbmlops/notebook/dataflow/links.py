"""The edges between cells while they are found, fast where every cell needs all above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

KnownBy = Literal["static", "observed", "possible"]

Marks = dict[KnownBy, int]
"""Positions of cells, by how they are known: a number with one bit for each."""

_SURENESS: dict[KnownBy, int] = {"possible": 0, "observed": 1, "static": 2}


class Links:
    """What each cell needs from which others.

    A cell that changes what all cells hold is a source of each later one, under many names:
    sources are therefore kept as numbers with one bit for each.
    """

    def __init__(self, needs: Mapping[int, Mapping[str, Marks]] | None = None) -> None:
        self._needs = {
            target: {name: dict(marks) for name, marks in names.items()}
            for target, names in (needs or {}).items()
        }

    def add(self, target: int, name: str, sources: Marks, most: KnownBy = "static") -> None:
        """A cell needs a name from others, known as well as these are and at most ``most``."""
        marks: Marks | None = None
        for known_by, positions in sources.items():
            others = positions & ~(1 << target)
            if others:
                if marks is None:
                    marks = self._needs.setdefault(target, {}).setdefault(name, {})
                least = weakest(known_by, most)
                marks[least] = marks.get(least, 0) | others

    def plus(self, added: Iterable[tuple[int, str, Marks]]) -> Links:
        """These, and for each target the sources that it needs under a name as well."""
        result = Links(self._needs)
        for target, name, sources in added:
            result.add(target, name, sources)
        return result

    def without(self, sources: Iterable[int]) -> Links:
        """These, but nothing that is needed from some cells."""
        kept = ~together(1 << source for source in sources)
        return Links(
            {
                target: {
                    name: {known_by: positions & kept for known_by, positions in marks.items()}
                    for name, marks in names.items()
                }
                for target, names in self._needs.items()
            }
        )

    def sources(self, target: int) -> int:
        """The cells from which a cell needs anything, with one bit for each."""
        return together(together(marks.values()) for marks in self._needs.get(target, {}).values())

    def known(self, target: int, least: KnownBy = "observed") -> dict[str, int]:
        """The same by name, what is known less well than this left out."""
        sure = [known_by for known_by in _SURENESS if _SURENESS[known_by] >= _SURENESS[least]]
        found = {
            name: together(marks.get(known_by, 0) for known_by in sure)
            for name, marks in sorted(self._needs.get(target, {}).items())
        }
        return {name: positions for name, positions in found.items() if positions}

    def needed(self) -> dict[str, int]:
        """The cells from which others need a name, with one bit for each, by name."""
        found: dict[str, int] = {}
        for needs in self._needs.values():
            for name, marks in needs.items():
                found[name] = found.get(name, 0) | together(marks.values())
        return found

    def edges(self) -> dict[tuple[int, int, KnownBy], list[str]]:
        """Source, target, and how the edge is known → names; a name is known as well as can be."""
        result: dict[tuple[int, int, KnownBy], list[str]] = {}
        for target, needs in self._needs.items():
            for name, marks in needs.items():
                better = 0
                for known_by in sorted(marks, key=_SURENESS.__getitem__, reverse=True):
                    for source in bits(marks[known_by] & ~better):
                        result.setdefault((source, target, known_by), []).append(name)
                    better |= marks[known_by]
        return result


def at(position: int, known_by: KnownBy) -> Marks:
    """The mark of one cell."""
    return {known_by: 1 << position}


def mark(marks: Marks, added: Mapping[KnownBy, int]) -> None:
    """Add cells."""
    for known_by, positions in added.items():
        marks[known_by] = marks.get(known_by, 0) | positions


def together(many: Iterable[int]) -> int:
    """All positions of several numbers."""
    result = 0
    for positions in many:
        result |= positions
    return result


def weakest(one: KnownBy, other: KnownBy) -> KnownBy:
    """What is known through two links is known as well as the lesser."""
    return min(one, other, key=_SURENESS.__getitem__)


def from_last(number: int) -> Iterator[int]:
    """The places of the ones of a number, from the highest."""
    while number:
        place = number.bit_length() - 1
        yield place
        number ^= 1 << place


def bits(number: int) -> Iterator[int]:
    """The places of the ones of a number, from the lowest."""
    digits = f"{number:b}"
    last = len(digits) - 1
    place = digits.rfind("1")
    while place >= 0:
        yield last - place
        place = digits.rfind("1", 0, place)
